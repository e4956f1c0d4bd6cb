# SPDX-License-Identifier: GPL-2.0
"""The GoogleTest suites, so that one pytest run and one closing line covers all."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]

SUITES = {
    "isolator": "the compiler plugin on tiny C files",
    "decoder": "the program that prints dumps of faults",
    "usb": "the USB device, and some seconds of fuzzing its protocol",
    "host": "undo and domain in user space under ASan and UBSan",
}


@pytest.mark.parametrize("suite", SUITES)
def test_suite(suite: str) -> None:
    """`make -C tests/<suite> check` builds and passes, and runs at least one case."""
    result = subprocess.run(
        ["make", "--no-print-directory", "-C", f"tests/{suite}", "check"],
        cwd=REPO,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-20000:]
    assert "[  PASSED  ] " in result.stdout and "[  PASSED  ] 0 tests" not in result.stdout, result.stdout[-2000:]
    print(result.stdout.splitlines()[-1])
