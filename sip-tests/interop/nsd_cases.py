"""Texts to a softswitch that is found in the DNS: nsd with a zone of ours, SIPp as the softswitches."""

import socket

from harness.carrier import Carrier
from harness.case import case, check, equal
from harness.phone import Softswitch, free_port
from harness.process import until

TEXT = "Your code is 123-456"
# A softswitch that has not answered is given up after 64 T1 (timer F); the first step of the ladder comes after it.
IN_DOUBT = 32 + 6

_CONFIG = """\
server:
  ip-address: 127.0.0.1@{port}
  do-ip6: no
  username: ""
  database: ""
  zonesdir: "{directory}"
  pidfile: "{directory}/nsd.pid"
  xfrdfile: "{directory}/xfrd.state"
  xfrdir: "{directory}"
  zonelistfile: "{directory}/zone.list"
  server-count: 1
remote-control:
  control-enable: no
zone:
  name: switch.test
  zonefile: switch.test.zone
"""

_ZONE = """\
$ORIGIN switch.test.
$TTL 60
@ SOA ns hostmaster 1 3600 600 86400 5
@ NS ns
ns A 127.0.0.1
host A 127.0.0.1
{records}
"""


def _name_server(world, records):
    """nsd with a zone; the address to ask."""
    port = free_port("udp")
    (world.directory / "nsd.conf").write_text(_CONFIG.format(port=port, directory=world.directory))
    (world.directory / "switch.test.zone").write_text(_ZONE.format(records="\n".join(records)))
    world.program("nsd", ["nsd", "-d", "-c", world.directory / "nsd.conf"])
    # Any query will do: it answers once it has read its zone.
    query = b"\0\1\0\0\0\1\0\0\0\0\0\0\6switch\4test\0\0\6\0\1"

    def answers():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(0.2)
            asking.connect(("127.0.0.1", port))
            asking.send(query)
            try:
                return asking.recv(512)
            except OSError:  # not yet
                return None

    until("nsd answers", 10, answers)
    return f"127.0.0.1:{port}"


def _behind(world, records):
    """A node whose texts go to switch.test."""
    server = _name_server(world, records)
    world.start(sip=f'[sip.proxy]\nuri = "sip:switch.test"\n[dns]\nservers = ["{server}"]\n')
    return Carrier(world)


@case
def nsd_names_a_silent_softswitch_first(world):
    """Over UDP the first softswitch says nothing: the text may have arrived, so it is repeated after timer F, with its
    Call-ID, and then to the other one."""
    silent = Softswitch(world, "phone_stays_silent", "udp")
    other = Softswitch(world, "phone_answers_200", "udp")
    carrier = _behind(world, [f"_sip._udp SRV 1 0 {silent.port} host", f"_sip._udp SRV 2 0 {other.port} host"])
    message = carrier.submit(TEXT)
    equal("the receipt", carrier.receipt(message, IN_DOUBT + 15)["stat"], "DELIVRD")
    equal("the text", other.texts(), [TEXT])
    sent = world.capture.rows("sip.Method == MESSAGE", "udp.dstport", "sip.Call-ID", "sip.CSeq.seq")
    equal("the last goes to the other", sent[-1][0], str(other.port))
    check("all have one Call-ID", len({call for _, call, _ in sent}) == 1)
    equal("the numbers of the requests", sorted({number for _, _, number in sent}), ["1", "2"])


@case
def nsd_names_softswitches_that_refuse(world):
    """NAPTR and SRV: nobody listens at the first, the second says 503, the third takes the text; all at once."""
    closed = free_port("tcp")
    full = Softswitch(world, "proxy_is_full_503", "tcp")
    good = Softswitch(world, "phone_answers_200", "tcp")
    records = ['@ NAPTR 10 10 "s" "SIP+D2T" "" _sip._tcp']
    ports = [closed, full.port, good.port]
    records += [f"_sip._tcp SRV {priority} 0 {port} host" for priority, port in enumerate(ports, 1)]
    carrier = _behind(world, records)
    message = carrier.submit(TEXT)
    equal("the receipt", carrier.receipt(message)["stat"], "DELIVRD")
    equal("the text at the full one", full.texts(), [TEXT])
    equal("the text at the good one", good.texts(), [TEXT])


@case
def nsd_says_that_there_is_no_sip(world):
    """SRV with the target ".": nothing is sent, though the name has an address (RFC 2782)."""
    records = ["_sip._udp SRV 0 0 0 .", "_sip._tcp SRV 0 0 0 .", "@ A 127.0.0.1"]
    carrier = _behind(world, records)
    message = carrier.submit(TEXT)
    told = "the domain says that it takes no SIP"
    until("the story says so", 10, lambda: told in world.node.command("message", "show", message))
    # The capture has to see something of ours: the carrier's session is there.
    equal("requests", world.capture.rows("sip.Method == MESSAGE", "frame.number"), [])
