"""Phones over TLS, and pages over WebSocket: our certificate is verified by programs of others."""

from harness.carrier import Carrier
from harness.case import case, equal, over
from harness.certificate import issue
from harness.phone import Baresip, JsSip, Linphone, Sipp, taker
from harness.tunnel import Tunnel

CODE = "Your code is 123-456"
TEXTS = [CODE, "مرحبا 😀"]
_LISTEN = """
[sip.tls]
listen = ["127.0.0.1:0"]
certificate = "{files[certificate]}"
key = "{files[key]}"
[sip.websocket]
listen = ["127.0.0.1:0"]
tls_listen = ["127.0.0.1:0"]
"""


def _start(world, more=""):
    """A node that offers everything; who signs its certificate."""
    files = issue(world.directory)
    world.start(sip=_LISTEN.format(files=files) + more)
    return files["certificate"]


def _shows(phone, world, texts):
    carrier = Carrier(world)
    for text in texts:
        message = carrier.submit(text)
        phone.shows("+15551234", text)
        equal("the receipt", carrier.receipt(message)["stat"], "DELIVRD")


@case
def baresip_shows_texts_over_tls(world):
    """It registers over TLS and shows the texts that come back on that connection."""
    authority = _start(world)
    _shows(Baresip(world, "tls", authority=authority).registered(), world, TEXTS)


@case
def sipp_takes_and_sends_texts_over_tls(world):
    """It registers through a tunnel that verifies our certificate, takes a text, and another one sends one."""
    authority = _start(world)
    tunnel = Tunnel(world.node.sip("tls"), authority)
    phone = taker(world, "tcp", tunnel=tunnel)
    carrier = Carrier(world)
    message = carrier.submit(CODE)
    equal("the text", phone.texts(), [CODE])
    equal("the receipt", carrier.receipt(message)["stat"], "DELIVRD")
    Sipp(world, "phone_sends_202", "tcp", number="444555666", peer="111222333", text="hello", tunnel=tunnel).passes()
    equal("the texts", phone.texts(2), [CODE, "hello"])


@case
def linphone_shows_texts_over_tls(world):
    """It compares our certificate with the name that it connects to, registers and shows the texts."""
    authority = _start(world)
    _shows(Linphone(world, "tls", authority=authority).registered(), world, TEXTS)


@over("ws", "wss")
def jssip_shows_texts(world, transport):
    """A page registers, shows texts, and sends one to another."""
    authority = _start(world)
    page = JsSip(world, transport, authority=authority).registered()
    _shows(page, world, [*TEXTS, "مرحبا " * 11 + "!"])
    other = JsSip(world, "ws", number="444555666").registered()
    equal("the answer", page.sends("444555666", "hello"), 202)
    other.shows("111222333", "hello")


@case
def jssip_of_another_origin_is_refused(world):
    """With `origins` a page that is none of them gets 403, the page that is one of them registers."""
    _start(world, 'origins = ["https://phone.example.com"]\n')
    equal("the status", JsSip(world, origin="https://evil.example.com").refused(), "403")
    page = JsSip(world, number="444555666", origin="https://phone.example.com").registered()
    Carrier(world).submit(CODE, to="444555666")
    page.shows("+15551234", CODE)
