# SPDX-License-Identifier: GPL-2.0
"""A page in a real browser, and what is in it."""

from __future__ import annotations

import os
import subprocess
from html.parser import HTMLParser
from pathlib import Path

_BROWSER_S = 120
# Elements that HTML closes by themselves.
_VOID = {"meta", "link", "br", "input", "img", "hr"}


class Page(HTMLParser):
    """A page's elements as (name, attributes)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element that has no inside."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        """Check that what is closed was opened last."""
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        """Take text that a person reads, and the script's."""
        self.text.append(data)

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        """Return the attributes of the elements of a name."""
        return [attributes for name, attributes in self.elements
                if name == tag and all(attributes.get(key) == value for key, value in wanted.items())]


def rendered(path: Path, profile: Path, width: int = 1200, script: str = "") -> tuple[Page, list[str]]:
    """Return the page as Chromium has it in the end, and what its console says."""
    if script:
        text = path.read_text(encoding="utf-8").replace("</body>", f"<script>{script}</script></body>")
        path = path.with_name("with_script.html")
        path.write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["chromium", "--headless=new", "--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else []),
         f"--user-data-dir={profile}", f"--window-size={width},900", "--enable-logging=stderr", "--v=0",
         "--virtual-time-budget=5000", "--dump-dom", path.as_uri()],
        capture_output=True, text=True, timeout=_BROWSER_S, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return Page(done.stdout), [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
