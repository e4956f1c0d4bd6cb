# SPDX-License-Identifier: GPL-2.0
"""The host's end of the agent's channel, against a socket pair."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from harness.agent import AgentError, AgentGarbled, Link, Result

REPLY: dict[str, Any] = {"rc": 0, "out": "", "err": "", "timed_out": False, "stuck": False, "truncated": False,
                         "start_ns": 5, "guest_ns": 7}


@pytest.fixture
def pair() -> Iterator[tuple[Link, socket.socket]]:
    """A link and the guest's end of it."""
    ours, theirs = socket.socketpair()
    link = Link(ours)
    yield link, theirs
    link.close()
    theirs.close()


def _send(theirs: socket.socket, **fields: Any) -> None:
    theirs.sendall(json.dumps(fields).encode() + b"\n")


def test_answers_find_their_requests(pair: tuple[Link, socket.socket]) -> None:
    """Answers may come in any order."""
    link, theirs = pair
    first, second = link.send("ping"), link.send("ping")
    _send(theirs, id=second, monotonic_ns=2)
    link.pump()
    assert link.take(first) is None
    reply = link.take(second)
    assert reply and reply["monotonic_ns"] == 2
    assert link.take(second) is None


def test_request_as_sent(pair: tuple[Link, socket.socket]) -> None:
    """One line of JSON."""
    link, theirs = pair
    number = link.send("run", shell="a\nb")
    assert json.loads(theirs.recv(4096)) == {"id": number, "op": "run", "shell": "a\nb"}


def test_refusal(pair: tuple[Link, socket.socket]) -> None:
    """A refused request raises with the agent's words."""
    link, theirs = pair
    number = link.send("read", path="/none")
    _send(theirs, id=number, error="open: No such file or directory", errno=2)
    link.pump()
    with pytest.raises(AgentError, match="No such file"):
        link.take(number)


def test_answers_from_before_a_snapshot_are_dropped(pair: tuple[Link, socket.socket]) -> None:
    """Half a line, a whole one and a null id left over do no harm."""
    link, theirs = pair
    stale = link.send("ping")
    theirs.recv(4096)
    theirs.sendall(b'{"id": 1, "mono')
    link.resynchronise()
    fresh = link.send("ping")
    assert theirs.recv(4096).startswith(b"\n")
    theirs.sendall(b'tonic_ns": 1}\n')
    _send(theirs, id=stale, monotonic_ns=1)
    _send(theirs, id=None, error="not a request")
    _send(theirs, id=fresh, monotonic_ns=9)
    link.pump()
    assert link.take(stale) is None
    reply = link.take(fresh)
    assert reply and reply["monotonic_ns"] == 9
    assert fresh != stale


def test_forgotten(pair: tuple[Link, socket.socket]) -> None:
    """An answer nobody waits for any more is not kept."""
    link, theirs = pair
    number = link.send("ping")
    link.forget(number)
    _send(theirs, id=number, monotonic_ns=1)
    link.pump()
    assert link.take(number) is None


def test_result() -> None:
    """A whole answer becomes a result."""
    result = Result.from_reply(REPLY)
    assert (result.rc, result.start_ns, result.guest_ns) == (0, 5, 7)


@pytest.mark.parametrize("change", [{"rc": "0"}, {"out": 3}, {"guest_ns": None}])
def test_result_of_wrong_types(change: dict[str, Any]) -> None:
    """An answer with the wrong types is garbled."""
    with pytest.raises(AgentGarbled):
        Result.from_reply({**REPLY, **change})


@pytest.mark.parametrize("field", ["rc", "out", "err", "timed_out", "stuck", "start_ns", "guest_ns"])
def test_result_with_a_field_missing(field: str) -> None:
    """An answer without a field it must have is garbled."""
    with pytest.raises(AgentGarbled, match=field):
        Result.from_reply({name: value for name, value in REPLY.items() if name != field})
