# SPDX-License-Identifier: GPL-2.0
"""The soak: its plan, its judgement, its results, and a short run of the whole."""

from __future__ import annotations

import itertools
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness import console, kernel
from harness.console import Kind
from harness.demo.faults import FAULTS
from harness.outcome import HarnessError
from harness.oracle import build as oracle
from harness.paths import REPO
from harness.service import triggers
from harness.service.net import SERVICE
from harness.soak import audit, guest, plan, results
from harness.soak.results import Fate

AIMS = [plan.Aim("nic_open", "up", 1, 1000, 40), plan.Aim("nic_xmit", "", 6, 1000, 7), plan.Aim("nic_regs", "d", 3, 1000, 1)]
INTERLUDES = (triggers.Operation("rebind", "x", 1), triggers.Operation("mtu", "y", 2))
STRIKE = plan.Strike(AIMS[0], "null-load", 3)
RECOVERED: dict[str, Any] = {
    "struck": True, "detected": True, "recovered": True, "rc": 1, "again_rc": 0, "again_called": True, "faults": 1,
    "last": {"entry": "nic_open", "cause": "bad load", "step": "undo"}}
FIELDS = {
    "schema", "command", "kernel", "qemu", "compiler", "date", "driver", "machine", "seed", "minutes", "soaked_wall_s",
    "passed", "interrupted", "died", "planted", "struck", "struck_per_s", "detected", "recovered", "undetected", "unplanned",
    "fates", "steps", "faults", "entries", "unreached", "interludes", "load", "looks", "slab_bytes", "kmemleak", "unloaded",
    "wrong", "reports"}


