# SPDX-License-Identifier: GPL-2.0
"""Host side of the packet probe: start it, mark moments, read its result."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from harness.outcome import HarnessError, Outcome
from harness.qemu import Machine

_END_S = 10.0


@dataclass(frozen=True)
class Direction:
    """One way's packets over a whole run."""

    offered: int  # were due
    sent: int
    refused: int  # the sender got an error: no interface, link down
    skipped: int  # were due while the sender was held up for more than a second
    received: int
    lost: int  # offered and not received
    duplicated: int
    reordered: int
    corrupt: int
    outage_ns: int
    errors: dict[str, int]
    stuck: bool = False  # the sender never came back from its last send


@dataclass(frozen=True)
class Since:
    """One way's packets from a mark on."""

    first_good_ns: int | None  # mark to the first packet delivered that was due after it
    outage_ns: int
    recovered_ns: int  # mark to the end of the longest gap
    lost: int


@dataclass(frozen=True)
class Mark:
    """A named moment and what followed it."""

    at_ns: int
    nut_to_peer: Since
    peer_to_nut: Since

    @property
    def outage_ns(self) -> int:
        """The longer of both directions' outages."""
        return max(self.nut_to_peer.outage_ns, self.peer_to_nut.outage_ns)

    @property
    def lost(self) -> int:
        """Packets lost both ways."""
        return self.nut_to_peer.lost + self.peer_to_nut.lost


@dataclass(frozen=True)
class Traffic:
    """A finished run."""

    start_ns: int
    end_ns: int
    spacing_ns: int
    nut_to_peer: Direction
    peer_to_nut: Direction
    marks: dict[str, Mark]

    @property
    def outage_ns(self) -> int:
        """The longer of both directions' outages."""
        return max(self.nut_to_peer.outage_ns, self.peer_to_nut.outage_ns)

    @property
    def lost(self) -> int:
        """Packets lost both ways."""
        return self.nut_to_peer.lost + self.peer_to_nut.lost

    @property
    def duplicated(self) -> int:
        """Packets that came more than once, both ways."""
        return self.nut_to_peer.duplicated + self.peer_to_nut.duplicated


def _fields(kind: type[Any], data: dict[str, Any]) -> dict[str, Any]:
    return {name: data[name] for name in kind.__dataclass_fields__}


def parse(text: str) -> Traffic:
    """Read what the probe printed."""
    try:
        data = json.loads(text)
        marks = {
            name: Mark(mark["at_ns"], Since(**_fields(Since, mark["nut_to_peer"])),
                       Since(**_fields(Since, mark["peer_to_nut"])))
            for name, mark in data["marks"].items()}
        return Traffic(data["start_ns"], data["end_ns"], data["spacing_ns"],
                       Direction(**_fields(Direction, data["nut_to_peer"])),
                       Direction(**_fields(Direction, data["peer_to_nut"])), marks)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HarnessError(f"probe printed no result ({error!r}): {text[:300]!r}") from None


@dataclass
class Probe:
    """A probe at work in a guest; `traffic` is there once it has ended."""

    machine: Machine
    job: int
    traffic: Traffic | None = field(default=None)

    def mark(self, name: str) -> None:
        """Name this moment.  Inside a shell command, `probe mark NAME` is more exact."""
        self.machine.check(["probe", "mark", name])

    def stop(self) -> Traffic:
        """End the run and return what it saw."""
        if self.traffic is None:
            self.machine.check(["probe", "stop"])
            result = self.machine.collect(self.job, _END_S)
            if result is None or result.outcome is not Outcome.PASSED:
                raise HarnessError(f"probe did not end well: {result.err if result else 'still running'}")
            self.traffic = parse(result.out)
        return self.traffic


def start(machine: Machine, spacing_us: int = 1000, size: int = 60) -> Probe:
    """Start a probe and wait until packets flow."""
    job = machine.background(["probe", "run", "--spacing-us", str(spacing_us), "--size", str(size)])
    machine.check("for i in $(seq 500); do [ -S /run/fgft-probe ] && exit 0; usleep 10000; done; exit 1")
    return Probe(machine, job)


@contextmanager
def running(machine: Machine, spacing_us: int = 1000, size: int = 60) -> Iterator[Probe]:
    """Have a probe running for the length of a block; its `traffic` is set at the end."""
    probe = start(machine, spacing_us, size)
    yield probe
    probe.stop()
