# SPDX-License-Identifier: GPL-2.0
"""The bench's page in a real browser: every figure is there, nothing is fetched, it fits a telephone."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.bench import micro, page, results, rst
from harness.bench.measure import Cost, Measured
from harness.bench.recovery import STEPS, Recovery, Row
from tests.harness.browser import Page, rendered

_NASTY = '<img src="http://192.0.2.1/x.png">&'
_NATIVE = Cost(3000.0, 4000.0, 8000.0)
_GROWN = {"call_insns": 232.0, "log": [
    {"stores": 1, "call_insns": 255.0, "insns_per_store": 23.0, "rollback_ns": 14000},
    {"stores": 1000, "call_insns": 57000.0, "insns_per_store": 56.8, "rollback_ns": 110000}]}


def summary(*drivers: str) -> dict[str, Any]:
    """What the bench writes, of drivers that all did the same."""
    recovered = Recovery([
        Row("undo", "nic_xmit", 3, outage_ns=55_000, lost=0, duplicated=0, undisturbed_ns=40_000, added_ns=15_000, inside_ns=8000,
            client="fine"),
        Row("pm", "nic_set", 9, outage_ns=300_000_000, lost=7, duplicated=1, inside_ns=5000),
        Row("restart", _NASTY, outage_ns=1_000_000_000, lost=1234, duplicated=0, set_up_again=["rings", "mac"]),
    ], {"updown": "not a network card"})
    found = Measured({"native": _NATIVE, "off": _NATIVE, "all": Cost(3300.0, 5000.0, 9000.0)}, call_insns=232.0)
    fields = results.driver_fields(found, 2.0, recovered, _GROWN, 14416)
    small = {**micro.empty(), "store_ns": 3.0, "plain_store_ns": 0.3, "libitm_gl_wt_store_ns": 7.0, "libitm_ml_wt_store_ns": 8.0}
    return {"date": "2026-11-22T19:00:00+00:00", "kernel": {"release": "6.1.0", "patched": False}, "qemu": "QEMU 7", "compiler": "gcc 12",
            "command": ["python3", "-m", "harness", "bench"], "drivers": dict.fromkeys(drivers, fields), "micro": small}


@pytest.fixture(name="written", scope="module")
def fixture_written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of two drivers, one with a name that begins with a digit."""
    return page.write(tmp_path_factory.mktemp("page") / page.PAGE, summary("8139cp", "e1000"))


def test_in_a_browser(written: Path, tmp_path: Path) -> None:
    """Every driver, step, picture and bound is there; what is missed says so; the console is empty."""
    found, said = rendered(written, tmp_path / "profile")
    assert not said
    text = " ".join(found.text)
    assert len(found.all("section")) == 4 and len(found.all("svg", role="img")) == 9
    for wanted in (*(step.replace("_", " ") for step in STEPS), "55.0 µs", "300 ms", "1.00 s", "not a network card",
                   "rings, mac", _NASTY, "python3 -m harness bench"):
        assert wanted in text, wanted
    assert len(found.all("tr", **{"class": "missed"})) == 2  # PM's tenth, of each driver
    assert len(found.all("tr", **{"class": "held"})) == 2 * 2 + 1


def test_documentation(tmp_path: Path) -> None:
    """The page of the documentation has every driver's steps and bounds, and is well formed."""
    path = rst.write(tmp_path / rst.PAGE, summary("8139cp", "e1000"))
    done = subprocess.run(["rst2html", "--report=1", "--halt=1", str(path)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    text = path.read_text(encoding="utf-8")
    assert text.count("15.0 us") == 2 and text.count("rings, mac") == 2 and text.count("not a network card") == 2
    assert text.count("MISSED: restored by PM") == 2


def test_telephone(written: Path, tmp_path: Path) -> None:
    """At 400 pixels nothing sticks out."""
    path = written.with_name("telephone.html")
    # The page allows no script of its own: the measuring one is let in here.
    path.write_text(written.read_text(encoding="utf-8").replace("style-src", "script-src 'unsafe-inline'; style-src"), encoding="utf-8")
    script = "document.body.dataset.width = `${document.documentElement.scrollWidth} ${innerWidth}`;"
    found, said = rendered(path, tmp_path / "profile", 400, script)
    assert not said
    needed, there = map(int, found.all("body")[0]["data-width"].split())
    assert needed <= there <= 500


def test_alone_and_whole(written: Path) -> None:
    """Nothing is fetched, elements are closed, names unique, pictures told in words."""
    found = Page(written.read_text(encoding="utf-8"))
    assert not found.unbalanced and not found.open
    assert not [name for name, attributes in found.elements if attributes.get("src") or name in ("img", "script", "iframe")]
    names = [attributes["id"] for _name, attributes in found.elements if "id" in attributes]
    assert len(names) == len(set(names))
    for picture in found.all("svg"):
        title, words = picture["aria-labelledby"].split()
        assert found.all("title", id=title) and found.all("desc", id=words)


def test_nothing_measured() -> None:
    """A run of one part has a page too, with the rest told as unknown."""
    given = summary("nic")
    given["drivers"]["nic"] = results.driver_fields(Measured(), None)
    given["micro"] = micro.empty()
    found = Page(page.render(given))
    assert not found.unbalanced and not found.all("svg") and "not known" in " ".join(found.text)
