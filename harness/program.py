# SPDX-License-Identifier: GPL-2.0
"""Small C++ programs of the harness, built when needed."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from harness.outcome import HarnessError
from harness.paths import cache_dir

_COMPILER = "g++-12"
FLAGS = ("-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror", "-fno-exceptions")


def digest(parts: Iterable[bytes]) -> str:
    """Return a name for a sequence of contents."""
    state = hashlib.sha256()
    for part in parts:
        state.update(len(part).to_bytes(8, "little") + part)
    return state.hexdigest()[:16]


def build(source: Path, flags: tuple[str, ...], others: Iterable[Path] = ()) -> Path:
    """Compile `source`, and `others` with it; they may use the headers beside it.

    Cached by content.
    """
    words = [_COMPILER, *FLAGS, *flags]
    units = [source, *others]
    files = [*sorted(source.parent.glob("*.h")), *units]
    key = digest([*(word.encode() for word in words), *(path.read_bytes() for path in files)])
    program = cache_dir() / "programs" / f"{source.stem}-{key}"
    if program.exists():
        return program
    program.parent.mkdir(exist_ok=True)
    partial = program.with_suffix(f".{os.getpid()}")
    try:
        done = subprocess.run([*words[:1], *FLAGS, "-o", str(partial), *map(str, units), *flags], capture_output=True, text=True,
                              timeout=300, check=False)
    except FileNotFoundError:
        raise HarnessError(f"{_COMPILER} not found: run `python3 -m harness setup`") from None
    if done.returncode:
        raise HarnessError(f"{source.name} does not build:\n{done.stderr}")
    partial.rename(program)
    return program
