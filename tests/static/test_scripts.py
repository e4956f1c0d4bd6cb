# SPDX-License-Identifier: GPL-2.0
"""Shell and Python: shellcheck, compilation, pyflakes, mypy --strict."""

from __future__ import annotations

import pytest
import sources


@pytest.mark.parametrize("name", sources.shell())
def test_shellcheck(name: str) -> None:
    """shellcheck has nothing to say; what it may not know is said beside the line."""
    sources.check(["shellcheck", name])


@pytest.mark.parametrize("name", sources.python())
def test_compiles(name: str) -> None:
    """Syntax, with warnings as errors; nothing is written."""
    text = (sources.REPO / name).read_text(encoding="utf-8")
    compile(text, name, "exec", dont_inherit=True)


@pytest.mark.parametrize("name", sources.python())
def test_pyflakes(name: str) -> None:
    """Names that are unknown or unused."""
    sources.check(["pyflakes3", name])


@pytest.mark.parametrize("name", sources.python())
def test_interpreter(name: str) -> None:
    """A shebang names Debian's interpreter: another one does not see Debian's packages."""
    assert sources.shebang(name) in ("", "/usr/bin/python3")


def test_harness_types() -> None:
    """mypy --strict over the harness package and the scripts of the build."""
    result = sources.run(["/usr/bin/python3", "-m", "mypy", "-p", "harness"])
    assert result.returncode == 0, result.stdout + result.stderr
    result = sources.run(["/usr/bin/python3", "-m", "mypy", *[n for n in sources.python() if n.startswith("scripts/")]])
    assert result.returncode == 0, result.stdout + result.stderr
