# SPDX-License-Identifier: GPL-2.0
"""Outcomes: every one explained, and decided on purpose."""

from __future__ import annotations

import pytest

from harness.agent import Result
from harness.outcome import GuestLost, Outcome


def test_every_outcome_has_a_meaning() -> None:
    """No value without its line for a person, no two the same."""
    assert len({outcome.meaning for outcome in Outcome}) == len(Outcome)


def test_usable_guests() -> None:
    """After exactly these the guest takes further commands."""
    usable = {outcome for outcome in Outcome if outcome.guest_usable}
    assert usable == {Outcome.PASSED, Outcome.FAILED, Outcome.TIMEOUT, Outcome.GUEST_OOPS}


def _result(rc: int | None, timed_out: bool = False, stuck: bool = False) -> Result:
    return Result(rc, "", "", timed_out, stuck, 0, 0)


@pytest.mark.parametrize("result, outcome", [
    (_result(0), Outcome.PASSED),
    (_result(1), Outcome.FAILED),
    (_result(-9), Outcome.FAILED),
    (_result(-9, timed_out=True), Outcome.TIMEOUT),
    (_result(None, timed_out=True, stuck=True), Outcome.TIMEOUT),
])
def test_result_outcome(result: Result, outcome: Outcome) -> None:
    """A command's end as an outcome."""
    assert result.outcome is outcome


def test_guest_lost_shows_its_evidence() -> None:
    """What a person reads has the outcome, the reason and the console."""
    text = str(GuestLost(Outcome.QEMU_DIED, "QEMU exit code 1", "last line"))
    assert text == "qemu-died: QEMU exit code 1\nlast line"
