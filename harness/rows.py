# SPDX-License-Identifier: GPL-2.0
"""Which rows of the kernel-function table have a test, by what the compiler saw.

A line of tests/kmod/rows/*.def says it tests a row.  That counts only if the
isolator's report of the compiled tests has that line's act calling the row's
function, itself or through driver functions.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.paths import REPO

_ROW = re.compile(r"^KAPI_([A-Z]+)\(\s*(\w+)", re.MULTILINE)
# Lines of a suite: a macro of suite.h or of the suite, then the row's function.
_TEST = re.compile(r"^[A-Z][A-Z0-9_]*\((\w+),", re.MULTILINE)


@dataclass(frozen=True)
class RowTest:
    """A line of a suite."""

    suite: str
    name: str  # of the row

    @property
    def result(self) -> str:
        """The name of its result."""
        return f"{self.suite}.{self.name}"


def table(repo: Path = REPO) -> dict[str, str]:
    """Return the class of every row."""
    rows: dict[str, str] = {}
    for path in sorted((repo / "fgft" / "kapi").glob("*.def")):
        rows |= {name: klass for klass, name in _ROW.findall(path.read_text(encoding="utf-8"))}
    return rows


def tests(repo: Path = REPO) -> list[RowTest]:
    """Return the tests the sources list, in their order."""
    return [
        RowTest(path.stem, name)
        for path in sorted((repo / "tests" / "kmod" / "rows").glob("*.def"))
        for name in _TEST.findall(path.read_text(encoding="utf-8"))
    ]


def reached(unit: dict[str, Any], function: str) -> set[str]:
    """Return what a function of a unit calls, as written and as compiled, however deep."""
    functions = unit["functions"]
    seen: set[str] = set()
    left = [function]
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            left += functions.get(name, {}).get("calls", [])
    # Bodies of inlined helpers call more than was written.
    return seen | {name for name, call in unit["kernel_functions"].items() if seen & set(call["from"])}


def proven(reports: Path, repo: Path = REPO, instead: dict[str, str] | None = None) -> set[str]:
    """Return the rows whose test reaches them; `reports` is the isolator's directory of the tests.

    `instead` are rows that do for others, where the kernel's headers make another function of the name.
    """
    wanted = instead or {}
    units = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(reports.glob("rows_*.json"))}
    return {
        test.name
        for test in tests(repo)
        if f"rows_{test.suite}" in units
        and wanted.get(test.name, test.name) in reached(units[f"rows_{test.suite}"], f"act_{test.name}")
    }
