# SPDX-License-Identifier: GPL-2.0
"""Build a draft with the isolator in survey mode, and read what it found."""

from __future__ import annotations

import json
import re
import subprocess
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.outcome import HarnessError
from harness.paths import REPO

_BUILD_S = 1200.0
_SHOWN = 3  # of a list of names in one line
# Callbacks a device can be brought back with, as the tables name them.
_CALLBACKS = re.compile(r"(dev_pm_ops\..*|pci_driver\.(suspend|resume)|usb_driver\.(suspend|resume|reset_resume)|"
                        r"serio_driver\.(reconnect|cleanup))")
_ERRORS = re.compile(r"^.*(?:error|Error)[: ].*$", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """A function the kernel is handed."""

    name: str
    table: str
    reason: str | None  # why it cannot be isolated as things are
    missing: tuple[str, ...]  # functions it reaches that have no class


@dataclass(frozen=True)
class Survey:
    """What stands between a driver and its isolation."""

    driver: str
    entries: tuple[Entry, ...]
    classed: tuple[str, ...]  # kernel functions it reaches that have a row
    unclassed: dict[str, tuple[str, ...]]  # those that have none: the entry points behind it
    refusals: tuple[str, ...]  # other code that cannot be isolated, a line each
    pm: tuple[str, ...]  # callbacks a checkpoint can be restored with

    @property
    def isolatable(self) -> int:
        """How many entry points could be isolated at once."""
        return sum(not entry.reason for entry in self.entries)


def build(draft: Path, name: str, kdir: Path, release: str) -> list[dict[str, Any]]:
    """Build a draft; return the isolator's reports, one a source file."""
    tree = draft / "build"
    home = tree / "drivers" / name
    reports = tree / "report"
    reports.mkdir(parents=True, exist_ok=True)
    if (draft / "drivers" / name / "source").is_file():
        _run([str(draft / "scripts" / "stage-driver"), name, str(tree), release], "the patch does not apply")
        (home / "Kbuild").write_bytes((draft / "drivers" / name / "Kbuild").read_bytes())
    else:
        home.parent.mkdir(parents=True, exist_ok=True)
        home.symlink_to(draft / "drivers" / name)
    plugin = REPO / "build" / "isolator" / "isolator.so"
    if not plugin.is_file():
        raise HarnessError(f"{plugin} is missing: run `make isolator`")
    arguments = {"kapi": REPO / "fgft" / "kapi", "policy": draft / "drivers" / name / "policy",
                 "symvers": kdir / "Module.symvers", "report": reports}
    flags = " ".join([f"-fplugin={plugin}", "-fplugin-arg-isolator-survey",
                      *(f"-fplugin-arg-isolator-{key}={value}" for key, value in arguments.items())])
    _run(["make", "-C", str(kdir), "--no-print-directory", f"M={home}", "CONFIG_DEBUG_INFO_BTF_MODULES=",
          "KBUILD_MODPOST_WARN=1", f"FGFT_CFLAGS={flags}", "modules"], "the driver does not build")
    found = sorted(reports.glob("*.json"))
    if not found:
        raise HarnessError(f"{name}: nothing was built with the isolator: is its object in the Makefile, and set in this "
                           f"kernel's configuration ({kdir}/.config)?")
    return [json.loads(path.read_text(encoding="utf-8")) for path in found]


def _run(argv: list[str], trouble: str) -> None:
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_BUILD_S, check=False)
    if done.returncode:
        said = _ERRORS.findall(done.stdout + done.stderr) or (done.stdout + done.stderr).strip().splitlines()[-5:]
        raise HarnessError(f"{trouble}:\n" + "\n".join(said[:20]))


def read(driver: str, units: list[dict[str, Any]]) -> Survey:
    """Bring the reports of a driver's source files together."""
    calls: dict[str, set[str]] = defaultdict(set)
    holds: dict[str, set[str]] = defaultdict(set)  # twin: functions without a class that it calls
    classed: set[str] = set()
    candidates: dict[str, tuple[str, str]] = {}
    refusals: dict[str, str] = {}  # function: what
    for unit in units:
        for name, function in unit["functions"].items():
            calls[name] |= {callee.split(".fgft")[0] for callee in function["calls"]}
        for missing, callers in unit["unclassed"].items():
            for caller in callers:
                holds[caller].add(missing)
        classed |= set(unit["kernel_functions"])
        for name, candidate in unit["candidates"].items():
            # The unit with the body knows better than those that only name it.
            if name not in candidates or not candidate["reason"]:
                candidates[name] = (candidate["table"], candidate["reason"])
        for refusal in unit["refusals"]:
            refusals.setdefault(refusal["function"],
                                f"{refusal['function']} ({Path(refusal['file']).name}:{refusal['line']}): {refusal['what']}")
    behind: dict[str, set[str]] = {name: set() for missing in holds.values() for name in missing}
    entries = []
    for name, (table, reason) in sorted(candidates.items()):
        reached = _reached(calls, name)
        missing = sorted({found for function in reached for found in holds.get(function, ())})
        for found in missing:
            behind[found].add(name)
        refused = next((refusals[function] for function in reached if function in refusals), None)
        why = reason or (f"reaches {_some(missing)}" if missing else refused)
        entries.append(Entry(name, table, why or None, tuple(missing)))
    pm = tuple(entry.table for entry in entries if _CALLBACKS.fullmatch(entry.table))
    return Survey(driver, tuple(entries), tuple(sorted(classed - behind.keys())),
                  {name: tuple(sorted(names)) for name, names in sorted(behind.items())},
                  tuple(sorted(refusals.values())), pm)


def _some(names: list[str]) -> str:
    """Return the first of many names."""
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _reached(calls: dict[str, set[str]], name: str) -> list[str]:
    seen = [name]
    for function in seen:
        seen += sorted(calls.get(function, set()) - set(seen))
    return seen
