# SPDX-License-Identifier: GPL-2.0
"""Whole guests: what the harness says about each way they can end."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path

import pytest

from harness import accel, kernel, probe
from harness.agent import AgentError
from harness.cli import main
from harness.console import Kind
from harness.outcome import GuestLost, HarnessError, Outcome
from harness.qemu import Attempt, Machine
from harness.spec import QEMU, Spec
from tests.harness.crash_module import CONTROL, SNAPSHOT


def _crash(guest: Machine, name: str, timeout_s: float = 5.0, wall_s: float | None = None) -> Attempt:
    return guest.attempt(f"echo {name} > {CONTROL}", timeout_s, wall_s)


# QEMU itself


def test_no_such_qemu() -> None:
    """A QEMU that is not there would not start, and is named."""
    with pytest.raises(GuestLost, match="no-such-qemu") as caught, Machine(Spec(qemu="no-such-qemu", accel="tcg")):
        pass
    assert caught.value.outcome is Outcome.QEMU_WOULD_NOT_START


def test_qemu_refuses() -> None:
    """QEMU's own words say why it would not start; so does how to try again."""
    with pytest.raises(GuestLost, match="no-such-device") as caught, Machine(Spec(devices=("no-such-device",))):
        pass
    assert caught.value.outcome is Outcome.QEMU_WOULD_NOT_START
    assert "run again with: python3 -m harness boot" in str(caught.value)


def test_kvm_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A QEMU whose guest prints nothing is given up on in bounded time; the verdict is kept."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(accel, "_BOOT_S", 0.5)
    hanging = tmp_path / "qemu"
    hanging.write_text('#!/bin/sh\n[ "$1" = --version ] && echo fake && exit\nexec sleep 60\n')
    hanging.chmod(0o755)
    device = tmp_path / "kvm"
    device.touch()
    begun = time.monotonic()
    found = accel.choose(str(hanging), tmp_path / "kernel", device)
    assert found.name == "tcg" and "printed nothing" in found.reason
    assert accel.choose(str(hanging), tmp_path / "kernel", device) == found
    assert time.monotonic() - begun < 10
    assert json.loads((tmp_path / "fgft" / "accelerator.json").read_text())["name"] == "tcg"


def test_kvm_that_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A QEMU that ends at once gives its reason."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    refusing = tmp_path / "qemu"
    refusing.write_text('#!/bin/sh\necho "no such luck" >&2\nexit 1\n')
    refusing.chmod(0o755)
    device = tmp_path / "kvm"
    device.touch()
    assert accel.choose(str(refusing), tmp_path / "kernel", device).reason == "KVM refused: no such luck"


def test_without_kvm(tmp_path: Path) -> None:
    """No device, no boot."""
    assert accel.choose(QEMU, tmp_path, tmp_path / "absent").name == "tcg"


@pytest.mark.boot
def test_qemu_killed(tmp_path: Path) -> None:
    """QEMU dies while a command runs: said at once, with the signal and the console kept."""
    log = tmp_path / "log"
    with Machine(Spec(), log=log) as machine:
        job = machine.background("sleep 100")
        os.kill(machine.pid, signal.SIGKILL)
        begun = time.monotonic()
        with pytest.raises(GuestLost, match="signal 9") as caught:
            machine.collect(job, 60)
        assert caught.value.outcome is Outcome.QEMU_DIED
        assert time.monotonic() - begun < 10
        with pytest.raises(GuestLost):
            machine.run("true")
    assert "Linux version" in log.read_text()


# Commands


@pytest.mark.boot
def test_commands(guest: Machine) -> None:
    """Output, errors, exit codes, signals and input come through."""
    result = guest.run("echo out; echo err >&2; exit 3")
    assert (result.rc, result.out, result.err) == (3, "out\n", "err\n")
    assert guest.run(["kill", "-9", "0"]).rc == -9
    assert guest.run("cat", stdin="x" * 300000).out == "x" * 300000
    assert guest.run(["printf", r"\377"]).out == "\ufffd"
    assert guest.run(["no-such-command"]).rc == 127
    assert guest.check("uname -r").strip() == kernel.headers_release()
    with pytest.raises(HarnessError, match="rc 1"):
        guest.check("false")


@pytest.mark.boot
def test_real_tools(guest: Machine) -> None:
    """The programs are the distribution's, not busybox's, in a shell too."""
    assert "iproute2" in guest.check("ip -V")
    assert "kmod" in guest.check("modprobe --version")
    assert guest.check("ethtool --version").startswith("ethtool version")
    assert "iperf 3" in guest.check("iperf3 --version")
    assert guest.check("ethtool -i eth0").startswith("driver: e1000\n")


@pytest.mark.boot
def test_overrun(guest: Machine) -> None:
    """A command that overruns is killed with its children, and the guest goes on."""
    result = guest.run("sleep 100 & sleep 100", timeout_s=0.5)
    assert result.timed_out and result.outcome is Outcome.TIMEOUT and result.rc == -9
    assert 0.5e9 <= result.guest_ns < 5e9
    assert guest.run("pidof sleep").rc == 1


