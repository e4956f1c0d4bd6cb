# SPDX-License-Identifier: GPL-2.0
"""A campaign's figures: intervals, what is counted among what, merging, damaged files."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest

from harness.campaign import merge, plots, store, table
from harness.campaign.record import Kernel, Outcome
from harness.campaign.stats import Share, cumulative, percent, quantiles
from harness.campaign.summary import Summary
from harness.demo.table import console
from harness.outcome import HarnessError
from tests.harness.campaign_trials import SEED, a_plan, a_trial, lay_out, mixed

DIED, HUNG, FINE, NOTHING = Outcome.KERNEL_DIED, Outcome.HUNG, Outcome.RECOVERED, Outcome.NO_EFFECT
ERROR, UNREACHED = Outcome.HARNESS_ERROR, Outcome.NOT_REACHED


# Proportions and distributions


@pytest.mark.parametrize("n, of", [(0, 10), (10, 10), (1, 10), (81, 263), (997, 1000)])
def test_clopper_pearson(n: int, of: int) -> None:
    """By its definition: at either end what was seen is as unlikely as 2.5 %."""
    def tail(part: float, counts: range) -> float:
        return sum(math.comb(of, k) * part**k * (1 - part)**(of - k) for k in counts)

    found = Share(n, of).interval
    assert found
    low, high = found
    assert low == 0 if n == 0 else tail(low, range(n, of + 1)) == pytest.approx(0.025, rel=1e-6)
    assert high == 1 if n == of else tail(high, range(n + 1)) == pytest.approx(0.025, rel=1e-6)


def test_share_of_nothing() -> None:
    """Nothing is not 0 %."""
    assert Share(0, 0).fields() == {"n": 0, "of": 0, "low95": None, "high95": None, "unknown": 0}
    for wrong in ((2, 1, 0), (-1, 1, 0), (1, 2, 2)):
        with pytest.raises(ValueError):
            Share(*wrong)


@pytest.mark.parametrize("value, text", [(1.0, "100.00"), (99999 / 100000, "99.99"), (0.57, "57.00"), (0.0, "0.00")])
def test_percent(value: float, text: str) -> None:
    """Less than all is never shown as all."""
    assert percent(value) == f"{text}\N{NO-BREAK SPACE}%"


def test_quantiles() -> None:
    """Values that occurred, and how many."""
    assert quantiles([]) == {"n": 0, "p50": None, "p90": None, "p99": None, "max": None}
    assert quantiles([7]) == {"n": 1, "p50": 7, "p90": 7, "p99": 7, "max": 7}
    assert quantiles(list(range(100, 0, -1))) == {"n": 100, "p50": 50, "p90": 90, "p99": 99, "max": 100}
    assert cumulative([3, 1]) == ([1, 3], [0.5, 1.0])


# The summary


def test_denominators() -> None:
    """Undetected and escalated faults are counted among all; the unreached and harness errors are not."""
    trials = [a_trial(index, *pair) for index, pair in enumerate([
        (DIED, FINE), (DIED, DIED), (HUNG, Outcome.ESCALATED), (DIED, ERROR), (DIED, UNREACHED),
        (NOTHING, NOTHING), (Outcome.UNDETECTED_HARMFUL, Outcome.UNDETECTED_HARMFUL), (ERROR, FINE), (UNREACHED, UNREACHED)])]
    summary = Summary(a_plan(12), trials)
    assert (summary.survival.n, summary.survival.of) == (5, 6)
    assert summary.fatal == 5
    assert (summary.fatal_survival.n, summary.fatal_survival.of) == (2, 3)
    assert (summary.app_correct.n, summary.app_correct.of) == (3, 6)
    assert summary.holes == [9, 10, 11]
    fields = summary.fields(["test"], 2.0)
    assert fields["harness_errors"] == 2 and [error["mode"] for error in fields["errors"]] == ["isolated", "native"]
    assert fields["if_errors_failed"]["survival"]["of"] == 7
    assert fields["rate_per_s"] == 4.5
    assert sum(fields["native"].values()) == sum(fields["isolated"].values()) == len(trials)
    assert fields["funnel"]["activated"] == 6 and fields["trials_missing"] == 3
    assert [miss["outcome"] for miss in fields["misses"]] == ["kernel_died", "undetected_harmful", "escalated"]
    assert fields["misses"][0]["replay"] == f"python3 -m harness campaign --driver e1000 replay {SEED}-1"


def test_unknown_is_not_so() -> None:
    """What could not be judged is in the denominator, and said to be unknown."""
    summary = Summary(a_plan(2), [a_trial(0, DIED, FINE), a_trial(1, DIED, HUNG, application_correct=None)])
    assert (summary.app_correct.n, summary.app_correct.of, summary.app_correct.unknown) == (1, 2, 1)


def test_contract() -> None:
    """The fields others rely on are there, for a campaign in which nothing ran too."""
    wanted = {"schema", "command", "kernel", "qemu", "compiler", "date", "driver", "seed", "distinct_faults", "operators",
              "trials", "rate_per_s", "native", "isolated", "fatal", "fatal_survived", "survival", "app_correct",
              "resources_clean", "misses", "harness_errors"}
    for trials in ([], mixed(50)):
        fields = Summary(a_plan(50), trials).fields(["test"], None)
        assert wanted <= fields.keys()
        assert fields["rate_per_s"] is None and fields["kernel"]["release"] == "6.1.0-56-amd64"
        assert {"n", "of", "low95", "high95"} <= fields["survival"].keys()
        assert json.loads(json.dumps(fields)) == fields


def test_a_miss_on_the_oracle_kernel_only() -> None:
    """A kernel with checkers sees what the other does not: that is a miss too."""
    misses = Summary(a_plan(1), [a_trial(0, DIED, FINE, Outcome.UNDETECTED_HARMFUL)]).misses
    assert [(miss.run.kernel, miss.run.outcome) for miss in misses] == [(Kernel.ORACLE, Outcome.UNDETECTED_HARMFUL)]


def test_harm_done_by_isolation() -> None:
    """What only the isolated kernel dies of is counted; what was not passed natively cannot be compared."""
    trials = [a_trial(0, NOTHING, HUNG), a_trial(1, DIED, HUNG), a_trial(2, UNREACHED, DIED), a_trial(3, NOTHING, NOTHING)]
    assert Summary(a_plan(4), trials).fields(["test"], None)["only_isolated_fatal"] == 1


def test_passed_natively_only() -> None:
    """What isolation kept from being passed is in no proportion, and is told."""
    summary = Summary(a_plan(3), [a_trial(0, DIED, UNREACHED), a_trial(1, NOTHING, ERROR), a_trial(2, UNREACHED, UNREACHED)])
    assert summary.fields(["test"], None)["only_native_activated"] == 1 and summary.survival.of == 0


def test_what_is_said_often_is_said_once() -> None:
    """A report that every call prints does not fill the page."""
    trial = a_trial(0, DIED, DIED, problems=("it died",), console=("WARNING: a", "BUG: b", "WARNING: a"))
    assert Summary(a_plan(1), [trial]).misses[0].cause == "it died; WARNING: a (2 times); BUG: b"


@pytest.mark.parametrize("values, ticks", [([3_510_000_000, 3_520_000_000], 2), ([1_000_000, 40_000_000], 2), ([5], 1), ([0, 9], 1),
                                           ([900, 3_000_000_000], 3)])
def test_every_axis_has_numbers(values: list[int], ticks: int) -> None:
    """Times far apart or nearly alike: the axis says what they are."""
    plot = plots.boxes("name", "title", "label", {"undo": values})
    assert plot and len(re.findall(r">[\d.]+ [nµm]?s<", plot.svg)) >= ticks, plot


def test_terminal() -> None:
    """What a person needs is on the terminal: figures, denominators, what is missing, how to run one again."""
    trials = [a_trial(0, DIED, FINE), a_trial(1, HUNG, DIED), a_trial(2, DIED, ERROR)]
    out = console()
    out.record = True
    out.print(table.render(Summary(a_plan(4), trials), Path("out/report.html")))
    text = out.export_text()
    for wanted in ("1 of 2; 95 %", "HARNESS ERRORS: 1 trials", "1 of 4 planned trials", "undo",
                   f"campaign --driver e1000 replay {SEED}-1", "out/report.html"):
        assert wanted in text.replace("\n", " "), text


# Files


def test_torn_line(tmp_path: Path) -> None:
    """Half a line at the end is told and left out; anywhere else it is damage."""
    directory = lay_out(tmp_path / "c", a_plan(3), [a_trial(0, DIED, FINE), a_trial(1, DIED, FINE)])
    path = directory / store.TRIALS
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[:-100], encoding="utf-8")
    found = store.read(directory)
    assert [trial.index for trial in found.trials] == [0]
    assert len(found.notices) == 1 and "torn" in found.notices[0]
    path.write_text(whole[100:], encoding="utf-8")
    with pytest.raises(HarnessError, match=r"trials.jsonl:1: .*not written by a campaign"):
        store.read(directory)


def test_files_missing(tmp_path: Path) -> None:
    """No plan: what to do. No trials: a campaign of none."""
    with pytest.raises(HarnessError, match="plan.json is missing: run"):
        store.read(tmp_path)
    (tmp_path / store.PLAN).write_text("{}", encoding="utf-8")
    with pytest.raises(HarnessError, match="no plan"):
        store.read(tmp_path)
    lay_out(tmp_path / "c", a_plan(3), []).joinpath(store.TRIALS).unlink()
    assert store.read(tmp_path / "c").trials == ()


# Merging


def test_merge(tmp_path: Path) -> None:
    """Shares of a plan are one campaign again; holes are named."""
    plan, trials = a_plan(6), mixed(6)
    one, two = lay_out(tmp_path / "1", plan, trials[0:5:2]), lay_out(tmp_path / "2", plan, trials[1:4:2])
    merged = merge.merge([one, two])
    assert list(merged.trials) == trials[:5] and merged.holes == (5,) and not merged.whole and not merged.notices
    merge.write(tmp_path / "all", merged)
    again = store.read(tmp_path / "all")
    assert list(again.trials) == trials[:5] and store.digest(again.plan) == store.digest(plan)


def test_merge_other_plan(tmp_path: Path) -> None:
    """Campaigns of different plans are not mixed, and what differs is named."""
    one, two = lay_out(tmp_path / "1", a_plan(6), []), lay_out(tmp_path / "2", a_plan(6, build="other"), [])
    with pytest.raises(HarnessError, match=r"different plans \(build\)"):
        merge.merge([one, two])
    three = lay_out(tmp_path / "3", a_plan(2), [a_trial(5, DIED, FINE)])
    with pytest.raises(HarnessError, match="not number 5 of the plan"):
        merge.merge([three])


def test_merge_twice_run(tmp_path: Path) -> None:
    """A trial run twice: agreement is counted, of a contradiction the worse half stays."""
    plan = a_plan(2)
    one = lay_out(tmp_path / "1", plan, [a_trial(0, DIED, FINE), a_trial(1, DIED, FINE)])
    two = lay_out(tmp_path / "2", plan, [a_trial(0, DIED, FINE, wall_s=9.0), a_trial(1, DIED, DIED)])
    for sources in ([one, two], [two, one]):
        merged = merge.merge(sources)
        assert merged.notices == ("2 trials were there more than once, 1 of them disagree",)
        assert [trial.isolated.outcome for trial in merged.trials] == [FINE, DIED]
        assert len(merged.disagreements) == 1 and "recovered" in merged.disagreements[0] and f"{SEED}-1" in merged.disagreements[0]
        assert not merged.whole


@pytest.mark.parametrize("numbers, text", [([], ""), ([4], "4"), ([1, 2, 3, 7, 9, 10], "1-3, 7, 9-10")])
def test_ranges(numbers: list[int], text: str) -> None:
    """Holes in short."""
    assert merge.ranges(numbers) == text
