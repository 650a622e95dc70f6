"""Phones of IMS: what we write is read by smspdudecoder, python-gsmmodem and wireshark, what python-gsmmodem writes is read
by us."""

from harness.carrier import Carrier
from harness.case import case, check, equal
from harness.ims import ImsPhone
from harness.phone import taker

TEXTS = {
    "Your code is 123-456": 1,
    "Price: 5€ {net} [~10%] user@host": 1,
    "مرحبا بالعالم": 1,
    "0123456789" * 30: 2,
    "صباح الخير يا صديقي " * 10: 4,
}


@case
def an_ims_phone_shows_texts(world):
    """GSM 7-bit, its extension table, Arabic, and both in parts: read as they were sent, and delivered by RP-ACK."""
    world.start()
    phone, carrier = ImsPhone(world), Carrier(world)
    for text, parts in TEXTS.items():
        message = carrier.submit(b"", message_payload=text.encode("utf-16-be"), data_coding=8)
        equal("what it shows", phone.shows(), ("15551234", text, parts))
        equal("the receipt", carrier.receipt(message)["stat"], "DELIVRD")
    rows = world.capture.rows("gsm_sms.tp-mti", "gsm_a.rp.msg_type", "gsm_sms.tp-mti", "gsm_sms.sms_text")
    check(f"wireshark reads the short messages: {rows}", any("Your code is 123-456" in row[2] for row in rows))


@case
def an_ims_phone_refuses_a_text(world):
    """Its 200 is not the end: RP-ERROR 21 is, and the carrier hears REJECTD; none after it."""
    world.start()
    phone, carrier = ImsPhone(world), Carrier(world)
    message = carrier.submit("hello")
    phone.shows(b"\x04%c\x01\x15")
    equal("the receipt", carrier.receipt(message)["stat"], "REJECTD")
    phone.hears_nothing(0.5)


@case
def an_ims_phone_hears_of_its_text(world):
    """python-gsmmodem asks for a status report, and reads ours: whom it is about, and that he has it."""
    world.start()
    phone, app = ImsPhone(world), taker(world, number="444555666")
    [(reference, unit)] = phone.sends("+444555666", "hello", requestStatusReport=True)
    equal("RP-ACK with its reference", unit[:2], bytes([3, reference]))
    equal("what the app got", app.texts(), ["hello"])
    told = phone.hears_of()
    equal("what it is", (told["type"], told["number"], told["status"]), ("SMS-STATUS-REPORT", "+444555666", 0))
    phone.hears_nothing(0.5)


@case
def an_ims_phone_sends_texts(world):
    """What python-gsmmodem writes comes to another app as it was, in parts or not, and each part is answered by RP-ACK."""
    world.start()
    phone, app = ImsPhone(world), taker(world, number="444555666")
    for count, text in enumerate(TEXTS, 1):
        for reference, unit in phone.sends("+444555666", text, requestStatusReport=False):
            equal("RP-ACK with its reference", unit[:2], bytes([3, reference]))
            equal("an SMS-SUBMIT-REPORT in it", unit[2:6], b"\x41\x09\x01\x00")
        equal("what the app got", app.texts(count)[-1], text)
    (reference, unit), *_ = phone.sends("+999999", "nobody")
    equal("RP-ERROR: nobody has the number", unit[:4], bytes([5, reference, 1, 1]))
    rows = world.capture.rows("gsm_a.rp.msg_type == 0x03", "gsm_a.rp.msg_type")
    check("wireshark reads the RP-ACKs", len(rows) >= len(TEXTS))
