# SPDX-License-Identifier: GPL-2.0
"""Reading the packet probe's result."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness import probe
from harness.outcome import HarnessError

DIRECTION: dict[str, Any] = {
    "offered": 10, "sent": 8, "refused": 1, "skipped": 1, "stuck": False, "received": 7, "lost": 3, "duplicated": 0,
    "reordered": 0, "corrupt": 0, "outage_ns": 2000000, "errors": {"ENETDOWN": 1}, "gaps": []}
SINCE: dict[str, Any] = {"first_good_ns": None, "outage_ns": 5, "recovered_ns": 9, "lost": 2}
RESULT: dict[str, Any] = {
    "start_ns": 1, "end_ns": 11000001, "spacing_ns": 1000000, "nut_to_peer": DIRECTION,
    "peer_to_nut": {**DIRECTION, "outage_ns": 7000000, "lost": 4},
    "marks": {"down": {"at_ns": 3, "nut_to_peer": SINCE, "peer_to_nut": {**SINCE, "outage_ns": 4}}}}


def test_parse() -> None:
    """Both directions count; the longer outage is the client's."""
    traffic = probe.parse(json.dumps(RESULT))
    assert (traffic.outage_ns, traffic.lost) == (7000000, 7)
    assert traffic.nut_to_peer.errors == {"ENETDOWN": 1}
    mark = traffic.marks["down"]
    assert (mark.at_ns, mark.outage_ns, mark.lost, mark.nut_to_peer.first_good_ns) == (3, 5, 4, None)


@pytest.mark.parametrize("text", ["", "[]", "probe: error", json.dumps({**RESULT, "marks": None}),
                                  json.dumps({name: value for name, value in RESULT.items() if name != "peer_to_nut"})])
def test_damaged(text: str) -> None:
    """A result that is none is an error that quotes it."""
    with pytest.raises(HarnessError, match="probe printed no result"):
        probe.parse(text)
