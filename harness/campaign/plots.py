# SPDX-License-Identifier: GPL-2.0
"""Distributions of times as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.campaign.stats import cumulative, quantiles
from harness.demo.table import duration
from harness.picture import LINES, ROW_INCHES, STYLE, Plot, figure, seconds, svg, time_axis

_BOX = "#56b4e9"


def _in_words(parts: Mapping[str, Sequence[int]]) -> str:
    words = []
    for name, values in parts.items():
        found = quantiles(values)
        median, most = found["p50"], found["max"]
        if median is not None and most is not None:
            words.append(f"{name}: {len(values)} values, median {duration(median)}, longest {duration(most)}")
    return "; ".join(words) or "no values"


def distribution(name: str, title: str, label: str, parts: Mapping[str, Sequence[int]]) -> Plot | None:
    """Draw for each part which proportion does not exceed a time; None when there is no value."""
    import matplotlib

    parts = {part: values for part, values in parts.items() if values}
    if not parts:
        return None
    words = _in_words(parts)
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": name}):
        drawing = figure()
        axes = drawing.subplots()
        for at, (part, values) in enumerate(parts.items()):
            colour, dashes = LINES[at % len(LINES)]
            times, proportion = cumulative(values)
            # A single value would be a point without a line.
            axes.step([seconds(times)[0], *seconds(times)], [0.0, *proportion], where="post", color=colour, linestyle=dashes,
                      linewidth=1.6, label=f"{part} ({len(values)})")
        axes.set_ylim(0, 1.02)
        axes.set_ylabel("part of all")
        time_axis(axes, label, seconds([value for values in parts.values() for value in values]))
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)
        return Plot(name, title, words, svg(drawing, name, title, words))


def boxes(name: str, title: str, label: str, parts: Mapping[str, Sequence[int]]) -> Plot | None:
    """Draw a row a part: box from quartile to quartile, whiskers from 1 to 99 %, the rest as points."""
    import matplotlib

    parts = {part: values for part, values in parts.items() if values}
    if not parts:
        return None
    words = _in_words(parts)
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": name}):
        drawing = figure(1.0 + ROW_INCHES * len(parts))
        axes = drawing.subplots()
        axes.boxplot([seconds(values) for values in parts.values()], vert=False, whis=(1, 99), widths=0.6, patch_artist=True,
                     boxprops={"facecolor": _BOX, "edgecolor": "#333333"}, medianprops={"color": "#000000", "linewidth": 2},
                     flierprops={"marker": ".", "markersize": 4, "markerfacecolor": "#666666", "markeredgecolor": "none"})
        axes.set_yticks(range(1, len(parts) + 1), [f"{part} ({len(values)})" for part, values in parts.items()])
        axes.invert_yaxis()
        axes.grid(False, axis="y")
        time_axis(axes, label, seconds([value for values in parts.values() for value in values]))
        return Plot(name, title, words, svg(drawing, name, title, words))
