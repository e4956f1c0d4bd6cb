# SPDX-License-Identifier: GPL-2.0
"""`adopt`: what it drafts, what it makes of the isolator's reports, and one driver as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.adopt import draft, survey
from harness.cli import main
from harness.outcome import HarnessError
from harness.paths import REPO

MAKEFILE = """# SPDX-License-Identifier: GPL-2.0
obj-$(CONFIG_ONE) += one.o
obj-$(CONFIG_MANY) += many.o \\
\ttail.o
obj-y += sub/
many-y := a.o b.o
"""


def source(directory: Path, makefile: str = MAKEFILE, own: bool = False) -> draft.Source:
    """Return a driver's directory with this Makefile."""
    home = directory / "drivers" / "toy"
    home.mkdir(parents=True)
    (home / "Makefile").write_text(makefile, encoding="utf-8")
    return draft.Source("drivers/toy", home if own else directory, own)


def test_modules_of_a_makefile(tmp_path: Path) -> None:
    """Continued lines count, directories do not; one of several has to be named."""
    toy = source(tmp_path)
    assert toy.objects() == ["one.o", "many.o", "tail.o"]
    assert toy.composite("many.o") and not toy.composite("one.o")
    assert [draft.choose(toy, name) for name in ("one", "one.c", "many.o")] == ["one.o", "one.o", "many.o"]
    with pytest.raises(HarnessError, match=r"builds one\.o, many\.o, tail\.o: say which with --object"):
        draft.choose(toy, None)
    with pytest.raises(HarnessError, match=r"builds no three\.o: there are"):
        draft.choose(toy, "three")


@pytest.mark.parametrize("wanted, line", [("one.o", "+CFLAGS_one.o += $(FGFT_CFLAGS)"), ("many.o", "+ccflags-y += $(FGFT_CFLAGS)")])
def test_first_patch_adds_one_line(tmp_path: Path, wanted: str, line: str) -> None:
    """And that behind what it is about, not into the middle of it."""
    toy = source(tmp_path / "linux")
    draft.write(toy, wanted, "toy", tmp_path / "draft")
    patch = next((tmp_path / "draft" / "patches" / "toy").glob("*.patch")).read_text(encoding="utf-8")
    changed = [text for text in patch.splitlines() if text[:1] in ("+", "-") and text[:3] not in ("---", "+++")]
    assert changed == [line] and "--- a/drivers/toy/Makefile" in patch
    assert (tmp_path / "draft" / "drivers" / "toy" / "source").read_text(encoding="utf-8") == f"drivers/toy {wanted}\n"


def test_own_driver_is_copied(tmp_path: Path) -> None:
    """A driver that is not the kernel's comes with its source, and needs no patch."""
    toy = source(tmp_path / "own", "obj-m += one.o\n", own=True)
    draft.write(toy, draft.choose(toy, None), "toy", tmp_path / "draft")
    home = tmp_path / "draft" / "drivers" / "toy"
    assert (home / "Makefile").read_text(encoding="utf-8").endswith("ccflags-y += $(FGFT_CFLAGS)\n")
    assert not (home / "source").exists() and not (tmp_path / "draft" / "patches").exists()


def test_what_is_there_stays(tmp_path: Path) -> None:
    """--write does not overwrite, not even in part."""
    draft.write(source(tmp_path / "linux"), "one.o", "toy", tmp_path / "draft")
    repo = tmp_path / "repo"
    assert {path.name for path in draft.publish(tmp_path / "draft", "toy", repo)} == {
        "Kbuild", "policy", "source", "0001-toy-build-with-the-isolator.patch"}
    (repo / "drivers" / "toy" / "policy").write_text("mine", encoding="utf-8")
    with pytest.raises(HarnessError, match="is there already: nothing was written"):
        draft.publish(tmp_path / "draft", "toy", repo)
    assert (repo / "drivers" / "toy" / "policy").read_text(encoding="utf-8") == "mine"


def unit(**changes: Any) -> dict[str, Any]:
    """Return the report of a source file in which toy_open calls toy_up, which calls magic()."""
    return {"functions": {"toy_open": {"calls": ["toy_up.fgft"]}, "toy_up": {"calls": ["kfree"]}, "toy_stop": {"calls": []}},
            "unclassed": {"magic": ["toy_up"]}, "kernel_functions": {"kfree": {}}, "refusals": [],
            "candidates": {"toy_open": {"table": "net_device_ops.ndo_open", "reason": ""},
                           "toy_stop": {"table": "dev_pm_ops.suspend", "reason": ""}}, **changes}


def test_entry_points_and_what_is_in_their_way() -> None:
    """A function without a class counts for every entry point that reaches it, however deep."""
    found = survey.read("toy", [unit()])
    assert {entry.name: entry.reason for entry in found.entries} == {"toy_open": "reaches magic", "toy_stop": None}
    assert (found.isolatable, found.unclassed, found.classed) == (1, {"magic": ("toy_open",)}, ("kfree",))
    assert found.pm == ("dev_pm_ops.suspend",)


def test_refusals_and_other_units() -> None:
    """Code that cannot be isolated is told with its place; a unit with the body knows whether it is an entry point."""
    refusal = {"file": "/x/toy.c", "line": 7, "function": "toy_up", "what": "a computed goto"}
    other = unit(candidates={"toy_far": {"table": "t.f", "reason": "its body is elsewhere"}}, unclassed={})
    body = unit(candidates={"toy_far": {"table": "t.f", "reason": ""}, "toy_open": {"table": "o", "reason": ""}},
                unclassed={}, refusals=[refusal])
    found = survey.read("toy", [other, body])
    assert {entry.name: entry.reason for entry in found.entries} == {
        "toy_far": None, "toy_open": "toy_up (toy.c:7): a computed goto"}


def test_a_driver_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The distribution's r8169, which is large and adopted by nobody here, is surveyed in one go."""
    assert main(["adopt", "drivers/net/ethernet/realtek", "--object", "r8169", "--out", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert "rtl8169_start_xmit" in told and "net_device_ops.ndo_start_xmit" in told
    assert "phy_connect_direct" in told and "dev_pm_ops.suspend" in told
    found = json.loads((tmp_path / "r8169" / "survey.json").read_text(encoding="utf-8"))
    assert len(found["entries"]) > 30 and found["unclassed"]
    assert not (REPO / "drivers" / "r8169").exists()


@pytest.mark.parametrize("words, message", [
    (["drivers/net/ethernet/realtek"], "say which with --object"),
    (["drivers/net/ethernet/realtek", "--object", "r8170"], "builds no r8170.o"),
])
def test_bad_input(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, and the exit code of a mistake."""
    assert main(["adopt", *words]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1 and message in said[0]
