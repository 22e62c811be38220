"""Flink's REST interface as its documentation has it, spoken by a server of the test's own."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from newsbeam.pipelines.failures import Failed
from newsbeam.pipelines.flink import Flink, job_name
from newsbeam.pipelines.flink_rest import Cluster

STATE_ID = "0123456789abcdef0123456789abcdef"
OURS = job_name(STATE_ID)


class Jobs(ThreadingHTTPServer):
    """A cluster whose jobs end a few questions after they were told to. asked: what was changed."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.jobs = {
            "j1": [OURS, "FINISHED"],
            "j2": [f"mine-{OURS}", "RUNNING"],
            "j3": [OURS, "RESTARTING"],
            "j4": [job_name("another state's"), "RUNNING"],
        }
        self.asked: list[tuple[str, str, object]] = []
        self.savepoint: dict[str, Any] = {"location": "file:/there/savepoint-1"}
        self.patience = 2

    @property
    def master(self) -> str:
        """Its address as the option has it."""
        return f"127.0.0.1:{self.server_address[1]}"


class _Answers(BaseHTTPRequestHandler):
    server: Jobs

    def do_GET(self) -> None:
        self._answer(self._told())

    def do_PATCH(self) -> None:
        self._note("CANCELLING")

    def do_POST(self) -> None:
        self._note("STOPPING")

    def _told(self) -> Any:
        jobs = self.server.jobs
        match self.path.strip("/").split("/"):
            case ["jobs", "overview"]:
                named = [
                    {"jid": one, "name": name, "state": state, "start-time": int(one[1:])}
                    for one, (name, state) in jobs.items()
                ]
                return {"jobs": named[::-1]}
            case ["jobs", one]:
                name, state = jobs[one]
                if state.endswith("ING") and state not in ("RUNNING", "RESTARTING"):
                    self.server.patience -= 1
                    if self.server.patience < 0:
                        jobs[one] = [name, "FINISHED" if state == "STOPPING" else "CANCELED"]
                return {"state": jobs[one][1]}
            case ["jobs", _, "savepoints", _]:
                return {"status": {"id": "COMPLETED"}, "operation": self.server.savepoint}
        return None

    def _note(self, state: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, json.loads(body) if body else None))
        one = self.path.split("/")[2].partition("?")[0]
        self.server.jobs[one][1] = state
        self._answer({"request-id": "r1"})

    def _answer(self, told: Any) -> None:
        body = json.dumps(told).encode()
        self.send_response(404 if told is None else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the test's output is its own."""


@pytest.fixture
def flink(monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # loopback must not be asked through it
    with Jobs() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_jobs_are_listed_in_the_order_of_their_starts(flink: Jobs) -> None:
    found = Cluster(flink.master).jobs()
    assert [(one.id, one.is_active) for one in found] == [("j1", False), ("j2", True), ("j3", True), ("j4", True)]


def test_what_an_earlier_submitter_left_is_cancelled_and_no_other_job(flink: Jobs) -> None:
    engine = Flink(given=(), cluster=Cluster(f"http://{flink.master}/"))
    engine.retire(STATE_ID)
    assert flink.asked == [("PATCH", "/jobs/j2?mode=cancel", None), ("PATCH", "/jobs/j3?mode=cancel", None)]
    assert [state for _, state in flink.jobs.values()] == ["FINISHED", "CANCELED", "CANCELED", "RUNNING"]
    engine.retire(STATE_ID)
    assert len(flink.asked) == 2


def test_a_job_that_has_ended_is_not_cancelled(flink: Jobs) -> None:
    Cluster(flink.master).cancel("j1")
    assert flink.asked == []


def test_a_job_that_does_not_end_is_told(flink: Jobs) -> None:
    flink.patience = 1_000_000
    with pytest.raises(Failed, match=r"job j2 is still CANCELLING 0\.5 s after"):
        Cluster(flink.master).cancel("j2", seconds=0.5)


def test_a_stop_gives_the_path_of_its_savepoint_once_the_job_has_ended(flink: Jobs) -> None:
    assert Cluster(flink.master).stop("j2") == "file:/there/savepoint-1"
    assert flink.asked == [("POST", "/jobs/j2/stop", {"drain": False})]
    assert flink.jobs["j2"][1] == "FINISHED"


def test_a_savepoint_that_fails_is_told_with_its_cause(flink: Jobs) -> None:
    flink.savepoint = {"failure-cause": {"stack-trace": "java.io.IOException: the disk is full\n\tat there"}}
    with pytest.raises(Failed, match=r"savepoint: java\.io\.IOException: the disk is full; nothing is lost"):
        Cluster(flink.master).stop("j2")


def test_a_cluster_that_is_not_there_is_named_by_its_option() -> None:
    with pytest.raises(Failed, match=r"--flink_master=127\.0\.0\.1:9: no answer .*REST port"):
        Cluster("127.0.0.1:9").jobs()


def test_an_answer_that_refuses_is_told(flink: Jobs) -> None:
    with pytest.raises(Failed, match=r"GET /nothing/there was answered with 404"):
        Cluster(flink.master)._asked("/nothing/there")
