# SPDX-License-Identifier: GPL-2.0
"""The campaign's host side: records, plan, journal, engine and verdicts, without a guest."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.campaign import checked, plan
from harness.campaign.catalogue import Catalogue, Entry, Mutant, Reference, parse_covered
from harness.campaign.journal import CHECKED, Journal, read_checked, read_trials, with_checked
from harness.campaign.oracles import SLAB_NOISE_BYTES, Circumstances, judge
from harness.campaign.record import Fault, Kernel, Mode, Outcome, Plan, RecordError, Run, Trial
from harness.console import parse
from harness.outcome import HarnessError
from harness.outcome import Outcome as MachineOutcome
from harness.paths import REPO
from harness.qemu import Attempt

REFERENCE = Reference(0, 0, True, 1000, {"mtu": 1492, "up": True}, {"mtu": 1492, "up": True})


def catalogue() -> Catalogue:
    """Two units, four operators, three entry points."""
    mutants = tuple(Mutant(unit, (3 << 24) + place, f"operator-{place % 4}", "source", f"f{place}", place)
                    for unit in ("main", "hw") for place in range(40))
    references = {"native": REFERENCE, "isolated": REFERENCE}
    entries = tuple(Entry(name, "true", 100, {"main": tuple(range(first, 40)), "hw": (first,)}, references)
                    for name, first in (("open", 0), ("close", 20), ("xmit", 36)))
    return Catalogue("e1000", "0123", "6.1", mutants, entries, {"probe": "nothing is known to call it"})


def run(mode: Mode = Mode.ISOLATED, **changes: Any) -> Run:
    """Return the record of a run."""
    fields: dict[str, Any] = dict.fromkeys(Run.__dataclass_fields__)
    fields |= {"mode": mode, "kernel": Kernel.STOCK, "outcome": Outcome.RECOVERED, "machine": MachineOutcome.PASSED,
               "step": "undo", "problems": ("one", "two"), "console": (), "wall_s": 0.25}
    return Run(**(fields | changes))


def trial(index: int, made: Plan) -> Trial:
    """Return a finished trial."""
    return Trial(plan.trial_id(made, index), index, 7, made.faults[index], run(Mode.NATIVE), run(), None)


def test_outcomes_have_meanings() -> None:
    """A row for each; the report prints them."""
    assert len({outcome.meaning for outcome in Outcome}) == len(Outcome)


def test_records_survive_a_file() -> None:
    """What is written is what is read, unknown values included."""
    made = plan.make(1, catalogue(), 5, True, 20)
    assert Plan.from_json(json.loads(json.dumps(made.to_json()))) == made
    whole = replace(trial(2, made), oracle=run(kernel=Kernel.ORACLE, step=None))
    assert Trial.from_json(json.loads(json.dumps(whole.to_json()))) == whole


def test_counterparts() -> None:
    """A mutant is found again in a build with other numbers, by its line and its place there; else there is none."""
    here = [Mutant("main", number, "off-by-one", "source", "open", line) for number, line in ((1, 10), (2, 10), (3, 20), (4, 30))]
    there = [Mutant("main", number, "off-by-one", "source", "open", line) for number, line in ((7, 10), (9, 10), (11, 20), (12, 20))]
    found = checked.Counterparts(here, there)
    fault = plan.make(1, catalogue(), 1, True, 20).faults[0]
    of = [found.of(replace(fault, unit="main", number=mutant.number, operator="off-by-one", function="open", line=mutant.line))
          for mutant in here]
    assert of == [7, 9, None, None]


def test_runs_with_checkers_are_kept(tmp_path: Path) -> None:
    """One in twenty is due; a line that was cut is run again, and an new campaign drops them all."""
    made = plan.make(1, catalogue(), 45, True, plan.ORACLE_EVERY)
    trials = [trial(index, made) for index in range(45)]
    assert [one.index for one in made.due(trials)] == [0, 20, 40]
    found = run(kernel=Kernel.ORACLE, outcome=Outcome.KERNEL_DIED)
    with Journal(tmp_path) as journal:
        journal.begin(made, False)
        journal.append_checked(trials[0], found)
        with (tmp_path / CHECKED).open("a", encoding="utf-8") as stream:
            stream.write('{"id": "1-20", "orac')
        assert set(read_checked(tmp_path / CHECKED)[0]) == {"1-0"}
        journal.append_checked(trials[40], checked.absent(trials[40].isolated))
        seen = [one.oracle for one in with_checked(trials, tmp_path)]
        assert seen[0] == found
        assert seen[20] is None
        assert seen[40] and seen[40].outcome is Outcome.NOT_REACHED and seen[40].kernel is Kernel.ORACLE
        journal.begin(made, True)
        assert not (tmp_path / CHECKED).exists()


@pytest.mark.parametrize(("field", "value"), [("outcome", "fine"), ("step", "prayer"), ("mode", "both")])
def test_records_refuse_unknown_words(field: str, value: str) -> None:
    """A typing mistake in a file is told, not counted."""
    with pytest.raises(RecordError, match=value):
        Run.from_json(run().to_json() | {field: value})


def test_records_refuse_missing_fields() -> None:
    """Unknown is null; absent is a mistake."""
    data = run().to_json()
    del data["outage_ns"]
    with pytest.raises(RecordError, match="outage_ns"):
        Run.from_json(data)


def test_plan_is_a_function_of_its_seed() -> None:
    """In another process too: no hash, no clock, no order of a set."""
    made = plan.make(5, catalogue(), 60, True, None)
    assert plan.make(5, catalogue(), 60, True, None) == made
    assert plan.make(6, catalogue(), 60, True, None).faults != made.faults
    script = ("import sys; sys.path.insert(0, 'tests/harness'); import test_campaign as t; "
              "from harness.campaign import plan; print([f.id for f in plan.make(5, t.catalogue(), 60, True, None).faults])")
    told = subprocess.run([sys.executable, "-c", script], cwd=REPO, env=os.environ | {"PYTHONHASHSEED": "77"},
                          capture_output=True, text=True, check=True).stdout.strip()
    assert told == str([fault.id for fault in made.faults])


def test_plan_does_not_depend_on_the_order_of_the_catalogue() -> None:
    """The kernel may list entry points as it likes."""
    known = catalogue()
    turned = replace(known, entries=known.entries[::-1], mutants=known.mutants[::-1])
    assert plan.make(5, turned, 30, True, None) == plan.make(5, known, 30, True, None)


def test_a_shorter_plan_is_the_beginning_of_a_longer_one() -> None:
    """So a campaign may be made longer after it has run."""
    longer = plan.make(9, catalogue(), 50, True, None)
    assert plan.make(9, catalogue(), 20, True, None).faults == longer.faults[:20]


def test_strata_take_turns() -> None:
    """As long as all have faults left, none is two ahead of another."""
    known = catalogue()
    strata = {(fault.operator, fault.entry) for fault in known.faults()}
    counts = Counter((fault.operator, fault.entry) for fault in plan.sample(3, known.faults(), len(strata)))
    assert counts == dict.fromkeys(strata, 1)


def test_plan_counts_mutants_nobody_reaches() -> None:
    """Distinct faults are those of the build; none is planned twice."""
    made = plan.make(3, catalogue(), 10_000, True, None)
    assert made.distinct_faults == 80
    assert made.reachable_faults == 40 + 3
    assert len({fault.id for fault in made.faults}) == len(made.faults) == 40 + 20 + 4 + 3


def test_trial_seeds_differ_and_stay() -> None:
    """The random values of a fault do not depend on its place in the plan."""
    longer, shorter = plan.make(9, catalogue(), 50, True, None), plan.make(9, catalogue(), 20, True, None)
    seeds = [plan.trial_seed(longer, index) for index in range(20)]
    assert seeds == [plan.trial_seed(shorter, index) for index in range(20)]
    assert len(set(seeds)) == 20


def test_covered_lists_are_read() -> None:
    """As the kernel prints them: ranges, single places, empty."""
    assert parse_covered("main: 0-2,7\nhw: \n") == {"main": (0, 1, 2, 7), "hw": ()}


# The journal


def test_torn_line_is_dropped(tmp_path: Path) -> None:
    """Whatever byte a crash cut it at; whole lines stay as they are."""
    made = plan.make(1, catalogue(), 3, True, None)
    with Journal(tmp_path) as journal:
        journal.begin(made, False)
        journal.append(trial(0, made))
        journal.append(trial(1, made))
    path = tmp_path / "trials.jsonl"
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for cut in (first + 1, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with Journal(tmp_path) as journal:
            journal.begin(made, False)
            assert list(journal.done) == [0]
            journal.append(trial(1, made))
        assert path.read_bytes() == whole


def test_damage_in_the_middle_is_told(tmp_path: Path) -> None:
    """That is no crash of ours: somebody has to look."""
    path = tmp_path / "trials.jsonl"
    made = plan.make(1, catalogue(), 3, True, None)
    path.write_text("{\n" + json.dumps(trial(0, made).to_json()) + "\n")
    with pytest.raises(HarnessError, match=":1:"):
        read_trials(path)


def test_another_campaign_is_not_mixed_in(tmp_path: Path) -> None:
    """Another seed or build: refused, unless asked to begin anew; longer is fine."""
    made = plan.make(1, catalogue(), 3, True, None)
    with Journal(tmp_path) as journal:
        journal.begin(made, False)
        journal.append(trial(0, made))
        for other in (plan.make(2, catalogue(), 3, True, None), replace(made, build="4567"), replace(made, icount=False)):
            with pytest.raises(HarnessError, match="--fresh"):
                journal.begin(other, False)
        journal.begin(plan.make(1, catalogue(), 9, True, None), False)
        assert list(journal.done) == [0]
        journal.begin(plan.make(2, catalogue(), 3, True, None), True)
        assert not journal.done
        assert journal.plan() == plan.make(2, catalogue(), 3, True, None)


def test_two_campaigns_do_not_share_a_directory(tmp_path: Path) -> None:
    """The second is told at once."""
    with Journal(tmp_path), pytest.raises(HarnessError, match="another campaign"), Journal(tmp_path):
        pass


ENGINE = textwrap.dedent("""
    import sys, time
    from pathlib import Path
    sys.path[:0] = ["tests/harness", "."]
    import test_campaign as t
    from harness.campaign import engine, plan
    from harness.campaign.journal import Journal
    from harness.outcome import HarnessError

    class Machine:
        @property
        def pid(self): raise HarnessError("there is no QEMU")
        def boot(self): pass
        def close(self): pass

    class Subject:
        def __init__(self, index): self.machine = Machine()
        def prepare(self): pass
        def rewind(self): pass

    def work(subject, index):
        time.sleep(0.01)
        return t.trial(index, made)

    made = plan.make(1, t.catalogue(), 60, True, None)
    with Journal(Path(sys.argv[1])) as journal:
        journal.begin(made, False)
        engine.run(made, journal, Subject, work, 2)
