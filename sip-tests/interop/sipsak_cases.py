"""sipsak, the knife of those who watch over SIP servers."""

from harness.case import case, check, equal
from harness.phone import Sipp
from harness.process import Failure


def _sipsak(world, *words):
    """Runs it against the node; what it prints. It ends with 0 when it got what it wants."""
    program = world.program("sipsak", ["sipsak", *words])
    code = program.wait(15)
    if code != 0:
        raise Failure(f"sipsak says {code}: {program.said()[-400:]}")
    return program.said()


@case
def sipsak_pings(world):
    """OPTIONS over UDP and TCP: 200."""
    node = world.start()
    check("200 over UDP", "200 OK" in _sipsak(world, "-vv", "-s", f"sip:ping@127.0.0.1:{node.udp}"))
    check("200 over TCP", "200 OK" in _sipsak(world, "-vv", "-E", "tcp", "-s", f"sip:ping@127.0.0.1:{node.tcp}"))


@case
def sipsak_registers_and_writes(world):
    """It registers with digest, and its MESSAGE reaches another account's phone."""
    node = world.start()
    here = f"127.0.0.1:{node.udp}"
    me = ["-u", "111222333", "-a", "secret"]
    register = ["-U", "-i", "-C", "sip:111222333@127.0.0.1:9", "-x", "300", *me, "-s", f"sip:111222333@{here}"]
    _sipsak(world, *register)
    phone = Sipp(world, "phone_registers", "udp", "phone_answers_200", number="444555666").registered()
    write = ["-M", "-B", "Hello from sipsak", "-c", f"sip:111222333@{here}", *me, "-s", f"sip:444555666@{here}"]
    _sipsak(world, "-vv", *write)
    equal("the text", phone.texts(), ["Hello from sipsak"])
