"""Kamailio: an operator's registrar, or the edge before ours."""

import contextlib
import sqlite3
import subprocess
from pathlib import Path

from .phone import free_port
from .process import until

_TABLES = Path("/usr/share/kamailio/db_sqlite")

_CONFIG = """\
#!KAMAILIO
debug=2
log_stderror=yes
fork=yes
children=1
tcp_children=1
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
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
    remove_hf("Route");
    if (!is_method("MESSAGE")) {{ sl_send_reply("405", "Method Not Allowed"); exit; }}
    if (!lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
    t_relay();
"""

_EDGE = """\
    if (is_method("REGISTER")) {{ add_path(); $du = "sip:127.0.0.1:{node}"; t_relay(); exit; }}
    if ($sp == {node}) {{ loose_route(); t_relay(); exit; }}
    $du = "sip:127.0.0.1:{node}";
    t_relay();
"""


class Kamailio:
    """A Kamailio; its registrar keeps contacts in an SQLite database."""

    def __init__(self, world, modules, route):
        self.port = free_port("udp")
        home = world.directory / "kamailio"
        home.mkdir()
        config = home / "kamailio.cfg"
        self.database = home / "kamailio.db"
        config.write_text(_CONFIG.format(port=self.port, modules=modules.format(database=self.database), route=route))
        with contextlib.closing(sqlite3.connect(self.database)) as tables:
            for module in ("standard", "usrloc"):
                tables.executescript((_TABLES / f"{module}-create.sql").read_text())
        argv = ["kamailio", "-f", config, "-DD", "-Y", home, "-m", 16, "-M", 4]
        self._program = world.program("kamailio", argv)
        until("kamailio is ready", 20, self._answers)

    def _answers(self):
        ping = ["sipsak", "-s", f"sip:127.0.0.1:{self.port}"]
        return subprocess.run(ping, capture_output=True, timeout=10, check=False).returncode in (0, 1)

    def run(self, statement):
        """Changes its database behind its back."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=20)) as tables:
            tables.execute(statement)
            tables.commit()

    def contacts(self):
        """How many contacts it keeps."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as tables:
            return tables.execute("SELECT COUNT(*) FROM location").fetchone()[0]


def registrar(world):
    """A registrar that writes each contact to its database at once."""
    modules = """\
loadmodule "db_sqlite.so"
modparam("usrloc", "db_url", "sqlite:///{database}")
modparam("usrloc", "db_mode", 1)
"""
    return Kamailio(world, modules, _REGISTRAR.format())


def edge(world):
    """A proxy before the node, which puts itself into the Path of every REGISTER."""
    return Kamailio(world, "", _EDGE.format(node=world.node.udp))
