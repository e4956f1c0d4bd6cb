# SPDX-License-Identifier: GPL-2.0
"""The demo's parts that need no guest: data, parsers, verdicts, files, table."""

from __future__ import annotations

import json
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness import driver
from harness.console import parse as parse_console
from harness.demo import faults, isolated, native, results, table, target
from harness.demo.case import Case
from harness.demo.isolated import BOUNDS, CHECKS, Isolated, IsolatedOutcome
from harness.demo.native import Native, NativeOutcome
from harness.demo.restart import Restart
from harness.demo.target import LastFault, Profile
from harness.outcome import GuestLost, HarnessError, Outcome
from harness.paths import REPO
from harness.probe import Direction, Traffic
from harness.spec import Spec

E1000 = driver.load("e1000")
LAST_FAULT = """entry: e1000_set_coalesce
cause: bad load
step: registers
address: 0x0
ip: __fgft_strike.fgft+0x7f/0x90 [e1000]
what: -
result: -5
device_written: 1
undone_stores: 2
undone_calls: 0
register_writes: 1
rollback_ns: 414
restore_ns: 0
"""


def traffic(outage_ns: int, lost: int) -> Traffic:
    """Return a run of the probe that saw this."""
    nothing: dict[str, Any] = {field.name: 0 for field in fields(Direction)}
    way = Direction(**{**nothing, "offered": 100, "received": 100 - lost, "lost": lost, "outage_ns": outage_ns})
    return Traffic(0, 10**8, 10**6, way, replace(way, lost=0, received=100, outage_ns=0), {})


def recovered() -> Isolated:
    """Return an isolated case without a flaw."""
    case = Isolated(IsolatedOutcome.RECOVERED, fault=LastFault.parse(LAST_FAULT), errno=5, traffic=traffic(4300000, 0))
    for check in CHECKS:
        case.answer(check, True)
    return case


def a_case(entry: str = "e1000_set_coalesce", fault: str = "null-load") -> Case:
    """Return a case that shows what it should."""
    return Case(E1000, E1000.entry(entry), faults.fault(fault), Profile(4, 1, 3),
                Native(NativeOutcome.PANIC, "BUG: ..."), recovered())


# Data


def test_entries_are_those_of_the_policy() -> None:
    """The demo breaks entry points the policy isolates."""
    policy = (REPO / "drivers" / "e1000" / "policy").read_text(encoding="utf-8")
    listed = set(re.findall(r"^entry (\S+)", policy, re.MULTILINE))
    excepted = set(re.findall(r"^except (\w+)", policy, re.MULTILINE))
    names = {entry.name for entry in E1000.entries}
    assert names and not names & excepted
    assert "*" in listed or names <= listed


def test_faults_and_causes_are_those_of_the_runtime() -> None:
    """A renamed fault or cause must not turn into "another fault than injected"."""
    inject = (REPO / "fgft" / "inject.c").read_text(encoding="utf-8")
    report = (REPO / "fgft" / "report.c").read_text(encoding="utf-8")
    striking = set(re.findall(r'\[FGFT_FAULT_\w+\]\s*= "([\w-]+)"', inject)) - {"none", "profile"}
    assert {fault.name for fault in faults.FAULTS} == striking
    causes = set(re.findall(r'\[FGFT_CAUSE_\w+\]\s*= "([^"]+)"', report))
    for fault in faults.FAULTS:
        assert fault.causes and set(fault.causes) <= causes


