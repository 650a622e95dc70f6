"""node-smpp as a carrier: it reads our PDUs with other eyes than smpplib."""

from harness.case import case, check, equal
from harness.phone import taker
from harness.process import Failure, until
from scripted import NodeSmpp

CODE = "Your code is 123-456"
ROK, RBINDFAIL = 0x00, 0x0D


@case
def node_smpp_writes_to_sipp(world):
    """bind_transceiver, submit_sm with registered_delivery, the text on a SIPp phone, the receipt acknowledged."""
    world.start()
    phone = taker(world)
    carrier = NodeSmpp(world)
    equal("our system_id", carrier.bound["system_id"], "iwf")
    message = carrier.submit(CODE)
    equal("the text", phone.texts(), [CODE])
    receipt = carrier.receipt(message)
    equal("esm_class", receipt["esm_class"], 0x04)
    equal("message_state", receipt["message_state"], 2)
    check("the receipt's text tells the same", f"id:{message} " in receipt["short_message"])
    check("stat:DELIVRD is in the text", " stat:DELIVRD " in receipt["short_message"])
    # Acknowledged: it does not come again.
    acknowledged = f"smpp.command_id == 0x80000005 && tcp.dstport == {world.node.smpp}"
    check("deliver_sm_resp was sent", world.capture.rows(acknowledged, "frame.number"))


@case
def node_smpp_writes_in_every_alphabet(world):
    """The alphabets that their data_coding names: GSM 03.38 as 0, Latin-1 as 3, UCS-2 as 8."""
    world.start()
    phone = taker(world)
    carrier = NodeSmpp(world)
    texts = {"€[]{}~^|\\ and @": 0, "Crème brûlée ÿ": 3, "مرحبا بالعالم": 8, "😀👍🏽": 8}
    for text, coding in texts.items():
        carrier.receipt(carrier.submit(text, data_coding=coding))
    equal("the texts", phone.texts(len(texts)), list(texts))


@case
def node_smpp_calls_gsm_ascii(world):
    """Left to itself node-smpp writes GSM 03.38 and names it data_coding 1, ASCII; the phone has what was meant."""
    world.start()
    phone = taker(world)
    carrier = NodeSmpp(world)
    texts = ["Your code is 123-456", "user_name@host costs $5", "5€ {net} [~10%]", "Müller à Genève: £5"]
    for text in texts:
        carrier.receipt(carrier.submit(text))
    equal("the texts", phone.texts(len(texts)), texts)


@case
def node_smpp_sends_a_payload(world):
    """data_sm, and submit_sm with message_payload instead of short_message."""
    world.start()
    phone = taker(world)
    carrier = NodeSmpp(world)
    fields = {"source_addr": "15551234", "destination_addr": "111222333", "registered_delivery": 1}
    data = carrier.ask("data_sm", **fields, data_coding=0, message_payload="by data_sm")
    equal("the status of data_sm_resp", data["command_status"], ROK)
    carrier.receipt(data["message_id"])
    carrier.receipt(carrier.submit("", data_coding=0, message_payload="by_payload"))
    equal("the texts", phone.texts(2), ["by data_sm", "by_payload"])


@case
def node_smpp_broadcasts(world):
    """What we do not offer is refused, each with an answer, and the bind goes on."""
    world.start()
    carrier = NodeSmpp(world)
    for command in ("broadcast_sm", "query_broadcast_sm", "cancel_broadcast_sm"):
        response = carrier.ask(command, message_id="1", source_addr="15551234")
        check(f"{command} is refused", response["command_status"] != ROK)
        check(f"{command} has an answer of its own", response["command"] in (f"{command}_resp", "generic_nack"))
    carrier.submit(CODE)


@case
def node_smpp_keeps_the_link_alive(world):
    """enquire_link both ways."""
    world.start(smpp="enquire_link_seconds = 1")
    carrier = NodeSmpp(world)
    equal("the status", carrier.ask("enquire_link")["command_status"], ROK)
    carrier.came("enquire_link", count=2)
    carrier.submit(CODE)


@case
def node_smpp_unbinds(world):
    """unbind is answered, and we close the connection."""
    world.start()
    carrier = NodeSmpp(world)
    equal("the answer", carrier.ask("unbind")["command"], "unbind_resp")
    carrier.came("close")


@case
def node_smpp_has_the_wrong_password(world):
    """ESME_RBINDFAIL."""
    world.start()
    NodeSmpp(world, password="wrong", status=RBINDFAIL)


@case
def node_smpp_binds_often(world):
    """Transceiver, transmitter and receiver at once: receipts come on those that can receive, each once."""
    world.start()
    taker(world)
    both, transmitter = NodeSmpp(world), NodeSmpp(world, "bind_transmitter")
    receiver = NodeSmpp(world, "bind_receiver")
    messages = [transmitter.submit(f"{CODE} {number}") for number in range(6)]
    for message in messages:
        _once(message, both, receiver)
    try:
        transmitter.came("deliver_sm", seconds=0.5)
    except Failure:
        return
    raise Failure("a transmitter was sent a deliver_sm")


def _once(message, *carriers):
    def told():
        found = []
        for carrier in carriers:
            found += [pdu for pdu in carrier.told("deliver_sm") if pdu["receipted_message_id"] == message]
        return found

    until(f"a receipt for {message}", 10, told)
    equal("how many receipts", len(told()), 1)


@case
def node_smpp_speaks_3_3_and_5_0(world):
    """interface_version 0x33 and 0x50: the message id and the receipt are what each version can read."""
    world.start()
    taker(world)
    for version in (0x33, 0x50):
        carrier = NodeSmpp(world, "bind_transmitter", interface_version=version)
        receiver = NodeSmpp(world, "bind_receiver", interface_version=version)
        message = carrier.submit(CODE)
        receipt = receiver.came("deliver_sm")
        check(f"the receipt is for {message}", f"id:{message} " in receipt["short_message"])
        for bind in (carrier, receiver):
            bind.ask("unbind")
