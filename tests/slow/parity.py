"""A world whose feeds grow, taken in as a stream while they grow, and as a batch when they are full."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.slow.arrivals import Watcher
from tests.slow.newsworld import NewsWorld, served
from tests.slow.running import Held, Rows, Run, run
from tests.slow.streaming import Engine, source, stopped, streaming
from tests.slow.worlds import free_port

PAGES = 600
RATE = 20
SETS = "fundus,syndication"
"""Sites of their own with pages of today, and stories that several papers carried: 598 pages, then composed ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Streamed:
    """What a stream made of a world that grew while it ran. lags: seconds from feed to store of each story."""

    rows: Rows
    lags: tuple[float, ...]
    stopped: float


@contextmanager
def growing(
    folder: Path, *, seed: int, pages: int = PAGES, rate: float = RATE, sets: str = SETS
) -> Iterator[NewsWorld]:
    """A world that announces so many stories at a rate a second, in an order of this seed; its feeds keep them all."""
    publish = ("--publish", rate, "--until", pages, "--window", 0, "--seed", seed, "--sets", sets)
    with served(folder, *map(str, publish), "--port", str(free_port())) as world:
        yield world


def streamed(
    folder: Path, world: NewsWorld, engine: Engine, stores: Held, *more: str, pages: int = PAGES, seconds: float = 240
) -> Streamed:
    """Stream a world from before its first story until all are in the stores, and stop."""
    begun = streaming(folder, world, engine, stores, *more)
    with Watcher(stores.addresses) as watcher:
        announced = all_in(begun, world, stores, pages, seconds=seconds)
    lags = watcher.lags(announced)
    took = stopped(begun, engine=engine)
    assert "pending 0" in begun.said
    stores.check()
    return Streamed(rows=stores.rows(), lags=tuple(lags), stopped=took)


def all_in(begun: Run, world: NewsWorld, stores: Held, pages: int, *, seconds: float = 240) -> dict[str, float]:
    """Wait until a growing world has announced so many stories, then until each is in the stores and settled; their
    addresses, with the moments of their announcement. seconds: for each of the two waits."""
    begun.until(lambda: world.count() >= pages, seconds=seconds)
    announced = world.announced()
    assert len(announced) == pages

    def there() -> bool:
        return announced.keys() <= {url for url, _ in stores.addresses("")} and not stores.pending()

    begun.until(there, seconds=seconds)
    return announced


def batch(folder: Path, world: NewsWorld, stores: Held, *options: str, seconds: float = 300) -> Rows:
    """What a batch makes of the world as it is now."""
    done = run(folder, "run", *source(world), *stores.options, *options, seconds=seconds)
    assert "difference 0, pending 0" in done.said
    stores.check()
    return stores.rows()
