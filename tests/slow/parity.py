"""A world whose feeds grow, taken in as a stream while they grow, and as a batch when they are full."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.slow.arrivals import Watcher, lag
from tests.slow.newsworld import NewsWorld, served
from tests.slow.running import Held, Rows, Run, Stores, run, same
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
    folder: Path,
    world: NewsWorld,
    engine: Engine,
    stores: Held,
    *,
    pages: int = PAGES,
    seconds: float = 240,
    look: Callable[[], None] = lambda: None,
) -> Streamed:
    """Stream a world from before its first story until all are in the stores, and stop. look: called before that."""
    begun = streaming(folder, world, engine, stores)
    with Watcher(stores.addresses) as watcher:
        announced = all_in(begun, world, stores, pages, seconds=seconds)
    lags = watcher.lags(announced)
    look()
    took = stopped(begun, engine=engine)
    assert "pending 0" in begun.said
    stores.check()
    return Streamed(rows=stores.rows(), lags=tuple(lags), stopped=took)


def compared(
    folder: Path, engine: Engine, *, seed: int, seconds: float = 240, look: Callable[[], None] = lambda: None
) -> str:
    """Assert that a stream and a batch on the engine write what a batch in process writes; the figures.

    seconds: for a batch, and for each of the two waits of the stream.
    """
    with growing(folder, seed=seed) as world:
        stream = streamed(folder, world, engine, engine.stores(folder / "stream"), seconds=seconds, look=look)
        in_process = batch(folder, world, Stores(folder / "batch"))
        assert len(in_process["articles"]) >= 500
        assert len(in_process["duplicates"]) >= 20, "a world without copies proves little"
        same(stream.rows, in_process, f"a stream on {engine.name} against a batch, seed {seed}")
        on_engine = batch(folder, world, engine.stores(folder / "batch-on-engine"), *engine.batch, seconds=seconds)
        same(on_engine, in_process, f"a batch on {engine.name} against one in process, seed {seed}")
    held = ", ".join(f"{len(rows)} {name}" for name, rows in in_process.items())
    return f"{held}: 0 rows differ; from feed to store: {lag(stream.lags)}; stopped in {stream.stopped:.1f} s"


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