@pytest.mark.parametrize("text, message", [
    ("module = ", "Invalid value"),
    ("service = 'net'\nwheels = 4", "unknown field 'wheels'"),
    ('service = "net"', "is missing"),
    ('service = "tea"', "service must be one of "),
    ("[machine]\nnic = 3", "must be of type str"),
    ("service = 'net'\n[machine]\nwheels = 3", "unknown field 'wheels'"),
    ("service = 'net'\nmodule = 3", "must be of type str"),
    ("[[setting]]\nname = 'a'\ncommand = 'b'\npattern = '('", "pattern of setting 'a'"),
    ("[[setting]]\nname = 'a'\ncommand = 'b'\npattern = 'x'", "captures nothing"),
    ("[[entry]]\nname = 'a'\nchange = 'b'\nback = 'c'\nerrno = false\nsets = { colour = 'red' }", "which is no setting"),
    ("[[entry]]\nname = 'a'\nchange = 'b'\nback = 'c'\nerrno = 'yes'", "must be of type bool"),
])
def test_bad_description_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    """A mistake in a driver's file is told with the file's name."""
    whole = (driver.DRIVERS / "e1000" / driver.FILE).read_text(encoding="utf-8")
    if "[[" in text:
        text = whole.split("# What the driver and the kernel say")[0] + (
            text if "[[setting]]" in text else "[[setting]]\nname = 's'\ncommand = 't'\npattern = '(u)'\n" + text)
        if "[[entry]]" not in text:
            text += "\n[[entry]]\nname = 'a'\nchange = 'b'\nback = 'c'\nerrno = false\n"
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / driver.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(HarnessError, match=re.escape(message)) as caught:
        driver.load("bad", tmp_path)
    assert f"bad/{driver.FILE}" in str(caught.value) and "\n" not in str(caught.value).split(":", 1)[0]


def test_unknown_names_list_what_there_is() -> None:
    """One line that says what to write instead."""
    for call in (lambda: driver.load("e2000"), lambda: E1000.entry("e1000_fly"), lambda: faults.fault("rain")):
        with pytest.raises(driver.UnknownName, match=r"^no .* '.*': there (is|are) \w+") as caught:
            call()
        assert "\n" not in str(caught.value)


# Parsers


def test_last_fault() -> None:
    """Every field that is used is read."""
    fault = LastFault.parse(LAST_FAULT)
    assert fault == LastFault("e1000_set_coalesce", "bad load", "registers", -5, True, 414, 0,
                              "__fgft_strike.fgft+0x7f/0x90 [e1000]")
    assert LastFault.parse("none\n") is None


@pytest.mark.parametrize("damage", [("step: registers\n", ""), ("-5", "minus five"), ("rollback_ns: 414", "rollback_ns:")])
def test_damaged_last_fault_is_an_error(damage: tuple[str, str]) -> None:
    """Half a file is not taken for a whole one."""
    with pytest.raises(HarnessError, match="last_fault cannot be read"):
        LastFault.parse(LAST_FAULT.replace(*damage))


def test_sections() -> None:
    """Output is split at the marks; an empty section is there, and empty."""
    assert target.parse_sections("noise\n@@@ a\n1\n2\n@@@ b\n@@@ c\n3\n") == {"a": "1\n2\n", "b": "", "c": "3\n"}


@pytest.mark.parametrize("profile, site", [
    ((100, 4, 10), 50),  # half way
    ((100, 4, 70), 71),  # but after the first device write
    ((4, 1, 3), 4),
    ((3, 3, 0), 3),  # not further than the last site
    ((1, 0, 0), 1),
])
def test_half_way(profile: tuple[int, int, int], site: int) -> None:
    """The fault strikes half way, after a store and after a device write."""
    assert Profile(*profile).half_way == site


@pytest.mark.parametrize("text, value", [("12\n", 12), ("-5", -5), ("", None), ("12 x", None), ("grep: no", None)])
def test_number(text: str, value: int | None) -> None:
    """What is no number is not taken for one."""
    assert target.number(text) == value


@pytest.mark.parametrize("name, output, value", [
    ("rings", "Pre-set maximums:\nRX:\t\t4096\nTX:\t\t4096\nCurrent hardware settings:\nRX:\t\t128\nRX Mini:\tn/a\nTX:\t\t160\n",
     "128 160"),
    ("coalescing", "Coalesce parameters for nut:\nrx-usecs:\t50\ntx-usecs:\tn/a\n", "50"),
    ("mac", "3: nut: <UP> mtu 1492 qdisc fq_codel\\    link/ether 02:46:47:46:54:01 brd ff", "02:46:47:46:54:01"),
    ("mtu", "3: nut: <UP> mtu 1492 qdisc fq_codel", "1492"),
    ("mtu", "Device \"nut\" does not exist.", None),
])
def test_settings(name: str, output: str, value: str | None) -> None:
    """The patterns find what the tools print, and nothing in an error."""
    assert next(setting for setting in E1000.settings if setting.name == name).read(output) == value


