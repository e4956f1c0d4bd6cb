# SPDX-License-Identifier: GPL-2.0
"""Which faults a campaign runs, and in what order: a function of seed and catalogue.

A stratum is an operator at an entry point.  Strata take turns, in an order that
is drawn anew each round, and each gives its next fault, in an order drawn once.
So any beginning of the plan is spread over operators and entry points as evenly
as the build allows, and a campaign that is cut short is a smaller campaign.
"""

from __future__ import annotations

import random
from collections import defaultdict

from harness.campaign.catalogue import Catalogue
from harness.campaign.record import SCHEMA, Fault, Plan

# One trial in so many is due again on the kernel with checkers.
ORACLE_EVERY = 20


def sample(seed: int, faults: list[Fault], count: int) -> list[Fault]:
    """Return `count` different faults, fewer if there are no more."""
    rng = random.Random(seed)
    strata: dict[tuple[str, str], list[Fault]] = defaultdict(list)
    for fault in sorted(faults):
        strata[fault.operator, fault.entry].append(fault)
    for key in sorted(strata):
        rng.shuffle(strata[key])
    drawn: list[Fault] = []
    left = sorted(strata)
    while left and len(drawn) < count:
        rng.shuffle(left)
        for key in left:
            drawn.append(strata[key].pop())
        left = sorted(key for key in left if strata[key])
    return drawn[:count]


def make(seed: int, catalogue: Catalogue, count: int, icount: bool, oracle_every: int | None) -> Plan:
    """Return the plan of a campaign."""
    faults = catalogue.faults()
    return Plan(
        schema=SCHEMA, driver=catalogue.driver, seed=seed, build=catalogue.build, kernel=catalogue.release, icount=icount,
        distinct_faults=len(catalogue.mutants), reachable_faults=len({(fault.unit, fault.number) for fault in faults}),
        operators=tuple(sorted({fault.operator for fault in faults})),
        entries=tuple(sorted({fault.entry for fault in faults})), unreached=dict(sorted(catalogue.unreached.items())),
        oracle_every=oracle_every, faults=tuple(sample(seed, faults, count)))


def trial_id(plan: Plan, index: int) -> str:
    """Name a trial of a plan."""
    return f"{plan.seed}-{index}"


def trial_seed(plan: Plan, index: int) -> int:
    """Return what decides the random values of a trial's fault."""
    return random.Random(f"{plan.seed} {plan.faults[index].id}").randrange(1 << 31)
