# SPDX-License-Identifier: GPL-2.0
"""The command line: every module of harness/commands/ is one command.

Such a module has `register(subparsers)`, which adds its parser with
`set_defaults(run=run)`, and `run(args)`, which returns the exit code.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence

from harness import commands
from harness.outcome import GuestLost, HarnessError, Outcome, is_disk_full

EXIT_FAILED = 1
EXIT_USAGE = 2  # something a person has to mend first


def parser() -> argparse.ArgumentParser:
    """Return the parser with every command registered."""
    top = argparse.ArgumentParser(prog="python3 -m harness", description="Boots guests and runs the tests of FGFT in them.")
    subparsers = top.add_subparsers(dest="command", metavar="command", required=True)
    for module in sorted(info.name for info in pkgutil.iter_modules(commands.__path__)):
        importlib.import_module(f"harness.commands.{module}").register(subparsers)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    args = parser().parse_args(argv)
    try:
        return int(args.run(args))
    except HarnessError as error:
        print(f"harness: error: {error}", file=sys.stderr)
        return EXIT_USAGE
    except GuestLost as lost:
        print(f"harness: error: {lost}", file=sys.stderr)
        return EXIT_FAILED
    except OSError as error:
        if not is_disk_full(error):
            raise
        print(f"harness: error: {Outcome.DISK_FULL.value}: {error.strerror}{f': {error.filename}' if error.filename else ''}; "
              "make room and run the same command again", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        print("harness: interrupted", file=sys.stderr)
        return 130