def harness(*words: str, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    return subprocess.run(["/usr/bin/python3", "-m", "harness", *words], cwd=REPO, capture_output=True, text=True,
                          timeout=timeout_s, check=False)


@pytest.mark.parametrize("words, listed", [
    (("soak", "--driver", "e2000"), "e1000"),
    (("soak", "--minutes", "0"), "--minutes"),
    (("soak", "--smp", "0"), "--smp"),
    (("soak", "--kernel", "mine"), "oracle"),
    (("soak", "--seed", "x"), "--seed"),
    (("boot", "--kernel", "mine"), "oracle"),
])
def test_bad_input_is_2(words: tuple[str, ...], listed: str) -> None:
    """The message says what there is instead; nothing is built or booted."""
    done = harness(*words)
    assert done.returncode == 2
    assert listed in done.stderr.strip().splitlines()[-1]
    assert not done.stdout


def first(seed: int, aims: list[plan.Aim], count: int = 30) -> list[plan.Batch]:
    """Return the beginning of a plan."""
    return list(itertools.islice(plan.batches(seed, aims, INTERLUDES), count))


def test_plan_is_a_function_of_the_seed() -> None:
    """The same seed plans the same, in whatever order the kernel lists its entry points."""
    assert first(7, AIMS) == first(7, AIMS[::-1])
    assert first(7, AIMS) != first(8, AIMS)


def test_plan_has_all_of_it() -> None:
    """Every entry point at once, then by weight; every fault; sites within the call; operations in between."""
    batches = first(3, AIMS, 60)
    strikes = [strike for batch in batches for strike in batch.strikes]
    assert {strike.aim.entry for strike in strikes[:3]} == {aim.entry for aim in AIMS}
    assert {strike.fault for strike in strikes} == {fault.name for fault in FAULTS}
    assert all(1 <= strike.site <= strike.aim.hits for strike in strikes)
    assert {strike.site for strike in strikes if strike.aim.entry == "nic_xmit"} == set(range(1, 8))
    share = sum(strike.aim.entry == "nic_xmit" for strike in strikes) / len(strikes)
    assert 0.5 < share < 0.7
    assert {batch.interlude.name for batch in batches if batch.interlude} == {"rebind", "mtu"}


def test_plan_needs_entry_points() -> None:
    """Nothing to strike at is not a plan that never strikes."""
    with pytest.raises(ValueError):
        next(plan.batches(1, [], INTERLUDES))


@pytest.mark.parametrize("change, fate", [
    ({}, Fate.RECOVERED),
    ({"struck": False}, Fate.NOT_REACHED),
    ({"error": "not armed"}, Fate.UNREADABLE),
    ({"detected": False}, Fate.UNDETECTED),
    ({"recovered": False}, Fate.NOT_RESTORED),
    ({"last": {"entry": "nic_open", "cause": "bad load", "step": "failed"}}, Fate.NOT_RESTORED),
    ({"last": {"entry": "nic_open", "cause": "endless loop", "step": "undo"}}, Fate.WRONG_CAUSE),
    # Called within the other's call, or another fault altogether.
    ({"last": {"entry": "nic_close", "cause": "bad load", "step": "undo"}}, Fate.RECOVERED),
    ({"last": {"entry": "nic_close", "cause": "bad load", "step": "undo"}, "faults": 2}, Fate.WRONG_CAUSE),
    ({"again_rc": 1}, Fate.NO_SECOND_CALL),
    ({"again_called": False}, Fate.NO_SECOND_CALL),
])
def test_fate(change: dict[str, Any], fate: Fate) -> None:
    """What the guest says of a fault is judged, one field at a time."""
    assert results.fate(STRIKE, {**RECOVERED, **change}) is fate


def test_fate_on_the_oracle() -> None:
    """Only where KASAN looks addresses up may a bad load be found as what its look-up does."""
    odd = {**RECOVERED, "last": {"entry": "nic_open", "cause": "general protection", "step": "undo"}}
    assert results.fate(STRIKE, odd) is Fate.WRONG_CAUSE
    assert results.fate(STRIKE, odd, "oracle") is Fate.RECOVERED
    bug = plan.Strike(STRIKE.aim, "bug", STRIKE.site)
    assert results.fate(bug, odd, "oracle") is Fate.WRONG_CAUSE


def tally_of(*changes: dict[str, Any]) -> results.Tally:
    """Return the count of some answers."""
    tally = results.Tally()
    for change in changes:
        tally.add(STRIKE, {**RECOVERED, **change})
    return tally


def state() -> results.Run:
    """Return a run that has nothing to complain of."""
    return results.Run(["x"], "nic", "stock", "6.1", 1, 1.0, soaked_wall_s=10.0)


def test_only_what_struck_counts() -> None:
    """A fault that was never reached is neither a success nor a failure."""
    tally = tally_of({}, {"struck": False, "faults": 0}, {})
    assert (tally.struck, tally.failed, tally.fates[Fate.NOT_REACHED], tally.unplanned) == (2, 0, 1, 0)
    assert results.passed(state(), tally)
    assert not results.passed(state(), tally_of({"struck": False}))


def test_one_bad_thing_fails_the_run() -> None:
    """Each alone."""
    for change in ({"detected": False}, {"error": "x"}, {"again_rc": 1}):
        assert not results.passed(state(), tally_of({}, change))
    tally = tally_of({})
    tally.load.stream_bad_bytes = 1
    assert not results.passed(state(), tally)
    tally = tally_of({})
    tally.problem("the driver's memory grew")
    assert not results.passed(state(), tally)
    tally = tally_of({})
    tally.reports += console.parse("[    1.000000] BUG: KASAN: slab-use-after-free in f+0x1/0x2 [m]\n")
    assert not results.passed(state(), tally)
    dead = state()
    dead.died = "guest-panic"
    assert not results.passed(dead, tally_of({}))


def test_unplanned_faults_are_counted() -> None:
    """Those the runtime finds where none was planted."""
    assert tally_of({"faults": 3}, {"struck": False, "faults": 1}, {"detected": False, "faults": 0}).unplanned == 3


def test_summary_fields() -> None:
    """The fields, and that all is valid JSON."""
    summary = json.loads(json.dumps(results.summary(state(), tally_of({}, {"detected": False}))))
    assert set(summary) == FIELDS
    assert (summary["struck"], summary["detected"], summary["recovered"], summary["undetected"]) == (2, 1, 1, 1)
    assert summary["struck_per_s"] == 0.2
    assert summary["entries"]["nic_open"]["struck"] == 2


def test_planted_bug_is_no_report() -> None:
    """The kernel prints the place of a BUG() before anybody is asked; an oops behind it counts."""
    place = "[    5.000000] kernel BUG at fgft/include/linux/fgft_strike.h:63!\n"
    after = "[    5.000100] invalid opcode: 0000 [#1] SMP\n[    5.000200] RIP: 0010:f.fgft+0x1/0x2 [nic]\n"
    assert all(results.expected_noise(report) for report in console.parse(place))
    assert not any(results.expected_noise(report) for report in console.parse(place + after))
    assert not any(results.expected_noise(report) for report in console.parse(place.replace("fgft_strike.h", "slub.c")))


SLAB = """slabinfo - version: 2.1
# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables
kmalloc-64          1000   1024     64   64    1 : tunables    0    0    0 : slabdata     16     16      0
skbuff_head_cache     10     32    256   16    1 : tunables    0    0    0 : slabdata      2      2      0
"""


def look(**changes: Any) -> audit.Look:
    """Return a quiet machine as it should be."""
    fields: dict[str, Any] = {
        "faults": 0, "ranges": "slab 2 104\n", "victim": "intact", "references": 0, "settings": {"mtu": "1492"},
        "slab": {"kmalloc-64": 1 << 20}, "unreclaimable": 1, "traffic": True}
    return audit.Look(**{**fields, **changes})


def test_slabinfo() -> None:
    """Live objects by size."""
    assert audit.parse_slabinfo(SLAB) == {"kmalloc-64": 64000, "skbuff_head_cache": 2560}
    mappings = SLAB + "vmap_area            256    256     64   64    1 : tunables    0    0    0\n"
    assert audit.parse_slabinfo(mappings, unpurged=56)["vmap_area"] == 200 * 64
    assert audit.parse_meminfo("SUnreclaim:        10 kB\nActive(anon):  1 kB\n") == {"SUnreclaim": 10240, "Active(anon)": 1024}


def test_one_object_a_fault_is_a_leak() -> None:
    """2,000 faults that each lose 512 bytes are told, with the cache; noise is not."""
    lost = look(faults=2000, slab={"kmalloc-64": 1 << 20, "kmalloc-512": 2000 * 512})
    assert "kmalloc-512" in audit.leak(look(), lost)
    assert not audit.leak(look(), look(faults=2000, slab={"kmalloc-64": (1 << 20) + (256 << 10)}))
    assert not audit.leak(look(), look(faults=10))


@pytest.mark.parametrize("change, word", [
    ({"ranges": "slab 3 168\n"}, "slab 3 168"), ({"victim": "corrupted"}, "corrupted"), ({"references": 1}, "references"),
    ({"settings": {"mtu": "1400"}}, "1400"), ({"traffic": False}, "traffic"),
])
def test_differences(change: dict[str, Any], word: str) -> None:
    """Each is told alone; an unchanged machine tells nothing."""
    assert not audit.differences(look(), look())
    (wrong,) = audit.differences(look(), look(**change))
    assert word in wrong


def test_iperf_is_given_time() -> None:
    """A test of iperf3 lasts as long on a slow kernel, sends less, and may be late by more."""
    stock, slow = guest.iperf_script(1), guest.iperf_script(4)
    for name, limit in (("timeout ", 40), ("--connect-timeout ", 3000), ("--rcv-timeout ", 10000)):
        assert f"{name}{limit} " in stock and f"{name}{limit * 4} " in slow
    assert " -t 8 " in stock and " -t 8 " in slow
    assert " -b 10000K " in stock and " -b 2500K " in slow


def test_iperf_output() -> None:
    """Tests one after the other, the last of them broken off."""
    good = json.dumps({"end": {"sum_received": {"bytes": 10}, "sum_received_bidir_reverse": {"bytes": 5}}})
    bad = json.dumps({"end": {}, "error": "unable to connect"})
    assert guest.parse_iperf(f"{good}\n{bad}\n{good}\n{good[:20]}") == (2, ["unable to connect", "cut off"], 30)
    assert guest.parse_iperf("") == (0, [], 0)


def test_load_adds_up() -> None:
    """Segments are summed, the longest gap is the longest of all."""
    load = guest.Load(1, 0, 5, 10, operations={"a": [1, 0]}, longest_gap_ms=3)
    load.add(guest.Load(1, 1, 5, 10, operations={"a": [2, 1], "b": [1, 1]}, longest_gap_ms=2))
    assert (load.iperf_tests, load.iperf_failed, load.stream_bytes, load.longest_gap_ms) == (2, 1, 20, 3)
    assert load.operations == {"a": [3, 1], "b": [1, 1]}


def test_triggers_file(tmp_path: Path) -> None:
    """Both halves run, and the first failure is what is told; a bad file is named."""
    catalogue = triggers.load(SERVICE.triggers)
    mtu = catalogue.find("net_device_ops.ndo_change_mtu")
    assert mtu and catalogue.find("no_such_ops.field") is None
    shell = triggers.Trigger((), "exit_code() { return 3; }; exit_code", "echo undone", 1, 1).shell
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, timeout=10, check=False)
    assert (done.returncode, done.stdout) == (3, "undone\n")
    (tmp_path / "x.toml").write_text("[[trigger]]\ncommand = 'x'\n", encoding="utf-8")
    with pytest.raises(HarnessError, match="x.toml"):
        triggers.load(tmp_path / "x.toml")


