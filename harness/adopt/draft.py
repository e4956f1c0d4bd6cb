# SPDX-License-Identifier: GPL-2.0
"""The files an adoption begins with, laid out as in this repository.

A draft is a directory with drivers/<name>/ and patches/<name>/ in it, so that
what is built and looked at is what `adopt --write` copies.
"""

from __future__ import annotations

import difflib
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.outcome import HarnessError
from harness.paths import REPO

# "obj-m := a.o b.o" and "obj-$(CONFIG_X) += a.o"
_OBJECTS = re.compile(r"^obj-\S+?\s*[:+]?=\s*(.*)$", re.MULTILINE)
_PARTS = "{}-(?:objs|y)"
_FLAGS = "$(FGFT_CFLAGS)"
_SPDX = "# SPDX-License-Identifier: GPL-2.0\n"
_UNPACK_S = 300.0


@dataclass(frozen=True)
class Source:
    """A driver's source: a directory of the kernel's, or one of the user's own."""

    path: str  # as the user names it
    root: Path  # where it lies now
    own: bool  # not from the kernel

    @property
    def directory(self) -> Path:
        """The source itself."""
        return self.root if self.own else self.root / self.path

    @property
    def makefile(self) -> Path:
        """Its Kbuild file; raises HarnessError if it has none."""
        for name in ("Kbuild", "Makefile"):
            if (self.directory / name).is_file():
                return self.directory / name
        raise HarnessError(f"{self.path}: no Kbuild or Makefile there: name the directory that builds the driver")

    def objects(self) -> list[str]:
        """Return the modules its Makefile builds, as "name.o"."""
        text = self.makefile.read_text(encoding="utf-8").replace("\\\n", " ")
        words = [word for line in _OBJECTS.findall(text) for word in line.split("#", 1)[0].split()]
        return list(dict.fromkeys(word for word in words if word.endswith(".o")))

    def composite(self, wanted: str) -> bool:
        """Whether a module is linked from several objects."""
        stem = re.escape(wanted.removesuffix(".o"))
        return re.search(rf"^{_PARTS.format(stem)}\s*[:+]?=", self.makefile.read_text(encoding="utf-8"), re.MULTILINE) is not None


def find(path: str, release: str) -> Source:
    """Return a driver's source; raise HarnessError if there is none of that name."""
    if Path(path).is_dir():
        return Source(path, Path(path).resolve(), own=True)
    path = path.strip("/")
    done = subprocess.run([str(REPO / "scripts" / "kernel-source"), release, path], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=_UNPACK_S, check=False)
    if done.returncode:
        said = next((line for line in done.stderr.splitlines() if line.startswith("fgft: error")), "")
        raise HarnessError(said.removeprefix("fgft: error: ") or f"{path}: no such directory, here or in the source of kernel {release}")
    return Source(path, Path(done.stdout.strip()), own=False)


def choose(source: Source, wanted: str | None) -> str:
    """Return the module to adopt as "name.o"; raise HarnessError unless it is clear which."""
    there = source.objects()
    if not there:
        raise HarnessError(f"{source.path}: its {source.makefile.name} builds no module")
    if wanted is None:
        if len(there) > 1:
            raise HarnessError(f"{source.path} builds {', '.join(there)}: say which with --object")
        return there[0]
    name = wanted.removesuffix(".o").removesuffix(".c") + ".o"
    if name not in there:
        raise HarnessError(f"{source.path} builds no {name}: there {'is' if len(there) == 1 else 'are'} {', '.join(there)}")
    return name


def _patch(source: Source, wanted: str, name: str) -> str:
    """Return a kernel-style patch that has the Makefile build a module with the isolator."""
    before = source.makefile.read_text(encoding="utf-8").splitlines(keepends=True)
    line = f"ccflags-y += {_FLAGS}\n" if source.composite(wanted) else f"CFLAGS_{wanted} += {_FLAGS}\n"
    # Behind the line that names it, or the last of its continuations.
    at = next(i for i, text in enumerate(before) if re.match(r"obj-", text) and wanted in text.split())
    while before[at].rstrip().endswith("\\"):
        at += 1
    after = [*before[:at + 1], line, *before[at + 1:]]
    where = f"{source.path}/{source.makefile.name}"
    diff = "".join(difflib.unified_diff(before, after, f"a/{where}", f"b/{where}", n=1))
    return (f"From: FGFT contributors <fgft@localhost>\nSubject: [PATCH] {name}: build with the isolator\n\n"
            "The isolator gives each function that an isolated entry point reaches a twin\n"
            "in the same object.  It runs as a compiler plugin, so that the driver needs\n"
            "its flags and no change of source.\n\n---\n" + diff)


def write(source: Source, wanted: str, name: str, draft: Path) -> None:
    """Lay the files out below `draft`, which is emptied first."""
    shutil.rmtree(draft, ignore_errors=True)
    home = draft / "drivers" / name
    home.mkdir(parents=True)
    (draft / "scripts").symlink_to(REPO / "scripts")
    (home / "policy").write_text(
        f"{_SPDX}# {name}: which functions are isolated, and what its registers do when written.\n\n"
        "# Every function the driver hands to the kernel.\nentry *\n", encoding="utf-8")
    if source.own:
        shutil.copytree(source.directory, home, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.o", "*.ko", ".*", "*.mod*"))
        kbuild = (home / source.makefile.name)
        kbuild.write_text(f"{kbuild.read_text(encoding='utf-8').rstrip()}\n\nccflags-y += {_FLAGS}\n", encoding="utf-8")
        return
    alone = source.objects() == [wanted]
    (home / "source").write_text(source.path + ("" if alone else f" {wanted}") + "\n", encoding="utf-8")
    (home / "Kbuild").write_text(f"{_SPDX}# {name}: the kernel's own driver, staged below src/ with patches/{name}/ applied.\n\n"
                                 "obj-m += src/\n", encoding="utf-8")
    patches = draft / "patches" / name
    patches.mkdir(parents=True)
    (patches / f"0001-{name}-build-with-the-isolator.patch").write_text(_patch(source, wanted, name), encoding="utf-8")


def publish(draft: Path, name: str, repo: Path = REPO) -> list[Path]:
    """Copy a draft's files into the repository; raise HarnessError if the driver is there already."""
    taken = [repo / part / name for part in ("drivers", "patches") if (repo / part / name).exists()]
    if taken:
        raise HarnessError(f"{taken[0]} is there already: nothing was written; remove it, or choose another --name")
    written = []
    for part in ("drivers", "patches"):
        if (draft / part / name).is_dir():
            shutil.copytree(draft / part / name, repo / part / name)
            written += sorted(path for path in (repo / part / name).rglob("*") if path.is_file())
    return written
