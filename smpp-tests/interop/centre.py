"""Drives node_smpp_centre.js: the message centre of a vendor, which the node binds to."""

import json
from pathlib import Path

from harness.case import NODE_MODULES
from harness.phone import free_port
from harness.process import Failure, until

_HERE = Path(__file__).parent

PROVISIONING = """
[[carrier]]
name = "Vendor"

[[connection]]
name = "vendor-a"
carrier = "Vendor"
address = "127.0.0.1:{port}"
system_id = "iwf"
password = "secret"
{connection}

[[route]]
name = "everything-222"
to = ["222%"]
via = ["vendor-a"]
"""


class Centre:
    """A server of node-smpp."""

    def __init__(self, world, **behaviour):
        self.port = free_port("tcp")
        argv = ["node", _HERE / "node_smpp_centre.js", self.port]
        self._program = world.program("node-smpp-centre", argv, env={"NODE_PATH": str(NODE_MODULES)})
        self.came("listen")
        self.behaves(**behaviour)

    def provisioning(self, connection="", port=None):
        """What leads texts to 222... here, or to what stands before it at another port."""
        return PROVISIONING.format(port=port or self.port, connection=connection)

    def behaves(self, **behaviour):
        """Changes how it behaves."""
        count = len(self.told("behaves"))
        self._program.tell(json.dumps(behaviour))
        self.came("behaves", count=count + 1)

    def delivers(self, **fields):
        """Sends a deliver_sm; its answer."""
        count = len(self._answers())
        self._program.tell(json.dumps({"send": "deliver_sm", **fields}))
        return until("the vendor's deliver_sm is answered", 20, lambda: self._answers()[count:])[0]

    def came(self, command, seconds=20, count=1):
        """Waits for so many of these; the last of them."""

        def found():
            if not self._program.runs():
                raise Failure(f"the vendor ended: {self._program.said()[-600:]}")
            told = self.told(command)
            return told[count - 1] if len(told) >= count else None

        return until(f"the vendor gets {command}", seconds, found)

    def texts(self, count=1, seconds=30):
        """The texts of so many submit_sm, in their order."""
        self.came("submit_sm", seconds, count)
        return [told["text"] for told in self.told("submit_sm")]

    def told(self, command):
        """Everything of that kind that has come so far."""
        return [told for told in self._lines() if told.get("came") == command]

    def _answers(self):
        return [told for told in self._lines() if "answered" in told]

    def _lines(self):
        lines = self._program.said().split("\n")[:-1]
        return [json.loads(line) for line in lines if line.startswith("{")]
