# SPDX-License-Identifier: GPL-2.0
"""The machine trials are run in: one CPU, set up once, gone back to before each run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness import subject
from harness.driver import Driver
from harness.outcome import HarnessError, Outcome
from harness.qemu import Attempt, Machine
from harness.spec import Spec

SNAPSHOT = "campaign"
POLICIES = {"native": "off", "isolated": "always"}
# Guest nanoseconds an instruction takes, as a power of two.  About the speed
# of the emulator: delays of drivers would cost 16 times as much with 0.
_ICOUNT_SHIFT = 4
_PEER_TIMER_NS = 20000
_MEMORY_MB = {"stock": 192, "oracle": 1024}
# Guest seconds; nearly all of it is spent idle, which costs nothing.
_TRIAL_S = 130.0  # all that trial.cc waits for, one after the other, is 120 s
_ENDED_S = 10.0  # later than that the agent has ended the trial
_CLEAR_S = 60.0
# What only QEMU itself, hung, takes longer than.
_WALL_S = 1800.0
# Without what has QEMU set and copy memory an instruction a byte, each of them counted.
_CPU = "max,-erms,-fsrm"
# Programs at the same addresses each time: what QEMU has translated serves again.
_KERNEL_ARGS = ("norandmaps",)
_HEADROOM_KB = 16 << 10
# Leaves zeroes in memory nobody uses, which a snapshot does not hold.
_CLEAR = f"""
free=$(sed -n 's/^MemFree: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo)
dd if=/dev/zero of=/run/zeroes bs=64k count=$(((free - {_HEADROOM_KB}) / 64)) 2> /dev/null
rm /run/zeroes
"""


def spec(driver: Driver, modules: tuple[Path, ...], kernel: str, icount: bool, smp: int) -> Spec:
    """Describe the machine."""
    found = driver.machine(Spec(kernel=kernel, smp=smp, memory_mb=_MEMORY_MB[kernel], modules=modules, panic_on_oops=True,
                                devices=("ib700",)))  # fed by guest/pulse.h
    if not icount:
        return found
    # The peer too has to go by guest time, which else runs ahead of it while the guest is idle.
    return replace(found, icount=True, icount_shift=_ICOUNT_SHIFT, peer_timer_ns=_PEER_TIMER_NS, cpu=_CPU,
                   kernel_args=found.kernel_args + _KERNEL_ARGS)


class Subject:
    """A machine with the driver in it, and a snapshot to go back to."""

    def __init__(self, machine: Machine, driver: Driver) -> None:
        self.machine = machine
        self.driver = driver

    def prepare(self) -> None:
        """Load and configure the driver, see a user served, and save the snapshot."""
        subject.write_scripts(self.machine, self.driver)
        subject.load(self.machine, self.driver)
        if self.machine.run(["test", "-e", "/sys/kernel/fgft/mutant"]).outcome is not Outcome.PASSED:
            raise HarnessError(f"no mutants in this build: run `make modules INJECT=1 MUTANTS=1 DRIVER={self.driver.name}`")
        subject.configure(self.machine, self.driver)
        subject.start_helpers(self.machine, self.driver)
        self.machine.learn_lock_waits()
        # What the kernel does the first time only, it would do in each trial.
        answer_of(self.ask("native", "", "", 0, number=None))
        if self.machine.spec.patience == 1:  # else it takes longer than it saves
            self.machine.check(_CLEAR, timeout_s=_CLEAR_S)
        self.machine.check(["usleep", "500000"])
        self.machine.save(SNAPSHOT)

    def rewind(self) -> None:
        """Go back to the configured guest, isolation off."""
        self.machine.load(SNAPSHOT)

    def ask(self, mode: str, entry: str, trigger: str, reach_ms: int, **fields: Any) -> Attempt:
        """Run guest/trial.cc once."""
        request = {"module": self.driver.module, "user": {"class": self.driver.service.name, **self.driver.service.user},
                   "policy": POLICIES[mode], "entry": entry, "trigger": trigger, "reach_ms": reach_ms,
                   "patience": self.machine.spec.patience,
                   "limit_s": int(_TRIAL_S * self.machine.spec.patience + _ENDED_S), **fields}
        return self.machine.attempt(["trial", json.dumps(request)], timeout_s=_TRIAL_S, wall_s=_WALL_S)


def answer_of(attempt: Attempt) -> dict[str, Any]:
    """Return what the guest's program answered; raise if it is no answer."""
    try:
        answer = json.loads(attempt.result.out if attempt.result else "")
    except ValueError:
        raise HarnessError(f"the guest did not answer: {attempt.outcome.value}: {attempt.detail.strip()[-300:]}") from None
    if not isinstance(answer, dict) or "error" in answer:
        raise HarnessError(f"the guest refused: {answer}")
    return answer
