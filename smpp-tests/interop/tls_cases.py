"""Carriers over TLS: our certificate is verified by programs of others, and a client's by us."""

import ssl

import smpplib.consts
import smpplib.exceptions
from alphabet import gsm
from harness.carrier import Carrier
from harness.case import case, equal
from harness.certificate import issue
from harness.phone import taker
from harness.process import Failure
from kannel import DELIVERED, Kannel
from scripted import NodeSmpp

CODE = gsm("Your code is 123-456")
_LISTEN = """
[smpp.tls]
listen = ["127.0.0.1:0"]
certificate = "{files[certificate]}"
key = "{files[key]}"
"""


def _start(world, more="", **profile):
    """A node that listens for TLS too; its files."""
    files = issue(world.directory)
    world.start(smpp=_LISTEN.format(files=files) + more, **profile)
    return files


def _context(authority, **shown):
    """How Python trusts: that authority only; smpplib names no host, so the host is not compared."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(authority)
    if shown:
        context.load_cert_chain(shown["certificate"], shown["key"])
    return context


def _served(phone, carrier):
    equal("the receipt", carrier.outcome(carrier.submit(CODE)), "DELIVRD")
    equal("the text", phone.texts(), ["Your code is 123-456"])


@case
def smpplib_binds_over_tls(world):
    """TLS 1.2 and 1.3, without a server name, as Python's OpenSSL speaks it."""
    files = _start(world)
    phone = taker(world)
    context = _context(files["certificate"])
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    old = Carrier(world, tls=context)
    equal("the version", old.client._socket.version(), "TLSv1.2")
    old.leave()
    carrier = Carrier(world, tls=_context(files["certificate"]))
    equal("the version", carrier.client._socket.version(), "TLSv1.3")
    _served(phone, carrier)


@case
def smpplib_shows_a_certificate(world):
    """Where certificates are required, one is bound with its own and none without."""
    ours = issue(world.directory, "carrier1")
    files = _start(world, f'client_ca = "{ours["certificate"]}"\nclient_certificate = "required"\n')
    phone = taker(world)
    _served(phone, Carrier(world, tls=_context(files["certificate"], **ours)))
    try:
        Carrier(world, tls=_context(files["certificate"]))
    except (OSError, smpplib.exceptions.ConnectionError):  # an alert, or the end of the connection
        return
    raise Failure("it was bound without a certificate")


@case
def smpplib_is_known_by_its_certificate(world):
    """A carrier whose certificate is named in its profile can't be played by another with its password."""
    ours, others = issue(world.directory, "carrier1"), issue(world.directory, "carrier2")
    authorities = world.directory / "authorities.pem"
    authorities.write_text("".join(files["certificate"].read_text() for files in (ours, others)))
    files = _start(world, f'client_ca = "{authorities}"\n', certificate="name:carrier1")
    _served(taker(world), Carrier(world, tls=_context(files["certificate"], **ours)))
    try:
        Carrier(world, tls=_context(files["certificate"], **others))
    except smpplib.exceptions.PDUError as refused:
        equal("the status", refused.args[1], smpplib.consts.SMPP_ESME_RBINDFAIL)
        return
    raise Failure("it was bound with the certificate of another")


@case
def node_smpp_binds_over_tls(world):
    """ssmpp, with the certificate and the name in it verified by Node.js."""
    files = _start(world)
    _served(taker(world), NodeSmpp(world, tls=files["certificate"]))


@case
def kannel_binds_over_tls(world):
    """use-ssl, with our certificate as the one authority that it trusts."""
    files = _start(world)
    phone, kannel = taker(world), Kannel(world, tls=files["certificate"]).online()
    kannel.report(kannel.send("Your code is 123-456"), DELIVERED)
    equal("the text", phone.texts(), ["Your code is 123-456"])
