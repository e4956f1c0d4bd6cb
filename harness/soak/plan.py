# SPDX-License-Identifier: GPL-2.0
"""Which fault strikes where, and in what order: a function of the seed.

And of the entry points, of course: a run is repeated by the same seed on the
same build.  The moments are not repeated; four CPUs and a network decide them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from harness.demo.faults import FAULTS
from harness.service.triggers import Operation

# Faults between two looks at the machine.
BATCH = 10
# One batch in so many is followed by an operation that stops traffic.
_INTERLUDE = 4


@dataclass(frozen=True)
class Aim:
    """An entry point as the plan sees it."""

    entry: str
    shell: str
    weight: int
    reach_ms: int
    hits: int  # sites a call of it was seen to pass


@dataclass(frozen=True)
class Strike:
    """One fault to plant."""

    aim: Aim
    fault: str
    site: int


@dataclass(frozen=True)
class Batch:
    """Faults that are planted without a look in between, and what is done after them."""

    strikes: tuple[Strike, ...]
    interlude: Operation | None


def batches(seed: int, aims: list[Aim], interludes: tuple[Operation, ...], size: int = BATCH) -> Iterator[Batch]:
    """Yield batches for ever."""
    if not aims:
        raise ValueError("no entry point to strike at")
    rng = random.Random(seed)
    # By name, so that the order in which the kernel lists them does not matter.
    aims = sorted(aims, key=lambda aim: aim.entry)
    weights = [aim.weight for aim in aims]
    names = [fault.name for fault in FAULTS]
    # Each entry point is struck once before chance decides, so that a short run has them all.
    first = list(aims)
    rng.shuffle(first)
    while True:
        strikes = []
        for _ in range(size):
            aim = first.pop() if first else rng.choices(aims, weights)[0]
            strikes.append(Strike(aim, rng.choice(names), rng.randint(1, max(1, aim.hits))))
        interlude = None
        if interludes and rng.randrange(_INTERLUDE) == 0:
            interlude = rng.choices(interludes, [operation.weight for operation in interludes])[0]
        yield Batch(tuple(strikes), interlude)
