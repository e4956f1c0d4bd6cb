# SPDX-License-Identifier: GPL-2.0
"""What a person sees: progress while something is slow.

rich is imported when used, for `setup` has to run before it is installed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def note(text: str) -> None:
    """Tell something on standard error, so that standard output can be piped."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Show that `text` is being done: a spinner on a terminal, lines elsewhere."""
    begun = time.monotonic()
    if sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status(text):
            yield
    else:
        note(f"{text} ...")
        yield
    note(f"{text}: {time.monotonic() - begun:.1f} s")
