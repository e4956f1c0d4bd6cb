# SPDX-License-Identifier: GPL-2.0
"""Proportions with their confidence intervals, and distributions.

A proportion is worth no more than its denominator says, so the two never part:
`Share` has both, and the exact interval of Clopper and Pearson, which holds for
few trials and for none that failed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

CONFIDENCE = 0.95
QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}


@dataclass(frozen=True)
class Share:
    """`n` of `of`; `unknown` of those that are not in `n` could not be judged."""

    n: int
    of: int
    unknown: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.n + self.unknown <= self.of or min(self.n, self.unknown) < 0:
            raise ValueError(f"{self.n} and {self.unknown} unknown of {self.of}")

    @property
    def value(self) -> float | None:
        """The proportion; None of nothing."""
        return self.n / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The two-sided Clopper-Pearson interval at 95 %; None of nothing."""
        if not self.of:
            return None
        # Takes half a second to import, which a look at the command line should not.
        from scipy.stats import binomtest

        found = binomtest(self.n, self.of).proportion_ci(CONFIDENCE, method="exact")
        return float(found.low), float(found.high)

    def fields(self) -> dict[str, Any]:
        """Return what goes into a result file."""
        low, high = self.interval or (None, None)
        return {"n": self.n, "of": self.of, "low95": _rounded(low), "high95": _rounded(high), "unknown": self.unknown}


def percent(value: float | None, digits: int = 2) -> str:
    """Return a proportion for a person, cut off and not rounded: 100 % is all, without exception."""
    if value is None:
        return "not known"
    # What is a hair below a digit is it: 0.57 * 100 is not 57 to a computer.
    return f"{math.floor(value * 100 * 10**digits + 1e-6) / 10**digits:.{digits}f}\N{NO-BREAK SPACE}%"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def quantiles(values: Sequence[int]) -> dict[str, int | None]:
    """Return some quantiles, each a value that occurred, and how many values there are."""
    ordered = sorted(values)
    found: dict[str, int | None] = {"n": len(ordered)}
    for name, part in QUANTILES.items():
        # The smallest value that `part` of all do not exceed.
        found[name] = ordered[max(0, -int(-part * len(ordered) // 1) - 1)] if ordered else None
    return found


def cumulative(values: Sequence[int]) -> tuple[list[int], list[float]]:
    """Return the empirical distribution: each value and the part that does not exceed it."""
    ordered = sorted(values)
    return ordered, [(at + 1) / len(ordered) for at in range(len(ordered))]
