"""Cases and their runner: each case has a world of its own, is bounded in time and gets one line."""

import argparse
import concurrent.futures
import contextlib
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

from .capture import Capture
from .node import ROOT, Node, binary
from .process import Failure, Program

_CASES = {}


def case(function):
    """Makes a function a case; its name is its name, its doc comment says what is shown."""
    _CASES[function.__name__] = function
    return function


def over(*transports):
    """Makes a function of a world and a transport one case for each transport."""

    def register(function):
        for transport in transports:
            one = functools.partial(function, transport=transport)
            one.__doc__ = function.__doc__
            _CASES[f"{function.__name__}_over_{transport}"] = one
        return function

    return register


class World:
    """What a case lives in: a directory, programs that are stopped at its end, a node, a capture."""

    def __init__(self, directory):
        self.directory = directory
        self._stops = contextlib.ExitStack()
        self._started = 0
        self.capture = None
        self.node = None

    def start(self, smpp="", sip="", provisioning="", centre=None, **profile):
        """A fresh node with a capture of its ports. `smpp` and `sip` are lines for these sections, `provisioning` is what
        there is beside one carrier and two accounts, `centre` the port of a message centre that it binds to; the rest is
        how the carrier speaks."""
        self.node = Node(self.directory, smpp, sip, profile, provisioning)
        self._stops.callback(self.node.stop)
        self.capture = Capture(self.directory, self.node, centre)
        return self.node

    def program(self, name, argv, **how):
        """Starts a program, which is stopped when the case ends."""
        self._started += 1
        log = self.directory / f"{name}-{self._started}.log"
        program = Program(name, argv, log, **how)
        self._stops.callback(lambda: program.runs() and program.stop())
        return program

    def at_end(self, function):
        """Calls the function when the case ends, before what was started earlier is stopped."""
        self._stops.callback(function)

    def close(self):
        """Stops everything, the node last; the verdict of the dissectors."""
        try:
            self._stops.close()
        finally:
            if self.capture:
                self.capture.stop()
        return self.capture.judge() if self.capture else None

    def artefacts(self):
        """The ends of all logs and the ladder, for the report of a failure."""
        for log in sorted(self.directory.rglob("*.log")):
            lines = log.read_text("utf-8", "replace").splitlines()
            yield f"--- {log.relative_to(self.directory)} (last {min(80, len(lines))} of {len(lines)} lines)"
            yield from lines[-80:]
        if self.capture:
            yield "--- the wire"
            yield self.capture.print_frames()


def equal(what, found, wanted):
    """Fails unless both are the same."""
    if found != wanted:
        raise Failure(f"{what}: {found!r}, not {wanted!r}")


def check(what, holds):
    """Fails unless it holds."""
    if not holds:
        raise Failure(f"{what} does not hold")


def _run(name, keep):
    """Runs one case; whether it passed, the lines to print, what others sent wrongly."""
    directory = Path(tempfile.mkdtemp(prefix=f"iwf-{name}-"))
    world = World(directory)
    begun = time.monotonic()
    fault, notes = None, []
    try:
        try:
            _CASES[name](world)
        finally:
            verdict = world.close()
        if verdict:
            notes = verdict.notes
            if verdict.faults:
                raise Failure("wireshark on what we sent: " + "; ".join(verdict.faults))
            check("the capture has frames of ours", verdict.frames)
    except Failure as failure:
        fault = str(failure)
    except Exception:  # a fault in the case itself is a failure too
        fault = traceback.format_exc()
    took = time.monotonic() - begun
    lines = [f"{'FAIL' if fault else 'PASS'} {name} ({took:.1f} s){': ' + fault if fault else ''}"]
    if fault:
        lines += world.artefacts()
    if keep:
        lines.append(f"     kept in {directory}")
    else:
        shutil.rmtree(directory, ignore_errors=True)
    return not fault, lines, [f"{name}: {note}" for note in notes]


def main(doc):
    """The command line of a runner; its exit code is 1 when a case failed."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("case", nargs="*", help="run these only (the start of a name is enough)")
    parser.add_argument("--list", action="store_true", help="say what there is")
    parser.add_argument("--jobs", type=int, default=6, help="how many at a time (most of a case is waiting)")
    parser.add_argument("--keep", action="store_true", help="keep logs and captures, and say where")
    asked = parser.parse_args()
    if asked.list:
        for name, function in _CASES.items():
            print(f"{name}\n    {' '.join((function.__doc__ or '').split())}")
        return 0
    chosen = [name for name in _CASES if not asked.case or any(name.startswith(word) for word in asked.case)]
    if not chosen:
        print("no such case; --list says what there is")
        return 2
    print(f"{binary()}: {len(chosen)} cases", flush=True)
    begun = time.monotonic()
    failed, notes = [], []
    with concurrent.futures.ThreadPoolExecutor(max(1, asked.jobs)) as pool:
        running = {pool.submit(_run, name, asked.keep): name for name in chosen}
        for done in concurrent.futures.as_completed(running):
            passed, lines, remarks = done.result()
            print("\n".join(lines), flush=True)
            notes += remarks
            if not passed:
                failed.append(running[done])
    for note in notes:
        print(f"note: sent by the other side: {note}")
    if failed:
        print(f"failed: {' '.join(sorted(failed))}")
    print(f"took {time.monotonic() - begun:.0f} s")
    print(f"{len(chosen) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


_FROM_PYPI = ["smpplib==2.2.4", "smspdudecoder==2.2.0", "bitstring==4.4.0", "python-gsmmodem-new==0.13.0"]
_FROM_NPM = {"smpp": "smpp@0.5.1", "jssip": "jssip@3.10.1", "ws": "ws@8.18.0"}
_SHELF = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "interop"
NODE_MODULES = _SHELF / "npm/node_modules"


def prepare():
    """Sees to the libraries: those of Python in a virtual environment, in which this then runs; node-smpp, JsSIP and ws."""
    python = _SHELF / "venv/bin/python"
    ready = _SHELF / "venv/ready"
    if not ready.exists() or ready.read_text() != " ".join(_FROM_PYPI):
        subprocess.run([sys.executable, "-m", "venv", "--clear", _SHELF / "venv"], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *_FROM_PYPI], check=True)
        ready.write_text(" ".join(_FROM_PYPI))
    if not all((NODE_MODULES / name).exists() for name in _FROM_NPM):
        argv = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", _SHELF / "npm", *_FROM_NPM.values()]
        subprocess.run(argv, check=True)
    if Path(sys.prefix).resolve() != (_SHELF / "venv").resolve():
        os.execv(python, [str(python), *sys.argv])