# Verdicts


def test_every_check_can_fail_a_case() -> None:
    """One no is enough, is told, and a later yes does not undo it."""
    for check, meaning in CHECKS.items():
        case = a_case()
        assert case.isolated and case.isolated.works and case.isolated.in_bounds
        case.isolated.answer(check, False, "because")
        case.isolated.answer(check, True)
        assert case.isolated.works is (check in BOUNDS) and case.isolated.in_bounds is (check not in BOUNDS)
        assert case.reasons == [f"isolated: {meaning}: because"]
        if check in BOUNDS:
            assert case.recovered and not case.shown


def test_a_case_that_broke_off_is_not_recovered() -> None:
    """Checks that were never asked are no yes."""
    case = Isolated()
    case.answer("guest_alive", True)
    case.answer("struck", True)
    assert not case.works


def test_unknown_check_is_a_bug() -> None:
    """A misspelt check must not pass for one more yes."""
    with pytest.raises(KeyError):
        Isolated().answer("typo", True)


OOPS = """[   23.0] not a stamp
[   23.065044] BUG: kernel NULL pointer dereference, address: 0000000000000000
[   23.065045] CPU: 0 PID: 12 Comm: ethtool Tainted: G
[   23.065051] RIP: 0010:__fgft_strike+0x6d/0x80 [e1000]
[   23.065090] ---[ end trace 0000000000000000 ]---
[   23.065214] Kernel panic - not syncing: Fatal exception
"""


def test_native_panic_must_be_ours() -> None:
    """A panic counts only if the fault that struck is in its report."""
    lost = GuestLost(Outcome.GUEST_PANIC, "QEMU says GUEST_PANICKED")
    entry = E1000.entry("e1000_set_mac")
    assert native.of_lost(lost, parse_console(OOPS), entry)[0] is NativeOutcome.PANIC
    elsewhere = OOPS.replace("__fgft_strike", "kfree")
    assert native.of_lost(lost, parse_console(elsewhere), entry)[0] is None
    # A tail call leaves no trace of the one who passed the wild pointer.
    trace = elsewhere.replace("RIP:", "Call Trace:\n[   23.065080]  e1000_set_mac+0x1/0x2 [e1000]\n[   23.065081] RIP:")
    assert native.of_lost(lost, parse_console(trace), entry)[0] is NativeOutcome.PANIC
    assert native.of_lost(GuestLost(Outcome.QEMU_DIED, "x"), parse_console(OOPS), entry)[0] is None
    assert native.of_lost(GuestLost(Outcome.HUNG_SILENT, "x"), [], entry)[0] is NativeOutcome.HANG


@pytest.mark.parametrize("text, fault, clean", [
    ("", "bug", True),
    ("[    1.000000] kernel BUG at strike.h:5!\n", "bug", True),
    ("[    1.000000] kernel BUG at strike.h:5!\n", "null-load", False),
    (OOPS, "null-load", False),
    ("[    1.000000] kernel BUG at strike.h:5!\n[    1.000001] RIP: 0010:foo+0x1/0x2\n", "bug", False),
    ("[    1.000000] WARNING: CPU: 0 PID: 1 at x.c:1 f+0x1/0x2\n", "bug", False),
    ("[    1.000000] fgft: FAULT: BUG in e1000_set_mac [e1000]\n", "bug", True),
])
def test_console_of_an_isolated_case(text: str, fault: str, clean: bool) -> None:
    """The kernel may say where BUG() was, and not a word more."""
    case = Isolated()
    isolated.check_console(case, parse_console(text), faults.fault(fault))
    assert case.checks["console_clean"] is clean


def test_a_case_without_a_native_result_is_not_shown() -> None:
    """A fault that did not strike natively shows nothing, whatever isolation did."""
    case = a_case()
    assert case.shown and not case.reasons
    case.native = Native(None, "the fault did not strike")
    assert not case.shown and case.reasons == ["native: the fault did not strike"]
    case.native = None
    assert case.reasons == ["native: not run"]


