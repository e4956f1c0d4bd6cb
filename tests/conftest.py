# SPDX-License-Identifier: GPL-2.0
"""What holds for every test: cheap ones first, and a skip is a failure."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parent

# Directories in the order they run; those not named come last, for they boot guests.
ORDER = ("static", "scripts", "model", "units")


def _rank(item: pytest.Item) -> int:
    where = item.path.relative_to(TESTS).parts[0]
    return ORDER.index(where) if where in ORDER else len(ORDER)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what takes seconds before what takes minutes."""
    items.sort(key=_rank)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, None]:
    """Turn a skip into a failure: set-up installs all that a test may need."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which counts as failed here: {report.longrepr}"