@pytest.mark.boot
def test_overrun_on_the_wall(guest: Machine) -> None:
    """The host's own bound: the guest is not taken for hung, and can be used on."""
    attempt = guest.attempt("sleep 20", timeout_s=30, wall_s=0.3)
    assert attempt.outcome is Outcome.TIMEOUT and attempt.result is None
    assert guest.run("true").outcome is Outcome.PASSED


@pytest.mark.boot
def test_a_hung_command_holds_up_nothing(guest: Machine) -> None:
    """While one command cannot even be killed, others run; it is reported as stuck."""
    job = guest.background(f"echo sleep_forever > {CONTROL}", timeout_s=4)
    assert guest.collect(job, 0.1) is None
    assert guest.run("echo still").out == "still\n"
    result = guest.collect(job, 20)
    assert result and result.stuck and result.rc is None


@pytest.mark.boot
def test_jobs(guest: Machine) -> None:
    """A job can be sent a signal; a job that is unknown is refused."""
    job = guest.background("trap 'echo got; exit 4' TERM; while :; do sleep 0.05; done")
    guest.run("sleep 0.3")
    guest.signal(job, signal.SIGTERM)
    result = guest.collect(job, 5)
    assert result and (result.rc, result.out) == (4, "got\n")
    with pytest.raises(AgentError, match="no such job"):
        guest.collect(job, 1)


@pytest.mark.boot
def test_files(guest: Machine) -> None:
    """Files go both ways unchanged, large ones too."""
    data = bytes(range(256)) * 3000
    guest.write_file("/tmp/f", data, 0o755)
    assert guest.read_file("/tmp/f") == data
    assert guest.check("stat -c %a /tmp/f") == "755\n"
    with pytest.raises(AgentError, match="No such file"):
        guest.read_file("/none")


# The guest's kernel


@pytest.mark.boot
@pytest.mark.parametrize("name, kind", [
    ("null_load", Kind.PAGE_FAULT), ("wild_store", Kind.PAGE_FAULT), ("non_canonical", Kind.PROTECTION_FAULT),
    ("divide", Kind.DIVIDE_ERROR), ("bug", Kind.BUG)])
def test_oops(guest: Machine, name: str, kind: Kind) -> None:
    """An oops the kernel lives through: the command dies, the guest does not."""
    attempt = _crash(guest, name)
    assert attempt.outcome is Outcome.GUEST_OOPS
    assert [(report.kind, report.symbol) for report in attempt.reports] == [(kind, f"crash_{name}")]
    assert guest.run("true").outcome is Outcome.PASSED


@pytest.mark.boot
def test_panic_on_oops(guest: Machine) -> None:
    """The same fault, fatal; then a snapshot brings the guest back."""
    guest.check("sysctl -q -w kernel.panic_on_oops=1")
    attempt = _crash(guest, "null_load")
    assert attempt.outcome is Outcome.GUEST_PANIC and attempt.result is None
    assert [report.kind for report in attempt.reports] == [Kind.PAGE_FAULT, Kind.PANIC]
    with pytest.raises(GuestLost):
        guest.run("true")
    guest.load(SNAPSHOT)
    assert guest.check("cat /proc/sys/kernel/panic_on_oops") == "0\n"


@pytest.mark.boot
def test_panic(guest: Machine) -> None:
    """A panic without an oops."""
    attempt = guest.attempt("echo c > /proc/sysrq-trigger")
    assert attempt.outcome is Outcome.GUEST_PANIC
    assert [report.kind for report in attempt.reports] == [Kind.PANIC]


@pytest.mark.boot
def test_reset(guest: Machine) -> None:
    """A reboot is no panic, and a snapshot can be loaded after it."""
    assert guest.attempt("echo b > /proc/sysrq-trigger").outcome is Outcome.GUEST_RESET
    guest.load(SNAPSHOT)
    assert guest.run("true").outcome is Outcome.PASSED


@pytest.mark.boot
def test_soft_lockup(guest: Machine) -> None:
    """One CPU in a loop: the guest still answers, the kernel says what it sees."""
    attempt = _crash(guest, "loop", timeout_s=5)
    assert attempt.outcome is Outcome.TIMEOUT
    assert Kind.SOFT_LOCKUP in [report.kind for report in attempt.reports]


@pytest.mark.boot
def test_soft_lockup_panic(guest: Machine) -> None:
    """The same where a lockup is fatal."""
    guest.check("sysctl -q -w kernel.softlockup_panic=1")
    assert _crash(guest, "loop", timeout_s=20).outcome is Outcome.GUEST_PANIC


