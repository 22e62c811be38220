"""What the proofs of the stream share: engines that it runs on, what they ask of a stop, and the quick settings."""

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.slow.in_postgres import PostgresStore
from tests.slow.newsworld import NewsWorld
from tests.slow.running import Held, Run, Stores, start
from tests.slow.worlds import allowed

PROMPT = ("--set", "stream.poll=5", "--set", "stream.window=2", "--set", "fetch.host_delay=0")
WITHIN = 10.0
"""Seconds in which a stream stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """An engine that streams. options: of `newsbeam stream`, batch: of `newsbeam run`, which choose it. process: part
    of the name of a process that runs beside the command. stores: what is written to, made in a folder."""

    name: str
    process: str
    stores: Callable[[Path], Held]
    options: tuple[str, ...] = ()
    batch: tuple[str, ...] = ()


PRISM = Engine(name="Prism", process="prism", stores=Stores, batch=("--runner=PrismRunner",))


def on_flink(options: Sequence[str], batch: Sequence[str], database: Callable[[], str]) -> Engine:
    """A Flink cluster, by the command's options; its stores and states in PostgreSQL databases, given one by one."""
    return Engine(
        name="Flink",
        process="java",
        stores=lambda _: PostgresStore(database()),
        options=tuple(options),
        batch=tuple(batch),
    )


def source(world: NewsWorld) -> tuple[str, ...]:
    """The command's options that take in a world without politeness, which loopback does not need."""
    return "--feeds", world.opml, *allowed(world.port), *PROMPT


def streaming(folder: Path, world: NewsWorld, engine: Engine, stores: Held, *more: str) -> Run:
    """A stream over a world, under way."""
    return start(folder, "stream", *source(world), *stores.options, *engine.options, *more)


def stopped(
    begun: Run, number: signal.Signals = signal.SIGTERM, *, group: bool = False, engine: Engine = PRISM
) -> float:
    """Ask the stream to stop: it does within ten seconds, with the engine and all else that it had started. How long
    it took, in seconds."""
    took = ended(begun, number, group=group, engine=engine)
    assert took < WITHIN, f"{took:.1f} s"
    return took


def ended(begun: Run, number: signal.Signals, *, group: bool = False, engine: Engine = PRISM) -> float:
    """Ask the stream to stop, and see that it says so and leaves nothing behind. How long it took, in seconds."""
    begun.look()
    assert any(engine.process in one for one in begun.names), f"no {engine.process} in {begun.names}:\n{begun.said}"
    asked = time.monotonic()
    (os.killpg if group else os.kill)(begun.process.pid, number)
    assert begun.end(seconds=3 * WITHIN) == 0, begun.said
    took = time.monotonic() - asked
    assert f"stopped by {number.name}" in begun.said
    assert "Traceback" not in begun.said
    assert begun.left() == []
    return took
