"""Texts of apps to a carrier's numbers: by deliver_sm to its receivers, read by every library and by Kannel."""

from harness.case import case, check, equal
from harness.phone import Sipp, taker
from kannel import Kannel
from libraries import by_each
from scripted import NetSmpp, NodeSmpp

# The app's number is 111222333; these are the carrier's.
NUMBERS, NUMBER = "222%", "222333444"
PLAIN = "Hello_there, 5€ {net}"
WIDE = "مرحبا " + "😀👍🏽" * 25 + " النهاية"
LONG = "1234567890" * 15 + "[€]" * 10 + "The end is ~here~ " * 7


def _start(world, **profile):
    world.start(numbers=NUMBERS, **profile)


def _writes(world, text):
    Sipp(world, "phone_sends_202", peer=NUMBER, text=text).passes()


@by_each
def hears_from_an_app(world, library):
    """GSM 03.38 and UCS-2, short and in parts that are cut between letters; each text whole and in its order."""
    _start(world)
    carrier = library(world)
    texts = [PLAIN, "رمزك 123", LONG, WIDE]
    for text in texts:
        _writes(world, text)
    equal("the texts", carrier.texts(len(texts)), texts)
    first = carrier.incoming[0]
    equal("from and to", (first["source_addr"], first["destination_addr"]), ("111222333", NUMBER))


def _hears_long_texts_by(form):
    def one(world):
        """`long_texts`: how a text that does not fit one PDU is sent to it."""
        _start(world, long_texts=form)
        carrier = NetSmpp(world)
        for text in (LONG, WIDE):
            _writes(world, text)
        equal("the texts", carrier.texts(2), [LONG, WIDE])

    one.__name__ = f"net_smpp_hears_long_texts_by_{form}"
    return case(one)


for _form in ("udh16", "sar", "payload"):
    _hears_long_texts_by(_form)


@case
def node_smpp_hears_in_its_language(world):
    """`languages`: what would be two parts of UCS-2 is one with the Turkish table, which node-smpp has too."""
    _start(world, languages="turkish")
    carrier = NodeSmpp(world)
    text = "Şifreniz ağ üzerinden gönderildi: 123456. " * 2 + "İyi günler dileriz, çağrınızı bekliyoruz."
    _writes(world, text)
    equal("the texts", carrier.texts(), [text])
    check("it is one part", len(carrier.incoming) == 1)


@by_each
def comes_back_for_a_text(world, library):
    """Nobody is bound when the app writes: the text waits for a receiver, never for a transmitter."""
    _start(world)
    transmitter = library(world, "bind_transmitter")
    _writes(world, PLAIN)
    receiver = library(world, "bind_receiver")
    equal("the texts", receiver.texts(), [PLAIN])
    equal("what the transmitter was sent", transmitter.incoming, [])


@by_each
def answers_an_app(world, library):
    """What the carrier writes back to the sender of a text reaches the app."""
    _start(world)
    phone, carrier = taker(world), library(world)
    _writes(world, PLAIN)
    equal("the texts", carrier.texts(), [PLAIN])
    asked = carrier.incoming[0]
    equal("the receipt", carrier.outcome(carrier.submit(b"Yes", to=asked["source_addr"])), "DELIVRD")
    equal("the texts", phone.texts(), ["Yes"])


@case
def kannel_hears_from_an_app(world):
    """Kannel joins the parts itself and hands each text to its service by HTTP."""
    _start(world)
    kannel = Kannel(world).online()
    texts = [PLAIN, "رمزك 123", LONG, WIDE]
    for text in texts:
        _writes(world, text)
    equal("the texts", sorted(kannel.texts(len(texts))), sorted(texts))
