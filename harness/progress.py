# SPDX-License-Identifier: GPL-2.0
"""Progress of something that has many steps, for a terminal and for a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


@contextmanager
def progress(title: str, total: int, every_s: float = 0.0) -> Iterator[Callable[[str, int], None]]:
    """Show a bar with the time left on a terminal, else a line for each step.

    Lines come at most every `every_s` seconds; rate and time left count from here.
    """
    # Where nobody looks the width is not known: lines must not be cut.
    out = Console(stderr=True, highlight=False)
    begun = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=30), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
               TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as bar:
        task = bar.add_task(title, total=total, rate="")
        done = 0
        told = float("-inf")

        def step(text: str, advance: int) -> None:
            nonlocal done, told
            done += advance
            now = time.monotonic()
            rate = done / (now - begun)
            bar.update(task, advance=advance, rate=f"{rate:.2f}/s" if done else "")
            if now - told < every_s and done < total and advance:
                return
            told = now
            left = (total - done) / rate if done else 0.0
            prefix = f"[{done}/{total}, {rate:.2f}/s, {left:.0f} s left] " if advance and not out.is_terminal else ""
            bar.console.print(prefix + text, markup=False, soft_wrap=True)

        yield step
