"""smpplib as a carrier: binds, alphabets, receipts, and how it is told that something is wrong."""

import smpplib.client
import smpplib.consts
import smpplib.exceptions
import smpplib.smpp
from harness.carrier import Carrier
from harness.case import case, check, equal
from harness.phone import Baresip, taker
from harness.process import Failure, until

CODE = "Your code is 123-456"


def _delivered(carrier, message):
    receipt = carrier.receipt(message)
    equal("the receipt", (receipt["stat"], receipt["dlvrd"], receipt["err"]), ("DELIVRD", "001", "000"))
    return receipt["pdu"]


@case
def smpplib_writes_to_baresip(world):
    """The whole story with two programs of others: the code stands on the screen, the carrier hears DELIVRD."""
    world.start()
    phone = Baresip(world).registered()
    carrier = Carrier(world)
    message = carrier.submit(CODE)
    phone.shows("+15551234", CODE)
    _delivered(carrier, message)


@case
def smpplib_binds_a_transceiver(world):
    """One bind for all: the receipt has the id of the submit_sm_resp, in its text and in its TLV, and swapped addresses."""
    world.start()
    phone = taker(world)
    carrier = Carrier(world)
    equal("our system_id", carrier.bound.system_id, b"iwf")
    message = carrier.submit(CODE)
    equal("the text", phone.texts(), [CODE])
    receipt = _delivered(carrier, message)
    equal("receipted_message_id", receipt.receipted_message_id, message.encode())
    equal("message_state", receipt.message_state, smpplib.consts.SMPP_MESSAGE_STATE_DELIVERED)
    equal("esm_class", receipt.esm_class, 0x04)
    equal("addresses", (receipt.source_addr, receipt.destination_addr), (b"111222333", b"15551234"))


@case
def smpplib_binds_transmitter_and_receiver(world):
    """What is submitted on one bind is told on the other."""
    world.start()
    taker(world)
    receiver = Carrier(world, "bind_receiver")
    transmitter = Carrier(world, "bind_transmitter")
    _delivered(receiver, transmitter.submit(CODE))
    equal("what the transmitter was sent", transmitter.delivered, [])


@case
def smpplib_writes_in_every_alphabet(world):
    """GSM 03.38 with its extension table, Latin-1, UCS-2, surrogates: the phone has what was sent."""
    world.start()
    phone = taker(world)
    carrier = Carrier(world)
    texts = ["@£$¥èéùìòÇ ΔΦΓΛΩΠΨΣΘΞ ÆæßÉ", "€[]{}~^|\\ and @", "مرحبا بالعالم", "日本語テキスト", "😀👍🏽 family 👨‍👩‍👧", "x" * 160]
    for text in texts:
        _delivered(carrier, carrier.submit(text))
    latin = "Crème brûlée ÿ"
    sequence = carrier.client.send_message(
        source_addr="15551234",
        source_addr_ton=smpplib.consts.SMPP_TON_INTL,
        dest_addr_ton=smpplib.consts.SMPP_TON_INTL,
        destination_addr="111222333",
        short_message=latin.encode("latin-1"),
        data_coding=smpplib.consts.SMPP_ENCODING_ISO88591,
        registered_delivery=1,
    ).sequence
    _delivered(carrier, carrier.answer(sequence).message_id.decode())
    equal("the texts", phone.texts(len(texts) + 1), [*texts, latin])


@case
def smpplib_asks_for_no_receipt(world):
    """Who does not ask is not told."""
    world.start()
    phone = taker(world)
    carrier = Carrier(world)
    carrier.submit(CODE, receipt=False)
    last = carrier.submit("the last")
    equal("the texts", phone.texts(2), [CODE, "the last"])
    _delivered(carrier, last)
    equal("how many receipts", len(carrier.delivered), 1)


@case
def smpplib_has_the_wrong_password(world):
    """ESME_RBINDFAIL; the next connection with the right one is bound."""
    world.start()
    try:
        Carrier(world, password="wrong")
        raise Failure("it was bound")
    except smpplib.exceptions.PDUError as refused:
        equal("the status", refused.args[1], smpplib.consts.SMPP_ESME_RBINDFAIL)
    Carrier(world)


@case
def smpplib_writes_to_nobody(world):
    """A number that nobody owns: ESME_RINVDSTADR, and the bind goes on."""
    world.start()
    carrier = Carrier(world)
    response = carrier.answer(carrier.send(CODE, to="999888777"))
    equal("the status", response.status, smpplib.consts.SMPP_ESME_RINVDSTADR)
    carrier.submit(CODE)


@case
def smpplib_keeps_the_link_alive(world):
    """enquire_link both ways: it asks us, and answers when we ask it."""
    world.start(smpp="enquire_link_seconds = 1")
    carrier = Carrier(world)
    _enquire(carrier)
    asked = 'smpp.command_id == 0x00000015 && tcp.srcport == {0}'.format(world.node.smpp)
    answered = 'smpp.command_id == 0x80000015 && tcp.dstport == {0}'.format(world.node.smpp)
    _read_for(carrier, 2.5)
    check("we have asked", len(world.capture.rows(asked, "frame.number")) >= 2)
    check("it has answered", len(world.capture.rows(answered, "frame.number")) >= 2)
    carrier.submit(CODE)


def _enquire(carrier):
    sent = smpplib.smpp.make_pdu("enquire_link", client=carrier.client)
    carrier.client.send_pdu(sent)
    response = carrier.client.read_pdu()
    equal("the answer", (response.command, response.sequence, response.status), ("enquire_link_resp", sent.sequence, 0))


def _read_for(carrier, seconds):
    try:
        carrier.read_until("nothing", seconds, lambda: False)
    except Failure:
        pass


@case
def smpplib_unbinds(world):
    """unbind is answered, and the connection ends; the next bind is welcome."""
    world.start()
    carrier = Carrier(world)
    equal("the answer", carrier.client.unbind().command, "unbind_resp")
    carrier.leave()
    Carrier(world).submit(CODE)


@case
def smpplib_is_there_when_we_stop(world):
    """A stopping node says unbind; what was accepted is delivered by the next start."""
    node = world.start()
    carrier = Carrier(world)
    message = carrier.submit(CODE)
    node.ask_to_stop()
    unbind = carrier.client.read_pdu()
    equal("what comes", unbind.command, "unbind")
    response = smpplib.smpp.make_pdu("unbind_resp", client=carrier.client)
    response.sequence = unbind.sequence
    carrier.client.state = smpplib.consts.SMPP_CLIENT_STATE_BOUND_TRX
    carrier.client.send_pdu(response)
    carrier.leave()
    node.stop()
    node.start()
    phone = taker(world)
    equal("the text", phone.texts(), [CODE])
    _delivered(Carrier(world), message)
