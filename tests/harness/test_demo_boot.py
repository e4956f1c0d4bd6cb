# SPDX-License-Identifier: GPL-2.0
"""The demo itself, with guests: one entry point from end to end, and Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from harness.paths import REPO

pytestmark = pytest.mark.boot

DEMO = ["/usr/bin/python3", "-m", "harness", "demo"]


def session_members(session: int) -> list[str]:
    """Return the command lines of a session's processes that have not ended."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text(encoding="ascii", errors="replace").rsplit(")", 1)[1].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append((process / "cmdline").read_text(encoding="utf-8", errors="replace").replace("\0", " "))
        except (OSError, IndexError):
            continue  # it ended meanwhile
    return found


def test_one_entry_point_is_recovered(tmp_path: Path) -> None:
    """A fault that corrupts and one that hangs the kernel, natively and isolated."""
    done = subprocess.run([*DEMO, "--entry", "e1000_set_coalesce", "--fault", "wild-store", "--fault", "loop", "--json",
                           "--jobs", "1", "--out", str(tmp_path)],
                          cwd=REPO, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    summary = json.loads(done.stdout)
    assert summary == json.loads((tmp_path / "e1000" / "summary.json").read_text(encoding="utf-8"))
    assert [(case["fault"], case["native"], case["isolated"]) for case in summary["cases"]] == [
        ("wild-store", "corruption", "recovered"), ("loop", "hang", "recovered")]
    for case in summary["cases"]:
        assert case["errno"] == "EIO" and case["device_written"] and not case["tainted_die"]
        assert case["outage_ns"] * 5 <= summary["restart"]["outage_ns"]
    assert summary["machine"] == {"smp": 2, "cpu": "max", "icount": True, "panic_on_oops": True, "nic": "e1000-82545em",
                                  "arguments": []}
    assert "booted in" in done.stderr


def test_interrupt_ends_everything(tmp_path: Path) -> None:
    """After Ctrl-C no machine is left, and the exit code says so."""
    process = subprocess.Popen([*DEMO, "--no-build", "--out", str(tmp_path)], cwd=REPO, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        deadline = time.monotonic() + 120
        while not any("qemu-system" in line for line in session_members(process.pid)):
            assert time.monotonic() < deadline and process.poll() is None, "no machine was started"
            time.sleep(0.1)
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(timeout=60) == 130
        assert not session_members(process.pid)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(timeout=10)
