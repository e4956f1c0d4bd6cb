# SPDX-License-Identifier: GPL-2.0
"""Pages that render, links that lead somewhere, tables that agree with the code."""

from __future__ import annotations

import re

import pytest
import sources

from harness import packages

PAGES = [name for name in sources.tracked() if name.endswith(".rst")]


@pytest.mark.parametrize("name", PAGES)
def test_renders(name: str) -> None:
    """docutils reads the page without a word."""
    sources.check(["rst2html", "--report=1", "--halt=2", name, "/dev/null"])


@pytest.mark.parametrize("name", PAGES)
def test_links(name: str) -> None:
    """A link into the repository names a file that is there."""
    page = sources.REPO / name
    for target in re.findall(r"`<([^>:]+)>`_", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{name}: no {target}"


def test_package_tables() -> None:
    """Documentation/packages.rst lists what set-up installs, with the same reasons."""
    page = (sources.REPO / "Documentation" / "packages.rst").read_text(encoding="utf-8")
    listed = re.findall(r"^``([^`]+)`` {2,}(\S.*)$", page, re.MULTILINE)
    assert listed == [item for group in (packages.HOST, packages.REPORT, packages.TESTS, packages.SLURM, packages.GUEST)
                      for item in group.items()]
