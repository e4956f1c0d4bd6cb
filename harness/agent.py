# SPDX-License-Identifier: GPL-2.0
"""Host side of the guest agent: requests out, answers in, one JSON line each.

A request's number is never used twice, across loaded snapshots too.  So an
answer that was under way when a snapshot was loaded can be told by its number,
and is dropped.
"""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.outcome import Outcome


class AgentError(Exception):
    """The agent refused a request; the message says why."""


class AgentGarbled(Exception):
    """An answer has the right number but not the fields it must have."""


@dataclass(frozen=True)
class Result:
    """A command that has ended in the guest (or overran)."""

    rc: int | None  # negative: the signal that ended it; None: could not be killed
    out: str
    err: str
    timed_out: bool
    stuck: bool
    start_ns: int  # guest's CLOCK_MONOTONIC
    guest_ns: int

    @property
    def outcome(self) -> Outcome:
        """What the command's own end amounts to."""
        if self.timed_out or self.stuck:
            return Outcome.TIMEOUT
        return Outcome.PASSED if self.rc == 0 else Outcome.FAILED

    @classmethod
    def from_reply(cls, reply: dict[str, Any]) -> Result:
        """Check and take over an answer of the agent."""
        try:
            result = cls(**{name: reply[name] for name in cls.__dataclass_fields__})
        except KeyError as error:
            raise AgentGarbled(f"answer without {error}: {str(reply)[:200]}") from None
        if not (isinstance(result.rc, (int, type(None))) and isinstance(result.out, str)
                and isinstance(result.err, str) and isinstance(result.guest_ns, int)):
            raise AgentGarbled(f"answer of the wrong types: {str(reply)[:200]}")
        return result


class Link:
    """The channel to one guest's agent; it never waits, its owner does."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._socket.setblocking(False)
        self._input = b""
        self._output = b""
        self._next_id = 1
        self._waiting: set[int] = set()
        self._replies: dict[int, dict[str, Any]] = {}

    @classmethod
    def connect(cls, path: Path, timeout_s: float) -> Link:
        """Connect to the port's socket, which QEMU listens on."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(timeout_s)
        connection.connect(str(path))
        return cls(connection)

    def fileno(self) -> int:
        """File descriptor, to be watched for `pump`."""
        return self._socket.fileno()

    @property
    def has_output(self) -> bool:
        """Whether something waits to be sent, so that writability matters."""
        return bool(self._output)

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def send(self, op: str, **fields: Any) -> int:
        """Queue a request; return its number, for `take`."""
        number, self._next_id = self._next_id, self._next_id + 1
        self._waiting.add(number)
        self._output += json.dumps({"id": number, "op": op, **fields}).encode() + b"\n"
        self.pump()
        return number

    def forget(self, number: int) -> None:
        """Drop the answer to a request, now or whenever it comes."""
        self._waiting.discard(number)
        self._replies.pop(number, None)

    def resynchronise(self) -> None:
        """Forget all that is under way: the guest is not the one it was sent to.

        The guest may have been saved with half a line read; the empty line ends it.
        """
        self.pump()
        self._waiting.clear()
        self._replies.clear()
        self._output = b"\n"
        self._input = b""

    def pump(self) -> None:
        """Send and receive what is possible without waiting."""
        try:
            while self._output:
                self._output = self._output[self._socket.send(self._output):]
        except BlockingIOError:
            pass
        except OSError:
            self._output = b""  # QEMU has gone: its own supervision says so
        while True:
            try:
                block = self._socket.recv(65536)
            except BlockingIOError:
                break
            except OSError:
                break
            if not block:
                break
            self._input += block
        *lines, self._input = self._input.split(b"\n")
        for line in lines:
            self._sort(line)

    def _sort(self, line: bytes) -> None:
        try:
            reply = json.loads(line)
        except ValueError:
            return  # the rest of a line from before a snapshot was loaded
        if isinstance(reply, dict) and reply.get("id") in self._waiting:
            self._waiting.discard(reply["id"])
            self._replies[reply["id"]] = reply

    def take(self, number: int) -> dict[str, Any] | None:
        """Return the answer to a request if it has come; raise if it is a refusal."""
        reply = self._replies.pop(number, None)
        if reply and "error" in reply:
            raise AgentError(str(reply["error"]))
        return reply
