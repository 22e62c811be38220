"""A Flink cluster of real processes on loopback: a JobManager, and two TaskManagers with one slot each.

The program that brings it up lies beside the checkout and is no part of newsbeam; `make flink` has it fetch Flink.
"""

import argparse
import contextlib
import json
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.places import loaded
from newsbeam.pipelines.flink_rest import Cluster, FlinkJob
from tests.slow.running import ROOT
from tests.slow.worlds import free_port

SHARED = Path(os.environ.get("NEWSBEAM_SHARED") or ROOT.parent / "shared")
PROGRAM = SHARED / "flink" / "flink_cluster.py"
INSTALLED = ROOT / ".tools" / "flink"
_NOT_ON_A_CLUSTER = ("flink-", "slf4j-", "log4j-")
"""Jars of the job server that a cluster has of its own."""


class FlinkCluster:
    """The cluster under way. options: what a command needs to run on it. streaming: what a stream needs besides."""

    def __init__(self, program: Any, home: Path) -> None:
        self._program, self._home = program, home
        told = json.loads((home / "run" / "cluster.json").read_text("utf-8"))
        self.url: str = told["rest"]
        self.options = tuple(told["options"])
        self.rest = Cluster(self.url)

    def alone(self) -> tuple[str, ...]:
        """The options for one of the two slots."""
        return (*(one for one in self.options if not one.startswith("--parallelism=")), "--parallelism=1")

    def named(self, name: str) -> list[FlinkJob]:
        """The jobs of this name, the oldest first."""
        return [one for one in self.rest.jobs() if one.name == name]

    def places(self, job: str) -> dict[str, set[str]]:
        """The TaskManagers that took part in each stage of a job, by the stage's name."""
        found: dict[str, set[str]] = {}
        for vertex in self._asked(f"/jobs/{job}")["vertices"]:
            told = self._asked(f"/jobs/{job}/vertices/{vertex['id']}")
            found[vertex["name"]] = {one.get("taskmanager-id") or one["host"] for one in told["subtasks"]}
        return found

    def workers(self) -> list[int]:
        """The ids of the worker processes that run now."""
        _, files = self._program.pid_files(self._home)
        return [pid for one in files if (pid := self._program.recorded(one)[0])]

    def kill_taskmanager(self, number: int) -> None:
        """End one of the TaskManagers at once, as a power cut would."""
        self._program.kill_taskmanager(self._home, argparse.Namespace(n=number))

    def start_taskmanager(self, number: int) -> None:
        """Start it again, and wait until the cluster has it back."""
        self._program.start_taskmanager(self._home, argparse.Namespace(n=number))

    def _asked(self, path: str) -> Any:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.url}{path}", timeout=15) as answer:
            return json.loads(answer.read())


@contextlib.contextmanager
def cluster(home: Path) -> Iterator[FlinkCluster]:
    """A cluster in the folder, for as long as the block lasts; skips the test where none can be brought up."""
    if not PROGRAM.is_file():
        pytest.skip(f"no {PROGRAM}: give the folder that holds flink/ as NEWSBEAM_SHARED")
    if not (INSTALLED / "jobserver.jar").is_file():
        pytest.skip(f"no Flink in {INSTALLED}: run make flink")
    program = _program()
    _furnish(home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        program.up(home, argparse.Namespace(taskmanagers=2, slots=1, port=free_port()))
    try:
        yield FlinkCluster(program, home)
    finally:
        program.down(home, argparse.Namespace())


def _program() -> Any:
    program = loaded(PROGRAM)
    program.CONF["classloader"] = "resolve-order=parent-first"  # type: ignore[attr-defined]  # the module's own table
    return program


def _furnish(home: Path) -> None:
    """Fill the folder with links to what is installed, so that two clusters can be up.

    Beam's jars go beside Flink's own: only there a worker process is kept from one stage to the next.
    """
    for name in ("lib", "jobserver.jar", "boot", "installed.json"):
        (home / name).symlink_to(INSTALLED / name)
    jars = home / "flink" / "lib"
    jars.mkdir(parents=True)
    own = (INSTALLED / "flink" / "lib").glob("*.jar")
    beams = (one for one in (INSTALLED / "lib").glob("*.jar") if not one.name.startswith(_NOT_ON_A_CLUSTER))
    for jar in (*own, *beams):
        (jars / jar.name).symlink_to(jar.resolve())
