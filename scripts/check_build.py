#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Verify a build of isolated modules, then publish the modules.

The compiler sees one translation unit at a time and cannot know that an entry
of the policy is in none of them, or that it was never asked to isolate: this is
where the reports of a driver's units come together.  Modules that pass are put
into <build tree>/modules/, without debug information as a distribution ships
them; those of a driver that does not are deleted, so that nothing half-built
can be loaded.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent


@dataclass
class Home:
    """A directory with a policy: drivers/<name> or tests/kmod."""

    tree: Path
    path: str
    errors: list[str] = field(default_factory=list)

    @property
    def policy(self) -> Path:
        """The list of entries and registers."""
        return REPO / self.path / "policy"

    @property
    def modules(self) -> list[Path]:
        """The modules Kbuild made."""
        return sorted((self.tree / self.path).rglob("*.ko"))

    def reports(self) -> list[Path]:
        """Return the isolator's reports; one of a unit that is gone is deleted."""
        objects = {path.stem for path in (self.tree / self.path).rglob("*.o")}
        found = []
        for path in sorted((self.tree / "report" / Path(self.path).name).glob("*.json")):
            if path.stem in objects:
                found.append(path)
            else:
                path.unlink()
        return found


def policy_entries(policy: Path) -> list[tuple[int, str]]:
    """Return line and name of each function listed; the isolator has checked the grammar."""
    entries = []
    for number, line in enumerate(policy.read_text(encoding="utf-8").splitlines(), 1):
        words = line.split("#", 1)[0].split()
        if words[:1] in (["entry"], ["except"]) and words[1] != "*":
            entries.append((number, words[1]))
    return entries


def verify(home: Home) -> list[str]:
    """Return what is wrong with a driver's build, a line each."""
    if not home.modules:
        return [f"{home.path}: error: the build made no module: see obj-m in {home.path}/Kbuild"]
    reports = home.reports()
    if not reports:
        return [
            f"{home.path}: error: not built for isolation: "
            "add 'ccflags-y += $(FGFT_CFLAGS)' to the Makefile of the driver"
        ]
    defined: set[str] = set()
    for report in reports:
        unit = json.loads(report.read_text(encoding="utf-8"))
        defined.update(entry["name"] for entry in unit["entries"])
        defined.update(unit["candidates"])  # native ones too: "except" names them
    return [
        f"{home.path}/policy:{number}: error: no function '{name}' in the driver: "
        "correct the name or remove the line"
        for number, name in policy_entries(home.policy)
        if name not in defined
    ]


def withdraw(tree: Path, modules: list[Path]) -> None:
    """Delete modules, built and published."""
    for module in modules:
        (tree / "modules" / module.name).unlink(missing_ok=True)
        module.unlink(missing_ok=True)


def publish(tree: Path, modules: list[Path]) -> None:
    """Put modules where the harness takes them from, replacing each in one step."""
    target = tree / "modules"
    target.mkdir(exist_ok=True)
    for module in modules:
        published = target / module.name
        if published.exists() and published.stat().st_mtime_ns >= module.stat().st_mtime_ns:
            continue
        fresh = target / f".{module.name}"
        subprocess.run(["strip", "--strip-debug", "-o", fresh, module], check=True, timeout=60)
        os.replace(fresh, published)


def main() -> int:
    """Check every home named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--withdraw", action="store_true", help="delete the modules: their build failed")
    parser.add_argument("tree", type=Path)
    parser.add_argument("homes", nargs="*")
    args = parser.parse_args()

    homes = [Home(args.tree, path) for path in args.homes]
    if args.withdraw:
        for home in homes:
            withdraw(args.tree, home.modules)
        return 0

    for path in ("fgft", "harness/kmod"):
        publish(args.tree, sorted((args.tree / path).glob("*.ko")))
    failed = False
    for home in homes:
        errors = verify(home)
        if errors:
            failed = True
            print("\n".join(errors), file=sys.stderr)
            withdraw(args.tree, home.modules)
        else:
            publish(args.tree, home.modules)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
