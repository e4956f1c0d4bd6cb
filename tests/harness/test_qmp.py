# SPDX-License-Identifier: GPL-2.0
"""The machine protocol's client against a fake QEMU."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.qmp import Qmp, QmpClosed, QmpError, QmpTimeout

GREETING = b'{"QMP": {"version": {}, "capabilities": []}}\r\n'
Answer = Callable[[dict[str, Any]], bytes | None]


class FakeQemu:
    """Answers commands in a thread; None from the answerer closes the connection."""

    def __init__(self, answer: Answer, greeting: bytes = GREETING) -> None:
        self.ours, theirs = socket.socketpair()
        self._theirs = theirs
        self._answer = answer
        self._thread = threading.Thread(target=self._serve, args=(greeting,), daemon=True)
        self._thread.start()

    def _serve(self, greeting: bytes) -> None:
        with self._theirs, self._theirs.makefile("rb") as lines:
            self._theirs.sendall(greeting)
            for line in lines:
                request = json.loads(line)
                if request["execute"] == "qmp_capabilities":
                    answer: bytes | None = reply(request, {})
                else:
                    answer = self._answer(request)
                if answer is None:
                    return
                self._theirs.sendall(answer)

    def close(self) -> None:
        """End the thread."""
        self.ours.close()
        self._thread.join(timeout=5)
        assert not self._thread.is_alive()


def reply(request: dict[str, Any], value: Any) -> bytes:
    """Make the answer to a request."""
    return json.dumps({"return": value, "id": request["id"]}).encode() + b"\r\n"


@pytest.fixture
def fake() -> Iterator[Callable[..., FakeQemu]]:
    """Make fakes that end with the test."""
    made: list[FakeQemu] = []

    def make(answer: Answer, greeting: bytes = GREETING) -> FakeQemu:
        made.append(FakeQemu(answer, greeting))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_command_and_events(fake: Callable[..., FakeQemu]) -> None:
    """An event between command and answer is kept, not taken for the answer."""
    event = b'{"event": "GUEST_PANICKED", "data": {"action": "pause"}}\r\n'
    qmp = Qmp(fake(lambda request: event + reply(request, {"status": "running"})).ours)
    assert qmp.command("query-status") == {"status": "running"}
    assert [one["event"] for one in qmp.events] == ["GUEST_PANICKED"]


def test_nudge(fake: Callable[..., FakeQemu]) -> None:
    """A nudge reaches QEMU, and nobody takes its answer for another's."""
    heard: list[dict[str, Any]] = []

    def answer(request: dict[str, Any]) -> bytes:
        heard.append(request)
        return json.dumps({"return": request["execute"]} | ({"id": request["id"]} if "id" in request else {})).encode() + b"\r\n"

    qmp = Qmp(fake(answer).ours)
    qmp.nudge()
    assert qmp.command("query-version") == "query-version"
    assert [request["execute"] for request in heard] == ["query-status", "query-version"]


def test_arguments_are_sent(fake: Callable[..., FakeQemu]) -> None:
    """Arguments reach QEMU under their own names."""
    qmp = Qmp(fake(lambda request: reply(request, request.get("arguments"))).ours)
    assert qmp.command("echo", text="info") == {"text": "info"}


def test_answer_in_pieces(fake: Callable[..., FakeQemu]) -> None:
    """An answer to something else, and one that is split, are both put up with."""
    qmp = Qmp(fake(lambda request: b'{"return": 1, "id": 999}\n' + reply(request, "x" * 200000)).ours)
    assert len(qmp.command("big")) == 200000


def test_refusal(fake: Callable[..., FakeQemu]) -> None:
    """A refusal carries QEMU's words and the command."""
    qmp = Qmp(fake(lambda request: json.dumps(
        {"error": {"class": "CommandNotFound", "desc": "no such thing"}, "id": request["id"]}).encode() + b"\n").ours)
    with pytest.raises(QmpError, match="nonesuch: no such thing"):
        qmp.command("nonesuch")


def test_monitor_speaks_only_of_errors(fake: Callable[..., FakeQemu]) -> None:
    """The human monitor has no error codes: any text is one."""
    qmp = Qmp(fake(lambda request: reply(request, "Error: no snapshot\r\n")).ours)
    with pytest.raises(QmpError, match="loadvm x: Error: no snapshot"):
        qmp.monitor("loadvm x")


def test_silence_is_bounded(fake: Callable[..., FakeQemu]) -> None:
    """No answer: an error after the time given, not later."""
    qmp = Qmp(fake(lambda request: b"").ours)
    begun = time.monotonic()
    with pytest.raises(QmpTimeout, match="query-status"):
        qmp.command("query-status", timeout_s=0.2)
    assert 0.2 <= time.monotonic() - begun < 5


def test_silent_greeting_is_bounded(fake: Callable[..., FakeQemu]) -> None:
    """A peer that says nothing at all does not hold us up either."""
    with pytest.raises(QmpTimeout):
        Qmp(fake(lambda request: b"", greeting=b"").ours, timeout_s=0.2)


def test_death_between_command_and_answer(fake: Callable[..., FakeQemu]) -> None:
    """QEMU ends while it is being asked."""
    qmp = Qmp(fake(lambda request: None).ours)
    with pytest.raises(QmpClosed):
        qmp.command("query-status")


@pytest.mark.parametrize("garbage", [b"SeaBIOS\n", b"[1]\n", b"\xff\xfe\n"])
def test_garbage(fake: Callable[..., FakeQemu], garbage: bytes) -> None:
    """What is not the protocol is said to be none."""
    qmp = Qmp(fake(lambda request: garbage).ours)
    with pytest.raises(QmpClosed, match="not the machine protocol"):
        qmp.command("query-status")
