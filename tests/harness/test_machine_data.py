# SPDX-License-Identifier: GPL-2.0
"""A machine as data: command lines, kernel choice, the initramfs format, packages."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
from pathlib import Path

import pytest

from harness import apt, image, kernel, packages
from harness.cli import main, parser
from harness.cpio import Archive
from harness.outcome import HarnessError
from harness.spec import Files, Spec, arguments


def test_rerun_command_is_complete() -> None:
    """The command printed on failure is understood by the command line, with every setting."""
    spec = Spec(smp=1, cpu="qemu64", memory_mb=300, icount=True, accel="tcg", modules=(Path("/m/a.ko"),), nut="e1000",
                panic_on_oops=True, soft_lockup_panic=True, kernel_args=("a=1", "b"))
    words = shlex.split(spec.cli("echo 'x y'"))
    assert words[:3] == ["python3", "-m", "harness"]
    args = parser().parse_args(words[3:])
    assert (args.smp, args.cpu, args.memory, args.icount, args.accel) == (1, "qemu64", 300, True, "tcg")
    assert (args.modules, args.nut, args.append, args.cmd) == ([Path("/m/a.ko")], "e1000", ["a=1", "b"], "echo 'x y'")
    assert args.panic_on_oops and args.soft_lockup_panic


def test_kernel_arguments() -> None:
    """Settings reach the kernel."""
    words = Spec(panic_on_oops=True, soft_lockup_s=3, nut="e1000").cmdline().split()
    assert {"sysctl.kernel.panic_on_oops=1", "sysctl.kernel.softlockup_panic=0", "sysctl.kernel.watchdog_thresh=3",
            "fgft.nut=e1000"} <= set(words)


@pytest.mark.parametrize("icount, smp, late", [(True, 2, True), (True, 1, False), (False, 2, False)])
def test_late_cpus(icount: bool, smp: int, late: bool) -> None:
    """Only a counted machine with several CPUs starts them late."""
    assert ("maxcpus=1" in Spec(icount=icount, smp=smp).cmdline().split()) is late


def test_icount_needs_emulation(tmp_path: Path) -> None:
    """Instructions cannot be counted by hardware."""
    argv = arguments(Spec(icount=True), "kvm", tmp_path, Files(tmp_path))
    assert argv[argv.index("-accel") + 1] == "tcg"


@pytest.mark.parametrize("names, newest", [
    (["linux-headers-6.1.0-9-amd64", "linux-headers-6.1.0-56-amd64"], "6.1.0-56-amd64"),
    (["linux-headers-6.1.0-56-amd64", "linux-headers-6.1.0-99-rt-amd64", "linux-headers-6.1.0-99-common"],
     "6.1.0-56-amd64"),
    (["linux-headers-6.1.0-56-amd64", "linux-headers-6.12.9+deb13-amd64"], "6.12.9+deb13-amd64"),
])
def test_newest_headers(tmp_path: Path, names: list[str], newest: str) -> None:
    """The newest by number, of the plain flavour."""
    for name in names:
        (tmp_path / name).mkdir()
    assert kernel.headers_release(tmp_path) == newest


def test_no_headers(tmp_path: Path) -> None:
    """Without headers, one line that says what to do."""
    with pytest.raises(HarnessError, match="harness setup"):
        kernel.headers_release(tmp_path)


def test_module_closure(tmp_path: Path) -> None:
    """Dependencies come before what needs them; dashes and underscores are one."""
    modules = tmp_path / "lib" / "modules" / "6"
    modules.mkdir(parents=True)
    (modules / "modules.dep").write_text("k/a-b.ko: k/c.ko k/d.ko\nk/c.ko: k/d.ko\nk/d.ko:\n")
    guest_kernel = kernel.Kernel("6", "6", tmp_path)
    assert guest_kernel.closure(["a_b", "c"]) == [Path("k/d.ko"), Path("k/c.ko"), Path("k/a-b.ko")]
    with pytest.raises(HarnessError, match="no module nonesuch"):
        guest_kernel.closure(["nonesuch"])


def _members(data: bytes) -> dict[str, tuple[str, int]]:
    listing = subprocess.run(["cpio", "-itvn", "--quiet"], input=data, capture_output=True, check=True, timeout=30)
    rows = [line.split(" -> ")[0].split() for line in listing.stdout.decode().splitlines()]
    return {row[-1]: (row[0], int(row[4].rstrip(","))) for row in rows}


def test_cpio() -> None:
    """cpio(1) reads what we write: parents, modes, devices, links, sizes."""
    stream = io.BytesIO()
    archive = Archive(stream)
    archive.file("a/b/c", b"12345", 0o755)
    archive.symlink("a/l", "b/c")
    archive.character_device("dev/console", 5, 1)
    archive.close()
    members = _members(stream.getvalue())
    assert set(members) == {"a", "a/b", "a/b/c", "a/l", "dev", "dev/console"}
    assert members["a/b/c"] == ("-rwxr-xr-x", 5)
    assert members["a"][0] == "drwxr-xr-x"
    assert members["dev/console"][0] == "crw-------"
    assert len(stream.getvalue()) % 512 == 0


def test_overlay_is_the_same_each_time(tmp_path: Path) -> None:
    """Equal modules give equal bytes."""
    (tmp_path / "a.ko").write_bytes(b"x" * 10)
    first, second = image.overlay([tmp_path / "a.ko"]), image.overlay([tmp_path / "a.ko"])
    assert first == second and _members(first)["modules/a.ko"][1] == 10


def test_overlay_without_the_module(tmp_path: Path) -> None:
    """A module that was not built is named."""
    with pytest.raises(HarnessError, match="gone.ko: no such module; build it first"):
        image.overlay([tmp_path / "gone.ko"])


def test_every_package_has_a_reason() -> None:
    """The list is read by people."""
    tables = (packages.HOST, packages.REPORT, packages.TESTS, packages.SLURM, packages.GUEST, packages.GUEST_MODULES)
    assert all(reason for table in tables for reason in table.values())
    assert not any(name.startswith("linux-image") for name in packages.HOST)


def test_missing_packages() -> None:
    """What is not installed is found, also when dpkg has never heard of it."""
    assert apt.missing(["dpkg", "fgft-no-such-package"]) == ["fgft-no-such-package"]


def test_setup_as_an_ordinary_user(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """One line to run, and exit code 2."""
    monkeypatch.setattr(apt, "missing", lambda names: ["bc", "kmod"])
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert main(["setup"]) == 2
    assert "sudo apt-get install -y --no-install-recommends bc kmod\n" in capsys.readouterr().err


def test_boot_without_command_or_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The console needs a terminal: said in one line."""
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert main(["boot"]) == 2
    assert capsys.readouterr().err == "harness: error: boot without --cmd needs a terminal\n"
