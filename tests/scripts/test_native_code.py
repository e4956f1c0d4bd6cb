# SPDX-License-Identifier: GPL-2.0
"""With isolation off, an entry point runs its native instructions and one nop.

The driver is compiled once more without the isolator, and both objects are
disassembled.  Padding is left out of the comparison; the patched-out jump, which
looks like padding, is counted through the object's jump table instead.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from harness import kernel

REPO = Path(__file__).resolve().parents[2]
PADDING = {"nop", "nopl", "nopw", "data16", "xchg", "cs"}
# A static branch that is off: the five-byte nop of arch_static_branch().
BRANCH_NOP = re.compile(r"0f 1f 44 00 00")


def isolated_entries(driver: str) -> list[str]:
    """Return the functions the last plain build of a driver isolates."""
    reports = (REPO / "build" / kernel.headers_release() / "plain" / "report" / driver).glob("*.json")
    units = [json.loads(path.read_text(encoding="utf-8")) for path in reports]
    return sorted(entry["name"] for unit in units for entry in unit["entries"])


def tracked_functions() -> set[str]:
    """Return the allocators whose native calls are redirected, to know driver memory."""
    rows: set[str] = set()
    for table in (REPO / "fgft" / "kapi").glob("*.def"):
        rows |= set(re.findall(r"^KAPI_(?:ALLOC|FREE)\((\w+)", table.read_text(), re.MULTILINE))
    return rows


def tool(*command: str) -> str:
    """Return what a binutils program prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Code:
    """What the objects of one build say about each function."""

    def __init__(self, objects: list[Path]) -> None:
        """Read `objects`."""
        self.operations: dict[str, list[str]] = {}
        self.refers: dict[str, set[str]] = {}
        self.has_nop: set[str] = set()
        self.branches: Counter[str] = Counter()
        self.same: dict[str, set[str]] = {}
        for path in objects:
            self._read_text(tool("objdump", "-dr", str(path)))
            self._read_jumps(str(path))

    def _read_text(self, text: str) -> None:
        name = ""
        for line in text.splitlines():
            if head := re.match(r"^[0-9a-f]+ <([^>]+)>:$", line):
                name = head.group(1)
                self.operations.setdefault(name, [])
                self.refers.setdefault(name, set())
            elif symbol := re.search(r"\sR_X86_64_P(?:LT|C)32\s+([\w.]+)-0x4", line):
                self.refers[name].add(symbol.group(1))
            elif len(fields := line.split("\t")) == 3 and fields[2].strip():
                if BRANCH_NOP.match(fields[1]):
                    self.has_nop.add(name)
                operation = fields[2].split()[0]
                if operation not in PADDING:
                    self.operations[name].append(operation)

    def _read_jumps(self, path: str) -> None:
        """Count the jump-table records whose code lies in each function."""
        spans = []
        first: dict[tuple[str, int], str] = {}
        for line in tool("objdump", "-t", path).splitlines():
            symbol = re.match(r"^([0-9a-f]+) .{5}.F (\S+)\s+([0-9a-f]+) (\S+)$", line)
            if not symbol:
                continue
            start, size = int(symbol.group(1), 16), int(symbol.group(3), 16)
            spans.append((symbol.group(2), start, start + size, symbol.group(4)))
            # module_init() gives a function two names; the disassembly shows one.
            other = first.setdefault((symbol.group(2), start), symbol.group(4))
            self.same.setdefault(symbol.group(4), set()).add(other)
            self.same.setdefault(other, set()).add(symbol.group(4))
        section = ""
        for line in tool("objdump", "-r", path).splitlines():
            if head := re.match(r"^RELOCATION RECORDS FOR \[(.+)\]:$", line):
                section = head.group(1)
            record = re.match(r"^([0-9a-f]+) R_X86_64_PC32\s+(\.\S*text)(?:\+0x([0-9a-f]+))?$", line)
            # Records are 16 bytes: code, target, key; the code comes first.
            if section != "__jump_table" or not record or int(record.group(1), 16) % 16:
                continue
            code = int(record.group(3) or "0", 16)
            self.branches.update(
                name for where, start, end, name in spans if where == record.group(2) and start <= code < end
            )

    def shown(self, name: str) -> str:
        """Return the name the disassembly has for a function."""
        return name if name in self.operations else next(iter(self.same[name] & self.operations.keys()))


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Code, Code]:
    """Compile e1000 as upstream does; return its code and that of the isolated build."""
    release = kernel.headers_release()
    isolated = REPO / "build" / release / "plain" / "drivers" / "e1000" / "src"
    assert isolated.is_dir(), "build the modules first: make modules"
    tree = tmp_path_factory.mktemp("native")
    stage = [str(REPO / "scripts" / "stage-driver"), "e1000", str(tree), release]
    subprocess.run(stage, check=True, timeout=120)
    source = tree / "drivers" / "e1000" / "src"
    names = sorted(path.stem + ".o" for path in source.glob("*.c"))
    subprocess.run(
        ["make", "-s", "-j2", "-C", f"/lib/modules/{release}/build", f"M={source}", "FGFT_CFLAGS=", *names],
        check=True,
        timeout=300,
        env={key: value for key, value in os.environ.items() if key != "MAKEFLAGS"},
    )
    return Code([source / name for name in names]), Code([isolated / name for name in names])


@pytest.fixture(scope="module")
def isolated() -> list[str]:
    """Return the entry points to look at; few would mean the report was misread."""
    names = isolated_entries("e1000")
    assert len(names) > 50
    return names


def difference(entry: str, upstream: Code, isolated: Code) -> str:
    """Say how an entry differs from upstream's; only allocator calls may, by two instructions each."""
    entry = upstream.shown(entry)
    native, adopted = upstream.operations[entry], isolated.operations[isolated.shown(entry)]
    assert native
    if native == adopted:
        return ""
    refers = isolated.refers[isolated.shown(entry)]
    redirected = {name.removeprefix("fgft_n_") for name in refers if name.startswith("fgft_n_")}
    # A helper that was inlined is a call now, with all its arguments.
    room = 2 * len(redirected)
    if redirected and redirected <= tracked_functions() and len(adopted) <= len(native) + room:
        return ""
    return f"{entry} differs: {Counter(native)} {Counter(adopted)}"


def test_off_is_native(isolated: list[str], builds: tuple[Code, Code]) -> None:
    """With its static branch off, an entry point is what upstream compiles."""
    assert not [text for entry in isolated if (text := difference(entry, *builds))]


def test_one_patched_out_jump(isolated: list[str], builds: tuple[Code, Code]) -> None:
    """The isolated build has one static branch more than upstream's, and it is a nop."""
    upstream, adopted = builds
    for entry in isolated:
        assert adopted.branches[entry] == upstream.branches[entry] + 1, entry
        assert adopted.shown(entry) in adopted.has_nop, entry
