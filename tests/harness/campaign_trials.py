# SPDX-License-Identifier: GPL-2.0
"""Makes campaigns for tests of what becomes of trials; nothing is run."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.campaign import store
from harness.campaign.record import Fault, Kernel, Mode, Outcome, Plan, Run, Trial, fault_id
from harness.outcome import Outcome as MachineOutcome

DRIVER = "e1000"
SEED = 7
OPERATORS = (("wrong constant", "source"), ("inverted branch", "source"), ("NULL pointer", "memory"), ("wild store", "memory"),
             ("missing unlock", "context"), ("endless loop", "context"), ("all ones", "hardware"))
ENTRIES = ("e1000_set_coalesce", "e1000_get_ringparam", "e1000_xmit_frame", "e1000_clean", "e1000_set_mac")
_STEPS = {"undo": 40_000, "registers": 400_000, "pm": 9_000_000}


def a_run(outcome: Outcome, mode: Mode = Mode.ISOLATED, **changes: Any) -> Run:
    """Return a run as it is when it ends so."""
    known = outcome not in (Outcome.NOT_REACHED, Outcome.HARNESS_ERROR)
    detected = outcome in (Outcome.RECOVERED, Outcome.ESCALATED) and mode is Mode.ISOLATED
    good = outcome in (Outcome.RECOVERED, Outcome.NO_EFFECT)
    run = Run(
        mode=mode, kernel=Kernel.STOCK, outcome=outcome,
        machine={Outcome.KERNEL_DIED: MachineOutcome.GUEST_PANIC, Outcome.HUNG: MachineOutcome.HUNG_SILENT,
                 Outcome.HARNESS_ERROR: MachineOutcome.QEMU_DIED}.get(outcome, MachineOutcome.PASSED),
        step="undo" if detected else None, reached=known if known or outcome is Outcome.NOT_REACHED else None,
        hits=1 if known else None, detected=detected if known else None, cause="null pointer" if detected else None,
        contained=not outcome.fatal if known else None, recovered=outcome is Outcome.RECOVERED if detected else None,
        application_correct=good if known else None, resources_clean=good if known else None,
        retry_ok=good if known else None, traffic_ok=good if known else None, settings_kept=good if known else None,
        problems=() if good or not known else ("the ring has 64 entries, was 256",), detection_ns=900 if detected else None,
        rollback_ns=30_000 if detected else None, restore_ns=None, outage_ns=1_000_000 if detected else None,
        console=("BUG: kernel NULL pointer dereference",) if outcome is Outcome.KERNEL_DIED else (), wall_s=0.3)
    return replace(run, **changes)


def a_fault(number: int) -> Fault:
    """Return the fault of a number."""
    operator, family = OPERATORS[number % len(OPERATORS)]
    entry = ENTRIES[number % len(ENTRIES)]
    return Fault(fault_id(DRIVER, "e1000_main", number, entry), "e1000_main", number, operator, family, f"{entry}_part",
                 100 + number, entry, "ethtool -C eth0 rx-usecs 100")


def a_plan(faults: int, **changes: Any) -> Plan:
    """Return a plan of so many faults."""
    plan = Plan(schema=1, driver=DRIVER, seed=SEED, build="0123456789abcdef", kernel="6.1.0-56-amd64", icount=True,
                distinct_faults=3 * faults, reachable_faults=2 * faults, operators=tuple(name for name, _family in OPERATORS),
                entries=ENTRIES, unreached={"e1000_io_slot_reset": "needs a bus error"}, oracle_every=10,
                faults=tuple(map(a_fault, range(faults))))
    return replace(plan, **changes)


def a_trial(index: int, native: Outcome, isolated: Outcome, oracle: Outcome | None = None, **changes: Any) -> Trial:
    """Return a trial; `changes` are to the isolated run."""
    return Trial(f"{SEED}-{index}", index, SEED * 1000 + index, a_fault(index), a_run(native, Mode.NATIVE),
                 a_run(isolated, **changes), a_run(oracle, kernel=Kernel.ORACLE) if oracle else None)


def mixed(faults: int) -> list[Trial]:
    """Return trials of all kinds, in proportions like those of a real campaign."""
    chance = random.Random(SEED)
    trials = []
    for index in range(faults):
        native = chance.choices(
            (Outcome.KERNEL_DIED, Outcome.HUNG, Outcome.NO_EFFECT, Outcome.WRONG_RESULT, Outcome.UNDETECTED_HARMFUL,
             Outcome.NOT_REACHED), (40, 8, 25, 12, 13, 2))[0]
        if native in (Outcome.NO_EFFECT, Outcome.NOT_REACHED):
            isolated = native
        elif native.fatal:
            isolated = chance.choices((Outcome.RECOVERED, Outcome.ESCALATED, Outcome.KERNEL_DIED, Outcome.HARNESS_ERROR),
                                      (960, 25, 5, 10))[0]
        else:
            isolated = chance.choices((Outcome.RECOVERED, native), (30, 70))[0]
        step, most = chance.choices(list(_STEPS.items()), (60, 30, 10))[0]
        detected = {} if isolated not in (Outcome.RECOVERED, Outcome.ESCALATED) else {
            "step": step, "detection_ns": int(chance.lognormvariate(7, 2)), "rollback_ns": int(chance.lognormvariate(10, 0.5)),
            "restore_ns": None if step == "undo" else int(most * chance.lognormvariate(0, 0.3)),
            "outage_ns": int(1e6 + most * chance.lognormvariate(0, 0.4))}
        trials.append(a_trial(index, native, isolated, isolated if index % 10 == 0 else None, **detected))
    return trials


def lay_out(directory: Path, plan: Plan, trials: Sequence[Trial]) -> Path:
    """Write a campaign's files as the engine does."""
    directory.mkdir(parents=True)
    (directory / store.PLAN).write_text(json.dumps(plan.to_json()), encoding="utf-8")
    (directory / store.TRIALS).write_text("".join(json.dumps(trial.to_json()) + "\n" for trial in trials), encoding="utf-8")
    return directory