def test_rerun_command_runs_this_case() -> None:
    """The command names everything that chose the case."""
    assert a_case().command == "python3 -m harness demo --driver e1000 --entry e1000_set_coalesce --fault null-load"


# Files and table

FIXED = ("entry", "fault", "native", "isolated", "errno", "device_written", "step", "rollback_ns", "outage_ns", "lost",
         "traffic_after", "settings_kept", "resources_clean", "retry_ok", "tainted_die")


def test_summary_has_the_fixed_fields(tmp_path: Path) -> None:
    """The summary is read by others: a field is there, null when unknown."""
    unknown = Case(E1000, E1000.entry("e1000_set_mac"), faults.fault("loop"), Profile(3, 0, 1))
    path = results.write(tmp_path, ["python3"], "e1000", Spec(), [a_case(), unknown], Restart(traffic(2790000000, 3900)), 12.3)
    summary = json.loads(path.read_text(encoding="utf-8"))
    assert summary["schema"] == 1 and summary["driver"] == "e1000"
    assert set(summary["kernel"]) == {"release", "patched"} and summary["kernel"]["patched"] is False
    assert {"command", "qemu", "compiler", "date"} <= set(summary)
    assert summary["restart"] == {"outage_ns": 2790000000, "lost": 3900}
    first, second = summary["cases"]
    assert {name: first[name] for name in FIXED} == {
        "entry": "e1000_set_coalesce", "fault": "null-load", "native": "panic", "isolated": "recovered", "errno": "EIO",
        "device_written": True, "step": "registers", "rollback_ns": 414, "outage_ns": 4300000, "lost": 0,
        "traffic_after": True, "settings_kept": True, "resources_clean": True, "retry_ok": True, "tainted_die": False}
    assert all(second[name] is None for name in FIXED[2:])
    assert len((tmp_path / "trials.jsonl").read_text(encoding="utf-8").splitlines()) == 2


def test_table_shows_every_case() -> None:
    """Both outcomes, the step and the outage are in the table; a failure cannot be overlooked."""
    broken = a_case("e1000_set_mac", "loop")
    assert broken.isolated
    broken.isolated.outcome = IsolatedOutcome.FAILED
    out = Console(width=140, record=True, file=open("/dev/null", "w", encoding="ascii"))
    out.print(table.render(E1000, ["e1000_set_coalesce", "e1000_set_mac"], [faults.fault("null-load"), faults.fault("loop")],
                           [a_case(), broken], Restart(traffic(2790000000, 3900))))
    text = out.export_text()
    for wanted in ("set_coalesce", "panic", "registers", "4.3 ms", "FAILED", "not run", "2.79 s", "3900 lost", "1/649"):
        assert wanted in text, text


@pytest.mark.parametrize("nanoseconds, text", [
    (0, "0"), (417, "417 ns"), (8120, "8.1 µs"), (4300000, "4.3 ms"), (558 * 10**6, "558 ms"), (2.79e9, "2.79 s")])
def test_duration(nanoseconds: float, text: str) -> None:
    """Times are short enough for a cell."""
    assert table.duration(nanoseconds) == text


def test_verdict_counts_what_is_missing() -> None:
    """Cases that were not run are not left out of the denominator."""
    late = a_case()
    assert late.isolated
    late.isolated.answer("outage_bounded", False)
    assert table.verdict([a_case(), late], 42) == (
        "2 of 42 faults recovered from, 1 of them out of bounds; natively 2 panic, hang or corrupt the kernel.")


def test_late_is_right_but_a_needless_loss_is_not() -> None:
    """How long an outage lasts is a figure; a packet lost without need is a defect."""
    late, lossy = a_case(), a_case()
    assert late.isolated and lossy.isolated
    assert late.passed
    late.isolated.answer("outage_bounded", False)
    lossy.isolated.answer("no_loss", False)
    assert late.passed and not late.shown
    assert not lossy.passed
