# SPDX-License-Identifier: GPL-2.0
"""`setup`: make sure the Debian packages the project needs are installed."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from typing import Any

from harness import apt, packages
from harness.cli import EXIT_FAILED, EXIT_USAGE
from harness.ui import note

# What only some commands need.
_GROUPS = {"report": packages.REPORT, "tests": packages.TESTS}
_UPDATE_S = 300
_INSTALL_S = 1800


def register(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser("setup", help="install the Debian packages that are missing")
    parser.add_argument("--with", action="append", default=[], choices=sorted(_GROUPS), dest="groups", metavar="WHAT",
                        help=f"also those of {' or '.join(sorted(_GROUPS))}; may be given twice")
    parser.add_argument("--list", action="store_true", help="list the packages and why each is needed")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Install what is missing, or as an ordinary user say how."""
    wanted = dict(packages.HOST)
    for group in args.groups:
        wanted |= _GROUPS[group]
    if args.list:
        for name, reason in wanted.items():
            print(f"{name:24} {reason}")
        return 0
    missing = apt.missing(list(wanted))
    if not missing:
        return 0
    install = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() != 0:
        print(f"Packages are missing. Run:\n  sudo {' '.join(install)}", file=sys.stderr)
        return EXIT_USAGE
    for name in missing:
        note(f"installing {name}: {wanted[name]}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if not apt.known(missing):
        subprocess.run(["apt-get", "-q", "update"], timeout=_UPDATE_S, check=False, env=environment)
    done = subprocess.run(install, timeout=_INSTALL_S, check=False, env=environment)
    still = apt.missing(missing)
    if done.returncode or still:
        print(f"harness: error: could not install {' '.join(still)}; apt-get above says why", file=sys.stderr)
        return EXIT_FAILED
    return 0
