# SPDX-License-Identifier: GPL-2.0
"""Bars and lines of the bench's page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.demo.table import duration
from harness.picture import LINES, ROW_INCHES, STYLE, Plot, figure, seconds, svg, time_axis

_BAR = "#56b4e9"
_MARK = "#d55e00"
_ROOM = 1.25  # to the right of the longest bar, for its figure


def _horizontal(name: str, title: str, words: str, rows: Sequence[str], draw: Callable[[Any], None]) -> Plot:
    import matplotlib

    with matplotlib.rc_context({**STYLE, "svg.hashsalt": name}):
        drawing = figure(1.0 + ROW_INCHES * len(rows))
        axes = drawing.subplots()
        draw(axes)
        axes.set_yticks(range(len(rows)), rows)
        axes.invert_yaxis()
        axes.grid(False, axis="y")
        return Plot(name, title, words, svg(drawing, name, title, words))


def times(name: str, title: str, label: str, values: Mapping[str, int | None]) -> Plot | None:
    """Draw a bar a row, of nanoseconds on a logarithmic axis; None where none is known."""
    known = {row: value for row, value in values.items() if value is not None}
    if not known:
        return None

    def draw(axes: Any) -> None:
        found = seconds(list(known.values()))
        time_axis(axes, label, [min(found) / 4, max(found)])
        axes.barh(range(len(found)), found, color=_BAR, edgecolor="#333333", height=0.6)
        # What a bar on a logarithmic axis begins at is arbitrary.
        axes.set_xlim(min(found) / 4, max(found) * 6)
        for row, (at, value) in enumerate(zip(found, known.values())):
            axes.text(at * _ROOM, row, duration(value), va="center")

    words = "; ".join(f"{row}: {duration(value)}" for row, value in known.items())
    return _horizontal(name, title, words, list(known), draw)


def ratios(name: str, title: str, label: str, values: Mapping[str, float | None], line: float = 1.0) -> Plot | None:
    """Draw a bar a row, with a line at what they are compared with."""
    known = {row: value for row, value in values.items() if value is not None}
    if not known:
        return None

    def draw(axes: Any) -> None:
        axes.barh(range(len(known)), list(known.values()), color=_BAR, edgecolor="#333333", height=0.6)
        axes.axvline(line, color=_MARK, linestyle="--")
        axes.set_xlim(0, max(*known.values(), line) * _ROOM)
        axes.set_xlabel(label)
        for row, value in enumerate(known.values()):
            axes.text(value, row, f" {value:.2f}", va="center")

    words = "; ".join(f"{row}: {value:.2f}" for row, value in known.items())
    return _horizontal(name, title, words, list(known), draw)


def growth(name: str, title: str, labels: tuple[str, str], lines: Mapping[str, Sequence[tuple[float, float]]],
           from_zero: bool = False) -> Plot | None:
    """Draw lines through points, both axes logarithmic: what grows in proportion is straight and rises by one in one.

    With `from_zero` the upright axis is linear and begins there: for what hardly grows.
    """
    import matplotlib

    lines = {line: points for line, points in lines.items() if points}
    if not lines:
        return None
    words = "; ".join(f"{line}: " + ", ".join(f"{y:g} at {x:g}" for x, y in points) for line, points in lines.items())
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": name}):
        drawing = figure()
        axes = drawing.subplots()
        for at, (line, points) in enumerate(lines.items()):
            colour, dashes = LINES[at % len(LINES)]
            axes.plot(*zip(*points), color=colour, linestyle=dashes, marker="o", label=line)
        axes.set_xscale("log")
        if from_zero:
            axes.set_ylim(0, max(y for points in lines.values() for _, y in points) * _ROOM)
            sizes = sorted({x for points in lines.values() for x, _ in points})
            axes.set_xticks(sizes, [f"{size:g}" for size in sizes])
            axes.minorticks_off()
        else:
            axes.set_yscale("log")
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)
        return Plot(name, title, words, svg(drawing, name, title, words))
