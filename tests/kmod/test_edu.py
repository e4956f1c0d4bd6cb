# SPDX-License-Identifier: GPL-2.0
"""The edu driver: does what it says, isolated too, and survives its own faults."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from harness.outcome import Outcome
from harness.qemu import Machine
from harness.soak.results import as_found

pytestmark = pytest.mark.boot

CONTROL = "/sys/kernel/fgft/edu"
INJECT = "/sys/kernel/fgft/inject"
FAULTS = {
    "null-load": "bad load",
    "wild-store": "wild store",
    "divide": "divide error",
    "bug": "BUG",
    "loop": "endless loop",
    "wild-argument": "wild argument",
}
EIO = 5
TAINT_DIE = 1 << 7
FILL = "0123456789abcdef" * 4


@dataclass(frozen=True)
class Use:
    """One way to reach an entry point, and what it answers when all is well."""

    entry: str
    command: str
    answer: str
    restored: str  # the step behind its last place, where an answer has been copied out or memory written


USES = (
    Use("edu_ioctl", "edu factorial 10", "3628800", "pm"),
    Use("edu_read", "dd if=/dev/edu0 bs=64 count=1", FILL, "pm"),
    Use("edu_write", f"printf {FILL[::-1]} | dd of=/dev/edu0 bs=64", "", "pm"),
    Use("edu_llseek", "edu seek 8", "8", "undo"),
)


def fields(text: str) -> dict[str, str]:
    """Return "key: value" lines as a dictionary."""
    return dict(line.split(": ", 1) for line in text.splitlines())


def fill(machine: Machine) -> None:
    machine.check(f"printf {FILL} | dd of=/dev/edu0 bs=64 2>/dev/null")


def contents(machine: Machine) -> str:
    return machine.check("dd if=/dev/edu0 bs=64 count=1 2>/dev/null")


def arm(machine: Machine, entry: str, fault: str) -> None:
    machine.check(f"echo edu {entry} {fault} > {INJECT}")


def wait_recovered(machine: Machine) -> None:
    machine.check(f"for i in $(seq 50); do [ $(cat {CONTROL}/recovering) = 0 ] && exit 0; sleep 0.1; done; exit 1")


@pytest.mark.parametrize("policy", ["off", "always"])
def test_works(edu: Machine, policy: str) -> None:
    """Requests, contents and errors are the same natively and isolated."""
    edu.check(f"echo {policy} > {CONTROL}/policy")
    assert edu.check("edu factorial 10").strip() == "3628800"
    assert int(edu.check("edu liveness 0x12345678")) == 0xEDCBA987
    assert edu.run("edu unknown 1").rc == 25  # ENOTTY
    fill(edu)
    assert contents(edu) == FILL
    assert edu.check("dd if=/dev/edu0 bs=8 skip=1 count=1 2>/dev/null") == FILL[8:16]
    assert edu.check("dd if=/dev/zero of=/dev/edu0 bs=8192 count=1 2>/dev/null; dd if=/dev/edu0 2>/dev/null | wc -c").strip() == "4088"
    assert fields(edu.check(f"for e in {CONTROL}/entries/*; do echo ${{e##*/}}: $(cat $e/faults); done")) == {
        use.entry: "0" for use in USES
    }


def test_sleeps(edu: Machine) -> None:
    """Contents survive a suspend, during which the device's memory is lost for the driver."""
    fill(edu)
    edu.check("echo 0 > /sys/module/suspend/parameters/pm_test_delay && echo devices > /sys/power/pm_test && "
              "echo freeze > /sys/power/state", timeout_s=30)
    assert contents(edu) == FILL


def test_open_file_outlives_device(edu: Machine) -> None:
    """A file that is open when the device is unbound gets errors, and is no danger."""
    edu.check("exec 3<>/dev/edu0; cd /sys/bus/pci/drivers/edu; dev=$(ls -d 0000:*); echo $dev > unbind; "
              "dd bs=8 count=1 <&3 && exit 1; echo $dev > bind; exec 3>&-; edu factorial 3 && rmmod edu")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("use", USES, ids=[use.entry for use in USES])
