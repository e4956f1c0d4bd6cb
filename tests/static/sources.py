# SPDX-License-Identifier: GPL-2.0
"""The files of the repository, by kind, and how a checking tool is run on them."""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]

# Seconds a single tool may take on a single file; all need far less.
TOOL_TIMEOUT = 300


@functools.cache
def tracked() -> list[str]:
    """Return every file that is or is about to be committed."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=REPO,
        check=True,
        capture_output=True,
        text=True,
        timeout=TOOL_TIMEOUT,
    ).stdout.splitlines()
    return sorted(name for name in set(listing) if (REPO / name).is_file())


def shebang(name: str) -> str:
    """Return the interpreter named in the first line, or an empty string."""
    with open(REPO / name, "rb") as handle:
        first = handle.readline()
    return first[2:].decode(errors="replace").strip() if first.startswith(b"#!") else ""


def kernel_c() -> list[str]:
    """Return the C of ours that is compiled into kernel modules."""
    return [
        name
        for name in tracked()
        if name.endswith((".c", ".h", ".S"))
        and name.startswith(("fgft/", "drivers/", "tests/kmod/", "harness/kmod/"))
        and not name.startswith(("fgft/isolator/", "fgft/tools/"))
    ]


def cplusplus() -> list[str]:
    """Return C++ translation units."""
    return [name for name in tracked() if name.endswith(".cc")]


def shell() -> list[str]:
    """Return shell scripts, whatever their name."""
    return [name for name in tracked() if name.endswith(".sh") or shebang(name).endswith(("/sh", "/bash", " bash"))]


def python() -> list[str]:
    """Return Python sources, whatever their name."""
    return [name for name in tracked() if name.endswith(".py") or shebang(name).endswith("python3")]


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a tool in the repository; that it is missing raises, so the test fails."""
    return subprocess.run(command, cwd=REPO, capture_output=True, text=True, timeout=TOOL_TIMEOUT, check=False)


def check(command: list[str]) -> None:
    """Run a tool that has to have nothing to say."""
    result = run(command)
    said = (result.stdout + result.stderr).strip()
    assert result.returncode == 0 and not said, f"{' '.join(command)}\n{said}"


@functools.cache
def kernel_source() -> Path:
    """Return where the kernel's own checking scripts are unpacked."""
    kdir = run(["scripts/find-kdir"])
    assert kdir.returncode == 0, kdir.stderr
    release = run(["scripts/kernel-release", kdir.stdout.strip()])
    assert release.returncode == 0, release.stderr
    source = run(
        [
            "scripts/kernel-source",
            release.stdout.strip(),
            "scripts/checkpatch.pl",
            "scripts/spelling.txt",
            "scripts/const_structs.checkpatch",
            "scripts/kernel-doc",
        ]
    )
    assert source.returncode == 0, source.stderr
    return Path(source.stdout.strip())
