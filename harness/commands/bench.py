# SPDX-License-Identifier: GPL-2.0
"""`bench`: recovery time against restart, and what isolation costs."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.paths import REPO


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser("bench", help="measure recovery time, and what isolation costs")
    parser.add_argument("--driver", default="e1000", help="driver to measure (default: e1000)")
    parser.add_argument("--packets", type=int, default=10000, metavar="N", help="packets of a round (default: 10000)")
    parser.add_argument("--rounds", type=int, default=4, metavar="N", help="rounds, of which the best counts (default: 4)")
    parser.add_argument("--part", action="append", choices=("recovery", "cost", "growth", "micro"), help="measure only this part; may be repeated")
    parser.add_argument("--out", type=Path, default=REPO / "out" / "bench", metavar="DIR",
                        help="results go to DIR/<driver>/ (default: out/bench)")
    parser.add_argument("--profile", action="store_true", help="tell what the instructions are for, too, by function")
    parser.add_argument("--json", action="store_true", help="print the summary instead of the table")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the bench; 0 if it measured, whatever it found."""
    # Here and not above: it needs the demo's description of the driver.
    from harness.bench import app

    return app.run(args)
