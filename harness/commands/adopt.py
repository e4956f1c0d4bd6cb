# SPDX-License-Identifier: GPL-2.0
"""`adopt`: look at a driver nobody has adopted, and say what is missing."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from harness import kernel
from harness.paths import REPO, write_whole

if TYPE_CHECKING:
    from harness.adopt.survey import Survey

_SHOWN = 3
_DOC = "Documentation/adopting-a-driver.rst"


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser("adopt", help="say what it takes to adopt a driver, and write the first patch")
    parser.add_argument("source", help="directory of the driver: in the kernel's source, or one of your own")
    parser.add_argument("--object", metavar="O", help="which module of the directory, if it builds several")
    parser.add_argument("--name", metavar="N", help="what to call it below drivers/ (default: the module's name)")
    parser.add_argument("--write", action="store_true", help="put the files into drivers/ and patches/")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument("--out", type=Path, default=REPO / "out" / "adopt", metavar="DIR",
                        help="draft and findings go to DIR/<name>/ (default: out/adopt)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Survey the driver; 0 if nothing is missing."""
    from harness.adopt import draft, survey

    release = kernel.headers_release()
    source = draft.find(args.source, release)
    wanted = draft.choose(source, args.object)
    name = args.name or wanted.removesuffix(".o")
    home = args.out.resolve() / name
    draft.write(source, wanted, name, home)
    found = survey.read(name, survey.build(home, name, Path("/usr/src") / f"linux-headers-{release}", release))
    write_whole(home / "survey.json", json.dumps(asdict(found), indent=1) + "\n")
    written = draft.publish(home, name) if args.write else []
    if args.json:
        print(json.dumps(asdict(found), indent=1))
    else:
        _print(found, home, source.path, bool(written))
        for path in written:
            print(f"written: {os.path.relpath(path)}")
    return 0 if found.isolatable == len(found.entries) else 1


def _print(found: Survey, home: Path, source: str, written: bool) -> None:
    print(f"{found.driver}, from {source}")
    print(f"\nEntry points, {found.isolatable} of {len(found.entries)} isolatable as they are:")
    for entry in found.entries:
        print(f"  {entry.name:32} {entry.table:36} {entry.reason or 'isolatable'}")
    total = len(found.classed) + len(found.unclassed)
    print(f"\nKernel functions reached: {total}, without a class: {len(found.unclassed)}")
    for name, behind in sorted(found.unclassed.items(), key=lambda item: -len(item[1])):
        whom = ", ".join(behind) if len(behind) <= _SHOWN else f"{len(behind)} entry points"
        print(f"  {name:32} in the way of {whom or 'functions called through pointers'}")
    if found.refusals:
        print("\nCode that cannot be isolated as it is:")
        for line in found.refusals:
            print(f"  {line}")
    print("\nCallbacks to restore the device with: "
          + (", ".join(found.pm) or "none: a fault after a device write leads to unbind and bind"))
    print("\nNext:")
    steps = []
    if found.unclassed:
        steps.append(f"give each function above a row in fgft/kapi/*.def, or leave entry points out in the policy ({_DOC}, section 3)")
    if (home / "patches").is_dir():
        patch = next((home / "patches" / found.driver).glob("*.patch"))
        steps.append(f"look at the first patch: {os.path.relpath(patch)}")
    steps.append(f"say in drivers/{found.driver}/policy what its registers do when written ({_DOC}, section 4)")
    steps.append(("" if written else "put it into the tree with --write, then: ") + f"make modules DRIVER={found.driver}")
    for number, step in enumerate(steps, 1):
        print(f"  {number}. {step}")
