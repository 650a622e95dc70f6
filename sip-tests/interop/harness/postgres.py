"""PostgreSQL: a server of its own for one case, thrown away with it."""

import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from .phone import free_port
from .process import until

# Debian keeps the programs of each version apart.
_PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/usr/bin"))
_USER = "postgres"  # it refuses to run as root


class Postgres:
    """A server on a port of the loopback interface, with one empty database."""

    def __init__(self, world, database):
        self.port = free_port("tcp")
        # Not in the case's directory: that is readable by root alone.
        home = Path(tempfile.mkdtemp(prefix="iwf-postgres-"))
        world.at_end(lambda: shutil.rmtree(home, ignore_errors=True))
        user = pwd.getpwnam(_USER)
        shutil.chown(home, user.pw_uid, user.pw_gid)
        self._as = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        data = home / "data"
        plain = ("--auth", "trust", "--no-sync", "--locale", "C", "--encoding", "UTF8", "--username", _USER)
        self._run("initdb", "--pgdata", data, *plain)
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": home, "fsync": "off"}
        settings |= {"shared_buffers": "16MB", "dynamic_shared_memory_type": "mmap"}  # a container may have little of it
        argv = [*self._as, _PROGRAMS / "postgres", "-D", data]
        for key, value in settings.items():
            argv += ["-c", f"{key}={value}"]
        world.program("postgres", argv)
        until("postgres is ready", 30, lambda: self._ask("pg_isready", "--quiet").returncode == 0, every=0.1)
        self._run("createdb", "--host", "127.0.0.1", "--port", self.port, "--username", _USER, database)
        self._database = database
        self.url = f"postgres://{_USER}@127.0.0.1:{self.port}/{database}"

    def _ask(self, program, *words):
        where = ["--host", "127.0.0.1", "--port", str(self.port)]
        return subprocess.run([_PROGRAMS / program, *words, *where], capture_output=True, timeout=60, check=False)

    def _run(self, program, *words):
        argv = [str(word) for word in (*self._as, _PROGRAMS / program, *words)]
        subprocess.run(argv, capture_output=True, timeout=120, check=True, cwd="/")

    def run(self, statements):
        """Runs SQL; what it gives, one value a line."""
        argv = [_PROGRAMS / "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]
        argv += ["--set", "ON_ERROR_STOP=1", "--dbname", self.url]
        told = subprocess.run(argv, input=statements, capture_output=True, text=True, timeout=60, check=True)
        return told.stdout
