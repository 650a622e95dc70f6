"""Programs that a case starts: their output is kept in a file and can be waited for."""

import os
import pty
import re
import signal
import subprocess
import threading
import time
from pathlib import Path

# Colours and cursor movements that programs write to a terminal.
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


class Failure(Exception):
    """A case did not see what it waits for."""


def until(what, seconds, probe, every=0.02):
    """Calls `probe` until it gives something true, which is returned; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() >= deadline:
            raise Failure(f"{what}: not within {seconds} s")
        time.sleep(every)


class Program:
    """A running program. With `terminal` it believes that a person sits before it."""

    def __init__(self, name, argv, log, terminal=False, env=None, cwd=None):
        self.name = name
        self._log = open(log, "wb")
        self._said = b""
        self._lock = threading.Lock()
        self._asked = False
        if terminal:
            ours, theirs = pty.openpty()
            self._input = self._output = ours
        else:
            self._output, theirs = os.pipe()
            self._input = None
        self._process = subprocess.Popen(
            [str(word) for word in argv],
            stdin=theirs if terminal else subprocess.PIPE,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            start_new_session=True,
        )
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        with self._log:
            while piece := self._piece():
                with self._lock:
                    self._said += piece
                self._log.write(piece)
                self._log.flush()
        os.close(self._output)

    def _piece(self):
        try:
            return os.read(self._output, 65536)
        except OSError:  # so ends a terminal whose other side is closed
            return b""

    @property
    def pid(self):
        return self._process.pid

    def said(self):
        """All it has said, without terminal escapes."""
        with self._lock:
            return _ESCAPES.sub("", self._said.decode("utf-8", "replace"))

    def expect(self, pattern, seconds=10):
        """Waits until it has said something that `pattern` matches."""

        def found():
            match = re.search(pattern, self.said())
            if match is None and not self.runs():
                self._reader.join(1)
                match = re.search(pattern, self.said())
                if match is None:
                    raise Failure(f"{self.name} ended ({self._process.returncode}) without saying {pattern!r}")
            return match

        return until(f"{self.name} says {pattern!r}", seconds, found)

    def tell(self, line):
        """Types a line."""
        data = (line + "\n").encode()
        if self._input is None:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        else:
            os.write(self._input, data)

    def runs(self):
        return self._process.poll() is None

    def wait(self, seconds):
        """Its exit code."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} has not ended within {seconds} s") from None
        self._reader.join(2)
        return code

    def ask(self, by=signal.SIGTERM):
        """Asks it to end, once, and doesn't wait for it."""
        if self.runs() and not self._asked:
            self._asked = True
            self._process.send_signal(by)

    def stop(self, seconds=10, by=signal.SIGTERM):
        """Asks it to end, ends it if it doesn't; its exit code."""
        self.ask(by)
        try:
            return self.wait(seconds)
        except Failure:
            self._process.kill()
            self._process.wait()
            raise
        finally:
            self._reader.join(2)


def lines_of(path):
    """The lines of a file that may not be there yet."""
    path = Path(path)
    return path.read_text("utf-8", "replace").splitlines() if path.exists() else []
