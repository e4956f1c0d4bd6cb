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


def tables(name: str) -> dict[tuple[str, ...], list[tuple[str, ...]]]:
    """Return a page's simple tables, by the cells of their heads."""
    found: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    text = (sources.REPO / name).read_text(encoding="utf-8")
    for head, body in re.findall(r"^=+(?: +=+)+\n(.+)\n=+(?: +=+)+\n((?:(?!=).+\n)+)=+(?: +=+)+$", text, re.MULTILINE):
        found[tuple(re.split(r" {2,}", head.strip()))] = [tuple(re.split(r" {2,}", line.strip())) for line in body.splitlines()]
    return found


def test_headline_figures() -> None:
    """What README says of outages stands in the dated results, to the digit."""
    results = tables("Documentation/results/recovery-e1000.rst")
    shown = {head: rows for head, rows in tables("README.rst").items() if "outage" in head}
    assert shown, "README shows no outages"
    for head, rows in shown.items():
        assert rows and set(rows) <= set(results[head]), f"not in the results: {set(rows) - set(results[head])}"
