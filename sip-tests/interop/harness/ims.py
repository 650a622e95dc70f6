"""A phone of IMS: SIP of its own over UDP, and short messages read and written by libraries that nobody here wrote:
smspdudecoder and python-gsmmodem."""

import hashlib
import itertools
import re
import socket
import time
from io import StringIO

from gsmmodem import pdu as gsmmodem
from smspdudecoder.fields import SMSDeliver

from .process import Failure

_NUMBERS = itertools.count(1)
_TYPE = "Content-Type: application/vnd.3gpp.sms\r\n"


def _md5(text):
    return hashlib.md5(text.encode()).hexdigest()


class ImsPhone:
    """One phone, registered when the constructor returns. It answers each MESSAGE with 200."""

    def __init__(self, world, number="111222333", password="secret"):
        self._number, self._password = number, password
        self._node = ("127.0.0.1", world.node.udp)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        world.at_end(self._socket.close)
        self._here = "127.0.0.1:%d" % self._socket.getsockname()[1]
        self._calls, self._came = {}, []
        contact = f"Contact: <sip:{number}@{self._here}>;+g.3gpp.smsip\r\nExpires: 300\r\n"
        if (status := self._request("REGISTER", "127.0.0.1:%d" % world.node.udp, contact)) != 200:
            raise Failure(f"REGISTER is answered {status}")

    def _request(self, method, to, headers, body=b""):
        """Sends a request, answers the challenge to it, and gives the status of its final response."""
        own, call, authorization = f"sip:{self._number}@127.0.0.1:{self._node[1]}", f"{next(_NUMBERS)}@{self._here}", ""
        uri = f"sip:{to}"
        for cseq in (1, 2):
            branch = f"z9hG4bK{next(_NUMBERS)}{self._number}"
            head = f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {self._here};branch={branch};rport\r\nMax-Forwards: 70\r\n"
            head += f"From: <{own}>;tag=ims\r\nTo: <{own if method == 'REGISTER' else uri}>\r\nCall-ID: {call}\r\n"
            head += f"CSeq: {cseq} {method}\r\n{headers}{authorization}Content-Length: {len(body)}\r\n\r\n"
            self._socket.sendto(head.encode() + body, self._node)
            while call not in self._calls:
                self._hear()
            status, answer = self._calls.pop(call)
            if status != 401:
                return status
            asked = dict(re.findall(r'(\w+)="?([^",]*)"?', re.search(r"WWW-Authenticate: Digest (.*)", answer)[1]))
            keys = _md5(f"{self._number}:{asked['realm']}:{self._password}"), _md5(f"{method}:{uri}")
            proof = _md5(f"{keys[0]}:{asked['nonce']}:00000001:c:auth:{keys[1]}")
            authorization = f'Authorization: Digest username="{self._number}", realm="{asked["realm"]}", nonce="{asked["nonce"]}", '
            authorization += f'uri="{uri}", response="{proof}", algorithm=MD5, qop=auth, nc=00000001, cnonce="c"\r\n'
        raise Failure("challenged again")

    def _hear(self, seconds=15):
        """Takes one datagram; a request is answered and kept."""
        self._socket.settimeout(seconds)
        try:
            octets = self._socket.recv(65_535)
        except TimeoutError:
            raise Failure(f"the IMS phone hears nothing for {seconds} s") from None
        head, _, body = octets.partition(b"\r\n\r\n")
        head = head.decode() + "\r\n"
        call = re.search(r"^Call-ID: (\S+)", head, re.MULTILINE)[1]
        if head.startswith("SIP/2.0"):
            if (status := int(head.split()[1])) >= 200:
                self._calls[call] = status, head
            return
        kept = [line for line in head.splitlines() if re.match(r"(Via|From|To|Call-ID|CSeq):", line)]
        kept = [line + ";tag=ims" if line.startswith("To:") else line for line in kept]
        self._socket.sendto("\r\n".join(["SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""]).encode(), self._node)
        self._came.append((call, head, body))

    def next_unit(self):
        """The next RPDU: the Call-ID that it came under, its headers, its octets."""
        while not self._came:
            self._hear()
        return self._came.pop(0)

    def hears_nothing(self, seconds):
        """Fails if a request comes within that time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                self._hear(left)
            except Failure:
                return
            if self._came:
                raise Failure(f"the IMS phone hears {self._came}")

    def shows(self, report=b"\x02%c\x41\x02\x00\x00"):
        """Takes a text, part by part, as both libraries read it; reports on each part. The sender, the text, and in how
        many parts it came."""
        parts = {}
        while True:
            call, _, unit = self.next_unit()
            if unit[:1] != b"\x01" or unit[2 + 1 + unit[2]] != 0:
                raise Failure(f"no RP-DATA to a phone: {unit.hex()}")
            tpdu = unit[2 + 1 + unit[2] + 2 :]
            # Both want the address of a service centre before the TPDU; one of them wants digits in it.
            told = SMSDeliver.decode(StringIO("07911326040000F0" + tpdu.hex()))
            second = gsmmodem.decodeSmsPdu("00" + tpdu.hex())
            text, sender = told["user_data"]["data"], told["sender"]["number"]
            # python-gsmmodem takes fill bits for granted, of which there are none behind a header of seven octets.
            aligned = told["dcs"]["encoding"] == "gsm" and told["header"]["udhi"]
            if sender != second["number"].lstrip("+") or (not aligned and text != second["text"]):
                raise Failure(f"the libraries do not agree: {told} and {second}")
            self.sends_unit(report.replace(b"%c", unit[1:2]), f"In-Reply-To: {call}\r\n")
            header = told["user_data"]["header"]
            place = header["elements"][0]["data"] if header else {"part_number": 1, "parts_count": 1}
            number, total = place["part_number"], place["parts_count"]
            parts[number] = text
            if told["header"]["mms"] != (number == total):  # the bit says that none waits
                raise Failure(f"TP-MMS of part {number} of {total} is {told['header']['mms']}")
            if len(parts) == total:
                return sender, "".join(text for _, text in sorted(parts.items())), total

    def hears_of(self):
        """Takes a status report, as python-gsmmodem reads it, and acknowledges it: what it says."""
        call, _, unit = self.next_unit()
        told = gsmmodem.decodeSmsPdu("00" + unit[2 + 1 + unit[2] + 2 :].hex())
        self.sends_unit(b"\x02" + unit[1:2], f"In-Reply-To: {call}\r\n")
        return told

    def sends_unit(self, unit, headers=""):
        """Sends an RPDU, which has to be answered 202."""
        if (status := self._request("MESSAGE", f"smsc@127.0.0.1:{self._node[1]}", _TYPE + headers, unit)) != 202:
            raise Failure(f"an RPDU is answered {status}")

    def sends(self, to, text, **how):
        """Sends a text as python-gsmmodem writes it; the RPDUs that it hears, and the reference of each part."""
        heard = []
        for written in gsmmodem.encodeSmsSubmitPdu(to, text, reference=next(_NUMBERS) % 200, **how):
            tpdu, reference = bytes(written.data)[1:], next(_NUMBERS) % 256  # the first octet: no service centre
            self.sends_unit(bytes([0, reference, 0, 0, len(tpdu)]) + tpdu)
            heard.append((reference, self.next_unit()[2]))
        return heard
