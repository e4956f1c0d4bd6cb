# SPDX-License-Identifier: GPL-2.0
"""C++ against clang-tidy; the list of checks is .clang-tidy."""

from __future__ import annotations

import functools
import os
import shlex
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import sources

# Where a make file knows how its units are compiled; others need no more than DEFAULT.
MADE = {
    "fgft/isolator": "all",
    "fgft/tools": "all",
    "harness/bench/micro": "all",
    "tests/decoder": "check",
    "tests/host": "check",
    "tests/isolator": "check",
    "tests/usb": "check",
}
DEFAULT = ("-std=c++17",)

# Options that decide what the unit says, and those of them with a word to follow.
MEANING = ("-I", "-D", "-std=", "-isystem", "-include")
TWO_WORDS = ("-I", "-D", "-isystem", "-include")


@functools.cache
def recipes(directory: str) -> dict[Path, list[str]]:
    """Return the options a make file compiles each of its C++ units with."""
    compiler = sources.run(["scripts/kernel-cc"])
    assert compiler.returncode == 0, compiler.stderr
    dry = sources.run(["make", "-nB", "-C", directory, f"CC={compiler.stdout.strip()}", MADE[directory]])
    assert dry.returncode == 0, dry.stderr
    found = {}
    for line in dry.stdout.splitlines():
        words = shlex.split(line, comments=True)
        units = [word for word in words if word.endswith(".cc")]
        if "-c" not in words or len(units) != 1:
            continue
        options = []
        for here, following in zip(words, [*words[1:], ""]):
            if here.startswith(MEANING):
                options += [here, following] if here in TWO_WORDS else [here]
        found[(sources.REPO / directory / units[0]).resolve()] = options
    return found


def command(name: str) -> list[str]:
    """Return the clang-tidy run of one translation unit."""
    options = list(DEFAULT)
    for directory in MADE:
        if name.startswith(directory + "/"):
            options = recipes(directory)[sources.REPO / name]
    return ["clang-tidy", "--quiet", "--warnings-as-errors=*", name, "--", *options]


@pytest.fixture(scope="module")
def findings() -> Iterator[dict[str, Future[CompletedProcess[str]]]]:
    """Check all units at once, one a CPU: those with GCC's headers take seconds each."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {name: pool.submit(sources.run, command(name)) for name in units()}


def units() -> list[str]:
    """Return the C++ of ours; inputs of tests are not held to it."""
    return [name for name in sources.cplusplus() if "/data/" not in name]


@pytest.mark.parametrize("name", units())
def test_clang_tidy(name: str, findings: dict[str, Future[CompletedProcess[str]]]) -> None:
    """clang-tidy finds nothing in one translation unit."""
    result = findings[name].result()
    assert result.returncode == 0, result.stdout + result.stderr


def test_gcc_versions_stay_in_one_place() -> None:
    """Differences between GCC releases are known to fgft/isolator/gcc_compat.h only."""
    users = [
        name
        for name in sources.tracked()
        if name.startswith("fgft/isolator/")
        and "GCCPLUGIN_VERSION" in (sources.REPO / name).read_text(encoding="utf-8")
    ]
    assert users in ([], ["fgft/isolator/gcc_compat.h"])
