# SPDX-License-Identifier: GPL-2.0
"""A full disk and a damaged snapshot, with real QEMU: told apart from what a guest does."""

from __future__ import annotations

import json
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import pytest

from harness import image, kernel
from harness.outcome import GuestLost, Outcome
from harness.paths import REPO
from harness.qemu import Machine
from tests.harness.crash_module import SNAPSHOT

_RUN_S = 120
# Where a saved machine begins in the disk's file: "QEVM" and a version.
_STATE_MAGIC = b"QEVM\0\0\0\3"


def on_small_disk(directory: Path, size: int, code: str) -> dict[str, Any]:
    """Run Python where temporary files go to a disk of `size` bytes; return what it prints as JSON.

    The mount is in a namespace of its own, for which nobody has to be root.
    """
    directory.mkdir()
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c",
         'mount -t tmpfs -o size="$1" small "$2" && TMPDIR="$2" exec /usr/bin/python3 -c "$3"',
         "sh", str(size), str(directory), textwrap.dedent(code)],
        cwd=REPO, capture_output=True, text=True, timeout=_RUN_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


# Starts a machine and saves it at once; where that fails, and what is said.
_SAVE = """
    import json
    from harness.outcome import GuestLost
    from harness.qemu import Machine
    from harness.spec import Spec

    machine, reached = Machine(Spec()), "preparing"
    try:
        machine.start()
        reached = "started"
        machine.save("full")
        reached = "saved"
        print(json.dumps({"reached": reached}))
    except GuestLost as lost:
        print(json.dumps({"reached": reached, "outcome": lost.outcome.value, "detail": lost.detail}))
    finally:
        machine.close()
"""


@pytest.mark.parametrize("room, reached", [(50 << 10, "preparing"), (512 << 10, "started")])
def test_disk_full(room: int, reached: str, tmp_path: Path) -> None:
    """No room for the empty disk, for a snapshot: either way said to be the disk, and which."""
    base = image.base(kernel.select("stock"))
    found = on_small_disk(tmp_path / "small", base.stat().st_size + room, _SAVE)
    assert found["reached"] == reached and found["outcome"] == Outcome.DISK_FULL.value, found
    assert f"make room in {tmp_path / 'small'}" in found["detail"] and "\n" not in found["detail"]


def test_disk_not_full(tmp_path: Path) -> None:
    """With room the same goes well, so the tests above see the disk's size and nothing else."""
    base = image.base(kernel.select("stock"))
    assert on_small_disk(tmp_path / "small", 2 * base.stat().st_size + (64 << 20), _SAVE) == {"reached": "saved"}


def test_full_disk_of_results(tmp_path: Path) -> None:
    """A result that cannot be written ends a command with one line that says why, not with a trace."""
    code = """
        import contextlib, io, json, os
        from pathlib import Path
        from harness import cli
        from harness.commands import image
        from harness.paths import write_whole

        image.run = lambda args: write_whole(Path(os.environ["TMPDIR"]) / "summary.json", "x" * (1 << 20))
        with contextlib.redirect_stderr(io.StringIO()) as said:
            rc = cli.main(["image"])
        print(json.dumps({"rc": rc, "said": said.getvalue(), "left": os.listdir(os.environ["TMPDIR"])}))
    """
    found = on_small_disk(tmp_path / "small", 64 << 10, code)
    assert found["rc"] == 2 and "summary.json" not in found["left"]
    assert found["said"].startswith("harness: error: disk-full: ") and found["said"].count("\n") == 1


@pytest.mark.boot
def test_corrupt_snapshot(guest: Machine, tmp_path: Path) -> None:
    """A damaged snapshot is not taken for a guest that hangs; an undamaged one of the same disk can still be loaded."""
    guest.save("damaged")
    disk = Path(next(word for word in guest.argv if word.startswith("if=none,id=snapshots")).split("file=")[1])
    data = disk.read_bytes()
    # The last one in the file is the last one saved.
    at = data.rindex(_STATE_MAGIC)
    with disk.open("r+b") as stream:
        stream.seek(at)
        stream.write(b"\xff" * 4096)
    with pytest.raises(GuestLost, match="snapshot-corrupt: loadvm damaged: ") as caught:
        guest.load("damaged")
    assert caught.value.outcome is Outcome.SNAPSHOT_CORRUPT
    # Until something sound is loaded there is no guest to talk to.
    with pytest.raises(GuestLost):
        guest.run("true")
    guest.load(SNAPSHOT)
    assert guest.run("true").outcome is Outcome.PASSED
