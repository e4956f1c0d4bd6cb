# SPDX-License-Identifier: GPL-2.0
"""`bench`: its arguments, what it reads from the guest, what it writes."""

from __future__ import annotations

import argparse
import json
import re
import struct
import subprocess
from pathlib import Path

import pytest

from harness import flow
from harness.bench import app, micro, pktgen, profile, recovery, results
from harness.bench.measure import Cost, Measured, busy_ns, modes
from harness.bench.recovery import Recovery, Row
from harness.demo.target import Profile
from harness.driver import Driver
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


def test_busy_time() -> None:
    """Idle time is no instructions; a reading that is cut short is said to be."""
    clock = "now at {} nsecs\n  .idle_sleeptime : {} nsecs\n"
    before, after = clock.format(1000, 300), clock.format(9000, 4300)
    assert busy_ns(before + TEXT.format(errors=0, sent=10000) + after) == 8000 - 4000
    with pytest.raises(HarnessError, match="timer_list"):
        busy_ns(before + after.splitlines()[0])


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
    results.write(tmp_path, ["x"], "other", fields, micro.empty())
    path = results.write(tmp_path, ["x"], "nic", fields, micro.empty())
    written = json.loads(path.read_text(encoding="utf-8"))
    assert written["schema"] == 1 and written["driver"] == "nic"
    assert set(written) >= {"command", "kernel", "qemu", "compiler", "date", "recovery", "cost", "memory"}
    cost = written["cost"]
    assert (cost["unit"], cost["native_insns"], cost["off"], cost["control"], cost["all"]) == ("packet", 3000, 1, None, 1.1)
    assert cost["receive"]["all"] == 1.25 and cost["receive"]["with_sender"]["all"] == 1.125
    assert written["call_insns"] == 200.0 and written["checkpoint_insns"] is None
    assert all(written["recovery"]["pm"][name] is None for name in ("outage_ns", "lost", "duplicated", "inside_ns"))
    assert written["memory"] == {"module_bytes": None, "native_module_bytes": None, "runtime_bytes": None, "per_call_bytes": None,
                                 "text_ratio": 2.0}
    whole = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert sorted(whole["drivers"]) == ["nic", "other"] and whole["micro"]["store_ns"] is None


def test_table_tells_each_ratio() -> None:
    """Every measured mode is there, and what was not measured is not made up."""
    found = Measured({"native": NATIVE, "off": NATIVE, "all": Cost(3300.0, 5000.0, 9000.0)})
    text = results.render("nic", found, results.driver_fields(found, None), micro.empty())
    assert "1.1000" in text and "1.2500" in text and "1.1250" in text and " - " in text


KALLSYMS = """0000000000001000 A fixed_percpu_data
ffffffff81000000 T _stext
ffffffff81000100 t memcpy_erms
ffffffffc0100000 t nic_xmit.fgft	[nic]
ffffffffc0100200 t nic_xmit	[nic]
ffffffffc0200000 T __fgft_store8	[fgft]
ffffffffc0200040 t fgft_call_begin	[fgft]
ffffffffc0200080 D fgft_data	[fgft]
ffffffffc02000c0 t odd	[fgft]
"""


def test_profile_symbols() -> None:
    """Addresses are resolved by the function before them; data is none, user space is one."""
    symbols = profile.Symbols(KALLSYMS)
    assert str(symbols.at(0xffffffff81000104)) == "memcpy_erms"
    assert str(symbols.at(0xffffffffc0100001)) == "nic_xmit.fgft [nic]"
    assert str(symbols.at(0xffffffffc0200081)) == "fgft_call_begin [fgft]"
    assert str(symbols.at(0x401000)) == str(symbols.at(0x7fff00000000)) == "(user space)"


def test_profile_counts() -> None:
    """Blocks of one address add up; what lies behind the first empty place is none."""
    rows = ((0x10, 3, 5), (0x20, 0, 9), (0x10, 2, 1), (0, 0, 0), (0x30, 1, 1))
    assert profile.parse(b"".join(struct.pack("=QQQ", *row) for row in rows)) == {0x10: 17, 0x20: 0}


