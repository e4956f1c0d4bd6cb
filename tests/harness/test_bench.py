# SPDX-License-Identifier: GPL-2.0
"""`bench`: its arguments, what it reads from the guest, what it writes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from harness.bench import pktgen, results
from harness.bench.measure import Cost, Measured, modes
from harness.outcome import HarnessError
from harness.paths import REPO

TEXT = """Params: count 10000  min_pkt_size: 60  max_pkt_size: 60
Current:
     pkts-sofar: 10000  errors: {errors}
     started: 13452us  stopped: 50519us idle: 43us
Result: OK: 37067(c37024+d43) usec, {sent} (60byte,0frags)
  269779pps 129Mb/sec (129493920bps) errors: {errors}
"""
NATIVE = Cost(3000.0, 4000.0, 8000.0)


def harness(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    return subprocess.run(["/usr/bin/python3", "-m", "harness", *words], cwd=REPO, capture_output=True, text=True,
                          timeout=60, check=False)


@pytest.mark.parametrize("words, told", [
    (("--driver", "e2000"), "e1000"),
    (("--packets", "0"), "--packets"),
    (("--rounds", "0"), "--rounds"),
])
def test_bad_input_is_one_line_and_2(words: tuple[str, ...], told: str) -> None:
    """The line says what there is instead; nothing is built or booted."""
    done = harness("bench", *words)
    assert done.returncode == 2
    assert told in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_pktgen_result() -> None:
    """Waiting does not count: the clock does not stand for instructions then."""
    sent = pktgen.parse(TEXT.format(errors=0, sent=10000), 10000)
    assert (sent.packets, sent.insns, sent.per_packet) == (10000, 37024000, 3702.4)


@pytest.mark.parametrize("text", ["", "Result: NA\n", TEXT.format(errors=3, sent=9997)])
def test_pktgen_without_a_result(text: str) -> None:
    """A run that did not send everything measures nothing."""
    with pytest.raises(HarnessError, match="pktgen"):
        pktgen.parse(text, 10000)


def test_modes() -> None:
    """Control paths are known by the table they sit in."""
    tables = {"nic_xmit": "net_device_ops.ndo_start_xmit", "nic_set": "ethtool_ops.set_coalesce", "nic_irq": ""}
    assert modes(tables) == {"off": [], "control": ["nic_set"], "all": ["nic_irq", "nic_set", "nic_xmit"]}


def test_summary(tmp_path: Path) -> None:
    """Fixed fields, ratios to native, null for what is not measured; others' results stay."""
    found = Measured({"native": NATIVE, "off": NATIVE, "all": Cost(3300.0, 5000.0, 9000.0)}, call_insns=200.04)
    fields = results.driver_fields(found, 2.0)
    results.write(tmp_path, ["x"], "other", fields)
    path = results.write(tmp_path, ["x"], "nic", fields)
    written = json.loads(path.read_text(encoding="utf-8"))
    assert written["schema"] == 1 and written["driver"] == "nic"
    assert set(written) >= {"command", "kernel", "qemu", "compiler", "date", "recovery", "cost", "memory"}
    cost = written["cost"]
    assert (cost["unit"], cost["native_insns"], cost["off"], cost["control"], cost["all"]) == ("packet", 3000, 1, None, 1.1)
    assert cost["receive"]["all"] == 1.25 and cost["receive"]["with_sender"]["all"] == 1.125
    assert written["call_insns"] == 200.0 and written["checkpoint_insns"] is None
    assert written["recovery"]["pm"] == {"outage_ns": None, "lost": None, "duplicated": None, "inside_ns": None}
    assert written["memory"] == {"module_bytes": None, "per_call_bytes": None, "text_ratio": 2.0}
    whole = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert sorted(whole["drivers"]) == ["nic", "other"] and whole["micro"]["store_ns"] is None


def test_table_tells_each_ratio() -> None:
    """Every measured mode is there, and what was not measured is not made up."""
    found = Measured({"native": NATIVE, "off": NATIVE, "all": Cost(3300.0, 5000.0, 9000.0)})
    text = results.render("nic", found, results.driver_fields(found, None))
    assert "1.1000" in text and "1.2500" in text and "1.1250" in text and " - " in text
