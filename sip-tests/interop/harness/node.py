"""The product: one `iwf serve` in a directory of its own, on ports that the system gives."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import urllib.request
from pathlib import Path

from .process import Failure, Program, until

ROOT = Path(__file__).resolve().parents[3]

CONFIG = """\
[smpp]
listen = ["127.0.0.1:{ports[smpp]}"]
{smpp}
[sip]
udp = ["127.0.0.1:{ports[udp]}"]
tcp = ["127.0.0.1:{ports[tcp]}"]
{sip}
[admin]
listen = "127.0.0.1:0"
[log]
level = "debug"
"""

PROVISIONING = """\
[[carrier]]
name = "Carrier1"
system_id = "carrier1"
password = "secret1"

[[account]]
username = "111222333"
password = "secret"
dids = ["111222333"]

[[account]]
username = "444555666"
password = "secret"
dids = ["444555666"]
"""


def binary():
    """`IWF` names it; otherwise the newer of the release and the debug build."""
    if named := os.environ.get("IWF"):
        return Path(named).resolve()
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    built = [path for path in (target / "release/iwf", target / "debug/iwf") if path.exists()]
    if not built:
        raise SystemExit("no iwf: `cargo build --release` makes it, IWF=PATH names another one")
    return max(built, key=lambda path: path.stat().st_mtime)


class Node:
    """A node with one carrier and two accounts, ready when the constructor returns."""

    def __init__(self, directory, smpp="", sip="", profile=None, more=""):
        self._directory = directory
        self.data = directory / "data"
        self._config = directory / "iwf.toml"
        self._settings = {"smpp": smpp, "sip": sip}
        self._configure({"smpp": 0, "udp": 0, "tcp": 0})
        provisioning = directory / "provisioning.toml"
        provisioning.write_text(PROVISIONING + more)
        self.command("import", provisioning)
        for key, value in (profile or {}).items():
            self.command("carrier", "set", "Carrier1", "--profile", f"{key}={value}")
        self._runs = 0
        self.start()

    def start(self):
        """Starts it (again) and waits until it says where it listens."""
        self._runs += 1
        argv = [binary(), "serve", "--config", self._config, "--data", self.data]
        self._program = Program("iwf", argv, self._directory / f"iwf-{self._runs}.log")
        ports = until("iwf serve is ready", 20, self._announced)
        self.smpp = _port(ports["smpp"])
        self.smpp_tls = _port(ports["smpp_tls"]) if ports.get("smpp_tls") else None
        self.udp = _port(ports["sip_udp"])
        self.tcp = _port(ports["sip_tcp"])
        over = {"tls": "sip_tls", "ws": "sip_ws", "wss": "sip_wss"}
        self._admin = _port(ports["admin"])
        self._more = {transport: _port(ports[key]) for transport, key in over.items() if ports[key]}
        # Phones and carriers know these: the next start takes the same.
        self._configure({"smpp": self.smpp, "udp": self.udp, "tcp": self.tcp})

    def _configure(self, ports):
        self._config.write_text(CONFIG.format(ports=ports, **self._settings))

    def _announced(self):
        if not self._program.runs():
            raise Failure("iwf serve ended at once; its log says why")
        try:
            told = json.loads((self.data / "node.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):  # not yet, or not wholly
            return None
        return told if told["pid"] == self._program.pid else None

    def sip(self, transport):
        """The port for "udp", "tcp", or another that the settings open: "tls", "ws", "wss"."""
        return {"udp": self.udp, "tcp": self.tcp, **self._more}[transport]

    def command(self, *words):
        """Runs `iwf WORDS` on its data; what it prints."""
        argv = [str(word) for word in (binary(), *words, "--config", self._config, "--data", self.data)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
        if done.returncode != 0:
            raise Failure(f"iwf {words[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    def story(self, message):
        """The story of a message, as `iwf message show` tells it."""
        return json.loads(self.command("message", "show", message, "--json"))

    def stored(self, query):
        """The one value that a query on its database gives."""
        with contextlib.closing(sqlite3.connect(f"file:{self.data / 'iwf.db'}?mode=ro", uri=True)) as database:
            return database.execute(query).fetchone()[0]

    def metric(self, name):
        """The value of a metric without labels."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._admin}/metrics", timeout=20) as told:
            lines = told.read().decode().splitlines()
        return next((float(line.split()[1]) for line in lines if line.startswith(f"{name} ")), None)

    def kill(self):
        """As a power cut would."""
        self._program.stop(by=signal.SIGKILL)
        self._look_for_panics()

    def ask_to_stop(self):
        """Sends SIGTERM and doesn't wait; `stop` does."""
        self._program.ask()

    def stop(self):
        """A clean stop: it leaves, says goodbye and takes its announcement away."""
        code = self._program.stop(15)
        self._look_for_panics()
        if code != 0:
            raise Failure(f"iwf ended with {code}")
        if (self.data / "node.json").exists():
            raise Failure("iwf left node.json behind")

    def _look_for_panics(self):
        if "panicked" in self._program.said():
            raise Failure("iwf panicked")


def _port(addresses):
    first = addresses if isinstance(addresses, str) else addresses[0]
    return int(first.rsplit(":", 1)[1])
