"""Drives node_smpp.js and net_smpp.pl: a bind of a carrier that uses node-smpp or Net::SMPP."""

import itertools
import json
from pathlib import Path

from harness.carrier import RECEIPT
from harness.case import NODE_MODULES
from harness.process import Failure, until

_HERE = Path(__file__).parent


class _Scripted:
    """One connection of a library that a script lets us use, by lines of JSON."""

    def __init__(self, world, bind="bind_transceiver", status=0, **fields):
        argv, env = self._command(world.node.smpp)
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
        fields = {"source_addr": "15551234", "source_addr_ton": 1, "source_addr_npi": 1, "destination_addr": to}
        fields |= {"dest_addr_ton": 1, "dest_addr_npi": 1, "registered_delivery": 1, "short_message": text}
        response = self.ask("submit_sm", **fields | more)
        if response["command_status"] != 0:
            raise Failure(f"submit_sm_resp has status {response['command_status']:#x}")
        return response["message_id"]

    def receipt(self, message, seconds=10):
        """Waits for the receipt of a message."""
        return self.came("deliver_sm", seconds, receipted_message_id=message)

    def outcome(self, message, seconds=10):
        """Waits for the receipt of a message; what its text says of it: DELIVRD, EXPIRED."""
        return RECEIPT.fullmatch(self.receipt(message, seconds)["short_message"])["stat"]

    def receipts(self, message):
        """How many receipts of that message have come so far."""
        return sum(told.get("receipted_message_id") == message for told in self.told("deliver_sm"))


class NodeSmpp(_Scripted):
    """node-smpp; it codes texts itself."""

    name = "node-smpp"

    def _command(self, port):
        return ["node", _HERE / "node_smpp.js", port], {"NODE_PATH": str(NODE_MODULES)}

    def _octets(self, octets):
        return {"octets": octets.hex()}


class NetSmpp(_Scripted):
    """Net::SMPP; its users code and cut texts themselves."""

    name = "Net::SMPP"

    def _command(self, port):
        return ["perl", _HERE / "net_smpp.pl", port], {}

    def _octets(self, octets):
        return octets.decode("latin-1")
