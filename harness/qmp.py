# SPDX-License-Identifier: GPL-2.0
"""Client of QEMU's machine protocol: commands and events, every wait bounded."""

from __future__ import annotations

import json
import select
import socket
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

Message = dict[str, Any]


class QmpError(Exception):
    """QEMU refused a command; the message is QEMU's."""


class QmpClosed(QmpError):
    """QEMU closed the connection, or sent what is no protocol."""


class QmpTimeout(QmpError):
    """QEMU did not answer in time."""


class Qmp:
    """A connection to one QEMU."""

    def __init__(self, connection: socket.socket, timeout_s: float = 10.0) -> None:
        self._socket = connection
        self._socket.setblocking(False)
        self._buffer = b""
        self._replies: deque[Message] = deque()
        self.events: deque[Message] = deque()
        self._next_id = 1
        self._await(lambda message: "QMP" in message, timeout_s)
        self.command("qmp_capabilities", timeout_s=timeout_s)

    @classmethod
    def connect(cls, path: Path, timeout_s: float = 10.0) -> Qmp:
        """Connect to a listening QEMU."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(timeout_s)
        try:
            connection.connect(str(path))
            return cls(connection, timeout_s)
        except OSError as error:
            connection.close()
            raise QmpClosed(f"{path}: {error.strerror or error}") from error
        except QmpError:
            connection.close()
            raise

    def fileno(self) -> int:
        """File descriptor, to be watched for `pump`."""
        return self._socket.fileno()

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def pump(self) -> None:
        """Take in what QEMU has sent, without waiting."""
        while True:
            try:
                block = self._socket.recv(65536)
            except BlockingIOError:
                break
            except OSError as error:
                raise QmpClosed(f"connection lost: {error.strerror}") from error
            if not block:
                raise QmpClosed("QEMU closed the connection")
            self._buffer += block
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            if line.strip():
                self._sort(line)

    def _sort(self, line: bytes) -> None:
        try:
            message = json.loads(line)
        except ValueError:
            raise QmpClosed(f"not the machine protocol: {line[:80]!r}") from None
        if not isinstance(message, dict):
            raise QmpClosed(f"not the machine protocol: {line[:80]!r}")
        (self.events if "event" in message else self._replies).append(message)

    def _await(self, wanted: Any, timeout_s: float) -> Message:
        deadline = time.monotonic() + timeout_s
        while True:
            self.pump()
            while self._replies:
                message = self._replies.popleft()
                if wanted(message):
                    return message
            left = deadline - time.monotonic()
            if left <= 0:
                raise QmpTimeout(f"no answer from QEMU within {timeout_s:.1f} s")
            select.select([self._socket], [], [], left)

    def command(self, name: str, timeout_s: float = 10.0, **arguments: Any) -> Any:
        """Run a command and return what it returned."""
        number, self._next_id = self._next_id, self._next_id + 1
        request: Message = {"execute": name, "id": number}
        if arguments:
            request["arguments"] = arguments
        try:
            self._socket.sendall(json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise QmpClosed(f"{name}: {error.strerror}") from error
        try:
            reply = self._await(lambda message: message.get("id") == number, timeout_s)
        except QmpTimeout as error:
            raise QmpTimeout(f"{name}: {error}") from None
        if "error" in reply:
            raise QmpError(f"{name}: {reply['error'].get('desc', reply['error'])}")
        return reply.get("return")

    def nudge(self) -> None:
        """Have QEMU's main loop go round once; nobody waits for the answer."""
        with suppress(OSError):
            self._socket.sendall(b'{"execute": "query-status"}\n')

    def monitor(self, line: str, timeout_s: float = 60.0) -> None:
        """Run a command of the human monitor, which is silent when all went well."""
        text = self.ask_monitor(line, timeout_s)
        if text.strip():
            raise QmpError(f"{line}: {text.strip()}")

    def ask_monitor(self, line: str, timeout_s: float = 60.0) -> str:
        """Run a command of the human monitor and return what it printed."""
        return str(self.command("human-monitor-command", timeout_s=timeout_s, **{"command-line": line}) or "")
