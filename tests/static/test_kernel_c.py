# SPDX-License-Identifier: GPL-2.0
"""Kernel C against the kernel's own checkers, from the linux-source package."""

from __future__ import annotations

import re

import pytest
import sources

# Text about a fault comes from one place, so that its format is one.
REPORTERS = {"fgft/report.c"}
PRINTS = re.compile(r"\b(?:pr_(?:emerg|alert|crit|err|warn|notice|info|cont)|printk|dev_(?:err|warn|info))\s*\(")


@pytest.mark.parametrize("name", sources.kernel_c())
def test_checkpatch(name: str) -> None:
    """checkpatch --strict; what is left out and why is in .checkpatch.conf."""
    checkpatch = sources.kernel_source() / "scripts" / "checkpatch.pl"
    sources.check(["perl", str(checkpatch), "--terse", "--no-summary", "--show-types", "-f", name])


@pytest.mark.parametrize("name", sources.kernel_c())
def test_kernel_doc(name: str) -> None:
    """Comments that open with /** are kernel-doc, complete and current."""
    script = sources.kernel_source() / "scripts" / "kernel-doc"
    sources.check(["perl", str(script), "-none", "-Werror", name])


@pytest.mark.parametrize("name", [n for n in sources.kernel_c() if re.fullmatch(r"fgft/[^/]*\.c", n)])
def test_only_report_prints(name: str) -> None:
    """Mechanisms detect and recover; fgft/report.c tells."""
    if name in REPORTERS:
        return
    text = (sources.REPO / name).read_text(encoding="utf-8")
    found = [f"{name}:{text.count(chr(10), 0, m.start()) + 1}" for m in PRINTS.finditer(text)]
    assert not found, f"messages outside of {sorted(REPORTERS)}: {found}"
