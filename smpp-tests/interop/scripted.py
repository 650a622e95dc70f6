"""Drives node_smpp.js and net_smpp.pl: a bind of a carrier that uses node-smpp or Net::SMPP."""

import itertools
import json
from pathlib import Path

import alphabet
from harness.carrier import RECEIPT
from harness.case import NODE_MODULES
from harness.process import Failure, until

_HERE = Path(__file__).parent


_SENDER = {"source_addr": "15551234", "source_addr_ton": 1, "source_addr_npi": 1}


class _Scripted:
    """One connection of a library that a script lets us use, by lines of JSON."""

    def __init__(self, world, bind="bind_transceiver", status=0, **fields):
        argv, env = self._command(world.node)
        self._program = world.program(self.name, argv, env=env)
        self._numbers = itertools.count(1)
        self.came("connect")
        self.bound = self.ask(bind, **{"system_id": "carrier1", "password": "secret1"} | fields)
        if self.bound["command_status"] != status:
            raise Failure(f"{bind}_resp has status {self.bound['command_status']:#x}, not {status:#x}")

    def _told(self):
        lines = self._program.said().split("\n")[:-1]
        return [json.loads(line) for line in lines if line.startswith("{")]

    def start(self, command, **fields):
        """Sends a request; the number under which its answer will come."""
        number = next(self._numbers)
        self._program.tell(json.dumps({"do": command, "n": number, **fields}, default=self._octets))
        return number

    def answer(self, number, seconds=10):
        """Waits for the answer to a request."""

        def found():
            self._alive()
            return next((told for told in self._told() if told.get("answer") == number), None)

        return until(f"{self.name} gets answer {number}", seconds, found)

    def ask(self, command, **fields):
        """Sends a request and waits for its answer."""
        return self.answer(self.start(command, **fields))

    def came(self, command, seconds=10, count=1, **wanted):
        """Waits for so many requests of ours (or `connect`, `close`) with these fields; the last of them."""

        def found():
            self._alive()
            fit = [told for told in self.told(command) if all(told.get(key) == value for key, value in wanted.items())]
            return fit[count - 1] if len(fit) >= count else None

        return until(f"{self.name} gets {command} {wanted}", seconds, found)

    def told(self, command):
        """All requests of that kind that have come so far."""
        return [told for told in self._told() if told.get("came") == command]

    def _alive(self):
        if not self._program.runs():
            raise Failure(f"{self.name} ended: {self._program.said()[-600:]}")

    def submit(self, text, to="111222333", **more):
        """Submits a text, or octets as they are; the message id of the submit_sm_resp."""
        fields = {**_SENDER, "destination_addr": to, "dest_addr_ton": 1, "dest_addr_npi": 1}
        fields |= {"registered_delivery": 1, "short_message": text}
        response = self.ask("submit_sm", **fields | more)
        if response["command_status"] != 0:
            raise Failure(f"submit_sm_resp has status {response['command_status']:#x}")
        return response["message_id"]

    def receipt(self, message, seconds=10):
        """Waits for the receipt of a message."""
        return self.came("deliver_sm", seconds, receipted_message_id=message)

    def told_of(self, message, seconds=10):
        """Waits for the receipt of a message; the fields of its text: stat, dlvrd, err, ..."""
        return RECEIPT.fullmatch(self.receipt(message, seconds)["short_message"]).groupdict()

    def outcome(self, message, seconds=10):
        """Waits for the receipt of a message; what its text says of it: DELIVRD, EXPIRED."""
        return self.told_of(message, seconds)["stat"]

    def receipts(self, message):
        """How many receipts of that message have come so far."""
        return sum(told.get("receipted_message_id") == message for told in self.told("deliver_sm"))

    def query(self, message, source_addr="15551234"):
        """Asks after a message: message_state, final_date, error_code."""
        return self.ask("query_sm", message_id=message, **_SENDER | {"source_addr": source_addr})

    def cancel(self, message):
        """Takes a message back, or all that are like ours if there is no id; the status."""
        both = {**_SENDER, "dest_addr_ton": 1, "dest_addr_npi": 1, "destination_addr": "111222333"}
        return self.ask("cancel_sm", message_id=message, **both)["command_status"]

    def replace(self, message, text):
        """Gives a message another text; the status."""
        fields = {"message_id": message, **_SENDER, "registered_delivery": 1, "short_message": text}
        return self.ask("replace_sm", **fields)["command_status"]

    @property
    def incoming(self):
        """The texts that have come so far, receipts not among them, part by part."""
        return [told for told in self.told("deliver_sm") if told["esm_class"] & 0x3C == 0]

    def texts(self, count=1, seconds=10):
        """Waits for so many whole texts and gives them in the order in which they became whole."""

        def enough():
            self._alive()
            came = alphabet.joined(self._piece(told) for told in self.incoming)
            return came if len(came) >= count else None

        return until(f"{self.name} gets {count} texts", seconds, enough)

    def leave(self):
        """Unbinds and closes the connection."""
        self.ask("unbind")
        self._program.tell('{"do": "close"}')
        self.came("close")