""")


def test_killed_engine_goes_on(tmp_path: Path) -> None:
    """kill -9 in the middle: no trial is lost, none is run twice, and the end is the same."""
    argv = [sys.executable, "-c", ENGINE, str(tmp_path)]
    path = tmp_path / "trials.jsonl"
    with subprocess.Popen(argv, cwd=REPO, stderr=subprocess.DEVNULL) as process:
        while not path.exists() or path.read_bytes().count(b"\n") < 5:
            assert process.poll() is None
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
    before = path.read_bytes()
    kept = before[:before.rindex(b"\n") + 1]
    assert 5 <= kept.count(b"\n") < 60
    path.write_bytes(kept + b'{"id": "1-')
    subprocess.run(argv, cwd=REPO, check=True, timeout=60, capture_output=True)
    after = path.read_bytes()
    assert after.startswith(kept)
    trials, whole = read_trials(path)
    assert whole == len(after)
    assert sorted(found.index for found in trials) == list(range(60))


# Verdicts


def settings(before: int, after: int | None, up: bool = True) -> dict[str, Any]:
    """Return what the guest tells of the settings."""
    return {"before": {"mtu": before, "up": True}, "after": {"mtu": after, "up": up}}


def answer(**changes: Any) -> dict[str, Any]:
    """Return what the guest tells of a fault that was undone."""
    resources = {"ranges": "slab 2 104\n", "references": "0"}
    told = {
        "ready": True, "struck": True, "passed": 3, "first_ns": 1000, "fault_ns": 4000, "faults": 1, "finished": True,
        "first": {"rc": 0, "said": ""}, "again": {"rc": 0, "said": "", "traffic": True, "faults": 0, "settings": {"mtu": 1492, "up": True}},
        "settings": settings(1492, 1492), "resources": {"before": resources, "after": resources},
        "connection_kept": True, "traffic": True, "gap_ns": 9, "bad_bytes": 0, "victim": "intact\n", "slab": {"dentry": 1000},
        "last": {"cause": "bad load", "rollback_ns": "50", "restore_ns": "0"}, "steps": {"undo": "1", "pm": "0"},
        "causes": {"bad load": "1"}}
    return told | changes


def verdict(told: dict[str, Any] | None, machine: MachineOutcome = MachineOutcome.PASSED, console: str = "") -> Run:
    """Judge an answer."""
    attempt = Attempt(machine, None, tuple(parse(console)), "detail")
    return judge(Circumstances(Mode.ISOLATED, Kernel.STOCK, REFERENCE, 0.1), attempt, told)


AGAIN = answer()["again"]
REFUSED = {"first": {"rc": 1, "said": "Input/output error"}}
UNDETECTED = {"faults": 0, "causes": {}, "steps": {}, "last": {}}


@pytest.mark.parametrize(("told", "outcome"), [
    (answer(), Outcome.RECOVERED),
    (answer(struck=False), Outcome.NOT_REACHED),
    (answer(ready=False), Outcome.HARNESS_ERROR),
    (answer(**UNDETECTED), Outcome.NO_EFFECT),
    (answer(**UNDETECTED, first={"rc": 1, "said": "no"}), Outcome.WRONG_RESULT),
    (answer(**UNDETECTED, bad_bytes=1), Outcome.UNDETECTED_HARMFUL),
    (answer(bad_bytes=1), Outcome.ESCALATED),
    (answer(traffic=False), Outcome.ESCALATED),
    (answer(connection_kept=False), Outcome.ESCALATED),
    (answer(finished=False), Outcome.ESCALATED),
    (answer(victim="corrupted\n"), Outcome.ESCALATED),
    (answer(settings=settings(1492, 1400)), Outcome.ESCALATED),
    # Refused: the setting from before is right, another is not, and the next call has to work.
    (answer(**REFUSED, settings=settings(9, 9)), Outcome.RECOVERED),
    (answer(**REFUSED, settings=settings(9, 8)), Outcome.ESCALATED),
    (answer(**REFUSED, traffic=False), Outcome.ESCALATED),
    # A probe that was refused leaves no interface, an open one that is down; what it is in the end is asked.
    (answer(**REFUSED, traffic=False, settings=settings(1492, None, up=False)), Outcome.RECOVERED),
    (answer(**REFUSED, traffic=False, settings=settings(1492, 1492, up=False)), Outcome.RECOVERED),
    (answer(traffic=False, settings=settings(1492, None, up=False)), Outcome.ESCALATED),
    (answer(traffic=False, settings=settings(1492, 1492, up=False)), Outcome.ESCALATED),
    (answer(again=AGAIN | {"rc": 1}), Outcome.ESCALATED),
    (answer(again=AGAIN | {"faults": 1}), Outcome.ESCALATED),
    (answer(again=AGAIN | {"traffic": False}), Outcome.ESCALATED),
    (answer(again=AGAIN | {"settings": {"mtu": None, "up": True}}), Outcome.ESCALATED),
    (answer(again=AGAIN | {"rc": -1001}), Outcome.HUNG),
    (answer(slab={"dentry": 1001 + SLAB_NOISE_BYTES}), Outcome.ESCALATED),
    (answer(slab={"dentry": 1000 + SLAB_NOISE_BYTES}), Outcome.RECOVERED),
    (answer(resources={"before": {"ranges": "a"}, "after": {"ranges": "b"}}), Outcome.ESCALATED),
])
def test_verdicts(told: dict[str, Any], outcome: Outcome) -> None:
    """One thing that is not as it should be decides."""
    found = verdict(told)
    assert found.outcome is outcome
    good = (Outcome.RECOVERED, Outcome.NO_EFFECT, Outcome.NOT_REACHED, Outcome.WRONG_RESULT)
    assert outcome in good or found.problems


@pytest.mark.parametrize(("machine", "outcome"), [
    (MachineOutcome.GUEST_PANIC, Outcome.KERNEL_DIED), (MachineOutcome.GUEST_RESET, Outcome.KERNEL_DIED),
    (MachineOutcome.HUNG_SILENT, Outcome.HUNG), (MachineOutcome.TIMEOUT, Outcome.HUNG),
    (MachineOutcome.QEMU_DIED, Outcome.HARNESS_ERROR), (MachineOutcome.UNPARSED, Outcome.HARNESS_ERROR),
])
def test_lost_guests(machine: MachineOutcome, outcome: Outcome) -> None:
    """What was not told is unknown, and a failure of the harness says nothing."""
    found = verdict(None, machine)
    assert found.outcome is outcome
    assert found.detected is None
    assert found.contained is (False if outcome.fatal else None)


@pytest.mark.parametrize(("line", "causes", "outcome"), [
    ("BUG: Bad page state in process x", {"bad load": "1"}, Outcome.KERNEL_DIED),
    ("rcu: INFO: rcu_sched self-detected stall on CPU", {"bad load": "1"}, Outcome.HUNG),
    ("WARNING: CPU: 0 PID: 1 at net/x.c:1 f+0x1/0x2", {"bad load": "1"}, Outcome.ESCALATED),
    ("kernel BUG at drivers/x.c:1!", {"BUG": "1"}, Outcome.RECOVERED),
    ("kernel BUG at drivers/x.c:1!", {"bad load": "1"}, Outcome.KERNEL_DIED),
])
def test_the_console_is_heard(line: str, causes: dict[str, str], outcome: Outcome) -> None:
    """BUG() prints one line before the runtime is asked; only there it may."""
    found = verdict(answer(causes=causes), console=f"[    1.000000] {line}\n")
    assert found.outcome is outcome
    assert found.contained is (outcome is Outcome.RECOVERED)


def test_times_of_a_single_fault() -> None:
    """With several faults the first detection is not known."""
    assert verdict(answer()).detection_ns == 3000
    assert verdict(answer(faults=2)).detection_ns is None
    assert verdict(answer(**UNDETECTED)).rollback_ns is None


def test_fault_ids_are_stable() -> None:
    """As documented: driver, unit, number, entry point."""
    assert {fault.id for fault in catalogue().faults() if fault.entry == "xmit" and fault.unit == "hw"} == {
        f"e1000-hw-{(3 << 24) + 36}-xmit"}
    assert isinstance(catalogue().faults()[0], Fault)


def test_files_of_the_kernels_reports_are_named_as_in_the_tree() -> None:
    """Records are committed and compared: they do not tell where somebody's tree lies."""
    run = verdict(answer(**UNDETECTED), console=f"[    1.000000] WARNING: CPU: 0 PID: 1 at {REPO}/drivers/x.c:3 x_open+0x1/0x2 [x]\n"
                                                "[    1.000000] ---[ end trace 0000000000000000 ]---\n")
    told = "WARNING: CPU: 0 PID: 1 at drivers/x.c:3 x_open+0x1/0x2 [x]"
    assert run.console == (told,) and f"the kernel said: {told}" in run.problems
