# SPDX-License-Identifier: GPL-2.0
"""`status`: what the last build made of a driver.

From files alone: the isolator's reports, the driver's policy and its patches,
and what `window` stored.  Nothing is run.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from harness import kernel, rows
from harness.commands import window
from harness.outcome import HarnessError
from harness.paths import REPO

_MARK = re.compile(r"\b(?:__)?fgft_\w+|\bFGFT_\w+")
_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")


@dataclass(frozen=True)
class EntryStatus:
    """A function the kernel is handed, or the policy names."""

    name: str
    table: str | None  # how the kernel comes to call it
    isolatable: bool
    reason: str | None  # why not
    window_share: float | None = None  # what `window` measured last


@dataclass(frozen=True)
class KapiStatus:
    """Kernel functions the isolated code reaches."""

    reached: int
    classed: int
    tested: int | None = None  # not known before FGFT_TESTS=1 make modules


@dataclass(frozen=True)
class PatchStatus:
    """What adopting the driver took."""

    changed_lines: int
    added_lines: int
    annotations: int  # marks of ours in the driver's source: none is needed
    policy_lines: int  # entries and registers, in a file beside it


def policy_words(policy: Path) -> list[list[str]]:
    """Return a policy's lines as words, comments left out."""
    lines = (line.split("#", 1)[0].split() for line in policy.read_text(encoding="utf-8").splitlines())
    return [words for words in lines if words]


def entries(asked: list[str], units: list[dict[str, Any]]) -> list[EntryStatus]:
    """Return every function the kernel is handed and every one asked for, in the order of names."""
    found: dict[str, EntryStatus] = {}
    for unit in units:
        for name, candidate in unit["candidates"].items():
            # Another unit may have the body, and say that it is isolated.
            reason = candidate["reason"] or None
            found.setdefault(name, EntryStatus(name, candidate["table"], reason is None, reason))
    for unit in units:
        missing = sorted(unit["unclassed"])
        reason = f"{unit['source']} reaches {', '.join(missing)}, which has no class" if missing else None
        for entry in unit["entries"]:
            found[entry["name"]] = EntryStatus(entry["name"], entry["table"] or None, not missing, reason)
    absent = "the driver has no function of this name"
    for name in asked:
        found.setdefault(name, EntryStatus(name, None, False, absent))
    return [found[name] for name in sorted(found)]


def kapi(units: list[dict[str, Any]], tested: set[str] | None = None) -> KapiStatus:
    """Count the kernel functions reached, those of them with a class, and those with a test."""
    classed = {name for unit in units for name in unit["kernel_functions"]}
    unclassed = {name for unit in units for name in unit["unclassed"]}
    return KapiStatus(len(classed | unclassed), len(classed - unclassed), None if tested is None else len(classed & tested))


def patch_lines(text: str) -> tuple[int, int]:
    """Return how many lines of the source a patch changes, and how many it adds."""
    changed = added = 0
    minus = plus = 0  # of the run of changes being read
    old_left = new_left = 0  # of the hunk: a removed "-- x" looks like a file's header
    for line in text.splitlines():
        hunk = _HUNK.match(line)
        if old_left + new_left == 0:
            old_left, new_left = (int(hunk[1] or 1), int(hunk[2] or 1)) if hunk else (0, 0)
            continue
        mark = line[:1] or " "
        old_left -= mark in " -"
        new_left -= mark in " +"
        if mark in "-+":
            minus, plus = minus + (mark == "-"), plus + (mark == "+")
        if mark not in "-+" or old_left + new_left == 0:
            changed, added = changed + minus, added + max(0, plus - minus)
            minus = plus = 0
    return changed, added


def source_marks(text: str) -> int:
    """Return how many marks of ours a patch puts into C files of the driver."""
    marks = 0
    in_c = False
    for line in text.splitlines():
        if line.startswith("+++ "):
            in_c = line.split()[1].endswith((".c", ".h"))
        elif in_c and line.startswith("+"):
            marks += len(_MARK.findall(line))
    return marks


