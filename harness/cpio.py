# SPDX-License-Identifier: GPL-2.0
"""Writer of "newc" cpio archives, the format of an initramfs.

The kernel accepts several archives one after the other, so that the modules of
one boot can be put behind an unchanged base image.  Writing the format here
rather than calling cpio(1) lets an ordinary user make device nodes and files
that belong to root, and makes equal input give equal bytes.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

_MAGIC = b"070701"
_ALIGN = 4


class Archive:
    """An archive being written; parents of an entry are added on demand."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._next_inode = 1
        self._present: set[str] = set()

    def _entry(self, name: str, mode: int, data: bytes = b"", rdev: tuple[int, int] = (0, 0)) -> None:
        if name in self._present:
            return
        self._present.add(name)
        encoded = name.encode() + b"\0"
        links = 2 if stat.S_ISDIR(mode) else 1
        fields = (self._next_inode, mode, 0, 0, links, 0, len(data), 0, 0, *rdev, len(encoded), 0)
        self._next_inode += 1
        header = _MAGIC + b"".join(b"%08x" % field for field in fields) + encoded
        self._stream.write(header + b"\0" * (-len(header) % _ALIGN))
        self._stream.write(data + b"\0" * (-len(data) % _ALIGN))

    def _parents(self, name: str) -> None:
        for parent in reversed(Path(name).parents[:-1]):
            self._entry(str(parent), stat.S_IFDIR | 0o755)

    def directory(self, name: str, mode: int = 0o755) -> None:
        """Add a directory."""
        self._parents(name)
        self._entry(name, stat.S_IFDIR | mode)

    def file(self, name: str, data: bytes, mode: int = 0o644) -> None:
        """Add a regular file."""
        self._parents(name)
        self._entry(name, stat.S_IFREG | mode, data)

    def symlink(self, name: str, target: str) -> None:
        """Add a symbolic link."""
        self._parents(name)
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def character_device(self, name: str, major: int, minor: int, mode: int = 0o600) -> None:
        """Add a character device node."""
        self._parents(name)
        self._entry(name, stat.S_IFCHR | mode, rdev=(major, minor))

    def host_path(self, source: Path, name: str) -> None:
        """Add a file or symbolic link of the host under another name."""
        if source.is_symlink():
            self.symlink(name, os.readlink(source))
        else:
            self.file(name, source.read_bytes(), 0o755 if os.access(source, os.X_OK) else 0o644)

    def close(self) -> None:
        """Write the trailer; the stream stays open."""
        self._present.discard("TRAILER!!!")
        self._entry("TRAILER!!!", 0)
        # The kernel looks for the next archive at a 4-byte boundary; 512 is cpio's block.
        self._stream.write(b"\0" * (-self._stream.tell() % 512))
