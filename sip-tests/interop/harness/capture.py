"""What went over the wire, and what wireshark's dissectors say of it."""

import socket
import subprocess
from dataclasses import dataclass

from .process import Program, until

# PI_ERROR of wireshark's expert information.
_ERROR = 0x800000
_FIELDS = [
    "frame.number",
    "frame.protocols",
    "tcp.srcport",
    "tcp.dstport",
    "udp.srcport",
    "tcp.len",
    "udp.length",
    "_ws.expert.severity",
    "_ws.expert.message",
    "_ws.col.Info",
]


@dataclass
class Verdict:
    """Faults are in what we sent, notes in what others sent."""

    faults: list
    notes: list
    # How many frames are ours.
    frames: int


class Capture:
    """A capture on the loopback interface of all that goes to or comes from the node."""

    def __init__(self, directory, node, centre=None):
        self.file = directory / "wire.pcapng"
        self._ports = {"smpp": node.smpp, "udp": node.udp, "tcp": node.tcp}
        # Of a message centre that the node binds to.
        self._centre = centre
        self._marks = 0
        self._marker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._marker.bind(("127.0.0.1", 0))
        marker = self._marker.getsockname()[1]
        tcp = f"tcp port {node.smpp} or tcp port {node.tcp}" + (f" or tcp port {centre}" if centre else "")
        argv = ["dumpcap", "-i", "lo", "-f", f"{tcp} or udp port {node.udp} or udp port {marker}", "-w", self.file]
        self._program = Program("dumpcap", [*argv, "-q"], directory / "dumpcap.log")
        self._program.expect("File: ", 20)
        self._see(b"the capture begins")

    def _see(self, word):
        """Sends a datagram to ourselves until the file has it: the capture is up to date then."""

        def written():
            self._marker.sendto(word, self._marker.getsockname())
            return self.file.exists() and word in self.file.read_bytes()

        until(f"the capture has {word!r}", 15, written, every=0.03)

    def sync(self):
        """Waits until what has been sent so far is in the file."""
        self._marks += 1
        self._see(b"mark %d of the capture" % self._marks)

    def rows(self, display_filter, *fields):
        """The fields of the frames that the filter lets through, a tuple a frame."""
        self.sync()
        argv = ["tshark", "-n", "-r", self.file, *self._decode(), "-Y", display_filter, "-T", "fields"]
        argv += ["-E", "separator=\x1f", "-E", "occurrence=a"]
        for field in fields:
            argv += ["-e", field]
        told = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True).stdout
        return [tuple(line.split("\x1f")) for line in told.split("\n") if line]

    def _decode(self):
        smpp, udp, tcp = self._ports["smpp"], self._ports["udp"], self._ports["tcp"]
        told = ["-d", f"tcp.port=={smpp},smpp", "-d", f"udp.port=={udp},sip", "-d", f"tcp.port=={tcp},sip"]
        return told + (["-d", f"tcp.port=={self._centre},smpp"] if self._centre else [])

    def stop(self):
        self.sync()
        self._program.stop(10, by=2)
        self._marker.close()

    def judge(self):
        """Each frame with an expert error or a malformed part; ours are faults. To be asked after `stop`."""
        argv = ["tshark", "-n", "-r", self.file, *self._decode(), "-T", "fields", "-E", "separator=\x1f"]
        for field in _FIELDS:
            argv += ["-e", field]
        told = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True).stdout
        verdict = Verdict([], [], 0)
        for line in told.split("\n"):
            if line:
                self._look(dict(zip(_FIELDS, line.split("\x1f"), strict=True)), verdict)
        return verdict

    def _look(self, frame, verdict):
        source = int(frame["tcp.srcport"] or frame["udp.srcport"] or 0)
        binds = self._centre is not None and frame["tcp.dstport"] == str(self._centre)
        ours = source in self._ports.values() or binds
        verdict.frames += ours
        severities = [int(word) for word in frame["_ws.expert.severity"].split(",") if word]
        protocols = frame["frame.protocols"].split(":")
        what = f"frame {frame['frame.number']}: {frame['_ws.col.Info']}: {frame['_ws.expert.message']}"
        if any(word >= _ERROR for word in severities) or "_ws.malformed" in protocols:
            (verdict.faults if ours else verdict.notes).append(what)
        elif ours and self._unread(frame, protocols):
            verdict.faults.append(f"{what}: dissected as {frame['frame.protocols']}")

    def _unread(self, frame, protocols):
        """Whether we sent something on one of our ports that is not the protocol of that port."""
        if frame["udp.srcport"]:
            return int(frame["udp.length"]) > 8 + 4 and "sip" not in protocols  # 4: the answer to a keep-alive
        # Sent again by the kernel, of what was read before: "[TCP Retransmission]", "[TCP Spurious Retransmission]".
        again = "[TCP " in frame["_ws.col.Info"]
        ends = {int(frame["tcp.srcport"]), int(frame["tcp.dstport"])}
        wanted = "smpp" if ends & {self._ports["smpp"], self._centre} else "sip"
        segment = "reassembled" in frame["_ws.col.Info"]
        return int(frame["tcp.len"] or 0) > 4 and wanted not in protocols and not segment and not again

    def print_frames(self):
        """The ladder, for a report of what failed."""
        argv = ["tshark", "-n", "-r", self.file, *self._decode(), "-Y", "sip or smpp", "-t", "r"]
        return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False).stdout
