"""Phones: SIPp with our scenario files, baresip and linphone as people use them, JsSIP as pages use it."""

import json
import random
import re
import socket
import sys
import threading
from pathlib import Path

from .process import Failure, lines_of, until

_SCENARIOS = Path(__file__).resolve().parents[1] / "sipp"

_GIVEN = set()
_LOCK = threading.Lock()
# The first port that the system gives to whoever asks for any.
_SYSTEMS = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])


def free_port(transport):
    """A port that nobody has: for programs that can't ask the system for one themselves. It is below those that the
    system gives away, so that no connection takes it before the program does."""
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    while True:
        port = random.randrange(10_000, _SYSTEMS)
        with _LOCK:
            if port in _GIVEN:
                continue
            _GIVEN.add(port)
        with socket.socket(socket.AF_INET, kind) as found:
            try:
                found.bind(("127.0.0.1", port))
            except OSError:  # somebody has it
                continue
        return port


class Sipp:
    """SIPp on one scenario, which may use `peer` and `text`; with `answers`, requests outside of its
    call run that scenario. It is over TLS by a tunnel, since Debian's SIPp has none."""

    def __init__(self, world, scenario, transport="udp", answers=None, number="111222333", password="secret", peer="", text="", tunnel=None):
        self._logs = world.directory / f"sipp-{scenario}-{free_port(transport)}"
        self._logs.mkdir()
        self.port = free_port(transport)
        argv = ["sipp", f"127.0.0.1:{tunnel.port if tunnel else world.node.sip(transport)}", "-t", "u1" if transport == "udp" else "t1"]
        argv += ["-i", "127.0.0.1", "-p", self.port, "-sf", _SCENARIOS / f"{scenario}.xml", "-m", 1, "-nostdin"]
        if answers:
            argv += ["-oocsf", _SCENARIOS / f"{answers}.xml"]
        argv += ["-key", "number", number, "-key", "peer", peer, "-key", "text", text, "-au", number, "-ap", password]
        argv += ["-timeout", 90, "-timeout_error"]
        for kind, option in (("msg", "message"), ("err", "error"), ("logs", "log")):
            argv += [f"-trace_{kind}", f"-{option}_file", self._logs / f"{option}.log"]
        self._program = world.program("sipp", argv, env={"TERM": "dumb"})

    def registered(self, seconds=10):
        """Waits for the 200 to its REGISTER."""
        until("sipp registers", seconds, lambda: self._has("REGISTERED"))
        return self

    def _has(self, line):
        if not self._program.runs() and line not in self.logged():
            raise Failure(f"sipp ended before {line!r}: {lines_of(self._logs / 'error.log')}")
        return line in self.logged()

    def logged(self):
        """What the log actions of its scenarios have written."""
        return lines_of(self._logs / "log.log")

    def texts(self, count=1, seconds=10):
        """Waits for so many texts and gives them in the order in which they came."""

        def enough():
            came = _texts(self._logs / "log.log")
            return came if len(came) >= count else None

        return until(f"sipp gets {count} texts", seconds, enough)

    def passes(self, seconds=20):
        """Waits for its end: its own verdict on its scenario."""
        code = self._program.wait(seconds)
        if code != 0:
            raise Failure(f"sipp says {code}: {lines_of(self._logs / 'error.log')}")

    def stop(self):
        self._program.stop()


class Softswitch:
    """SIPp at a port of its own, to which nobody registers: each request runs the scenario."""

    def __init__(self, world, scenario, transport):
        self._logs = world.directory / f"switch-{scenario}-{free_port(transport)}"
        self._logs.mkdir()
        self.port = free_port(transport)
        argv = ["sipp", "-t", "u1" if transport == "udp" else "t1", "-i", "127.0.0.1", "-p", self.port]
        argv += ["-sf", _SCENARIOS / f"{scenario}.xml", "-nostdin", "-timeout", 90]
        argv += ["-trace_logs", "-log_file", self._logs / "log.log"]
        world.program("sipp", argv, env={"TERM": "dumb"})

    def texts(self, seconds=10):
        """Waits for a text and gives all that came."""
        return until("the softswitch gets a text", seconds, lambda: _texts(self._logs / "log.log"))


def taker(world, transport="udp", **how):
    """A SIPp phone that is registered and takes every text."""
    return Sipp(world, "phone_registers", transport, "phone_answers_200", **how).registered()


def _texts(log):
    """What stands after TEXT in SIPp's log; a text may have lines, so what begins none of our entries belongs to it."""
    if not log.exists():
        return []
    entries = re.split(r"^(?=TEXT |BINDING |REGISTERED$)", log.read_bytes().decode("utf-8", "replace"), flags=re.MULTILINE)
    return [entry.removeprefix("TEXT ")[:-1] for entry in entries if entry.startswith("TEXT ") and entry.endswith("\n")]


_BARESIP = """\
module_path /usr/lib/baresip/modules
sip_listen 127.0.0.1:0
module stdio.so
module_tmp account.so
module_app contact.so
module_app menu.so
"""


