# SPDX-License-Identifier: GPL-2.0
"""A campaign's page in a real browser: everything is there, nothing is fetched, it fits a telephone."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.campaign import page, report, store
from harness.campaign.record import Outcome, Trial
from harness.campaign.summary import Summary
from tests.harness.browser import Page, rendered
from tests.harness.campaign_trials import ENTRIES, OPERATORS, SEED, a_plan, a_trial, lay_out, mixed

_COMMAND = ["python3", "-m", "harness", "campaign", "--driver", "e1000"]
# One with what a page could do wrong if it took text for markup.
_NASTY = '<img src="http://192.0.2.1/x.png">&"\''


@pytest.fixture(scope="module")
def trials() -> list[Trial]:
    """Trials of all kinds, one with hostile text."""
    return [*mixed(300), a_trial(300, Outcome.KERNEL_DIED, Outcome.KERNEL_DIED, problems=(_NASTY,))]


@pytest.fixture(scope="module")
def written(trials: list[Trial], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of these."""
    summary = Summary(a_plan(310), trials)
    return page.write(tmp_path_factory.mktemp("page") / store.PAGE, summary, summary.fields(_COMMAND, 100.0))


def test_in_a_browser(written: Path, trials: list[Trial], tmp_path: Path) -> None:
    """Rows, links and plots are there, the script ran, and the console is empty."""
    found, said = rendered(written, tmp_path)
    assert not said
    misses = Summary(a_plan(310), trials).misses
    rows = [row for row in found.all("tr") if "data-outcome" in row]
    assert len(rows) == len(misses) > 20
    assert len({row["id"] for row in rows}) == len(rows)
    names = {attributes["id"] for _name, attributes in found.elements if "id" in attributes}
    links = [link["href"] for link in found.all("a")]
    assert f"#trial-{SEED}-300" in links
    assert all(link[1:] in names for link in links)
    # The script shows the form, and counts.
    assert "hidden" not in found.all("form", id="filter")[0]
    assert f"{len(rows)} of {len(rows)} shown" in found.text
    assert {figure["id"] for figure in found.all("figure")} == {
        "all", "operators", "entries", "plot-detection", "plot-rollback", "plot-restore", "plot-outage"}
    assert len(found.all("svg", role="img")) == 4
    text = " ".join(found.text)
    for wanted in (*ENTRIES, *(name for name, _family in OPERATORS), f"campaign --driver e1000 replay {SEED}-300", _NASTY,
                   "9 of 310 trials have not been run", "python3 -m harness campaign --driver e1000"):
        assert wanted in text, wanted


def test_filter(written: Path, trials: list[Trial], tmp_path: Path) -> None:
    """A choice hides the other rows."""
    script = """
        const form = document.getElementById("filter");
        form.elements.outcome.value = "wrong_result";
        form.elements.text.value = "E1000_CLEAN_part";
        form.dispatchEvent(new Event("input"));
        document.body.dataset.shown = form.querySelector("output").textContent;
    """
    found, said = rendered(written, tmp_path, script=script)
    assert not said
    wanted = [miss for miss in Summary(a_plan(310), trials).misses
              if miss.run.outcome is Outcome.WRONG_RESULT and miss.trial.fault.function == "e1000_clean_part"]
    shown = [row for row in found.all("tr") if "data-outcome" in row and "hidden" not in row]
    assert len(shown) == len(wanted) > 0
    assert {row["data-outcome"] for row in shown} == {"wrong_result"}
    assert found.all("body")[0]["data-shown"].startswith(f"{len(wanted)} of ")


def test_telephone(written: Path, tmp_path: Path) -> None:
    """At 400 pixels nothing sticks out; a link to a row that is filtered away brings it back."""
    # The event of a new fragment comes after the page has been loaded.
    script = f"""
        document.body.dataset.width = `${{document.documentElement.scrollWidth}} ${{innerWidth}}`;
        document.getElementById("filter").elements.outcome.value = "wrong_result";
        document.getElementById("filter").dispatchEvent(new Event("input"));
        document.body.dataset.before = document.getElementById("trial-{SEED}-300").hidden;
        addEventListener("load", () => setTimeout(() => {{ location.hash = "trial-{SEED}-300"; }}, 100));
    """
    found, said = rendered(written, tmp_path, 400, script)
    assert not said
    assert found.all("body")[0]["data-before"] == "true"
    assert "hidden" not in found.all("tr", id=f"trial-{SEED}-300")[0]
    needed, there = map(int, found.all("body")[0]["data-width"].split())
    assert needed <= there <= 500


