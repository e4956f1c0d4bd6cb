# SPDX-License-Identifier: GPL-2.0
"""A campaign spread over a Slurm cluster: the script, the shares, and putting them together."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.campaign import app, slurm, store
from harness.campaign.share import WHOLE, Share
from harness.cli import main
from harness.outcome import HarnessError
from harness.paths import REPO
from tests.harness.campaign_task import FAULTS
from tests.harness.campaign_trials import mixed
from tests.harness.slurm import cluster

_TASK = Path(__file__).resolve().parent / "campaign_task.py"
_TASKS_S = 120


def array(out: Path, tasks: int = 2) -> slurm.Array:
    """Return an array whose tasks boot no guest."""
    return slurm.Array("e1000", FAULTS, 7, out, tasks, 1, "00:05:00", None, program=("/usr/bin/python3", str(_TASK)))


@pytest.mark.parametrize("text", ["", "1", "2/2", "-1/2", "0/0", "a/b", "1/2/3", " 0/1"])
def test_no_share(text: str) -> None:
    """What is no share is said to be none."""
    with pytest.raises(HarnessError, match="I/N"):
        Share.parse(text)


def test_shares_are_the_whole() -> None:
    """Each trial is in exactly one share of five."""
    shares = [Share.parse(f"{number}/5") for number in range(5)]
    assert all(sum(share.has(index) for share in shares) == 1 for index in range(23))
    assert all(WHOLE.has(index) for index in range(23))


def test_script(tmp_path: Path) -> None:
    """The script is sound for a shell, whatever the directory is called, and says how to go on."""
    made = array(tmp_path / "a directory's name", 3)
    path = slurm.write(made)
    subprocess.run(["shellcheck", str(path)], check=True, timeout=60)
    text = path.read_text(encoding="utf-8")
    assert "#SBATCH --array=0-2\n" in text and '--share="$SLURM_ARRAY_TASK_ID/3"' in text and f"#   {made.merge}\n" in text
    for tasks in (0, FAULTS + 1):
        with pytest.raises(HarnessError, match="--tasks"):
            slurm.write(array(tmp_path, tasks))


@pytest.mark.parametrize("words", [["--share", "3/3"], ["slurm", "--tasks", "0"], ["--faults", "0"]])
def test_bad_input(words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One line, before anything is built, and exit code 2."""
    monkeypatch.setattr(app, "_prepare", None)
    assert main(["campaign", "--no-build", "--out", str(tmp_path), *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_job_array(tmp_path: Path) -> None:
    """Two tasks of a real Slurm run a share each; the command the script names makes the whole of them."""
    made = array(tmp_path / "out")
    script = slurm.write(made)
    with cluster() as found:
        job = found.ask("sbatch", "--parsable", str(script)).strip()
        found.wait_for(job, _TASKS_S)
        said = "\n".join(path.read_text(encoding="utf-8") for path in sorted(made.logs.glob("*.log"))) + found.logs()
    for task in (0, 1):
        part = store.read(made.shares / str(task) / "e1000")
        assert [trial.index for trial in part.trials] == list(range(task, FAULTS, 2)), said
    merged = subprocess.run(["sh", "-c", made.merge], cwd=REPO, capture_output=True, text=True, timeout=120, check=False)
    assert merged.returncode == 0, merged.stdout + merged.stderr
    assert list(store.read(made.out / "e1000").trials) == mixed(FAULTS)
    assert (made.out / "e1000" / store.PAGE).is_file()


def test_a_share_goes_on(tmp_path: Path) -> None:
    """A task that is run again, as after a node's failure, runs what is missing only."""
    argv = [sys.executable, str(_TASK), "campaign", "--driver", "e1000", "--out", str(tmp_path), "--share", "1/3", "--jobs", "1"]
    subprocess.run(argv, check=True, timeout=60, capture_output=True)
    path = tmp_path / "e1000" / store.TRIALS
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[:len(whole) // 2], encoding="utf-8")
    kept = path.read_text(encoding="utf-8").rpartition("\n")[0]
    subprocess.run(argv, check=True, timeout=60, capture_output=True)
    assert path.read_text(encoding="utf-8").startswith(kept + "\n")
    assert [trial.index for trial in store.read(tmp_path / "e1000").trials] == list(range(1, FAULTS, 3))