def test_profile_purposes() -> None:
    """Twins replace natives, so that only their difference is added."""
    symbols = profile.Symbols(KALLSYMS)
    xmit, twin, hook, begin, odd, copy = (symbols.at(address) for address in (
        0xffffffffc0100200, 0xffffffffc0100000, 0xffffffffc0200000, 0xffffffffc0200040, 0xffffffffc02000c0,
        0xffffffff81000100))
    rows = profile.added({xmit: 300.0, copy: 10.0}, {twin: 320.0, xmit: 2.0, hook: 40.0, begin: 60.0, odd: 1.0, copy: 13.0},
                         "nic")
    assert rows == {"begin and commit": 60.0, "hooks of stores": 40.0, profile.TWINS: 22.0, profile.OTHERS: 1.0}


def test_plugin_builds_and_names_its_file(tmp_path: Path) -> None:
    """What QEMU is told; the file is there, of the size the plugin maps, and all holes."""
    plugin, _, counts = profile.Profile.argument(tmp_path).partition(",counts=")
    assert Path(plugin).read_bytes()[:4] == b"\x7fELF"
    status = Path(counts).stat()
    assert status.st_size == 24 << 20 and status.st_blocks == 0
    assert profile.parse(Path(counts).read_bytes()) == {}


def rows(undo_ns: int, lost: int, pm_ns: int) -> Recovery:
    """Some measurements: the fine client's stands for the usual one's."""
    return Recovery([
        Row("undo", "nic_xmit", 3, outage_ns=900_000, lost=0, duplicated=0, inside_ns=8000),
        Row("undo", "nic_xmit", 3, outage_ns=undo_ns + 40_000, lost=lost, duplicated=0, undisturbed_ns=40_000, added_ns=undo_ns,
            inside_ns=8000, client="fine"),
        Row("registers", "nic_set", 4, outage_ns=90_000, lost=0, duplicated=0, added_ns=50_000, inside_ns=9000, client="fine"),
        Row("pm", "nic_set", 9, outage_ns=pm_ns, lost=7, duplicated=1, inside_ns=5000),
        Row("restart", "rmmod nic", outage_ns=1_000_000_000, lost=9, duplicated=0),
    ], {"updown": "not a network card"})


def test_recovery_summary() -> None:
    """The longest of each step by the best client, and what was not measured stays null, with its reason."""
    fields = rows(15_000, 0, 90_000_000).fields()
    assert (fields["undo"]["outage_ns"], fields["undo"]["client"], fields["undo"]["of"]) == (55_000, "fine", 1)
    assert (fields["pm"]["lost"], fields["pm"]["duplicated"], fields["pm"]["inside_ns"]) == (7, 1, 5000)
    assert fields["updown"]["outage_ns"] is None and fields["missing"]["updown"] and len(fields["rows"]) == 5


@pytest.mark.parametrize("found, held", [
    (rows(15_000, 0, 90_000_000), [True, True, True, True]),
    (rows(25_000, 0, 90_000_000), [True, False, True, True]),
    (rows(15_000, 1, 110_000_000), [False, True, True, False]),
    (Recovery(), [None, None, None, None]),
])
def test_recovery_bounds(found: Recovery, held: list[bool | None]) -> None:
    """A bound that is missed is told as missed, one nothing is known of as that."""
    fields = results.driver_fields(Measured(), None, found)
    bounds = results.bounds(fields["recovery"])
    assert [bound[1] for bound in bounds] == held
    text = results.render("nic", Measured(), fields, micro.empty())
    assert text.count("MISSED") == held.count(False)