class Baresip:
    """baresip on a terminal, with one account; with `port` it registers there."""

    def __init__(self, world, transport="udp", number="111222333", password="secret", authority=None, port=None):
        home = world.directory / f"baresip-{transport}-{number}"
        home.mkdir()
        trusted = f"sip_cafile {authority}\n" if authority else ""
        (home / "config").write_text(_BARESIP + trusted)
        (home / "contacts").write_text("")
        where = f"127.0.0.1:{port or world.node.sip(transport)};transport={transport}"
        account = f"<sip:{number}@{where}>;auth_user={number};auth_pass={password};regint=300\n"
        (home / "accounts").write_text(account)
        self._program = world.program("baresip", ["baresip", "-f", home], terminal=True)

    def registered(self, seconds=15):
        self._program.expect(r"200 OK \(.*\) \[1 binding\]", seconds)
        return self

    def refused(self, seconds=15):
        """Waits until it says that it may not register, and with which answer."""
        return self._program.expect(r"reg: sip:[^ ]+: (\d{3} \w+)", seconds)[1]

    def shows(self, sender, text, seconds=15):
        """Waits for the text on its screen, as it shows texts: sip:SENDER@HOST: "TEXT"."""
        pattern = rf"sip:{re.escape(sender)}@[^ ]+: \"{re.escape(text)}\""
        return self._program.expect(pattern, seconds)

    def said(self):
        return self._program.said()

    def stop(self):
        """Ends it as a person would; it unregisters."""
        self._program.stop()


_LINPHONE = """\
[sip]
sip_port={udp}
sip_tcp_port={tcp}
sip_tls_port={tls}
root_ca={authority}
verify_server_certs=1
default_proxy=0
guess_hostname=0
contact="{number}" <sip:{number}@127.0.0.1>

[proxy_0]
reg_proxy=<sip:{host}:{port};transport={transport}>
reg_identity=<sip:{number}@127.0.0.1>
reg_expires=300
reg_sendregister=1
publish=0
{more}

[auth_info_0]
username={number}
userid={number}
passwd=secret
realm=iwf

[video]
enabled=0
"""


class Linphone:
    """linphonec on a terminal, with one account; with `port` it registers there."""

    _MORE = ""

    def __init__(self, world, transport="udp", number="111222333", authority="", port=None):
        home = world.directory / f"linphone-{transport}-{number}"
        for folder in (".local/share/linphone", ".config/linphone"):  # it makes neither itself
            (home / folder).mkdir(parents=True)
        settings = home / "linphonerc"
        ports = {name: -1 if name == transport else 0 for name in ("udp", "tcp", "tls")}  # -1: any port; 0: none
        host = "localhost" if transport == "tls" else "127.0.0.1"  # it compares DNS names only with a certificate
        how = {"number": number, "host": host, "port": port or world.node.sip(transport), "transport": transport}
        settings.write_text(_LINPHONE.format(**how, **ports, authority=authority, more=self._MORE))
        self._wire = home / "wire.log"
        self._program = world.program("linphone", self._argv(settings), terminal=True, env={"HOME": str(home)})

    def _argv(self, settings):
        return ["linphonec", "-c", settings, "-d", 6, "-l", self._wire]

    def registered(self, seconds=20):
        done = "moving from state [LinphoneRegistrationProgress] to [LinphoneRegistrationOk]"
        until("linphone registers", seconds, lambda: any(done in line for line in lines_of(self._wire)))
        return self

    def shows(self, sender, text, seconds=15):
        pattern = rf"Message received from .*sip:{re.escape(sender)}@[^ ]+: {re.escape(text)}"
        return self._program.expect(pattern, seconds)

    def stop(self):
        self._program.stop()


class LinphoneApp(Linphone):
    """liblinphone as its app uses it: each text is read as it comes, and what is written goes out in CPIM. As the apps
    for phones do, which know a server for groups, it says in its Contact what it can do (+org.linphone.specs)."""

    _MORE = "conference_factory_uri=sip:groups@127.0.0.1"

    def _argv(self, settings):
        return [sys.executable, _SCENARIOS.parent / "linphone_app.py", settings]

    def registered(self, seconds=20):
        self._program.expect("registered", seconds)
        return self

    def shows(self, sender, text, seconds=15):
        return self._program.expect(rf"sip:{re.escape(sender)}@[^ ]+: {re.escape(text)}", seconds)

    def sends(self, to, text):
        self._program.tell(f"{to} {text}")


class JsSip:
    """JsSIP, as a page of the origin uses it, over WebSocket."""

    def __init__(self, world, transport="ws", number="111222333", password="secret", authority=None, origin=""):
        from .case import NODE_MODULES

        url = f"{transport}://localhost:{world.node.sip(transport)}"
        argv = ["node", _SCENARIOS.parent / "jssip.js", url, number, password, origin]
        trusted = {"NODE_EXTRA_CA_CERTS": str(authority)} if authority else {}
        self._program = world.program("jssip", argv, env={"NODE_PATH": str(NODE_MODULES), **trusted})

    def registered(self, seconds=15):
        self._program.expect("registered", seconds)
        return self

    def shows(self, sender, text, seconds=15):
        told = json.dumps({"from": sender, "text": text}, ensure_ascii=False)
        return self._program.expect(re.escape(told), seconds)

    def refused(self, seconds=15):
        """Waits until the server has refused the WebSocket; with which status."""
        return self._program.expect(r"refused: (\d{3})", seconds)[1]

    def sends(self, to, text, seconds=15):
        """Sends a text; the status that it is answered with."""
        self._program.tell(json.dumps({"to": to, "text": text}))
        return int(self._program.expect(r"answered (\d{3})", seconds)[1])
