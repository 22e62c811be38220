"""Flink's REST interface: the jobs of a cluster, and their ends. Beam's own cancel leaves a job of Flink's running.

https://nightlies.apache.org/flink/flink-docs-stable/docs/ops/rest_api/
"""

import ipaddress
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from newsbeam.pipelines.failures import Failed

TERMINAL = ("FINISHED", "CANCELED", "FAILED", "SUSPENDED")
_TIMEOUT = 15.0
_CHECK = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class FlinkJob:
    """A job as its cluster lists it. state: of Flink's JobStatus."""

    id: str
    name: str
    state: str

    @property
    def is_active(self) -> bool:
        """Whether it may still write."""
        return self.state not in TERMINAL


class Cluster:
    """A session cluster. master: its address as `--flink_master` gives it, HOST:PORT or a URL.

    Every call raises Failed, naming the option, where the cluster does not answer or refuses.
    """

    def __init__(self, master: str) -> None:
        self.master = master
        self._url = (master if "://" in master else f"http://{master}").rstrip("/")
        host = urlsplit(self._url).hostname or ""
        # A proxy of the environment is for hosts elsewhere.
        handlers = (urllib.request.ProxyHandler({}),) if _is_loopback(host) else ()
        self._opener = urllib.request.build_opener(*handlers)

    def jobs(self) -> list[FlinkJob]:
        """Every job that the cluster remembers, the oldest first."""
        listed = sorted(self._asked("/jobs/overview")["jobs"], key=lambda one: one["start-time"])
        return [FlinkJob(id=one["jid"], name=one["name"], state=one["state"]) for one in listed]

    def state(self, job: str) -> str:
        """The state of a job, by its id."""
        return str(self._asked(f"/jobs/{job}")["state"])

    def cancel(self, job: str, *, seconds: float = 60) -> None:
        """Cancel a job and wait, at most so long, until it can write no more; one that has ended stays as it is."""
        if self.state(job) in TERMINAL:
            return
        self._asked(f"/jobs/{job}?mode=cancel", method="PATCH")
        self._await_end(job, seconds)

    def stop(self, job: str, *, seconds: float = 60) -> str:
        """Stop a job with a savepoint, whose path it gives, and wait until it can write no more."""
        trigger = self._asked(f"/jobs/{job}/stop", method="POST", body={"drain": False})["request-id"]
        until = time.monotonic() + seconds
        while (answer := self._asked(f"/jobs/{job}/savepoints/{trigger}"))["status"]["id"] != "COMPLETED":
            if time.monotonic() > until:
                raise self._failed(f"job {job} has no savepoint after {seconds:g} s")
            time.sleep(_CHECK)
        operation = answer["operation"]
        if "location" not in operation:
            cause = str(operation.get("failure-cause", {}).get("stack-trace", operation)).partition("\n")[0]
            raise self._failed(f"job {job} cannot be stopped with a savepoint: {cause[:300]}")
        self._await_end(job, seconds)
        return str(operation["location"])

    def _await_end(self, job: str, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (state := self.state(job)) not in TERMINAL:
            if time.monotonic() > until:
                raise self._failed(f"job {job} is still {state} {seconds:g} s after it was told to end")
            time.sleep(_CHECK)

    def _asked(self, path: str, *, method: str = "GET", body: Mapping[str, object] | None = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self._url}{path}", method=method, data=data, headers=headers)
        try:
            with self._opener.open(request, timeout=_TIMEOUT) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            raise self._failed(f"{method} {path} was answered with {error.code} {error.reason}") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise self._failed(f"no answer that can be used ({reason}): give the address of its REST port") from error

    def _failed(self, what: str) -> Failed:
        return Failed(f"--flink_master={self.master}: {what}; nothing is lost")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
