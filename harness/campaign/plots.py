# SPDX-License-Identifier: GPL-2.0
"""Distributions of times as pictures, in SVG that can be put into a page.

Text stays text, so that it can be read aloud, searched and scaled.  Figures are
as wide as a telephone is and stand side by side where there is room.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.campaign.stats import cumulative, quantiles
from harness.demo.table import duration

_INCHES = (4.6, 3.0)
_ROW_INCHES = 0.42
# Okabe and Ito's colours can be told apart by nearly everybody; dashes tell them apart in grey.
_LINES = (("#0072b2", "-"), ("#d55e00", "--"), ("#009e73", "-."), ("#cc79a7", ":"), ("#e69f00", (0, (5, 1))), ("#000000", "-"))
_BOX = "#56b4e9"
_ALIKE = 10  # times apart
# A logarithmic axis has no 0.
_LEAST_NS = 1
_STYLE: dict[str, Any] = {"svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9, "axes.grid": True, "grid.color": "#dddddd",
          "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True}


@dataclass(frozen=True)
class Plot:
    """A picture, and the same in words."""

    name: str
    title: str
    words: str
    svg: str


def _figure(height: float = _INCHES[1]) -> Any:
    # Not pyplot, which keeps every figure and looks for a display.
    from matplotlib.figure import Figure

    return Figure(figsize=(_INCHES[0], height), layout="constrained")


def _time_axis(axes: Any, label: str, values: Sequence[float]) -> None:
    """Label the axis of times, logarithmic unless they are all alike."""
    from matplotlib.ticker import EngFormatter, LogLocator, MaxNLocator, NullFormatter

    span = max(values) / min(values)
    if span < _ALIKE:
        axes.xaxis.set_major_locator(MaxNLocator(4))
    else:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5) if span < _ALIKE**2 else (1,), numticks=7))
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(EngFormatter(unit="s", sep=" "))
    axes.set_xlabel(label)


def _seconds(values: Sequence[float]) -> list[float]:
    return [max(value, _LEAST_NS) / 1e9 for value in values]


def _svg(figure: Any, name: str, title: str, words: str) -> str:
    """Return an element that may stand in a page with others of its kind."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = stream.getvalue()
    text = text[text.index("<svg"):]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # Names are unique in a document.
    text = re.sub(r'(\bid="|url\(#|xlink:href="#)', rf"\g<1>{name}-", text)
    width, height = re.search(r'viewBox="0 0 (\S+) (\S+)"', text).groups()  # type: ignore[union-attr]
    # Its size is the style sheet's matter.
    text = re.sub(r'^<svg ([^>]*?)height="[^"]*"', r"<svg \1", text)
    text = re.sub(r'^<svg ([^>]*?)width="[^"]*"', r"<svg \1", text)
    head = (f'<svg role="img" aria-labelledby="{name}-title {name}-words" style="aspect-ratio: {width} / {height}" ')
    inside = f'<title id="{name}-title">{html.escape(title)}</title><desc id="{name}-words">{html.escape(words)}</desc>'
    text = text.replace("<svg ", head, 1)
    end = text.index(">") + 1
    return text[:end] + inside + text[end:]


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
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = _figure()
        axes = figure.subplots()
        for at, (part, values) in enumerate(parts.items()):
            colour, dashes = _LINES[at % len(_LINES)]
            times, proportion = cumulative(values)
            # A single value would be a point without a line.
            axes.step([_seconds(times)[0], *_seconds(times)], [0.0, *proportion], where="post", color=colour, linestyle=dashes,
                      linewidth=1.6, label=f"{part} ({len(values)})")
        axes.set_ylim(0, 1.02)
        axes.set_ylabel("part of all")
        _time_axis(axes, label, _seconds([value for values in parts.values() for value in values]))
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)
        return Plot(name, title, words, _svg(figure, name, title, words))


def boxes(name: str, title: str, label: str, parts: Mapping[str, Sequence[int]]) -> Plot | None:
    """Draw a row a part: box from quartile to quartile, whiskers from 1 to 99 %, the rest as points."""
    import matplotlib

    parts = {part: values for part, values in parts.items() if values}
    if not parts:
        return None
    words = _in_words(parts)
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = _figure(1.0 + _ROW_INCHES * len(parts))
        axes = figure.subplots()
        axes.boxplot([_seconds(values) for values in parts.values()], vert=False, whis=(1, 99), widths=0.6, patch_artist=True,
                     boxprops={"facecolor": _BOX, "edgecolor": "#333333"}, medianprops={"color": "#000000", "linewidth": 2},
                     flierprops={"marker": ".", "markersize": 4, "markerfacecolor": "#666666", "markeredgecolor": "none"})
        axes.set_yticks(range(1, len(parts) + 1), [f"{part} ({len(values)})" for part, values in parts.items()])
        axes.invert_yaxis()
        axes.grid(False, axis="y")
        _time_axis(axes, label, _seconds([value for values in parts.values() for value in values]))
        return Plot(name, title, words, _svg(figure, name, title, words))
