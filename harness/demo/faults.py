# SPDX-License-Identifier: GPL-2.0
"""The faults of the demo, one line each."""

from __future__ import annotations

from dataclasses import dataclass

from harness.console import Kind
from harness.driver import UnknownName


@dataclass(frozen=True)
class Fault:
    """A fault an injection build can strike with, see fgft_fault.h."""

    name: str  # as /sys/kernel/fgft/inject takes it
    title: str  # for a person
    causes: tuple[str, ...]  # what the runtime may call it in last_fault
    noise: Kind | None = None  # kernel text that comes before the runtime is asked


FAULTS: tuple[Fault, ...] = (
    Fault("null-load", "NULL load", ("bad load",)),
    Fault("wild-store", "wild store", ("wild store",)),
    Fault("divide", "divide by 0", ("divide error",)),
    # The kernel prints the place of a BUG() first; what must not follow is an oops.
    Fault("bug", "BUG()", ("BUG",), noise=Kind.BUG),
    Fault("loop", "endless loop", ("endless loop",)),
    Fault("wild-argument", "wild argument", ("wild argument",)),
)


def fault(name: str) -> Fault:
    """Return a fault by name."""
    for candidate in FAULTS:
        if candidate.name == name:
            return candidate
    raise UnknownName("fault", name, [candidate.name for candidate in FAULTS])
