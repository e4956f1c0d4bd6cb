# SPDX-License-Identifier: GPL-2.0
"""The model of the transaction protocol, explored by spin to the last state."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

MODEL = Path(__file__).resolve().parent / "transaction.pml"
STEP_S = 300
# A state is some 30 bytes compressed; all of them need 0.5 GB.
MEMORY_MB = 2000

# Rules taken away one at a time, and the first line of what spin then finds.
BROKEN = {
    "TWO_PHASE": "assertion violated",  # a lock is really released when the driver lets go
    "RELEASE": "assertion violated",  # abort: locks released before stores are put back
    "ORDER": "assertion violated",  # rollback begins with the oldest store
    "CONFLICT": "assertion violated",  # rollback does not look at what is there
    "COMPARE": "assertion violated",  # rollback looks, and writes in a second step
    "PUBLISH": "invalid end state",  # kept locks stay kept while waiting for another
    "FLAGS": "invalid end state",  # interrupts come on again while their lock is kept
    "LEAK": "assertion violated",  # abort forgets the locks the driver holds
    "NESTING": "assertion violated",  # the end of an interrupt's call loses the one below
    "DEFER": "assertion violated",  # effects are done at once
}

# Situations the model has to come to, or its silence would mean nothing.
REACH = ("COMMIT", "ABORT", "NEST", "PUBLISH", "CONFLICT", "SEEN", "RETAKE")


@dataclass(frozen=True)
class Search:
    """What spin's verifier said."""

    text: str

    @property
    def error(self) -> str:
        """The first error, without its place; empty if there was none."""
        found = re.search(r"^pan:1: (assertion violated|invalid end state)", self.text, re.MULTILINE)
        return found[1] if found else ""

    @property
    def errors(self) -> int:
        """How many errors were counted."""
        return int(re.findall(r"errors: (\d+)$", self.text, re.MULTILINE)[0])

    @property
    def complete(self) -> bool:
        """Nothing was left out for want of memory or depth."""
        return not re.search(r"not completed|max search depth too small|hash compaction|out of memory", self.text)

    @property
    def states(self) -> int:
        """How many different states there are."""
        return int(re.findall(r"(\d+) states, stored", self.text)[0])


def search(directory: Path, *defines: str) -> Search:
    """Explore the model with some macros defined."""

    def step(*command: str) -> str:
        result = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=STEP_S, check=False)
        assert result.returncode == 0, f"{' '.join(command)}\n{result.stdout}{result.stderr}"
        return result.stdout

    step("spin", *defines, "-a", str(MODEL))
    optimise = "-O0" if defines else "-O2"
    step("gcc", optimise, "-w", "-DSAFETY", "-DNOREDUCE", "-DCOLLAPSE", f"-DMEMLIM={MEMORY_MB}", "-o", "pan", "pan.c")
    return Search(step("./pan", "-m100000"))


def test_holds(tmp_path: Path) -> None:
    """Every assertion holds in every state, and no state is without a way on."""
    found = search(tmp_path)
    assert found.errors == 0, found.text
    assert found.complete, found.text
    assert found.states > 1000000


@pytest.mark.parametrize("rule", BROKEN)
def test_needed(tmp_path: Path, rule: str) -> None:
    """Without this rule something breaks, and the model shows it."""
    assert search(tmp_path, "-DSTORES=2", f"-DBROKEN_{rule}").error == BROKEN[rule]


@pytest.mark.parametrize("situation", REACH)
def test_reached(tmp_path: Path, situation: str) -> None:
    """The assertion that this never happens is wrong."""
    assert search(tmp_path, "-DSTORES=2", f"-DREACH_{situation}").error == "assertion violated"


def test_lists() -> None:
    """Every macro of the model is tried here, and no other."""
    macros = set(re.findall(r"\b(?:BROKEN|REACH)_[A-Z_]+\b", MODEL.read_text(encoding="utf-8")))
    assert macros == {f"BROKEN_{rule}" for rule in BROKEN} | {f"REACH_{situation}" for situation in REACH}
