"""Kamailio: an operator's registrar, or the edge before ours."""

import contextlib
import sqlite3
import subprocess
from pathlib import Path

from .phone import free_port
from .postgres import Postgres
from .process import until

_SHARE = Path("/usr/share/kamailio")
_TABLES = ("standard", "usrloc", "auth_db")
_MODULES = next(Path("/usr/lib").glob("*/kamailio/modules"), Path("/usr/lib/kamailio/modules"))

_CONFIG = """\
#!KAMAILIO
debug=2
log_stderror=yes
fork=yes
children=1
tcp_children=1
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
mpath="{mpath}/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "path.so"
{modules}
request_route {{
{route}
}}
"""

# As docs/registrar.md has it.
_REGISTRAR = """\
    if (is_method("REGISTER")) {{ save("location"); exit; }}
    loose_route();
    if (!is_method("MESSAGE")) {{ sl_send_reply("405", "Method Not Allowed"); exit; }}
    if (!lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
    t_relay();
"""

# Write through: each change is in the database at once.
_STORED = """\
loadmodule "{module}.so"
modparam("usrloc", "db_url", "{url}")
modparam("usrloc", "db_mode", 1)
"""

_EDGE = """\
    if (is_method("REGISTER")) {{ add_path(); $du = "sip:127.0.0.1:{node}"; t_relay(); exit; }}
    if ($sp == {node}) {{ loose_route(); t_relay(); exit; }}
    $du = "sip:127.0.0.1:{node}";
    t_relay();
"""


class Sqlite:
    """A database in a file; Kamailio writes UTC to it, as days."""

    def __init__(self, world):
        self._file = world.directory / "kamailio.db"
        self.url = self.for_kamailio = f"sqlite://{self._file}"
        self.module = "db_sqlite"
        with contextlib.closing(sqlite3.connect(self._file)) as tables:
            for name in _TABLES:
                tables.executescript((_SHARE / f"db_sqlite/{name}-create.sql").read_text())

    def run(self, statement):
        """Runs SQL; the first value that it gives."""
        with contextlib.closing(sqlite3.connect(self._file, timeout=20)) as tables:
            row = tables.execute(statement).fetchone()
            tables.commit()
            return row and row[0]


    def put(self, username, contact, path):
        """Writes a contact as Kamailio does."""
        self.run(f"DELETE FROM location WHERE contact = '{contact}'")
        columns = "ruid, username, contact, path, expires, last_modified"
        times = "julianday('now', '+1 hour'), julianday('now')"
        self.run(f"INSERT INTO location ({columns}) VALUES (hex(randomblob(8)), '{username}', '{contact}', '{path}', {times})")


class _Postgres(Postgres):
    """A database of a PostgreSQL; Kamailio writes local time to it."""

    def __init__(self, world):
        super().__init__(world, "kamailio")
        # Kamailio wants a password in its URL, whether it is asked for or not.
        self.for_kamailio = self.url.replace("@", ":any@")
        self.module = "db_postgres"
        for name in _TABLES:
            super().run((_SHARE / f"postgres/{name}-create.sql").read_text())

    def run(self, statement):
        """Runs SQL; the first value that it gives."""
        told = super().run(statement).split()
        return int(told[0]) if told else None


class Kamailio:
    """A Kamailio; its registrar keeps contacts in a database, if it has one."""

    def __init__(self, world, route, database=None, **environment):
        self.port = free_port("udp")
        self.database = database
        home = world.directory / "kamailio"
        home.mkdir()
        modules = _STORED.format(module=database.module, url=database.for_kamailio) if database else ""
        config = home / "kamailio.cfg"
        config.write_text(_CONFIG.format(port=self.port, mpath=_MODULES, modules=modules, route=route))
        argv = ["kamailio", "-f", config, "-DD", "-Y", home, "-m", 16, "-M", 4]
        self._program = world.program("kamailio", argv, env=environment)
        until("kamailio is ready", 20, self._answers)

    def _answers(self):
        ping = ["sipsak", "-s", f"sip:127.0.0.1:{self.port}"]
        return subprocess.run(ping, capture_output=True, timeout=10, check=False).returncode in (0, 1)

    def contacts(self):
        """How many contacts it keeps."""
        return self.database.run("SELECT COUNT(*) FROM location")


def registrar(world, **environment):
    """A registrar that writes each contact to its SQLite database at once."""
    return Kamailio(world, _REGISTRAR.format(), Sqlite(world), **environment)


def registrar_with_postgres(world, **environment):
    """The same with PostgreSQL."""
    return Kamailio(world, _REGISTRAR.format(), _Postgres(world), **environment)


def edge(world):
    """A proxy before the node, which puts itself into the Path of every REGISTER."""
    return Kamailio(world, _EDGE.format(node=world.node.udp))
