# SPDX-License-Identifier: GPL-2.0
"""What a restore of e1000 by suspend and resume leaves behind that the driver's callbacks do not see to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from guests import configured

from harness.qemu import Machine

pytestmark = pytest.mark.boot

CONTROL = "/sys/kernel/fgft/e1000"
INJECT = "/sys/kernel/fgft/inject"
WAIT_S = 100.0
# Sites of an offline self-test that are left when its frames go from the PHY back to it.
LOOPBACK = 1180
TRIES = 5
RESETS = f"cat {CONTROL}/entries/e1000_reset_task/calls"
RESTORED = f"usleep 100000; for i in $(seq 600); do [ $(cat {CONTROL}/recovering) = 0 ] && break; usleep 20000; done; sed -n 's/^step: //p' {CONTROL}/last_fault"


@pytest.fixture(scope="module")
def nut(modules: dict[str, Path], kernel_name: str) -> Iterator[Machine]:
    """A guest with e1000 set up, all of it isolated; repeats do not climb."""
    with configured(kernel_name, "e1000", modules["fgft"].parent) as machine:
        yield machine


def faults(nut: Machine) -> str:
    """Return how many faults there have been in the driver."""
    return nut.check(f"cat {CONTROL}/faults").strip()


def test_phy_forgets_the_loopback(nut: Machine) -> None:
    """The self-test fails while the PHY is in loopback, which outlives every reset of the MAC: packets go out again."""
    # On a busy host the test's own poll may be taken for endless, in loopback, too: not what is asked, so once more.
    for _ in range(TRIES):
        before = faults(nut)
        hits = int(nut.check(f"echo e1000 e1000_diag_test profile > {INJECT}; ethtool -t nut offline > /dev/null; "
                             f"{RESTORED} > /dev/null; sed -n 's/^hits: //p' {INJECT}", timeout_s=WAIT_S))
        if faults(nut) != before:
            continue
        step = nut.check(f"echo e1000 e1000_diag_test null-load {hits - LOOPBACK} > {INJECT}; ethtool -t nut offline > /dev/null; "
                         f"{RESTORED}", timeout_s=WAIT_S)
        nut.check("ping -c 2 -W 5 10.77.0.2", timeout_s=WAIT_S)
        if "state: struck" in nut.check(f"cat {INJECT}"):
            break
    else:
        pytest.fail(f"not one of {TRIES} self-tests was struck where it was asked")
    assert step.strip() == "pm"


def test_no_reset_that_nobody_asked_for(nut: Machine) -> None:
    """While a restore waits for the link it brings forward what is due, and not a reset that was due long ago."""
    # The driver resets its device when frames wait and there is no link: once is enough for the runtime to know how.
    nut.background("exec ip netns exec peer iperf3 -s > /dev/null 2>&1")
    nut.check(f"""sleep 1; iperf3 -u -c 10.77.0.2 -b 4M -t 60 > /dev/null & flood=$!
for i in $(seq 60); do ethtool -r nut; usleep 100000; [ $({RESETS}) != 0 ] && break; done
kill $flood
for i in $(seq 100); do [ "$(cat /sys/class/net/nut/carrier)" = 1 ] && break; usleep 100000; done""", timeout_s=WAIT_S)
    before = int(nut.check(RESETS))
    assert before
    step = nut.check(f"echo e1000 e1000_nway_reset null-load 1000 > {INJECT}; ethtool -r nut; {RESTORED}", timeout_s=WAIT_S)
    assert step.strip() == "pm"
    assert int(nut.check(RESETS)) - before <= 1
    nut.check("ping -c 2 -W 5 10.77.0.2", timeout_s=WAIT_S)