def test_the_browser_would_tell(written: Path, tmp_path: Path) -> None:
    """A script that fails and an image from outside are on the console: the tests above can fail."""
    _found, said = rendered(written, tmp_path, script="document.body.innerHTML += '<img src=\"http://192.0.2.1/\">'; nosuch();")
    assert any("nosuch is not defined" in line for line in said)
    assert any("Content Security Policy" in line for line in said)


def test_nothing_from_outside(written: Path) -> None:
    """No address but those of XML's names, and no element that fetches."""
    text = written.read_text(encoding="utf-8")
    found = Page(text)
    assert not found.unbalanced and not found.open
    assert not [name for name, attributes in found.elements if attributes.get("src") or name in ("img", "iframe", "object")]
    assert all(link["href"] == "data:," for link in found.all("link"))
    names = {value for _tag, attributes in found.elements for name, value in attributes.items() if name.startswith("xmlns")}
    assert names == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    outside = {address for address in re.findall(r"(?:https?:)?//[\w.]+/[^\s\"<&]*", text) if "192.0.2.1" not in address}
    assert outside <= names, outside
    # Names of elements are unique, those in pictures too.
    names_of = [attributes["id"] for _name, attributes in found.elements if "id" in attributes]
    assert len(names_of) == len(set(names_of))


def test_pictures_have_words(written: Path) -> None:
    """Every picture says in words what it shows."""
    found = Page(written.read_text(encoding="utf-8"))
    bars = found.all("span", role="img")
    assert len(bars) == 3 + 2 * (len(OPERATORS) + len(ENTRIES))
    assert all(re.fullmatch(r"(native|isolated|isolated, oracle kernel): (\d+ [a-z ]+(, )?)+", bar["aria-label"]) for bar in bars)
    for picture in found.all("svg"):
        title, words = picture["aria-labelledby"].split()
        assert found.all("title", id=title) and found.all("desc", id=words)
    assert any("longest" in text and "median" in text for text in found.text)


@pytest.mark.parametrize("trials_of", [[], [a_trial(0, Outcome.NO_EFFECT, Outcome.NO_EFFECT)],
                                       [a_trial(0, Outcome.HARNESS_ERROR, Outcome.HARNESS_ERROR)]])
def test_little(trials_of: Sequence[Trial], tmp_path: Path) -> None:
    """A campaign that was stopped at once has a page too."""
    summary = Summary(a_plan(1, unreached={}, oracle_every=None), trials_of)
    text = page.render(summary, summary.fields(_COMMAND, None))
    found = Page(text)
    assert not found.unbalanced and "not known" in text


def test_same_trials_same_page() -> None:
    """The page depends on trials and summary only, so that two can be compared."""
    summary = Summary(a_plan(20), mixed(20))
    fields = summary.fields(_COMMAND, 100.0)
    assert page.render(summary, fields) == page.render(summary, fields)


# The commands


def commands(words: list[str]) -> int:
    """Run a command below `campaign`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", default="e1000")
    parser.add_argument("--out", type=Path)
    report.register(parser.add_subparsers())
    args = parser.parse_args(words)
    return int(args.run(args))


def test_report_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From a directory: all three, and what is wrong with the files."""
    directory = lay_out(tmp_path / "c", a_plan(5), mixed(5))
    with (directory / store.TRIALS).open("a", encoding="utf-8") as stream:
        stream.write('{"id": "7-5", "ind')
    assert commands(["report", str(directory)]) == 0
    shown = capsys.readouterr()
    assert "5 of 5 trials" in shown.out and "torn" in shown.err
    assert (directory / store.PAGE).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert (directory / store.SUMMARY).is_file()


def test_merge_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A whole plan is a success; a hole is not, and is named."""
    plan, trials = a_plan(6), mixed(6)
    one, two = lay_out(tmp_path / "1", plan, trials[::2]), lay_out(tmp_path / "2", plan, trials[1:-1:2])
    assert commands(["--out", str(tmp_path), "merge", str(one), str(two)]) == 1
    assert "1 of 6 trials are missing: 5" in capsys.readouterr().err
    three = lay_out(tmp_path / "3", plan, trials[5:])
    assert commands(["--out", str(tmp_path), "merge", str(tmp_path / "e1000"), str(three)]) == 0
    assert len(store.read(tmp_path / "e1000").trials) == 6
