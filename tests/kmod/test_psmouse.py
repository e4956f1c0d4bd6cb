# SPDX-License-Identifier: GPL-2.0
"""psmouse, brought back in every way there is: what the user set stays, and the pointer moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from guests import checked

from harness.outcome import Outcome
from harness.qemu import Machine

pytestmark = pytest.mark.boot

CONTROL = "/sys/kernel/fgft/psmouse"
PORT = "/sys/bus/serio/devices/serio1"
MOVES = f"pointer once '{PORT}/input/input*/event*' 10000"
SHOW = f"cd {PORT}; cat protocol rate resolution resetafter resync_time"
LOAD_S = 120.0
RESTORE_S = 60.0
STRIKE = f"""
faults={CONTROL}/faults
before=$(cat $faults)
echo psmouse %s null-load %d %d > /sys/kernel/fgft/inject
{{ %s; }} > /dev/null 2>&1
for i in $(seq 600); do
	[ $(cat $faults) != $before ] && [ $(cat {CONTROL}/recovering) = 0 ] && break
	usleep 50000
done
sed -n 's/^step: //p' {CONTROL}/last_fault
"""


@pytest.fixture(scope="module")
def mouse(modules: dict[str, Path], kernel_name: str) -> Iterator[Machine]:
    """A guest with a mouse, nothing of whose settings is a default."""
    with checked(kernel_name, mouse=True, nut_model="", modules=(modules["fgft"], modules["psmouse"])) as machine:
        machine.check("modprobe evdev; insmod /modules/fgft.ko repeats=0 repeat_s=600 && insmod /modules/psmouse.ko", timeout_s=LOAD_S)
        machine.check(f"for i in $(seq 500); do [ -e {PORT}/rate ] && break; usleep 10000; done; cd {PORT}; "
                      "echo 80 > rate; echo 100 > resolution; echo 7 > resetafter; echo 9 > resync_time", timeout_s=RESTORE_S)
        machine.check(f"echo always > {CONTROL}/policy")
        yield machine


def strike(machine: Machine, entry: str, site: int, command: str, times: int = 1) -> str:
    """Strike an entry point in its next calls; return the step that put it right."""
    return machine.check(STRIKE % (entry, site, times, command), timeout_s=RESTORE_S).strip()


def moves(machine: Machine) -> bool:
    """Whether the pointer does."""
    return machine.run(MOVES, timeout_s=RESTORE_S).outcome is Outcome.PASSED


def test_setting_is_taken_back(mouse: Machine) -> None:
    """A rate half set: the mouse is told the old one, and reports movements again."""
    before = mouse.check(SHOW)
    assert strike(mouse, "psmouse_attr_set_helper", 6, f"echo 40 > {PORT}/rate") == "registers"
    assert mouse.check(SHOW) == before
    assert moves(mouse)


def test_byte_is_not_lost(mouse: Machine) -> None:
    """An interrupt that aborts is run again: the packet it is part of arrives."""
    assert strike(mouse, "psmouse_interrupt", 2, MOVES) == "again"
    assert moves(mouse)


@pytest.mark.parametrize("times, step", [(2, "pm"), (4, "rebind")])
def test_reconnect_fails_again(mouse: Machine, times: int, step: str) -> None:
    """The port is not given up for it: a restore sets the mouse up, with what the user has set."""
    before = mouse.check(SHOW)
    assert strike(mouse, "psmouse_reconnect", 6, f"echo -n reconnect > {PORT}/drvctl", times) == step
    assert mouse.check(SHOW) == before
    assert moves(mouse)


def test_every_step_keeps_the_settings(mouse: Machine) -> None:
    """PM, and rebind with another protocol than the best one, which only its driver's file tells."""
    mouse.check("echo 1 > /sys/module/fgft/parameters/repeats")
    before = mouse.check(SHOW)
    assert strike(mouse, "psmouse_attr_show_helper", 1, f"cat {PORT}/rate") == "pm"
    assert mouse.check(SHOW) == before
    assert moves(mouse)
    mouse.check(f"cd {PORT}; echo -n ImPS/2 > protocol; echo 60 > rate; echo 50 > resolution", timeout_s=RESTORE_S)
    before = mouse.check(SHOW)
    assert before.split()[:3] == ["ImPS/2", "60", "50"]
    assert strike(mouse, "psmouse_attr_show_helper", 1, f"cat {PORT}/rate") == "rebind"
    assert mouse.check(SHOW) == before
    assert moves(mouse)
