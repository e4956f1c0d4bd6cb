# SPDX-License-Identifier: GPL-2.0
"""C++ against clang-tidy; the list of checks is .clang-tidy."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from subprocess import CompletedProcess

import pytest
import sources

# The isolator and its tests include the compiler's own headers.
PLUGIN_USERS = ("fgft/isolator/",)


def command(name: str) -> list[str]:
    """Return the clang-tidy run of one translation unit."""
    flags = ["-std=c++17", f"-I{sources.REPO / 'fgft'}"]
    if name.startswith(("tests/isolator/", "tests/host/")):
        flags += [f"-I{sources.REPO / 'fgft' / 'isolator'}", f"-I{sources.REPO / 'tests' / 'host'}"]
    if name.startswith(PLUGIN_USERS):
        compiler = sources.run(["scripts/kernel-cc"])
        assert compiler.returncode == 0, compiler.stderr
        plugin = sources.run([compiler.stdout.strip(), "-print-file-name=plugin"]).stdout.strip()
        # As system headers: what they do is not ours to mend.
        flags += ["-isystem", f"{plugin}/include"]
    return ["clang-tidy", "--quiet", "--warnings-as-errors=*", name, "--", *flags]


@pytest.fixture(scope="module")
def findings() -> Iterator[dict[str, Future[CompletedProcess[str]]]]:
    """Check all units at once, one a CPU: the plugin's take seconds each."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {name: pool.submit(sources.run, command(name)) for name in sources.cplusplus()}


@pytest.mark.parametrize("name", sources.cplusplus())
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
