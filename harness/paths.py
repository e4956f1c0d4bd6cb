# SPDX-License-Identifier: GPL-2.0
"""Where the harness keeps things: the repository, the cache, scratch directories."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
GUEST_SOURCES = Path(__file__).resolve().parent / "guest"


def cache_dir() -> Path:
    """Return the cache directory, made if absent; everything in it can be made again."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    path = Path(base) / "fgft"
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextlib.contextmanager
def cache_lock(name: str) -> Iterator[None]:
    """Let one process at a time fill the cache; others wait and then find it filled."""
    with open(cache_dir() / f"{name}.lock", "w", encoding="ascii") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def scratch_dir() -> tempfile.TemporaryDirectory[str]:
    """Return a directory for one machine's sockets and disk.

    Not below the cache: a unix socket's path may have 107 bytes at most, and a
    home directory can be long.
    """
    return tempfile.TemporaryDirectory(prefix="fgft-")


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old or the new one, never half."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    partial.rename(path)