def collect(driver: str, repo: Path = REPO, release: str | None = None) -> dict[str, Any]:
    """Return the status of a driver as the fixed fields."""
    known = sorted(path.parent.name for path in (repo / "drivers").glob("*/policy"))
    if driver not in known:
        raise HarnessError(f"no driver '{driver}': there {'is' if len(known) == 1 else 'are'} {', '.join(known)}")
    build = repo / "build" / (release or kernel.headers_release())
    reports: list[Path] = []
    for variant in ("plain", "inject"):
        reports = reports or sorted((build / variant / "report" / driver).glob("*.json"))
    tests = [build / variant / "report" / "rows" for variant in ("plain", "inject")]
    tested = next((rows.proven(path, repo) for path in tests if path.is_dir()), None)
    if not reports:
        raise HarnessError(f"{driver} has not been built: run `make modules DRIVER={driver}`")
    try:
        units = [json.loads(path.read_text(encoding="utf-8")) for path in reports]
        words = policy_words(repo / "drivers" / driver / "policy")
        asked = [line[1] for line in words if line[0] in ("entry", "except") and line[1] != "*"]
        texts = [path.read_text(encoding="utf-8") for path in sorted((repo / "patches" / driver).glob("*.patch"))]
        lines = [patch_lines(text) for text in texts]
        patch = PatchStatus(sum(line[0] for line in lines), sum(line[1] for line in lines),
                            sum(source_marks(text) for text in texts), len(words))
        measured = window.stored(driver, repo / "out" / "window")
        told = [replace(entry, window_share=measured.get(entry.name)) for entry in entries(asked, units)]
        return {"driver": driver, "entries": [asdict(entry) for entry in told],
                "kapi": asdict(kapi(units, tested)), "patch": asdict(patch)}
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise HarnessError(f"the reports of {driver} cannot be read ({error!r}): "
                           f"run `make modules DRIVER={driver}` again") from None


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser("status", help="tell what the last build made of a driver")
    parser.add_argument("--driver", default="e1000", help="which driver (default: e1000)")
    parser.add_argument("--json", action="store_true", help="print the fixed fields as JSON")
    parser.add_argument("--all", action="store_true", help="a table of all drivers adopted from the kernel, as reStructuredText")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the status; 0 if every entry point can be isolated."""
    try:
        if args.all:
            print(table([collect(driver) for driver in adopted()]))
            return 0
        status = collect(args.driver)
    except HarnessError as error:
        print(f"status: error: {error}", file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps(status, indent=1))
    else:
        _print(status)
    return 0 if all(entry["isolatable"] for entry in status["entries"]) else 1


def adopted(repo: Path = REPO) -> list[str]:
    """Return the drivers whose source is the kernel's."""
    return sorted(path.parent.name for path in (repo / "drivers").glob("*/source"))


_COLUMNS = ("driver", "lines changed", "lines added", "annotations", "policy lines", "entry points isolatable",
            "kernel functions reached", "of these tested")


def table(drivers: list[dict[str, Any]]) -> str:
    """Return what adopting each driver took, as a table in reStructuredText."""
    lines = [".. list-table::", "   :header-rows: 1", ""]
    rows: list[tuple[object, ...]] = [_COLUMNS]
    for status in drivers:
        able = sum(entry["isolatable"] for entry in status["entries"])
        patch, functions = status["patch"], status["kapi"]
        rows.append((status["driver"], patch["changed_lines"], patch["added_lines"], patch["annotations"], patch["policy_lines"],
                     f"{able} of {len(status['entries'])}", functions["reached"], functions["tested"]))
    for row in rows:
        lines += [f"   {' ' if at else '*'} - {'unknown' if cell is None else cell}" for at, cell in enumerate(row)]
    return "\n".join(lines)


def _print(status: dict[str, Any]) -> None:
    for entry in status["entries"]:
        state = "isolated" if entry["isolatable"] else f"not isolated: {entry['reason']}"
        print(f"{entry['name']:28} {entry['table'] or '-':36} {state}")
    able = sum(entry["isolatable"] for entry in status["entries"])
    print(f"entry points isolatable: {able} of {len(status['entries'])}")
    reached, classed = status["kapi"]["reached"], status["kapi"]["classed"]
    tested = "unknown" if status["kapi"]["tested"] is None else status["kapi"]["tested"]
    patch = status["patch"]
    print(f"kernel functions reached: {reached}, with a class: {classed}, with a test: {tested}")
    print(f"source lines changed: {patch['changed_lines']}, added: {patch['added_lines']}; "
          f"annotations: {patch['annotations']}, policy lines: {patch['policy_lines']}")
