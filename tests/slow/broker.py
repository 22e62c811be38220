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
listeners={protocol}://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners={protocol}://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name={protocol}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,{protocol}:{protocol}
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
_GUARDED = """
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
  username="{owner}" password="{password}" user_{owner}="{password}" user_guest="{password}";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:{owner};User:ANONYMOUS
"""
OWNER, GUEST, PASSWORD = "owner", "guest", "hunter2"
"""Who may do all, who may do nothing, and the password of both, on a guarded broker."""


def available() -> bool:
    """Whether a broker can be started here."""
    return LIB.is_dir() and shutil.which("java") is not None


class Broker:
    """A broker with its data in a folder; it may be stopped and started again. guarded: it asks who one is."""

    def __init__(self, folder: Path, *, guarded: bool = False) -> None:
        self.port, self.folder = free_port(), folder
        folder.mkdir(parents=True, exist_ok=True)
        self._properties = folder / "server.properties"
        protocol = "SASL_PLAINTEXT" if guarded else "PLAINTEXT"
        text = _SETTINGS.format(port=self.port, controller=free_port(), logs=folder / "logs", protocol=protocol)
        guard = _GUARDED.format(owner=OWNER, password=PASSWORD) if guarded else ""
        self._properties.write_text(text + guard)
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