def test_growth_table() -> None:
    """Each size that was varied has a table; one that was not, as devices of what is no card, has none."""
    grown = {"call_insns": 200.0, "log": [{"stores": 10, "call_insns": 400.0, "insns_per_store": 20.0, "rollback_ns": 900}],
             "ranges": [{"ranges": 64, "insns_per_store": 70.5}], "cpus": [{"cpus": 8, "call_insns": 201.5}], "devices": []}
    text = results.render("nic", Measured(), results.driver_fields(Measured(), None, None, grown), micro.empty())
    assert re.search(r" ranges +a store to any\n +64 +70\.5\n +CPUs at once +an empty call\n +8 +201\.5", text)
    assert "devices" not in text


@pytest.mark.parametrize("profile_of, struck", [
    (Profile(20, 2, 5), [4, 10]),  # past the first write is half way
    (Profile(20, 2, 0), [20]),  # it never writes
    (Profile(3, 0, 1), [2]),  # it begins with a write: no call that has not written
])
def test_sites(profile_of: Profile, struck: list[int]) -> None:
    """Where faults strike: before the device is written, and behind."""
    assert recovery.sites(profile_of) == struck


def test_one_part_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What the others have measured is written; the run tells what failed and is no success."""
    def fails(_args: argparse.Namespace, _driver: Driver) -> None:
        raise HarnessError("no guest")

    monkeypatch.setattr(app, "_growth", fails)
    monkeypatch.setattr(micro, "measure", lambda: {**micro.empty(), "store_ns": 2.0, "libitm_gl_wt_store_ns": 5.0})
    monkeypatch.setattr(results, "_micro_lines", lambda _small: [])
    args = argparse.Namespace(driver="e1000", packets=1, rounds=1, part=["growth", "micro"], out=tmp_path, json=False, profile=False)
    assert app.run(args) == 1
    assert "growth: no guest" in capsys.readouterr().err
    assert json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))["micro"]["store_ns"] == 2.0
    assert (tmp_path / "report.html").is_file()


FLOW = """{"spacing_ns": 40000, "start_ns": 1, "end_ns": 2,
 "nut_to_peer": {"offered": 9, "received": 8, "lost": 1, "duplicated": 0, "outage_ns": 500, "ended_ns": 7},
 "peer_to_nut": {"offered": 9, "received": 9, "lost": 0, "duplicated": 2, "outage_ns": 900, "ended_ns": 8}}"""


def test_flow_result() -> None:
    """Losses count both ways; an outage the way whose time the host has no part in."""
    found = flow.parse(FLOW)
    assert (found.outage_ns, found.lost, found.duplicated) == (500, 1, 2)
    with pytest.raises(HarnessError, match="fgft_flow"):
        flow.parse("")


def test_micro_runs() -> None:
    """The real hooks and libitm, briefly: every figure is there, and a log costs something."""
    found = micro.measure(repetitions=1)
    assert all(value > 0 for name, value in found.items() if name != "all")
    assert found["store_ns"] > found["plain_store_ns"]


def test_micro_takes_the_least() -> None:
    """Repetitions and both runs count, aggregates do not; nanoseconds a store."""
    def text(spent: float) -> str:
        names = ("plain_store/100", "fgft_store/100/2", "fgft_undo/100", "libitm_store/100", "libitm_undo/100")
        given = [{"run_name": name, "run_type": "iteration", "cpu_time": spent + extra, "time_unit": "ns", "stores": 100.0}
                 for name in names for extra in (0, 100)]
        return json.dumps({"benchmarks": [*given, {**given[0], "run_type": "aggregate", "cpu_time": 1.0}]})

    found = micro.fields({"gl_wt": micro.parse(text(300)), "ml_wt": micro.parse(text(500))})
    assert (found["store_ns"], found["libitm_gl_wt_store_ns"], found["libitm_ml_wt_store_ns"]) == (3.0, 3.0, 5.0)
    assert results.micro_bound(found)[1] is False and results.micro_bound(micro.empty())[1] is None
    with pytest.raises(HarnessError, match="no result"):
        micro.parse("{}")
