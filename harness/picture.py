# SPDX-License-Identifier: GPL-2.0
"""Pictures in SVG that can be put into a page.

Text stays text, so that it can be read aloud, searched and scaled.  Figures are
as wide as a telephone is and stand side by side where there is room.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

INCHES = (4.6, 3.0)
ROW_INCHES = 0.42
# Okabe and Ito's colours can be told apart by nearly everybody; dashes tell them apart in grey.
LINES = (("#0072b2", "-"), ("#d55e00", "--"), ("#009e73", "-."), ("#cc79a7", ":"), ("#e69f00", (0, (5, 1))), ("#000000", "-"))
_ALIKE = 10  # times apart
# A logarithmic axis has no 0.
_LEAST_NS = 1
STYLE: dict[str, Any] = {"svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9, "axes.grid": True, "grid.color": "#dddddd",
          "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True}


@dataclass(frozen=True)
class Plot:
    """A picture, and the same in words."""

    name: str
    title: str
    words: str
    svg: str


def figure(height: float = INCHES[1]) -> Any:
    """Return an empty figure."""
    # Not pyplot, which keeps every figure and looks for a display.
    from matplotlib.figure import Figure

    return Figure(figsize=(INCHES[0], height), layout="constrained")


def time_axis(axes: Any, label: str, values: Sequence[float]) -> None:
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


def seconds(values: Sequence[float]) -> list[float]:
    """Return nanoseconds as seconds, of which there are some."""
    return [max(value, _LEAST_NS) / 1e9 for value in values]


def svg(figure: Any, name: str, title: str, words: str) -> str:
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
