# SPDX-License-Identifier: GPL-2.0
"""What makes the kernel call an entry point, read from the file of its class."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.outcome import HarnessError

_REACH_MS = 3000


@dataclass(frozen=True)
class Trigger:
    """How the entry points that sit in some table are reached."""

    tables: tuple[str, ...]
    command: str
    undo: str
    weight: int
    reach_ms: int

    def fits(self, table: str) -> bool:
        """Whether it reaches the entry points that sit in `table`."""
        return any(re.fullmatch(pattern, table) for pattern in self.tables)

    @property
    def shell(self) -> str:
        """Both halves; the second is run whatever comes of the first, and either's failure is told."""
        if not self.undo:
            return self.command
        return f"{{ {self.command}; }}; a=$?; {{ {self.undo}; }}; b=$?; exit $((a ? a : b))"


@dataclass(frozen=True)
class Operation:
    """Something a user does to the device while it is in use."""

    name: str
    command: str
    weight: int


@dataclass(frozen=True)
class Catalogue:
    """All of such a file."""

    triggers: tuple[Trigger, ...]
    churn: tuple[Operation, ...]
    interludes: tuple[Operation, ...]

    def find(self, table: str) -> Trigger | None:
        """Return how an entry point is reached; None if nothing is known to."""
        return next((trigger for trigger in self.triggers if trigger.fits(table)), None)


def _operations(rows: list[dict[str, Any]]) -> tuple[Operation, ...]:
    return tuple(Operation(row["name"], row["command"], row["weight"]) for row in rows)


def rows(path: Path, table: list[dict[str, Any]]) -> tuple[Trigger, ...]:
    """Return the rows [[trigger]] of a file; a mistake in one is named with the file."""
    try:
        return tuple(Trigger(tuple(row["tables"]), row["command"], row.get("undo", ""), row["weight"],
                             row.get("reach_ms", _REACH_MS)) for row in table)
    except (KeyError, TypeError, AttributeError) as error:
        raise HarnessError(f"{path}: a trigger cannot be used: {error!r}") from None


def load(path: Path) -> Catalogue:
    """Read the file; a mistake in it is named with the file."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return Catalogue(rows(path, data["trigger"]), _operations(data["churn"]), _operations(data["interlude"]))
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise HarnessError(f"{path}: cannot be used: {error!r}") from None
