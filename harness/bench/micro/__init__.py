# SPDX-License-Identifier: GPL-2.0
"""A checked and logged store in user space, against GCC's transactional memory.

micro.cc holds the benchmarks; here they are built, run once with each method of
libitm, and read.  Processor time and not the clock's, and the least of several
repetitions: the host has other work.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from harness.outcome import HarnessError
from harness.paths import REPO

_SOURCES = Path(__file__).resolve().parent
_PROGRAM = REPO / "build" / "micro" / "micro"
_METHODS = ("gl_wt", "ml_wt")
_REPETITIONS = 9
_BUILD_S, _RUN_S = 300, 600
_STORES = 100  # of a transaction that stands for its kind: begin and commit are spread over so many
# Of the ranges a call knows it is the third that holds the store: a call's own stack is looked at after that.
_PLACE = 2
_FIELDS = ("store_ns", "undo_ns", "plain_store_ns",
           *(f"libitm_{method}_{what}_ns" for what in ("store", "undo") for method in _METHODS))


def empty() -> dict[str, Any]:
    """Return the fields of a run that was none."""
    return {**dict.fromkeys(_FIELDS), "all": {}}


def build() -> None:
    """Build the program."""
    done = subprocess.run(["make", "-s", "-C", str(_SOURCES), f"O={_PROGRAM.parent}"], capture_output=True, text=True,
                          timeout=_BUILD_S, check=False)
    if done.returncode:
        raise HarnessError(f"the micro-benchmarks do not build:\n{done.stderr.strip()[-2000:]}")


def parse(text: str) -> dict[str, float]:
    """Return the least processor time of each benchmark, in nanoseconds a store."""
    found: dict[str, float] = {}
    try:
        for row in json.loads(text)["benchmarks"]:
            if row["run_type"] != "iteration":
                continue
            name, spent = row["run_name"], row["cpu_time"] / row["stores"]
            if row["time_unit"] != "ns":
                raise HarnessError(f"{name} is told in {row['time_unit']}")
            found[name] = min(spent, found.get(name, spent))
    except (ValueError, KeyError, TypeError) as error:
        raise HarnessError(f"the micro-benchmarks printed no result ({error!r}): {text[:300]!r}") from None
    return found


def fields(runs: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Return the summary's part, of what was found with each method of libitm."""
    ours = [found for found in runs.values() if found]
    if len(ours) != len(_METHODS):
        return empty()

    def least(name: str) -> float:
        # libitm's method makes no difference to these.
        return round(min(found[name] for found in ours), 3)

    result: dict[str, Any] = {
        "store_ns": least(f"fgft_store/{_STORES}/{_PLACE}"),
        "undo_ns": least(f"fgft_undo/{_STORES}"),
        "plain_store_ns": least(f"plain_store/{_STORES}"),
    }
    for what in ("store", "undo"):
        for method, found in runs.items():
            result[f"libitm_{method}_{what}_ns"] = round(found[f"libitm_{what}/{_STORES}"], 3)
    result["all"] = {method: {name: round(value, 3) for name, value in found.items()} for method, found in runs.items()}
    return result


def measure(repetitions: int = _REPETITIONS) -> dict[str, Any]:
    """Build, run and read."""
    build()
    runs = {}
    for method in _METHODS:
        done = subprocess.run(
            [str(_PROGRAM), f"--benchmark_repetitions={repetitions}", "--benchmark_enable_random_interleaving=true",
             "--benchmark_min_time=0.02", "--benchmark_format=json"],
            env={**os.environ, "ITM_DEFAULT_METHOD": method}, capture_output=True, text=True, timeout=_RUN_S, check=False)
        if done.returncode:
            raise HarnessError(f"the micro-benchmarks with {method} end with {done.returncode}: {done.stderr.strip()[-500:]}")
        runs[method] = parse(done.stdout)
    return fields(runs)
