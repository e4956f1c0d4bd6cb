# SPDX-License-Identifier: GPL-2.0
"""`demo`: break a driver in many ways, without and with isolation."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from harness.paths import REPO

_MOST_JOBS = 4


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser("demo", help="break a driver in many ways, without and with isolation")
    parser.add_argument("--driver", default="e1000", help="driver to break (default: e1000)")
    parser.add_argument("--entry", action="append", default=[], metavar="E", help="only this entry point; may be repeated")
    parser.add_argument("--fault", action="append", default=[], metavar="F", help="only this fault; may be repeated")
    parser.add_argument("--jobs", type=int, default=max(1, min(_MOST_JOBS, os.cpu_count() or 1)), metavar="N",
                        help="machines at a time (default: one a CPU)")
    parser.add_argument("--cpu", default="max", help="QEMU's CPU model (default: max)")
    parser.add_argument("--smp", type=int, default=2, metavar="N", help="CPUs of the guest (default: 2)")
    parser.add_argument("--no-build", action="store_true", help="take the modules as they are")
    parser.add_argument("--out", type=Path, default=REPO / "out" / "demo", metavar="DIR",
                        help="results go to DIR/<driver>/ (default: out/demo)")
    parser.add_argument("--json", action="store_true", help="print the summary instead of the table")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the demo; 0 if every case was recovered."""
    # Here and not above: it needs rich, which `setup` may yet have to install.
    from harness.demo import app

    return app.run(args)
