# SPDX-License-Identifier: GPL-2.0
"""Debian packages: what is installed, and unpacking one without installing it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from harness.outcome import HarnessError
from harness.paths import cache_dir

_DOWNLOAD_TIMEOUT_S = 600
_QUERY_TIMEOUT_S = 60


def _run(argv: list[str], timeout_s: float, cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout_s, cwd=cwd, check=False)
    except FileNotFoundError:
        raise HarnessError(f"{argv[0]} not found: the harness needs a Debian system") from None
    except subprocess.TimeoutExpired:
        raise HarnessError(f"{' '.join(argv)} did not end within {timeout_s:.0f} s") from None
    if done.returncode:
        raise HarnessError(f"{' '.join(argv)} failed: {(done.stderr or done.stdout).strip()[-800:]}")
    return done.stdout


def missing(names: list[str]) -> list[str]:
    """Return those of `names` that are not installed, in the order given."""
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *names],
        capture_output=True, text=True, timeout=_QUERY_TIMEOUT_S, check=False,
    )  # a name dpkg has never heard of makes it return 1; the list is still complete
    installed = {line.split()[0] for line in done.stdout.splitlines() if line.endswith(" installed")}
    return [name for name in names if name not in installed]


def candidates(names: list[str]) -> dict[str, str]:
    """Return the version apt would install of each package, by name."""
    versions: dict[str, str] = {}
    name = ""
    for line in _run(["apt-cache", "policy", *names], _QUERY_TIMEOUT_S).splitlines():
        if line and not line[0].isspace():
            name = line.rstrip(":").split(":")[0]
        elif line.startswith("  Candidate: ") and "(none)" not in line:
            versions[name] = line.split(": ", 1)[1].strip()
    absent = [name for name in names if name not in versions]
    if absent:
        raise HarnessError(
            f"apt knows no package {', '.join(absent)}: run `apt-get update` as root, then try again"
        )
    return versions


def libraries_of(name: str) -> list[str]:
    """Return the library packages that `name` depends on directly."""
    text = _run(
        ["apt-cache", "depends", "--no-recommends", "--no-suggests", "--no-conflicts", "--no-breaks",
         "--no-replaces", "--no-enhances", name], _QUERY_TIMEOUT_S)
    return re.findall(r"^\s+\|?(?:Pre)?Depends: (z?lib[^\s:<]+)", text, re.MULTILINE)


def unpack(name: str, version: str) -> Path:
    """Download a package and unpack it into the cache; return where it lies.

    Call with the cache lock held.  An unpacked package is complete, because it
    gets its name only at the end.
    """
    root = cache_dir() / "packages" / f"{name}_{version.replace(':', '%3a')}"
    if root.is_dir():
        return root
    partial = root.with_name(root.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    (partial / "deb").mkdir(parents=True)
    _run(["apt-get", "-q", "download", f"{name}={version}"], _DOWNLOAD_TIMEOUT_S, cwd=partial / "deb")
    archives = list((partial / "deb").glob("*.deb"))
    if len(archives) != 1:
        raise HarnessError(f"apt-get download {name} left {len(archives)} files; expected one")
    _run(["dpkg-deb", "-x", str(archives[0]), str(partial)], _DOWNLOAD_TIMEOUT_S)
    shutil.rmtree(partial / "deb")
    partial.rename(root)
    return root


def known(names: list[str]) -> bool:
    """Return whether apt's lists hold all of `names`; when not, they want an update."""
    try:
        candidates(names)
    except HarnessError:
        return False
    return True