def test_survives(edu: Machine, use: Use, fault: str) -> None:
    """A fault at the last place of a call: EIO, everything as before, the next call works."""
    fill(edu)
    edu.check(f"echo always > {CONTROL}/policy")
    arm(edu, use.entry, "profile")
    edu.check(use.command)
    profile = fields(edu.check(f"cat {INJECT}"))
    assert profile["state"] == "profiled"
    fill(edu)
    ranges = edu.check(f"cat {CONTROL}/ranges")
    faults = int(edu.check(f"cat {CONTROL}/faults"))

    # The last site is the return, or stands behind the last device write.
    arm(edu, use.entry, f"{fault} {profile['hits']}")
    struck = edu.run(use.command, timeout_s=30)
    assert struck.outcome is Outcome.FAILED
    assert "nput/output error" in struck.err
    wait_recovered(edu)

    assert fields(edu.check(f"cat {INJECT}"))["state"] == "struck"
    last = fields(edu.check(f"cat {CONTROL}/last_fault"))
    assert (last["entry"], last["step"]) == (use.entry, use.restored)
    assert last["cause"] in as_found((FAULTS[fault],), edu.spec.kernel)
    assert int(last["result"]) == -EIO
    assert int(edu.check(f"cat {CONTROL}/faults")) == faults + 1
    assert edu.check("cat /sys/kernel/fgft/victim").strip() == "intact"
    assert int(edu.check("cat /proc/sys/kernel/tainted")) & TAINT_DIE == 0
    assert contents(edu) == FILL
    assert use.answer in edu.check(use.command)
    assert edu.check(f"cat {CONTROL}/ranges") == ranges
    assert int(edu.check(f"cat {CONTROL}/faults")) == faults + 1


def test_report(edu: Machine) -> None:
    """What the log says of a fault, word by word but for addresses and times."""
    edu.check(f"echo always > {CONTROL}/policy")
    arm(edu, "edu_llseek", "wild-store 1")
    edu.run("edu seek 8")
    log = edu.check("dmesg | grep 'fgft: ' | tail -n 4").splitlines()
    lines = [line.split("] ", 1)[1] for line in log]
    assert lines[0] == "fgft: FAULT: wild store in edu_llseek [edu]"
    assert lines[1].startswith("fgft:   at __fgft_strike.fgft+0x")
    assert ", address ffff" in lines[1]
    assert lines[2].startswith("fgft:   undone: ")
    assert lines[2].endswith(" kernel effects, 0 of 0 register writes; step: undo")
    assert lines[3].startswith("fgft:   caller got -5 (-EIO), rollback ")


@pytest.mark.parametrize(("text", "error"), [
    ("edu no_such_entry bug 1", "No such file"),
    ("no_such_driver edu_read bug 1", "No such file"),
    ("edu edu_read no-such-fault 1", "Invalid argument"),
    ("edu edu_read bug 0", "Invalid argument"),
    ("edu edu_read bug", "Invalid argument"),
    ("edu edu_read bug 1 0", "Invalid argument"),
    ("edu edu_read bug 1 1 1", "Invalid argument"),
    ("nonsense", "Invalid argument"),
])
def test_bad_injection(edu: Machine, text: str, error: str) -> None:
    """Nonsense is refused and what was armed stays armed."""
    arm(edu, "edu_read", "none 1")
    assert error in edu.run(f"echo {text} | dd of={INJECT}").err
    assert fields(edu.check(f"cat {INJECT}"))["state"] == "armed"


def test_native_fault_corrupts(edu: Machine) -> None:
    """Without isolation the same wild store does its harm: the fault is real."""
    arm(edu, "edu_llseek", "wild-store 1")
    edu.check("edu seek 8")
    assert edu.check("cat /sys/kernel/fgft/victim").strip() == "corrupted"


def test_uevent(edu: Machine) -> None:
    """User space is told of a fault."""
    edu.check(f"echo always > {CONTROL}/policy")
    before = int(edu.check("cat /sys/kernel/uevent_seqnum"))
    arm(edu, "edu_llseek", "divide 1")
    edu.run("edu seek 8")
    edu.check(f"for i in $(seq 20); do [ $(cat /sys/kernel/uevent_seqnum) -gt {before} ] && exit 0; sleep 0.1; done; exit 1")
