"""sipsak, the knife of those who watch over SIP servers."""

from harness.case import case, check
from harness.process import Failure, until


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
def sipsak_registers(world):
    """It registers with digest. (Its MESSAGE is no case: 0.9.8 crashes on any challenge to one.)"""
    node = world.start()
    number = "111222333"
    register = ["-U", "-i", "-C", f"sip:{number}@127.0.0.1:9", "-x", "300", "-u", number, "-a", "secret"]
    _sipsak(world, *register, "-s", f"sip:{number}@127.0.0.1:{node.udp}")
    until("it is bound", 10, lambda: node.stored("SELECT count(*) FROM binding") == 1)
