"""Kannel as a client: what an operator who moves to us from another message centre has already."""

import alphabet
from harness.case import case, check, equal
from harness.phone import taker
from harness.process import until
from kannel import ACCEPTED, DELIVERED, PAIR, REFUSED, Kannel

CODE = "Your code is 123-456"
RBINDFAIL, RTHROTTLED = 0x0D, 0x58


def _delivered(kannel, number):
    """Waits until Kannel calls back that the text was taken and delivered, each once and under the same id."""
    taken, told = kannel.report(number, ACCEPTED), kannel.report(number, DELIVERED)
    equal("the id of the receipt", told["id"], taken["id"])
    check(f"{told['answer']!r} is of that id", f"id:{taken['id']} " in told["answer"])
    check("stat:DELIVRD is in the text", " stat:DELIVRD " in told["answer"])
    equal("how often it was told", len(kannel.reports(number, DELIVERED)), 1)


@case
def kannel_writes_to_sipp(world):
    """Every letter of GSM 03.38, Unicode, flash: by HTTP into Kannel, out on the phone, and the receipt by HTTP."""
    world.start()
    phone, kannel = taker(world), Kannel(world).online()
    letters, wide = alphabet.EVERY_LETTER, "مرحبا 😀👍🏽 日本"
    texts = [(letters, {"coding": 0}), (wide, {"coding": 2}), (CODE, {"mclass": 0}), (wide, {"coding": 2, "mclass": 0})]
    for text, fields in texts:
        _delivered(kannel, kannel.send(text, **fields))
    equal("the texts", phone.texts(len(texts)), [text for text, _ in texts])


@case
def kannel_binds_transmitter_and_receiver(world):
    """Two connections, as Kannel makes them without transceiver-mode."""
    world.start()
    phone, kannel = taker(world), Kannel(world, PAIR).online()
    _delivered(kannel, kannel.send(CODE))
    equal("the text", phone.texts(), [CODE])


@case
def kannel_speaks_3_3(world):
    """interface-version 33: receipts without TLVs, by their text alone."""
    world.start()
    taker(world)
    kannel = Kannel(world, PAIR, more=["interface-version = 33"]).online()
    _delivered(kannel, kannel.send(CODE))
    equal("TLVs in receipts", world.capture.rows("smpp.receipted_message_id", "frame.number"), [])


@case
def kannel_waits_for_an_app(world):
    """Nobody is registered: the text is taken and waits; a restart of ours later the app comes and Kannel hears of it."""
    node = world.start()
    kannel = Kannel(world).online()
    number = kannel.send(CODE)
    kannel.report(number, ACCEPTED)
    node.stop()
    node.start()
    equal("what was told so far", kannel.reports(number, DELIVERED), [])
    phone = taker(world)
    equal("the text", phone.texts(), [CODE])
    _delivered(kannel, number)


@case
def kannel_has_a_queue_when_we_come_back(world):
    """Texts that Kannel took while we were away come when it has bound again: none lost, none twice."""
    node = world.start()
    phone, kannel = taker(world), Kannel(world).online()
    _delivered(kannel, kannel.send("before"))
    node.stop()
    texts = [f"text {number}" for number in range(20)]
    numbers = [kannel.send(text) for text in texts]
    node.start()
    for number in numbers:
        _delivered(kannel, number)
    equal("the texts", sorted(phone.texts(21)), sorted(["before", *texts]))


@case
def kannel_is_busy_when_we_stop(world):
    """We stop in the middle of what it sends: what it did not get through it sends to the next start, nothing twice."""
    node = world.start()
    phone, kannel = taker(world), Kannel(world).online()
    texts = [f"text {number}" for number in range(40)]
    numbers = [kannel.send(text) for text in texts[:20]]
    node.ask_to_stop()
    numbers += [kannel.send(text) for text in texts[20:]]
    node.stop()
    node.start()
    for number in numbers:
        _delivered(kannel, number)
    equal("the texts", sorted(phone.texts(40)), sorted(texts))


@case
def kannel_is_throttled(world):
    """One a second is allowed: Kannel hears ESME_RTHROTTLED, waits, sends again; nothing is lost, nothing comes twice."""
    node = world.start()
    node.command("carrier", "set", "Carrier1", "--rate", 1)
    phone, kannel = taker(world), Kannel(world).online()
    # Ten go at once; the smsbox would have to take eight seconds for the others not to be too many.
    texts = [f"text {number}" for number in range(18)]
    numbers = [kannel.send(text) for text in texts]
    for number in numbers:
        _delivered(kannel, number)
    equal("the texts", sorted(phone.texts(18)), sorted(texts))
    throttled = f"smpp.command_id == 0x80000004 && smpp.command_status == {RTHROTTLED:#x}"
    check("it was throttled", world.capture.rows(throttled, "frame.number"))


@case
def kannel_writes_to_nobody(world):
    """A number that nobody owns: ESME_RINVDSTADR, which Kannel takes as final; the bind goes on."""
    world.start()
    taker(world)
    kannel = Kannel(world).online()
    refused = kannel.report(kannel.send(CODE, to="999888777"), REFUSED)
    equal("what it was told", refused["answer"], "NACK/0x0000000b/Invalid Destination Address")
    _delivered(kannel, kannel.send(CODE))


@case
def kannel_keeps_the_link_alive(world):
    """enquire_link both ways."""
    node = world.start(smpp="enquire_link_seconds = 1")
    kannel = Kannel(world, more=["enquire-link-interval = 1"]).online()

    def twice(which):
        return lambda: len(world.capture.rows(which, "frame.number")) >= 2

    for asked in (f"0x80000015 && tcp.srcport == {node.smpp}", f"0x80000015 && tcp.dstport == {node.smpp}"):
        until("enquire_link is answered twice", 10, twice(f"smpp.command_id == {asked}"), every=0.5)
    kannel.report(kannel.send(CODE), ACCEPTED)


@case
def kannel_has_the_wrong_password(world):
    """ESME_RBINDFAIL, told by a bind_resp: Kannel says so in its log and tries no more texts."""
    world.start()
    kannel = Kannel(world, password="wrong")
    until("Kannel is refused", 10, lambda: "code 0x0000000d" in kannel.said())
    refused = f"smpp.command_id == 0x80000009 && smpp.command_status == {RBINDFAIL:#x}"
    check("it has bind_transceiver_resp", world.capture.rows(refused, "frame.number"))


@case
def kannel_is_looked_at(world):
    """`iwf carrier probe` tells what Kannel does, and which setting would let it have what it asks for."""
    node = world.start()
    taker(world)
    kannel = Kannel(world).online()
    _delivered(kannel, kannel.send(CODE))
    told = node.command("carrier", "probe", "Carrier1")
    for seen in ("transceiver, SMPP 3.4", "esm_class: store and forward", "registered_delivery 0x11"):
        check(f"{seen} is in {told}", seen in told)
    check(f"the advice is in {told}", "set --profile intermediate=true" in told)
