"""Jasmin: a whole gateway as the vendor that the node binds to, with the broker and the database that it needs."""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from harness.case import NODE_MODULES
from harness.phone import free_port
from harness.process import Failure, until

_VENV = NODE_MODULES.parents[1] / "jasmin"
_WANTED = "jasmin==0.11.0"
# Debian's script around it wants to be root and becomes a user who can't see our directories.
_RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")

_CONFIG = """\
[smpp-server]
bind = 127.0.0.1
port = {smpp}
[smpp-server-pb]
bind = 127.0.0.1
port = {server_pb}
[router]
bind = 127.0.0.1
port = {router}
[client-management]
bind = 127.0.0.1
port = {clients}
[http-api]
bind = 127.0.0.1
port = {http}
[jcli]
bind = 127.0.0.1
port = {jcli}
authentication = False
[amqp-broker]
host = 127.0.0.1
port = {broker}
[redis-client]
host = 127.0.0.1
port = {redis}
"""

# A user that we bind as, and a message centre behind Jasmin that takes everything.
_SETUP = [
    ["group -a", "gid carriers", "ok"],
    ["user -a", "username iwf", "password secret", "gid carriers", "uid iwf", "ok"],
    ["smppccm -a", "cid behind", "host 127.0.0.1", "port {upstream}", "username jasmin", "password secret", "submit_throughput 0", "ok"],
    ["smppccm -1 behind"],
    ["mtrouter -a", "type DefaultRoute", "connector smppc(behind)", "rate 0.0", "ok"],
]


# Its console believes in a terminal.
_ESCAPES = re.compile(rb"\x1b(\[[0-9;?]*[A-Za-z]|.)|\xff[\xfb-\xfe].|\x00")


class Jasmin:
    """Redis, RabbitMQ and jasmind; texts go on to the message centre at the port `upstream`."""

    def __init__(self, world, upstream):
        if not (_RABBITMQ.exists() and shutil.which("redis-server")):
            raise Failure("rabbitmq-server and redis-server are missing: .ci/programs installs them")
        if not (_VENV / "bin/jasmind.py").exists():
            subprocess.run([sys.executable, "-m", "venv", _VENV], check=True)
            subprocess.run([_VENV / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", _WANTED], check=True)
        names = ("smpp", "server_pb", "router", "clients", "http", "jcli", "broker", "redis", "between", "names")
        self._ports = {name: free_port("tcp") for name in names}
        self._home = world.directory / "jasmin"
        for folder in ("etc/jasmin/store", "etc/jasmin/resource", "var/log/jasmin", "broker"):
            (self._home / folder).mkdir(parents=True)
        self._database(world)
        self._broker(world)
        self._program = self._start(world)
        self._tell([[line.format(upstream=upstream) for line in lines] for lines in _SETUP])
        self.port = self._ports["smpp"]

    def _database(self, world):
        argv = ["redis-server", "--bind", "127.0.0.1", "--port", self._ports["redis"], "--save", "", "--dir", self._home]
        world.program("redis", argv)
        self._listens("redis")

    def _broker(self, world):
        """Each has a name service of its own: one that was left behind would outlive the case."""
        broker = self._home / "broker"
        env = {
            "RABBITMQ_NODENAME": f"iwf{self._ports['broker']}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._ports["broker"]),
            "RABBITMQ_DIST_PORT": str(self._ports["between"]),
            "ERL_EPMD_PORT": str(self._ports["names"]),
            "RABBITMQ_MNESIA_BASE": str(broker),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_FEATURE_FLAGS_FILE": str(broker / "flags"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(broker / "plugins"),
            "RABBITMQ_PID_FILE": str(broker / "pid"),
            "HOME": str(broker),
        }
        world.at_end(lambda: subprocess.run(["epmd", "-kill"], env={**os.environ, **env}, capture_output=True, check=False))
        world.program("rabbitmq", [_RABBITMQ], env=env)
        self._listens("broker", 180)

    def _start(self, world):
        resource = self._home / "etc/jasmin/resource"
        (specification,) = (_VENV / "lib").glob("python3*/site-packages/txamqp/specs/standard/amqp0-9-1.stripped.xml")
        shutil.copy(specification, resource / "amqp0-9-1.xml")
        config = self._home / "etc/jasmin/jasmin.cfg"
        config.write_text(_CONFIG.format(**self._ports))
        argv = [_VENV / "bin/python", _VENV / "bin/jasmind.py", "-c", config, "--enable-dlr-lookup", "--enable-dlr-thrower"]
        program = world.program("jasmin", argv, env={"ROOT_PATH": str(self._home), "HOME": str(self._home)})
        self._listens("jcli", 180)
        return program

    def _listens(self, name, seconds=20):
        def connects():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self._ports[name])) == 0

        until(f"{name} of Jasmin listens", seconds, connects, every=0.2)

    def _tell(self, sessions):
        """Types commands into its console, each when the prompt for it has come."""
        with socket.create_connection(("127.0.0.1", self._ports["jcli"]), timeout=20) as console:
            said = b""

            def prompt():
                nonlocal said
                while not _ESCAPES.sub(b"", said).rstrip().endswith((b"jcli :", b">")):
                    try:
                        piece = console.recv(4096)
                    except TimeoutError:
                        piece = b""
                    if not piece:
                        raise Failure(f"Jasmin's console says no more than {said[-300:]!r}")
                    said += piece
                answer, said = said, b""
                return answer

            console.sendall(b"\r\n")
            prompt()
            for lines in sessions:
                for line in lines:
                    console.sendall(line.encode() + b"\r\n")
                    answer = prompt()
                    if b"rror" in answer or b"ncorrect" in answer:
                        raise Failure(f"Jasmin does not like {line!r}: {answer!r}")
