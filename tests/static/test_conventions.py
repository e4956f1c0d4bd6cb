# SPDX-License-Identifier: GPL-2.0
"""Rules of the repository that no tool of others checks."""

from __future__ import annotations

import re
import subprocess

import pytest
import sources

SOURCE_SUFFIXES = (".c", ".h", ".S", ".cc", ".py", ".def", ".sh")
# Hard bounds, in lines; the aim is 300 to 700, one mechanism a file.
MOST_LINES = {".c": 1300, ".h": 700, ".S": 700, ".cc": 1000, ".py": 1000, ".def": 1000, ".sh": 400}
# Plain text without a place for a license line, or under a license of its own.
NO_SPDX = re.compile(r"^(COPYING|LICENSES/.*|MAINTAINERS|patches/.*|drivers/[^/]*/source|.*/data/.*|.*\.json|.*\.log|Documentation/ABI/.*)$")
PROMISE = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
# Commits that break a rule and stay, for history is not rewritten: hash and why.
KEPT = {"ae6ce8449e71876a49050658e2c8b14027c0bdcf": "81 columns, from before the rule was checked"}
MOST_COLUMNS = 75
# One area, or several with ", " between them.
AREA = r"[A-Za-z0-9][A-Za-z0-9_/.{}+-]*"
SUBJECT = re.compile(rf"^{AREA}(?:, ?{AREA})*: [^ ].*[^.]$")


def text_files() -> list[str]:
    """Return the files that hold text: all but those with a NUL byte."""
    return [name for name in sources.tracked() if b"\0" not in (sources.REPO / name).read_bytes()[:8192]]


@pytest.mark.parametrize("name", [name for name in text_files() if not NO_SPDX.match(name)])
def test_spdx(name: str) -> None:
    """The license is in the first line, or in the second behind a shebang."""
    lines = (sources.REPO / name).read_text(encoding="utf-8").splitlines()
    if not lines:
        return
    first = lines[1] if lines[0].startswith("#!") and len(lines) > 1 else lines[0]
    assert "SPDX-License-Identifier: GPL-2.0" in first, f"{name}: no license line: {first!r}"


@pytest.mark.parametrize("name", [n for n in sources.tracked() if n.endswith(SOURCE_SUFFIXES)])
def test_size(name: str) -> None:
    """A file that outgrew one mechanism is split."""
    most = MOST_LINES["." + name.rsplit(".", 1)[-1]]
    lines = len((sources.REPO / name).read_text(encoding="utf-8").splitlines())
    assert lines <= most, f"{name}: {lines} lines, {most} at most: split it by mechanism"


@pytest.mark.parametrize("name", text_files())
def test_no_promises(name: str) -> None:
    """What is not done is not promised in the source."""
    for number, line in enumerate((sources.REPO / name).read_text(encoding="utf-8").splitlines(), 1):
        assert not PROMISE.search(line), f"{name}:{number}: {line.strip()}"


def test_commit_subjects() -> None:
    """`area: imperative subject`, at most 75 columns, without a full stop."""
    log = subprocess.run(
        ["git", "log", "--no-merges", "--format=%H %s"],
        cwd=sources.REPO,
        check=True,
        capture_output=True,
        text=True,
        timeout=sources.TOOL_TIMEOUT,
    ).stdout.splitlines()
    assert log, "no commits to check"
    subjects = dict(line.split(" ", 1) for line in log)
    wrong = {commit for commit, text in subjects.items() if len(text) > MOST_COLUMNS or not SUBJECT.match(text)}
    unknown = wrong - KEPT.keys()
    assert not unknown, "\n".join(f"{commit[:12]} {subjects[commit]}" for commit in unknown)


def test_makefile_lists_its_targets() -> None:
    """`make help` names every target a person may ask for."""
    makefile = (sources.REPO / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    shown = sources.run(["make", "--no-print-directory", "help"]).stdout
    assert targets
    for target in " ".join(targets).split():
        assert re.search(rf"^  {re.escape(target)} ", shown, re.MULTILINE), f"make help does not list {target}"
