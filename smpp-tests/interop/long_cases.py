"""Long texts, cut by every library and by Kannel as each cuts them: one MESSAGE, and a receipt for each part."""

import random

import alphabet
from harness.case import case, equal
from harness.phone import taker
from kannel import ACCEPTED, DELIVERED, Kannel
from libraries import by, by_each

GSM, UCS2 = 0x00, 0x08
# Whoever cuts this after 153 octets cuts an escape in two; three parts.
LONG = "1234567890" * 15 + "[€]" * 10 + "The end is ~here~ " * 7
# Whoever cuts this after 134 octets cuts a surrogate pair in two; three parts.
WIDE = "مرحبا " + "😀👍🏽" * 25 + "النهاية"
END = "the end"


def _all_delivered(carrier, messages):
    for message in messages:
        equal("the receipt", carrier.outcome(message), "DELIVRD")
    equal("how often each was told", [carrier.receipts(message) for message in messages], [1] * len(messages))


def _shows(phone, carrier, *texts):
    """The phone has these texts and no other: what is sent now is the next."""
    carrier.submit(alphabet.gsm(END))
    equal("the texts", phone.texts(len(texts) + 1), [*texts, END])


@by_each
def writes_long_texts(world, library):
    """A user data header in each part; GSM 03.38 cut within an escape, UCS-2 cut within a surrogate pair."""
    world.start()
    phone, carrier = taker(world), library(world)
    for text in (LONG, WIDE):
        messages = carrier.submit_long(text)
        equal("how many parts", len(messages), 3)
        _all_delivered(carrier, messages)
    _shows(phone, carrier, LONG, WIDE)


@by_each
def numbers_parts_by_sar(world, library):
    """sar_msg_ref_num, sar_total_segments, sar_segment_seqnum, in any order, one part twice."""
    world.start()
    phone, carrier = taker(world), library(world)
    parts = list(enumerate(alphabet.cut(alphabet.ucs2(WIDE), 134), 1))
    random.shuffle(parts)
    fields = {"data_coding": UCS2, "sar_msg_ref_num": 300, "sar_total_segments": len(parts)}
    messages = {}
    for number, piece in [*parts[:-1], parts[0], parts[-1]]:
        messages[number] = carrier.submit(piece, **fields, sar_segment_seqnum=number)
    _all_delivered(carrier, messages.values())
    _shows(phone, carrier, WIDE)


@by_each
def sends_a_long_payload(world, library):
    """message_payload instead of short_message: no parts at all."""
    world.start()
    phone, carrier = taker(world), library(world)
    for octets, coding in ((alphabet.gsm(LONG * 3), GSM), (alphabet.ucs2(WIDE), UCS2)):
        _all_delivered(carrier, [carrier.submit(b"", message_payload=octets, data_coding=coding)])
    _shows(phone, carrier, LONG * 3, WIDE)


@by_each
def spreads_parts_over_binds(world, library):
    """Each part on a bind of its own, a kill -9 and a start of ours between two of them."""
    node = world.start()
    phone = taker(world)
    parts = alphabet.headed(alphabet.cut(alphabet.gsm(LONG), 152), reference=1000, wide=True)
    messages = [library(world, "bind_transmitter").submit(parts[2], esm_class=0x40)]
    messages.append(library(world, "bind_transmitter").submit(parts[0], esm_class=0x40))
    node.kill()
    node.start()
    carrier = library(world)
    messages.append(carrier.submit(parts[1], esm_class=0x40))
    _all_delivered(carrier, messages)
    _shows(phone, carrier, LONG)


@by("net_smpp")
def mixes_up_its_references(world, library):
    """The same reference for two senders and two recipients at once: nobody is told what was for another."""
    world.start()
    phones = {number: taker(world, number=number) for number in ("111222333", "444555666")}
    carrier = library(world)
    texts = {(to, sender): f"{to} from {sender}: " + LONG for to in phones for sender in ("15551234", "15559999")}
    parts = {pair: alphabet.headed(alphabet.cut(alphabet.gsm(text), 153), 0) for pair, text in texts.items()}
    messages = []
    for pieces in zip(*parts.values(), strict=True):
        for (to, sender), piece in zip(parts, pieces, strict=True):
            messages.append(carrier.submit(piece, to=to, source_addr=sender, esm_class=0x40))
    _all_delivered(carrier, messages)
    for number, phone in phones.items():
        wanted = [text for (to, _), text in texts.items() if to == number]
        equal("the texts", sorted(phone.texts(2)), sorted(wanted))


@case
def kannel_writes_long_texts(world):
    """Kannel cuts by itself and asks for a receipt of the first part only; its reference begins at 0 each time."""
    world.start()
    phone, kannel = taker(world), Kannel(world).online()
    for text, coding in ((LONG, 0), (WIDE, 2)):
        number = kannel.send(text, coding=coding)
        equal("the id of the receipt", kannel.report(number, DELIVERED)["id"], kannel.report(number, ACCEPTED)["id"])
    kannel.report(kannel.send(END))
    equal("the texts", phone.texts(3), [LONG, WIDE, END])
