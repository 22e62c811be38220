"""A Kafka broker of one node on loopback, from the jars that `make kafka` brings."""

import contextlib
import shutil
import socket
import subprocess
import time
import uuid
from pathlib import Path

from tests.slow.worlds import free_port

LIB = Path(__file__).resolve().parents[2] / ".tools" / "kafka" / "lib"
HOW_TO_GET = "run `make kafka`, which needs Java 17 and Maven"

_SETTINGS = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={logs}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
"""


def available() -> bool:
    """Whether a broker can be started here."""
    return LIB.is_dir() and shutil.which("java") is not None


class Broker:
    """A broker with its data in a folder; it may be stopped and started again."""

    def __init__(self, folder: Path, *, settings: str = "") -> None:
        self.port, self.folder = free_port(), folder
        folder.mkdir(parents=True, exist_ok=True)
        self._properties = folder / "server.properties"
        text = _SETTINGS.format(port=self.port, controller=free_port(), logs=folder / "logs")
        self._properties.write_text(text + settings)
        self._process: subprocess.Popen[bytes] | None = None
        identity = str(uuid.uuid4())
        self._java("kafka.tools.StorageTool", "format", "-t", identity, "-c", str(self._properties)).wait(60)

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> "Broker":
        """Start it and wait until it answers."""
        self._process = self._java("kafka.Kafka", str(self._properties))
        until = time.monotonic() + 60
        while time.monotonic() < until:
            assert self._process.poll() is None, f"the broker has ended:\n{self.said[-3000:]}"
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return self
            time.sleep(0.1)
        raise AssertionError(f"no broker within 60 s:\n{self.said[-3000:]}")

    def stop(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def said(self) -> str:
        """What it wrote."""
        return (self.folder / "said.txt").read_text("utf-8", "replace")

    def _java(self, *arguments: str) -> "subprocess.Popen[bytes]":
        with (self.folder / "said.txt").open("ab") as out:
            return subprocess.Popen(
                ["java", "-Xmx512m", "-cp", f"{LIB}/*", *arguments],
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
            )
