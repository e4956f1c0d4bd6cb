# SPDX-License-Identifier: GPL-2.0
"""`soak`: load, operations and faults at random moments, for as long as asked."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness import kernel
from harness.paths import REPO


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser("soak", help="plant faults at random moments in a loaded guest, for minutes or hours")
    parser.add_argument("--driver", default="e1000", help="driver to soak (default: e1000)")
    parser.add_argument("--minutes", type=float, default=30.0, metavar="N", help="how long (default: 30)")
    parser.add_argument("--kernel", choices=kernel.CHOICES, default="stock",
                        help="stock: the distribution's; oracle: one built with KASAN, lockdep and more (stock)")
    parser.add_argument("--seed", type=int, metavar="N", help="same plan of faults again (default: a new one)")
    parser.add_argument("--smp", type=int, default=4, metavar="N", help="CPUs of the guest (default: 4)")
    parser.add_argument("--no-build", action="store_true", help="take the modules as they are")
    parser.add_argument("--out", type=Path, default=REPO / "out" / "soak", metavar="DIR",
                        help="results go to DIR/<driver>/ (default: out/soak)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the soak; 0 if the machine did not notice the faults."""
    from harness.soak import app

    return app.run(args)
