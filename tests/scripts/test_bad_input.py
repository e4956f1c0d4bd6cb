# SPDX-License-Identifier: GPL-2.0
"""What a person sees who gets the build wrong: one line, and what to do."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]


def run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script of the build with changes to the environment."""
    return subprocess.run(
        command,
        cwd=REPO,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def one_line(result: subprocess.CompletedProcess[str]) -> str:
    """Return the only line of an error message."""
    assert result.returncode == 1
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    return lines[0]


def fake_build(tree: Path, functions: list[str] | None) -> None:
    """Lay out what Kbuild leaves of edu; the isolator saw `functions`, None: never ran."""
    home = tree / "drivers" / "edu"
    home.mkdir(parents=True)
    (tree / "fgft").mkdir()
    (tree / "modules").mkdir()
    # Any object will do for a module: /bin/true can be stripped.
    for module in (home / "edu.ko", tree / "modules" / "edu.ko"):
        module.write_bytes(Path("/bin/true").read_bytes())
    (home / "edu.o").touch()
    if functions is not None:
        report = tree / "report" / "edu"
        report.mkdir(parents=True)
        unit = {"entries": [{"name": name} for name in functions], "candidates": {}}
        (report / "edu.json").write_text(json.dumps(unit), encoding="utf-8")


def edu_entries() -> list[tuple[int, str]]:
    """Return line and name of the entries edu's policy lists."""
    lines = (REPO / "drivers" / "edu" / "policy").read_text(encoding="utf-8").splitlines()
    return [(n, line.split()[1]) for n, line in enumerate(lines, 1) if line.split()[:1] == ["entry"]]


def test_no_headers(tmp_path: Path) -> None:
    """A directory without kernel headers."""
    line = one_line(run(["scripts/build-modules"], KDIR=str(tmp_path)))
    assert "no kernel headers" in line and "apt-get install linux-headers-amd64" in line


def test_no_compiler(tmp_path: Path) -> None:
    """A kernel built with a compiler that is not installed."""
    (tmp_path / ".config").write_text('CONFIG_CC_VERSION_TEXT="gcc-99 (Debian 99.1.0-1) 99.1.0"\n', encoding="utf-8")
    line = one_line(run(["scripts/kernel-cc"], KDIR=str(tmp_path)))
    assert "gcc-99" in line and "apt-get install gcc-99 gcc-99-plugin-dev" in line


def test_no_kernel_source() -> None:
    """A kernel whose source package is not installed."""
    line = one_line(run(["scripts/kernel-source", "5.4.0-1-amd64", "drivers/net"]))
    assert "apt-get install linux-source-5.4" in line


def test_unknown_driver() -> None:
    """A driver that is not below drivers/."""
    line = one_line(run(["scripts/build-modules"], DRIVERS="e100"))
    assert "no driver 'e100'" in line and "edu" in line


def test_patch_that_does_not_fit(tmp_path: Path) -> None:
    """A patch that would only apply with fuzz is refused."""
    top = tmp_path / "repo"
    for part in ("scripts", "drivers/e1000"):
        subprocess.run(["mkdir", "-p", str(top / part)], check=True, timeout=10)
        subprocess.run(f"cp {REPO / part}/* {top / part}", shell=True, check=True, timeout=10)
    patches = top / "patches" / "e1000"
    patches.mkdir(parents=True)
    for patch in (REPO / "patches" / "e1000").glob("*.patch"):
        text = patch.read_text(encoding="utf-8").replace("obj-$(CONFIG_E1000)", "obj-$(CONFIG_OTHER)")
        (patches / patch.name).write_text(text, encoding="utf-8")
    release = run(["scripts/kernel-release", run(["scripts/find-kdir"]).stdout.strip()]).stdout.strip()
    result = run([str(top / "scripts" / "stage-driver"), "e1000", str(tmp_path / "tree"), release])
    assert result.returncode == 1
    assert "does not apply to the source of kernel" in result.stderr.splitlines()[-1]
    assert not (tmp_path / "tree").exists()


def test_unknown_entry(tmp_path: Path) -> None:
    """A policy entry that no unit defines; the module does not stay."""
    number, name = edu_entries()[0]
    fake_build(tmp_path, [other for _, other in edu_entries()[1:]])
    line = one_line(run(["scripts/check_build.py", str(tmp_path), "drivers/edu"]))
    assert line.startswith(f"drivers/edu/policy:{number}: error: no function '{name}' in the driver")
    assert not list(tmp_path.rglob("*.ko"))


def test_not_isolated(tmp_path: Path) -> None:
    """A driver built without FGFT_CFLAGS; the module does not stay."""
    fake_build(tmp_path, None)
    line = one_line(run(["scripts/check_build.py", str(tmp_path), "drivers/edu"]))
    assert line.startswith("drivers/edu: error: not built for isolation: add 'ccflags-y += $(FGFT_CFLAGS)'")
    assert not list(tmp_path.rglob("*.ko"))


def test_report_of_a_unit_that_is_gone(tmp_path: Path) -> None:
    """An old report does not vouch for functions that are no longer built."""
    fake_build(tmp_path, [])
    everything = {"entries": [{"name": name} for _, name in edu_entries()], "candidates": {}}
    (tmp_path / "report" / "edu" / "old.json").write_text(json.dumps(everything), encoding="utf-8")
    result = run(["scripts/check_build.py", str(tmp_path), "drivers/edu"])
    assert len(result.stderr.splitlines()) == len(edu_entries())


def test_good_build_is_published(tmp_path: Path) -> None:
    """The same build with all entries passes: the cases above can pass, too."""
    fake_build(tmp_path, [name for _, name in edu_entries()])
    (tmp_path / "modules" / "edu.ko").unlink()
    result = run(["scripts/check_build.py", str(tmp_path), "drivers/edu"])
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "modules" / "edu.ko").stat().st_size > 0


@pytest.mark.parametrize("variant", ["plain", "inject"])
def test_every_driver_is_built(variant: str) -> None:
    """`make check` has built all modules before it runs the tests."""
    release = run(["scripts/kernel-release", run(["scripts/find-kdir"]).stdout.strip()]).stdout.strip()
    modules = {path.name for path in (REPO / "build" / release / variant / "modules").glob("*.ko")}
    drivers = {path.parent.name + ".ko" for path in (REPO / "drivers").glob("*/Kbuild")}
    assert drivers | {"fgft.ko"} <= modules
