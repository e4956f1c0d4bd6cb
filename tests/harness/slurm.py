# SPDX-License-Identifier: GPL-2.0
"""A Slurm cluster of one node on this machine, for a test: nothing of it is installed or survives.

Controller, node daemon and munged are Debian's, unpacked into the cache, and
run on ports, sockets, keys and directories of their own as whoever runs the
test.  No control groups: a container may not have them.
"""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from harness import apt, packages
from harness.paths import cache_lock, scratch_dir

_START_S = 60.0
_ASK_S = 30.0
_LIBRARIES = ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu/slurm-wlm")
_PROGRAMS = ("usr/bin", "usr/sbin")

_CONFIGURATION = """\
ClusterName=fgft
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
SlurmctldPort={controller_port}
SlurmdPort={node_port}
AuthType=auth/munge
AuthInfo=socket={home}/munge/socket
CredType=cred/munge
PluginDir={plugins}
StateSaveLocation={home}/state
SlurmdSpoolDir={home}/spool
SlurmctldPidFile={home}/slurmctld.pid
SlurmdPidFile={home}/slurmd.pid
SlurmctldLogFile={home}/slurmctld.log
SlurmdLogFile={home}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
MpiDefault=none
SwitchType=switch/none
PropagateResourceLimits=NONE
SlurmdParameters=config_overrides
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=16000 State=UNKNOWN
PartitionName=test Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def _unpacked() -> list[Path]:
    """Return where Slurm's packages lie, with the libraries this host lacks."""
    names = list(packages.SLURM)
    libraries = {library for name in names for library in apt.libraries_of(name)}
    with cache_lock("image"):
        return [apt.unpack(name, version) for name, version in apt.candidates([*names, *apt.missing(sorted(libraries))]).items()]


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(found.getsockname()[1]) for found in sockets]
    for found in sockets:
        found.close()
    return ports


class Cluster:
    """A running cluster."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._roots = _unpacked()
        libraries = [str(root / part) for root in self._roots for part in _LIBRARIES if (root / part).is_dir()]
        self.environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(libraries), "SLURM_CONF": str(home / "slurm.conf")}
        self._daemons: list[subprocess.Popen[bytes]] = []

    def program(self, name: str) -> str:
        """Return a program's path; Debian's daemons carry the name of their build."""
        for root in self._roots:
            for path in (root / part / wanted for part in _PROGRAMS for wanted in (name, f"{name}-wlm")):
                if path.is_file():
                    return str(path)
        raise FileNotFoundError(name)

    def ask(self, name: str, *arguments: str, check: bool = True) -> str:
        """Run a client; return what it says."""
        done = subprocess.run([self.program(name), *arguments], env=self.environment, capture_output=True, text=True,
                              timeout=_ASK_S, check=False)
        assert not check or done.returncode == 0, f"{name}: {done.stdout}{done.stderr}\n{self.logs()}"
        return done.stdout

    def logs(self) -> str:
        """Return what the daemons say."""
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}" for path in sorted(self.home.glob("*.log")))

    def _spawn(self, name: str, *arguments: str) -> None:
        with (self.home / f"{name}.out.log").open("wb") as stream:
            self._daemons.append(subprocess.Popen([self.program(name), *arguments], env=self.environment, cwd=self.home,
                                                  stdin=subprocess.DEVNULL, stdout=stream, stderr=stream))

    def start(self) -> None:
        """Start the daemons, and wait until the node takes jobs."""
        for directory in ("munge", "state", "spool"):
            (self.home / directory).mkdir(mode=0o755)
        key = self.home / "munge" / "key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        controller_port, node_port = _free_ports(2)
        plugins = next(path for root in self._roots if (path := root / "usr/lib/x86_64-linux-gnu/slurm-wlm").is_dir())
        (self.home / "slurm.conf").write_text(_CONFIGURATION.format(
            host=socket.gethostname().split(".")[0], user=getpass.getuser(), home=self.home, plugins=plugins,
            controller_port=controller_port, node_port=node_port, cpus=os.cpu_count()), encoding="ascii")
        munge = self.home / "munge"
        self._spawn("munged", "--foreground", "--force", f"--key-file={key}", f"--socket={munge / 'socket'}",
                    f"--pid-file={munge / 'pid'}", f"--seed-file={munge / 'seed'}", f"--log-file={munge / 'log'}")
        self._wait(lambda: (munge / "socket").exists(), "munged")
        self._spawn("slurmctld", "-D", "-i")
        self._spawn("slurmd", "-D", "-d", self.program("slurmstepd"))
        self._wait(lambda: self.ask("sinfo", "-h", "-o", "%T", check=False).strip() == "idle", "the node")

    def _wait(self, ready: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _START_S
        while not ready():
            ended = [daemon.args for daemon in self._daemons if daemon.poll() is not None]
            assert not ended and time.monotonic() < deadline, f"{what} is not there; ended: {ended}\n{self.logs()}"
            time.sleep(0.2)

    def stop(self) -> None:
        """End the daemons, the last one first; what they still run goes with their jobs."""
        with suppress(AssertionError, subprocess.TimeoutExpired):
            self.ask("scancel", "--full", "-u", getpass.getuser(), check=False)
            deadline = time.monotonic() + _START_S
            while self.ask("squeue", "-h", check=False).strip() and time.monotonic() < deadline:
                time.sleep(0.2)
        for daemon in reversed(self._daemons):
            daemon.terminate()
            try:
                daemon.wait(timeout=15)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait(timeout=15)

    def wait_for(self, job: str, timeout_s: float) -> None:
        """Wait until no task of a job is left."""
        deadline = time.monotonic() + timeout_s
        while states := self.ask("squeue", "-h", "-r", "-j", job, "-o", "%i %T %r", check=False).strip():
            assert time.monotonic() < deadline, f"job {job} has not ended in {timeout_s:.0f} s: {states}\n{self.logs()}"
            time.sleep(0.5)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Have a cluster for a while."""
    with scratch_dir() as name:
        found = Cluster(Path(name))
        try:
            found.start()
            yield found
        finally:
            found.stop()