def test_oracle_configuration() -> None:
    """A setting that Kconfig drops is noticed, not lost."""
    fragment = "CONFIG_A=y\nCONFIG_B=n\n# CONFIG_C=y\nCONFIG_D=\"x\"\n"
    assert not oracle.refused(fragment, "CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_D=\"x\"\n")
    assert oracle.refused(fragment, "CONFIG_B=y\nCONFIG_D=\"y\"\n") == ["CONFIG_A=y", "CONFIG_B=n", "CONFIG_D=\"x\""]
    wanted = oracle.wanted(oracle.CONFIG.read_text(encoding="utf-8"))
    assert {"CONFIG_KASAN", "CONFIG_PROVE_LOCKING", "CONFIG_DEBUG_KMEMLEAK", "CONFIG_PREEMPT_DYNAMIC"} <= set(wanted)


@pytest.mark.boot
def test_short_soak(tmp_path: Path) -> None:
    """Twenty seconds of it, from the command line: faults strike, and the machine does not notice."""
    modules = REPO / "build" / kernel.headers_release() / "inject" / "modules"
    assert (modules / "e1000.ko").is_file(), "make inject-modules"
    done = harness("soak", "--minutes", "0.33", "--seed", "11", "--no-build", "--out", str(tmp_path), timeout_s=600)
    summary = json.loads((tmp_path / "e1000" / "summary.json").read_text(encoding="utf-8"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert summary["passed"] and summary["struck"] > 0 and summary["recovered"] == summary["struck"]
    assert summary["load"]["stream_bytes"] > 0 and summary["load"]["stream_bad_bytes"] == 0
    assert summary["unloaded"] is True
    events = [json.loads(line) for line in (tmp_path / "e1000" / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    assert sum(event["event"] == "strike" for event in events) == summary["planted"]
    assert Kind.BUG.value not in [event.get("kind") for event in events]
