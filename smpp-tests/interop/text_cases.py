"""Texts of one part, by every library: the phone shows what was written, letter by letter."""

import alphabet
from harness.case import equal
from harness.phone import taker
from libraries import by_each

GSM, UCS2 = 0x00, 0x08


def _arrive(carrier, phone, texts):
    """Submits (wanted, octets, fields) one after the other; each is delivered, and the phone has the wanted texts."""
    for _, octets, fields in texts:
        equal("the receipt", carrier.outcome(carrier.submit(octets, **fields)), "DELIVRD")
    equal("the texts", phone.texts(len(texts)), [wanted for wanted, _, _ in texts])


@by_each
def writes_every_letter(world, library):
    """The whole of GSM 03.38 with its extension table, one octet a septet."""
    world.start()
    phone, carrier = taker(world), library(world)
    text = alphabet.EVERY_LETTER
    _arrive(carrier, phone, [(text, alphabet.gsm(text), {"data_coding": GSM})])


@by_each
def writes_unicode(world, library):
    """UCS-2: Arabic, and what lies beyond the basic plane: surrogates, joiners, flags."""
    world.start()
    phone, carrier = taker(world), library(world)
    texts = ["مرحبا بالعالم ١٢٣", "日本語テキスト", "😀👍🏽 family 👨‍👩‍👧 🇮🇶"]
    _arrive(carrier, phone, [(text, alphabet.ucs2(text), {"data_coding": UCS2}) for text in texts])


@by_each
def writes_flash(world, library):
    """Message class 0 in the data coding scheme of GSM (0xF0, 0x10, 0x18) is a text like any other."""
    world.start()
    phone, carrier = taker(world), library(world)
    plain, wide = "Your code_is 5€", "رمزك 123"
    texts = [(plain, alphabet.gsm(plain), {"data_coding": coding}) for coding in (0xF0, 0x10)]
    _arrive(carrier, phone, [*texts, (wide, alphabet.ucs2(wide), {"data_coding": 0x18})])
