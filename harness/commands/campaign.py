# SPDX-License-Identifier: GPL-2.0
"""`campaign`: thousands of mutants, each run natively and isolated."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from harness.campaign import report, slurm
from harness.paths import REPO


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command's arguments."""
    parser = subparsers.add_parser("campaign", help="wake thousands of mutants, one at a time, natively and isolated")
    parser.add_argument("--driver", default="e1000", help="driver to break (default: e1000)")
    parser.add_argument("--out", type=Path, default=REPO / "out" / "campaign", metavar="DIR",
                        help="results go to DIR/<driver>/ (default: out/campaign)")
    parser.add_argument("--no-build", action="store_true", help="take the modules as they are")
    parser.add_argument("--faults", type=int, default=1000, metavar="N", help="how many (default: 1000)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="which (default: 1)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="J",
                        help="machines at a time (default: one a CPU)")
    parser.add_argument("--icount", action=argparse.BooleanOptionalAction, default=True,
                        help="count instructions: repeatable, and waiting costs nothing (default)")
    parser.add_argument("--smp", type=int, default=1, metavar="N", help="CPUs of the guest, with --no-icount (default: 1)")
    parser.add_argument("--fresh", action="store_true", help="drop what an earlier campaign has left, do not go on with it")
    parser.add_argument("--share", metavar="I/N", help="run every N-th trial only, beginning with number I; `merge` puts shares together")
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(dest="action", metavar="action")
    again = actions.add_parser("replay", help="run one trial again, with the guest's console")
    again.add_argument("trial", help="as in trials.jsonl, for example 1-42")
    oracle = actions.add_parser("oracle", help="run one trial in twenty again, on the kernel with checkers")
    oracle.set_defaults(run=check)
    report.register(actions)
    slurm.register(actions)


def check(args: argparse.Namespace) -> int:
    """Run what is due of a campaign on the kernel with checkers."""
    from harness.campaign import app

    return app.check(args)


def run(args: argparse.Namespace) -> int:
    """Run the campaign, or one trial of it."""
    # Here and not above: it needs rich, which `setup` may yet have to install.
    from harness.campaign import app

    return app.replay(args) if args.action == "replay" else app.run(args)
