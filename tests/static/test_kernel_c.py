# SPDX-License-Identifier: GPL-2.0
"""Kernel C against the kernel's own checkers, from the linux-source package."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

import pytest
import sources


@dataclass(frozen=True)
class Waiver:
    """Types of checkpatch messages that some files may cause."""

    files: str
    types: frozenset[str]
    why: str


WAIVERS = (
    Waiver(
        r"fgft/(kapi.*\.[ch]|kapi/.*\.h|lock_(spin|sleep)\.c|class\.c)",
        frozenset(
            {
                "COMPLEX_MACRO",
                "EXPORT_SYMBOL",
                "MACRO_ARG_PRECEDENCE",
                "MACRO_ARG_REUSE",
                "MACRO_WITH_FLOW_CONTROL",
                "MULTISTATEMENT_MACRO_USE_DO_WHILE",
                "TRAILING_SEMICOLON",
            }
        ),
        "wrappers are generated from tables: these macros make definitions, not expressions",
    ),
    Waiver(
        r"fgft/exports\.c",
        frozenset({"AVOID_EXTERNS", "EXPORT_SYMBOL"}),
        "what modules of wrappers use is listed in one place, labels of assembler text among it",
    ),
    Waiver(
        r"fgft/control\.c",
        frozenset({"MACRO_ARG_REUSE"}),
        "the arguments are names of functions that are defined or called",
    ),
    Waiver(
        r"fgft/trace\.h",
        frozenset({"OPEN_ENDED_LINE", "PARENTHESIS_ALIGNMENT"}),
        "events are laid out as the kernel's own",
    ),
    Waiver(
        r"fgft/control/files\.h",
        frozenset({"COMPLEX_MACRO", "TRAILING_SEMICOLON"}),
        "attributes are generated from tables: these macros make definitions, not expressions",
    ),
    Waiver(
        r"fgft/(registers\.[ch]|fgft\.h|kapi\.h|kapi_(bits|mmio)\.c)",
        frozenset({"VOLATILE"}),
        "the kernel's prototypes of bit operations and MMIO accessors have it",
    ),
    Waiver(
        r"fgft/((lock_sleep|kapi_bits)\.c|kapi_rows\.h)",
        frozenset({"SPACING"}),
        "parameters of macros are taken for products and casts",
    ),
    Waiver(
        r"fgft/(detect|dump|kapi|class)\.c",
        frozenset({"LINE_SPACING"}),
        "NOKPROBE_SYMBOL() and an included table stand right behind the function they belong to",
    ),
    Waiver(
        r"fgft/outcome\.c",
        frozenset({"LINE_SPACING", "MACRO_WITH_FLOW_CONTROL"}),
        "functions are generated from included tables",
    ),
    Waiver(
        r"tests/kmod/locks\.c",
        frozenset({"COMPLEX_MACRO", "MACRO_ARG_REUSE"}),
        "functions are generated from a table of statements",
    ),
    Waiver(
        r"tests/kmod/rows/run\.c",
        frozenset({"COMPLEX_MACRO", "TRAILING_SEMICOLON"}),
        "the list of suites is a table, included for declarations and pointers",
    ),
    Waiver(
        r"tests/kmod/rows/rows_lock\.c",
        frozenset({"USE_LOCKDEP"}),
        "whether a lock is held is what the tests are about",
    ),
    Waiver(
        r"fgft/include/linux/fgft_strike\.h",
        frozenset({"AVOID_BUG"}),
        "BUG() is one of the faults it strikes with",
    ),
)

# Text about a fault comes from one place, so that its format is one.  The others
# that print say why a driver is not managed or cannot go.
PRINTERS = {"fgft/report.c", "fgft/main.c", "fgft/driver.c"}
PRINTS = re.compile(r"\b(?:pr_(?:emerg|alert|crit|err|warn|notice|info|cont)|printk|dev_(?:err|warn|info))\s*\(")


@functools.cache
def checkpatch(name: str) -> list[tuple[str, str]]:
    """Return what checkpatch --strict says of a file: type and line."""
    script = sources.kernel_source() / "scripts" / "checkpatch.pl"
    result = sources.run(["perl", str(script), "--terse", "--no-summary", "--show-types", "-f", name])
    said = []
    for line in (result.stdout + result.stderr).splitlines():
        match = re.search(r": (?:ERROR|WARNING|CHECK):(\w+): ", line)
        said.append((match[1] if match else "", line))
    assert said or result.returncode == 0
    return said


@pytest.mark.parametrize("name", sources.kernel_c())
def test_checkpatch(name: str) -> None:
    """checkpatch --strict says nothing, but for the waivers above."""
    waived = {kind for waiver in WAIVERS if re.fullmatch(waiver.files, name) for kind in waiver.types}
    left = [line for kind, line in checkpatch(name) if kind not in waived]
    assert not left, "\n".join(left)


@pytest.mark.parametrize("waiver", WAIVERS, ids=lambda waiver: waiver.files)
def test_waiver_is_needed(waiver: Waiver) -> None:
    """A waiver that waives nothing any more is taken out."""
    said = {kind for name in sources.kernel_c() if re.fullmatch(waiver.files, name) for kind, _ in checkpatch(name)}
    assert waiver.types <= said, f"not needed: {sorted(waiver.types - said)}"


@pytest.mark.parametrize("name", sources.kernel_c())
def test_kernel_doc(name: str) -> None:
    """Comments that open with /** are kernel-doc, complete and current."""
    script = sources.kernel_source() / "scripts" / "kernel-doc"
    sources.check(["perl", str(script), "-none", "-Werror", name])


@pytest.mark.parametrize("name", [n for n in sources.kernel_c() if re.fullmatch(r"fgft/[^/]*\.c", n)])
def test_only_report_prints(name: str) -> None:
    """Mechanisms detect and recover; fgft/report.c tells."""
    if name in PRINTERS:
        return
    text = (sources.REPO / name).read_text(encoding="utf-8")
    found = [f"{name}:{text.count(chr(10), 0, m.start()) + 1}" for m in PRINTS.finditer(text)]
    assert not found, f"messages outside of {sorted(PRINTERS)}: {found}"
