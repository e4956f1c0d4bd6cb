# SPDX-License-Identifier: GPL-2.0
"""The guest image: an initramfs put together from Debian packages.

The base image holds nothing that changes from one build of ours to the next,
and is cached under a name made from everything that went into it.  Modules
under test go into a second archive behind it, written for each boot.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from harness import apt, kernel, packages, program
from harness.cpio import Archive
from harness.outcome import HarnessError
from harness.paths import GUEST_SOURCES, cache_dir, cache_lock

# Raised when this file puts the same inputs together differently.
_LAYOUT = 1
_PROGRAMS = ("agent", "probe", "rest", "stream", "strike", "churn", "trial", "pointer", "tone")
_PROGRAM_DIRS = ("bin", "sbin", "usr/bin", "usr/sbin")
_LIBRARY_DIRS = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib64", "lib", "usr/lib")
_KEPT_IMAGES = 4
_NEEDED = re.compile(r"\(NEEDED\).*\[(.+)\]")


def _guest_sources() -> list[Path]:
    return sorted(path for path in GUEST_SOURCES.iterdir() if path.is_file())


def build_program(name: str) -> Path:
    """Compile one guest program, static."""
    return program.build(GUEST_SOURCES / f"{name}.cc", ("-static",))


def _needed(binary: Path) -> list[str]:
    """Return the shared libraries an ELF file names; none for other files."""
    with binary.open("rb") as stream:
        if stream.read(4) != b"\x7fELF":
            return []
    text = subprocess.run(["readelf", "-dW", str(binary)], capture_output=True, text=True, timeout=60, check=True)
    return _NEEDED.findall(text.stdout)


def _wanted(name: str, root: Path) -> Iterator[Path]:
    """Find what of an unpacked package goes into the image."""
    for only in packages.GUEST_ONLY.get(name, ()):
        yield root / only
        yield from (root / only).rglob("*")
    if name not in packages.GUEST_ONLY:
        for directory in _PROGRAM_DIRS:
            yield from (root / directory).glob("*")


class _Userland:
    """Programs of some packages and the libraries they load."""

    def __init__(self, versions: dict[str, str]) -> None:
        self.files: dict[str, Path] = {}
        self._roots = {name: apt.unpack(name, version) for name, version in versions.items()}
        self._asked: set[str] = set()
        for name, root in list(self._roots.items()):
            for path in sorted(_wanted(name, root)):
                if path.is_symlink() or path.is_file():
                    self.files[str(path.relative_to(root))] = path
                    self._add_libraries(name, path)

    def _add_libraries(self, package: str, binary: Path) -> None:
        if binary.is_symlink():
            return
        for soname in _needed(binary):
            self._add_library(package, soname)

    def _add_library(self, package: str, soname: str) -> None:
        if any(name.endswith("/" + soname) for name in self.files):
            return
        owner, directory, path = self._find(package, soname)
        real = path.resolve()
        if not real.is_relative_to(self._roots[owner]):
            raise HarnessError(f"{path} leads out of its package")
        self.files[f"{directory}/{soname}"] = real
        self._add_libraries(owner, real)

    def _find(self, package: str, soname: str) -> tuple[str, str, Path]:
        """Look in what is unpacked, else unpack what `package` depends on."""
        for unpacked in (False, True):
            if unpacked and package not in self._asked:
                self._asked.add(package)
                wanted = [name for name in apt.libraries_of(package) if name not in self._roots]
                for name, version in apt.candidates(wanted).items() if wanted else ():
                    self._roots[name] = apt.unpack(name, version)
            for owner, root in self._roots.items():
                for directory in _LIBRARY_DIRS:
                    if (root / directory / soname).exists():
                        return owner, directory, root / directory / soname
        raise HarnessError(f"no dependency of package {package} holds {soname}")


def _write_base(archive: Archive, guest_kernel: kernel.Kernel, userland: _Userland, programs: dict[str, Path]) -> None:
    for directory in ("dev", "proc", "sys", "run", "tmp", "root", "etc", "modules", "bin", "sbin"):
        archive.directory(directory)
    archive.symlink("var/run", "/run")
    archive.symlink("bin/sh", "dash")
    archive.character_device("dev/console", 5, 1)
    archive.character_device("dev/null", 1, 3, 0o666)
    for name, path in sorted(userland.files.items()):
        archive.host_path(path, name)
    # The loader's path is written into every program.
    archive.symlink("lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2")
    for name, path in programs.items():
        archive.file(f"usr/bin/{name}", path.read_bytes(), 0o755)
    archive.file("init", (GUEST_SOURCES / "init").read_bytes(), 0o755)
    archive.file("usr/sbin/fgft-net", (GUEST_SOURCES / "fgft-net").read_bytes(), 0o755)
    archive.file("etc/fgft-modules", ("\n".join(packages.GUEST_LOADED) + "\n").encode())
    archive.file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
    archive.file("etc/group", b"root:x:0:\n")
    _write_modules(archive, guest_kernel)


def _write_modules(archive: Archive, guest_kernel: kernel.Kernel) -> None:
    """Add the stock modules with an index that names no others."""
    paths = guest_kernel.closure(list(packages.GUEST_MODULES))
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "lib" / "modules" / guest_kernel.release
        for path in paths:
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).symlink_to(guest_kernel.modules / path)
        for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
            (tree / name).symlink_to(guest_kernel.modules / name)
        subprocess.run(["/sbin/depmod", "-b", scratch, guest_kernel.release], check=True, timeout=120)
        for path in sorted(tree.rglob("*")):
            if path.is_file():
                name = f"lib/modules/{guest_kernel.release}/{path.relative_to(tree)}"
                archive.file(name, path.read_bytes())


def base(guest_kernel: kernel.Kernel) -> Path:
    """Return the base image for a kernel, assembled when no cached one fits."""
    versions = apt.candidates(list(packages.GUEST))
    key = program.digest([
        json.dumps([_LAYOUT, _PROGRAMS, guest_kernel.release, guest_kernel.version, versions,
                    list(packages.GUEST_MODULES), packages.GUEST_LOADED, packages.GUEST_ONLY, program.FLAGS]).encode(),
        *(path.read_bytes() for path in _guest_sources())])
    image = cache_dir() / "images" / f"base-{key}.cpio"
    if image.exists():
        os.utime(image)
        return image
    with cache_lock("image"):
        if image.exists():  # another process was faster
            return image
        image.parent.mkdir(exist_ok=True)
        programs = {name: build_program(name) for name in _PROGRAMS}
        userland = _Userland(versions)
        partial = image.with_suffix(".partial")
        with partial.open("wb") as stream:
            archive = Archive(stream)
            _write_base(archive, guest_kernel, userland, programs)
            archive.close()
        partial.rename(image)
        for old in sorted(image.parent.glob("base-*.cpio"), key=lambda path: path.stat().st_mtime)[:-_KEPT_IMAGES]:
            old.unlink()
    return image


def overlay(modules: Iterable[Path]) -> bytes:
    """Return an archive that puts `modules` into the guest's /modules."""
    stream = io.BytesIO()
    archive = Archive(stream)
    archive.directory("modules")
    for module in modules:
        if not module.is_file():
            raise HarnessError(f"{module}: no such module; build it first")
        archive.file(f"modules/{module.name}", module.read_bytes())
    archive.close()
    return stream.getvalue()


def initramfs(guest_kernel: kernel.Kernel, modules: Iterable[Path], target: Path) -> None:
    """Write the initramfs of one boot to `target`."""
    target.write_bytes(base(guest_kernel).read_bytes() + overlay(modules))
