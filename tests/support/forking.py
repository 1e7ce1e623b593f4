"""Starts the command by forking a process that has imported it: a tenth of the time.

Each command is still a process of its own, with its own arguments, environment, folder, output and
exit code, and ends as Python ends. Starting from nothing is what infra/local/tests/test_starting.py
tests, and whatever runs `up`.
"""

import atexit
import contextlib
import functools
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_PRELOADED = ("application", "in_process", "commands.archive", "commands.adding")
_MOST_BYTES = 1_000_000


class Forked:
    """A running command: what of subprocess.Popen is needed of it."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        folder: Path,
        variables: Mapping[str, str],
        out: int,
        err: int,
    ) -> None:
        self.arguments = list(arguments)
        self.returncode: int | None = None
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(_parent())
        request = {"arguments": self.arguments, "folder": str(folder), "variables": dict(variables)}
        body = json.dumps(request).encode()
        socket.send_fds(self._line, [len(body).to_bytes(4, "big")], [out, err])
        self._line.sendall(body)
        self.pid = int(_line_of(self._line))

    def wait(self, timeout_s: float | None = None) -> int:
        """Wait for its end and return its exit code."""
        if self.returncode is None:
            self._line.settimeout(timeout_s)
            try:
                self.returncode = int(_line_of(self._line))
            except TimeoutError:
                raise subprocess.TimeoutExpired(self.arguments, timeout_s or 0.0) from None
            self._line.close()
        return self.returncode

    def poll(self) -> int | None:
        """Return its exit code, or None while it runs."""
        if self.returncode is None and select.select([self._line], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it is known to have ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it just ended
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def run(
    arguments: Sequence[str], *, folder: Path, variables: Mapping[str, str], timeout_s: float
) -> "subprocess.CompletedProcess[str]":
    """Run `everyword` with these arguments, as subprocess.run would."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        running = Forked(
            arguments, folder=folder, variables=variables, out=out.fileno(), err=err.fileno()
        )
        try:
            code = running.wait(timeout_s)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
            raise
        said = [_text(file) for file in (out, err)]
    return subprocess.CompletedProcess(list(arguments), code, *said)


def _text(file: Any) -> str:
    file.seek(0)
    return str(file.read().decode())


def _line_of(line: socket.socket) -> bytes:
    read = b""
    while not read.endswith(b"\n"):
        byte = line.recv(1)
        assert byte, "the process that forks is gone"
        read += byte
    return read


@functools.cache
def _parent() -> str:
    """Start the process that forks, once in a run of tests; return its address."""
    folder = tempfile.TemporaryDirectory(prefix="forking-")
    address = str(Path(folder.name) / "line")
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("EVERYWORD_", "AWS_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "support.forking", address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**variables, "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.stdout.close()

    def end() -> None:
        process.stdin.close()  # type: ignore[union-attr]
        process.wait()
        folder.cleanup()

    atexit.register(end)
    return address


def _serve(address: str) -> None:
    """Fork a command for each who asks, until standard input ends; returns in the command."""
    for each in _PRELOADED:
        importlib.import_module(f"everyword_local.{each}")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(64)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            ready, _, _ = select.select([listener, sys.stdin], [], [], 5)
            _reap()
            if sys.stdin in ready:
                os._exit(0)
            if listener not in ready:
                continue
            line, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _accompany(line)
                return
            line.close()


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _accompany(line: socket.socket) -> None:
    """Fork the command and tell its number and its exit code; returns in the command."""
    size, files, _, _ = socket.recv_fds(line, 4, 2)
    body = b""
    while len(body) < int.from_bytes(size, "big"):
        body += line.recv(_MOST_BYTES)
    pid = os.fork()
    if pid:
        line.sendall(b"%d\n" % pid)
        _, status = os.waitpid(pid, 0)
        line.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
        os._exit(0)
    line.close()
    request = json.loads(body)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for file, number in ((nothing, 0), (files[0], 1), (files[1], 2)):
        os.dup2(file, number)
        os.close(file)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["variables"])
    sys.argv = ["everyword", *request["arguments"]]


if __name__ == "__main__":
    from everyword_local.__main__ import main

    _serve(sys.argv[1])
    main()