class NodeSmpp(_Scripted):
    """node-smpp; it codes texts itself."""

    name = "node-smpp"

    def __init__(self, world, bind="bind_transceiver", tls=None, **fields):
        self._authority = tls
        super().__init__(world, bind, **fields)

    def _command(self, node):
        argv = ["node", _HERE / "node_smpp.js"]
        argv += [node.smpp_tls, self._authority] if self._authority else [node.smpp]
        return argv, {"NODE_PATH": str(NODE_MODULES)}

    def _octets(self, octets):
        return {"octets": octets.hex()}

    def _piece(self, told):
        """It reads the text itself, and shows the elements of a header without their length."""
        elements = bytes.fromhex("".join(told.get("udh", [])))
        return bytes([len(elements)]) + elements if elements else b"", told["short_message"]

    def submit_long(self, text):
        """Submits a text in parts, as {udh, message}; the message ids."""
        octets, coding, size = alphabet.coded(text)
        parts = [(part[: part[0] + 1], part[part[0] + 1 :]) for part in alphabet.headed(alphabet.cut(octets, size), 7)]
        return [self.submit({"udh": udh, "message": message}, data_coding=coding) for udh, message in parts]

    def submit_multi(self, text, numbers):
        """Submits to several; the response, with (number, status) of who does not get it as `unsuccessful`."""
        to = [{"dest_addr_ton": 1, "dest_addr_npi": 1, "destination_addr": number} for number in numbers]
        told = self.ask("submit_multi", **_SENDER, dest_address=to, registered_delivery=1, short_message=text)
        failed = [(one["destination_addr"], one["error_status_code"]) for one in told.get("unsuccess_sme", [])]
        return told | {"unsuccessful": failed}


class NetSmpp(_Scripted):
    """Net::SMPP; its users code and cut texts themselves."""

    name = "Net::SMPP"

    def _command(self, node):
        return ["perl", _HERE / "net_smpp.pl", node.smpp], {}

    def _octets(self, octets):
        return octets.decode("latin-1")

    def _piece(self, told):
        octets = (told.get("message_payload") or told["short_message"]).encode("latin-1")
        header, octets = alphabet.split(octets, told["esm_class"])
        if "sar_msg_ref_num" in told:
            names = ("sar_msg_ref_num", "sar_total_segments", "sar_segment_seqnum")
            header = b"\x06\x08\x04" + "".join(told[name] for name in names).encode("latin-1")
        return header, alphabet.text_of(octets, told["data_coding"])

    def submit_long(self, text):
        """Submits a text in parts with a 16-bit reference, the message ids."""
        octets, coding, size = alphabet.coded(text)
        parts = alphabet.headed(alphabet.cut(octets, size), reference=0xBEEF, wide=True)
        return [self.submit(part, data_coding=coding, esm_class=0x40) for part in parts]

    def submit_multi(self, text, numbers):
        """Submits to several; the response, with (number, status) of who does not get it as `unsuccessful`."""
        to = {"dest_addr_ton": [1] * len(numbers), "dest_addr_npi": [1] * len(numbers), "destination_addr": numbers}
        told = self.ask("submit_multi", **_SENDER, **to, registered_delivery=1, short_message=text)
        failed = zip(told.get("destination_addr", []), told.get("error_status_code", []), strict=True)
        return told | {"unsuccessful": list(failed)}
