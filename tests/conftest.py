# SPDX-License-Identifier: GPL-2.0
"""What holds for every test: the order they run in, and that a skip is a failure."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from harness import kernel

TESTS = Path(__file__).resolve().parent

# Directories in the order they run; those not named come last, for they boot guests.
ORDER = ("static", "scripts", "model", "units")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the tests of our modules run on the other kernel."""
    parser.addoption("--kernel", choices=kernel.CHOICES, default="stock",
                     help="kernel for tests/kmod: oracle is one built with KASAN, lockdep and more (stock)")


def _rank(item: pytest.Item) -> int:
    where = item.path.relative_to(TESTS).parts[0]
    return ORDER.index(where) if where in ORDER else len(ORDER)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run what takes seconds before what takes minutes; side by side, the minutes first and a file at a time.

    With `-n 2 --dist loadgroup` a file that boots guests stays in one process, in its
    order, so that each of its guests is booted once.
    """
    items.sort(key=_rank)
    # A worker is told of the distribution by this option alone.
    if not config.getoption("loadgroup", False) and config.getoption("dist", "no") == "no":
        return
    for item in items:
        if item.get_closest_marker("boot"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    items.sort(key=lambda item: item.get_closest_marker("boot") is None)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, None]:
    """Turn a skip into a failure: set-up installs all that a test may need."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which counts as failed here: {report.longrepr}"