@pytest.mark.boot
@pytest.mark.parametrize("name, outcome", [("halt", Outcome.HUNG_SILENT), ("chatter", Outcome.HUNG_WITH_OUTPUT)])
def test_hung(guest: Machine, name: str, outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    """No CPU takes interrupts any more: hung, and whether the console still grows."""
    monkeypatch.setattr("harness.qemu._PING_S", 3.0)
    attempt = _crash(guest, name, wall_s=2)
    assert attempt.outcome is outcome
    assert re.search(r"; CPU 0 (runs|sleeps) at f+[0-9a-f]{8}; CPU 1 (runs|sleeps) at f+[0-9a-f]{8}\n", attempt.detail + "\n")
    guest.load(SNAPSHOT)
    assert guest.run("true").outcome is Outcome.PASSED


# Snapshots


@pytest.mark.boot
def test_snapshot_is_what_was_saved(guest: Machine) -> None:
    """Files made after a snapshot are gone, the clock is set back, the channel is in step."""
    before = guest.clock_ns()
    guest.check("touch /tmp/new")
    guest.background("sleep 1000")
    times = [guest.load(SNAPSHOT) for _ in range(5)]
    assert guest.run("test -e /tmp/new || pidof sleep").rc == 1
    assert guest.clock_ns() < before + 60e9
    # 0.2 s on an idle machine; the best of five keeps a busy one from deciding.
    assert min(times) < 0.5


@pytest.mark.boot
def test_no_such_snapshot(guest: Machine) -> None:
    """A snapshot that was never saved is an error of ours, not of the guest."""
    with pytest.raises(HarnessError, match="nonesuch"):
        guest.load("nonesuch")


# Traffic


@pytest.mark.boot
def test_quiet_traffic(guest: Machine) -> None:
    """Nothing happens: nothing is lost, twice or out of order, either way.

    This guest's clock is the wall's, so a busy host decides how many packets it
    can send: few are asked for.  test_counted_instructions asks for all.
    """
    with probe.running(guest, spacing_us=10000) as running:
        guest.check("sleep 0.5; probe mark here; sleep 0.5")
    assert running.traffic
    for direction in (running.traffic.nut_to_peer, running.traffic.peer_to_nut):
        assert direction.offered >= 100 and direction.received == direction.offered
        assert (direction.lost, direction.duplicated, direction.reordered, direction.corrupt) == (0, 0, 0, 0)
    assert running.traffic.marks["here"].nut_to_peer.first_good_ns is not None


@pytest.mark.boot
def test_link_down_is_an_outage(guest: Machine) -> None:
    """An interface that is down for a known time: that time is measured, and sends are refused."""
    with probe.running(guest) as running:
        guest.check("sleep 0.2; probe mark down; ip -n peer link set peer0 down; sleep 0.5;"
                    "ip -n peer link set peer0 up;"
                    "ip -n peer neigh replace 10.77.0.1 lladdr 52:54:00:46:47:01 nud permanent dev peer0; sleep 0.5")
    assert running.traffic
    mark = running.traffic.marks["down"]
    assert 0.4e9 < mark.peer_to_nut.outage_ns < 2e9
    assert 0.4e9 < mark.nut_to_peer.outage_ns < 2e9
    assert mark.peer_to_nut.lost > 100
    assert sum(running.traffic.peer_to_nut.errors.values()) == running.traffic.peer_to_nut.refused > 100


@pytest.mark.boot
def test_counted_instructions() -> None:
    """Two CPUs and -cpu max on the counted clock: exact traffic, and restart as an outage of seconds."""
    with Machine(Spec(smp=2, cpu="max", icount=True, nut="e1000")) as machine:
        assert machine.check("nproc") == "2\n"
        machine.check("fgft-net wait; sleep 3")
        with probe.running(machine) as quiet:
            machine.check("sleep 0.5")
        with probe.running(machine) as restart:
            machine.check("sleep 0.2; probe mark down; rmmod e1000; modprobe e1000; fgft-net nut; fgft-net wait; sleep 0.5",
                          timeout_s=20)
    assert quiet.traffic and quiet.traffic.lost == 0
    assert quiet.traffic.outage_ns < 3e6
    assert restart.traffic
    mark = restart.traffic.marks["down"]
    # Measured: 2.7 s, most of it the link that negotiates anew.
    assert 1e9 < mark.outage_ns < 6e9
    assert mark.lost > 1000
    assert restart.traffic.nut_to_peer.refused > 100


# The command line


@pytest.mark.boot
def test_boot_command(capfd: pytest.CaptureFixture[str]) -> None:
    """The command's output and exit code are ours; accelerator and boot time are told once."""
    assert main(["boot", "--cmd", "echo hello; exit 5"]) == 5
    shown = capfd.readouterr()
    assert shown.out == "hello\n"
    assert shown.err.count("accelerator") == 1


@pytest.mark.boot
def test_boot_command_panic(capfd: pytest.CaptureFixture[str]) -> None:
    """A panic is named, the console quoted, and the command to run it again given."""
    assert main(["boot", "--panic-on-oops", "--cmd", "echo c > /proc/sysrq-trigger"]) == 1
    shown = capfd.readouterr().err
    assert "guest-panic: the guest's kernel panicked" in shown
    assert "kernel: panic: Kernel panic - not syncing: sysrq triggered crash" in shown
    assert "RIP: 0033:" in shown.split("--- last console lines")[1]
    assert "--panic-on-oops --cmd 'echo c > /proc/sysrq-trigger'" in shown
