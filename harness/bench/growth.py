# SPDX-License-Identifier: GPL-2.0
"""How what a call costs grows with what it does: fgft_bench.ko in a guest of its own.

No driver and no device, so that nothing but the call runs; a nanosecond of the
guest is an instruction, of whichever CPU.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

from harness.demo.target import LastFault
from harness.outcome import HarnessError
from harness.qemu import Machine

STORES = (1, 10, 100, 1000, 4000)
# A call stores to 64 objects, more than it remembers, so that each is looked up.
OBJECTS = (64, 256, 1024, 4096, 16384)
_TOUCHED = 64
CPUS = (1, 2, 4, 8)
DEVICES = (1, 2, 4, 8)
_CALLS = 200
_MANY = 5000  # calls of each CPU: starting them on all is not to count
_RUNS = 5  # of which the least counts
_FAULTS = 5  # likewise
_PARAMETERS = "/sys/module/fgft_bench/parameters"
_HOME = "/sys/kernel/fgft/fgft_bench"
_RUN_S = 60.0
_PAGE = 4096  # of the log, and of what waits for commit: a call keeps one of each


def _run(machine: Machine, calls: int) -> int:
    return int(machine.check(f"echo {calls} > {_PARAMETERS}/run; cat {_PARAMETERS}/run", _RUN_S))


def call(machine: Machine, policy: str) -> float:
    """Return the instructions of a call of fgft_bench.ko, the least of some runs: an interrupt may come in between."""
    machine.check(f"echo {policy} > {_HOME}/policy")
    _run(machine, _CALLS)
    return min(_run(machine, _CALLS) for _ in range(_RUNS)) / _CALLS


def _spent(machine: Machine, policy: str, stores: int) -> float:
    machine.check(f"echo {stores} > {_PARAMETERS}/stores")
    return call(machine, policy)


def _rollback(machine: Machine, stores: int) -> int:
    machine.check(f"echo always > {_HOME}/policy; echo {stores} > {_PARAMETERS}/stores; echo 1 > {_PARAMETERS}/fault")
    found = []
    for _ in range(_FAULTS):
        _run(machine, 1)
        last = LastFault.parse(machine.check(["cat", f"{_HOME}/last_fault"]))
        if not last or last.step != "undo":
            raise HarnessError(f"fgft_bench: the fault was not undone: {last}")
        found.append(last.rollback_ns)
    machine.check(f"echo 0 > {_PARAMETERS}/fault")
    return min(found)


def measure(machine: Machine) -> dict[str, Any]:
    """Measure on a booted machine with fgft.ko and fgft_bench.ko in /modules."""
    # Many faults of one entry point are what is measured here.
    machine.check("insmod /modules/fgft.ko repeats=0 && insmod /modules/fgft_bench.ko", _RUN_S)
    rows = []
    base = _spent(machine, "always", 0) - _spent(machine, "off", 0)
    for stores in STORES:
        added = _spent(machine, "always", stores) - _spent(machine, "off", stores)
        rows.append({"stores": stores, "call_insns": round(added, 1), "insns_per_store": round((added - base) / stores, 2),
                     "rollback_ns": _rollback(machine, stores)})
    return {"call_insns": round(base, 1), "log": rows, "ranges": _ranges(machine, base)}


def _ranges(machine: Machine, base: float) -> list[dict[str, Any]]:
    """Measure stores to memory that has to be found among so many ranges of the driver's."""
    machine.check(f"echo 0 > {_PARAMETERS}/stores")
    rows = []
    for objects in OBJECTS:
        machine.check(f"echo {objects} > {_PARAMETERS}/objects", _RUN_S)
        added = call(machine, "always") - call(machine, "off")
        rows.append({"ranges": objects, "insns_per_store": round((added - base) / _TOUCHED, 1)})
    machine.check(f"echo 0 > {_PARAMETERS}/objects")
    return rows


def processors(machine: Machine) -> float:
    """Measure an empty call that every CPU of the machine makes many of at once; return its instructions."""
    machine.check(f"insmod /modules/fgft.ko && insmod /modules/fgft_bench.ko && echo 1 > {_PARAMETERS}/everywhere", _RUN_S)
    cpus = int(machine.check("nproc"))
    spent = {}
    for policy in ("off", "always"):
        machine.check(f"echo {policy} > {_HOME}/policy")
        _run(machine, _MANY)
        spent[policy] = _run(machine, _MANY)
    return (spent["always"] - spent["off"]) / _MANY / cpus


def call_bytes(runtime: Path) -> int | None:
    """Return the memory a call takes, from the debug information of fgft.o; None if it has none."""
    if not runtime.is_file():
        return None
    # To the end of the output: readelf complains of a reader that leaves.
    text = subprocess.run(["readelf", "--debug-dump=info", str(runtime)], capture_output=True, text=True, timeout=120, check=False).stdout
    found = re.search(r"DW_AT_name\s*:[^\n]*: fgft_call\n[^\n]*DW_AT_byte_size\s*: (\d+)", text)
    return int(found[1]) + 2 * _PAGE if found else None
