"""Kannel as a client: its bearerbox binds to the node, its smsbox takes texts by HTTP and calls back with receipts."""

import http.server
import re
import threading
import urllib.parse
import urllib.request

from harness.node import ROOT
from harness.phone import free_port
from harness.process import Failure, until

_CONFIG = """\
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = secret
admin-allow-ip = 127.0.0.1
smsbox-port = {boxes}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
store-type = file
store-location = {home}/store
dlr-storage = internal
sms-resend-freq = 1
{core}
{connections}
group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {boxes}
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1

group = sendsms-user
username = app
password = secret
max-messages = 20
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "http://127.0.0.1:{reports}/?from=%p&to=%P&octets=%b&charset=%C"
"""

# The connection that the manual gives to operators.
_MANUAL = re.search(r"```\n(group = smsc\n.*?)```", (ROOT / "docs/connecting.md").read_text(), re.DOTALL)[1]
TRANSCEIVER = ["port = {port}; transceiver-mode = true"]
# Two connections under one smsc-id, so that the receipts of one are known to the other.
PAIR = ["port = {port}", "receive-port = {port}"]


def _connection(lines, password):
    """The manual's connection with these lines for its port, to this machine."""
    group = _MANUAL.replace("port = 2775\ntransceiver-mode = true", "\n".join(lines)).replace("192.0.2.10", "127.0.0.1")
    return "\n" + group.replace("secret1", password) + "reconnect-delay = 1\n"  # seconds; 10 without it


# What Kannel calls the steps of a message, by the %d of its dlr-url.
DELIVERED, FAILED, BUFFERED, ACCEPTED, REFUSED, EXPIRED = 1, 2, 4, 8, 16, 34


class Kannel:
    """A bearerbox and a smsbox. `connections` has the lines of each connection to the node, `more` is for all of them,
    `tls` the file of the authority that it trusts."""

    def __init__(self, world, connections=TRANSCEIVER, more=(), password="secret1", tls=None):
        self._world = world
        home = world.directory / "kannel"
        home.mkdir()
        self._reports = _Reports()
        world.at_end(self._reports.close)
        self._ports = {name: free_port("tcp") for name in ("admin", "boxes", "sendsms")}
        port, core = world.node.smpp, ""
        if tls:
            port, core, more = world.node.smpp_tls, f"ssl-trusted-ca-file = {tls}", [*more, "use-ssl = true"]
        groups = [_connection([*one.format(port=port).split("; "), *more], password) for one in connections]
        self._file = home / "kannel.conf"
        self._file.write_text(_CONFIG.format(**self._ports, home=home, core=core, reports=self._reports.port, connections="".join(groups)))
        self._connections = len(groups)
        self._sent = 0
        self.start()

    def start(self):
        """Starts both boxes and waits until they know each other and take texts."""
        self._bearerbox = self._world.program("bearerbox", ["bearerbox", "-v", 0, self._file])
        until("bearerbox listens", 10, self.status)
        self._smsbox = self._world.program("smsbox", ["smsbox", "-v", 0, self._file])
        until("the smsbox is connected", 10, lambda: "<type>smsbox</type>" in (self.status() or ""))
        until("the smsbox listens", 10, lambda: self._get("sendsms", "") is not None)
        return self

    def status(self):
        """What its status page says, as XML."""
        return self._get("admin", "status.xml", password="secret")

    def online(self, seconds=15):
        """Waits until all its connections are bound."""
        until("Kannel is bound", seconds, lambda: self._bound() == self._connections, every=0.1)
        return self

    def _bound(self):
        return (self.status() or "").count("<status>online ")

    def _get(self, port, path, **query):
        url = f"http://127.0.0.1:{self._ports[port]}/{path}?{urllib.parse.urlencode(query)}"
        for box in (self._bearerbox, getattr(self, "_smsbox", self._bearerbox)):
            if not box.runs():
                raise Failure(f"{box.name} ended: {box.said()[-600:]}")
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.read().decode()
        except OSError:  # it does not listen yet
            return None

    def send(self, text, to="111222333", sender="15551234", **more):
        """Gives a text to the smsbox; the number under which its reports come. `more` is what sendsms knows."""
        self._sent += 1
        fields = {"username": "app", "password": "secret", "from": sender, "to": to, "text": text, "charset": "UTF-8"}
        report = f"http://127.0.0.1:{self._reports.port}/?number={self._sent}&type=%d&id=%F&answer=%A"
        fields |= {"dlr-mask": 31, "dlr-url": report}
        told = self._get("sendsms", "cgi-bin/sendsms", **fields | more)
        if not told or not (told.startswith("0: Accepted") or told.startswith("3: Queued")):
            raise Failure(f"smsbox says {told!r}")
        return self._sent

    def reports(self, number, kind):
        """The calls of its dlr-url so far for that text and step."""
        return [call for call in self._reports.calls if (call.get("number"), call.get("type")) == (str(number), str(kind))]

    def report(self, number, kind=DELIVERED, seconds=15):
        """Waits for the call of its dlr-url that tells of that step."""
        return until(f"Kannel calls back with {kind} for {number}", seconds, lambda: self.reports(number, kind))[0]

    def texts(self, count=1, seconds=15):
        """Waits for so many texts to its service and gives them in the order in which they came."""

        def enough():
            texts = [call for call in self._reports.calls if "octets" in call]
            came = [call["octets"].encode("latin-1").decode(call["charset"]) for call in texts]
            return came if len(came) >= count else None

        return until(f"Kannel hands on {count} texts", seconds, enough)

    def said(self):
        """The log of the bearerbox."""
        return self._bearerbox.said()


class _Reports(http.server.ThreadingHTTPServer):
    """Where Kannel calls with its reports: many at once, and each once only, so none may be turned away."""

    daemon_threads = True
    request_queue_size = 1000

    def __init__(self):
        calls = self.calls = []

        class Taker(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                query = self.path.partition("?")[2]
                calls.append(dict(urllib.parse.parse_qsl(query, keep_blank_values=True, encoding="latin-1")))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Taker)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()
