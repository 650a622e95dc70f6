"""Drives node_smpp.js: a bind of a carrier that uses node-smpp."""

import itertools
import json
from pathlib import Path

from harness.case import NODE_MODULES
from harness.process import Failure, until

_SCRIPT = Path(__file__).with_name("node_smpp.js")


class NodeSmpp:
    """One connection of node-smpp to the node."""

    def __init__(self, world, bind="bind_transceiver", status=0, **fields):
        argv = ["node", _SCRIPT, world.node.smpp]
        self._program = world.program("node-smpp", argv, env={"NODE_PATH": str(NODE_MODULES)})
        self._numbers = itertools.count(1)
        self.came("connect")
        self.bound = self.ask(bind, system_id="carrier1", password=fields.pop("password", "secret1"), **fields)
        if self.bound["command_status"] != status:
            raise Failure(f"{bind}_resp has status {self.bound['command_status']:#x}, not {status:#x}")

    def _told(self):
        lines = self._program.said().split("\n")[:-1]
        return [json.loads(line) for line in lines if line.startswith("{")]

    def start(self, command, **fields):
        """Sends a request; the number under which its answer will come."""
        number = next(self._numbers)
        self._program.tell(json.dumps({"do": command, "n": number, **fields}))
        return number

    def answer(self, number, seconds=10):
        """Waits for the answer to a request."""

        def found():
            self._alive()
            return next((told for told in self._told() if told.get("answer") == number), None)

        return until(f"node-smpp gets answer {number}", seconds, found)

    def ask(self, command, **fields):
        """Sends a request and waits for its answer."""
        return self.answer(self.start(command, **fields))

    def came(self, command, seconds=10, count=1, **wanted):
        """Waits for so many requests of ours (or `connect`, `close`) with these fields; the last of them."""

        def found():
            self._alive()
            fit = [told for told in self.told(command) if all(told.get(key) == value for key, value in wanted.items())]
            return fit[count - 1] if len(fit) >= count else None

        return until(f"node-smpp gets {command} {wanted}", seconds, found)

    def told(self, command):
        """All requests of that kind that have come so far."""
        return [told for told in self._told() if told.get("came") == command]

    def _alive(self):
        if not self._program.runs():
            raise Failure(f"node-smpp ended: {self._program.said()[-600:]}")

    def submit(self, text, to="111222333", **more):
        """Submits; the message id of the submit_sm_resp."""
        fields = {"source_addr": "15551234", "source_addr_ton": 1, "source_addr_npi": 1, "destination_addr": to}
        fields |= {"dest_addr_ton": 1, "dest_addr_npi": 1, "registered_delivery": 1, "short_message": text}
        response = self.ask("submit_sm", **fields | more)
        if response["command_status"] != 0:
            raise Failure(f"submit_sm_resp has status {response['command_status']:#x}")
        return response["message_id"]

    def receipt(self, message, seconds=10):
        """Waits for the receipt of a message."""
        return self.came("deliver_sm", seconds, receipted_message_id=message)
