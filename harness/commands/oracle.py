# SPDX-License-Identifier: GPL-2.0
"""`oracle`: build the kernel with checkers, unless the cache has it."""

from __future__ import annotations

import argparse
from typing import Any

from harness.oracle import build


def register(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("oracle", help="build the kernel with KASAN, lockdep and more, and print where it is")
    parser.add_argument("--modules", action="store_true", help="also build our modules against it, with fault sites")
    parser.add_argument("--driver", default="", metavar="D", help="with --modules: only this driver (all)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Build what is missing; say where it is."""
    oracle = build.fetch()
    if args.modules:
        build.build_modules(oracle, args.driver, {"INJECT": "1"})
    print(f"kernel {oracle.image} ({oracle.release})")
    print(f"KDIR   {build.kdir(oracle)}")
    return 0
