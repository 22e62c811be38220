"""Pages that were damaged at random, and pages that take parsers minutes, through the pool as a run sends them.

Each ends as a document or as a row with a reason, none holds a process beyond its deadline, and nothing else suffers.
"""

import datetime
import gzip
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import Any

import pytest

from newsbeam.config.tables import Extract
from newsbeam.connectors.processes import Pool
from newsbeam.pipelines import parsers
from newsbeam.pipelines.stages.failures import parse_reason
from newsbeam.records import REASONS, Document, Origin, Page, Rejected
from newsbeam.transforms.tasks import Options, Task, unread
from tests.slow.newsworld import SHARED
from tests.slow.worlds import demo_pages, page, prose

DEADLINE = 6.0
LEEWAY = 2.0
NOW = datetime.datetime(2026, 11, 20, 10, tzinfo=datetime.UTC)
_TARGET = "newsbeam.transforms.documents:read"
_AT_ONCE = 2

pytestmark = pytest.mark.alone


def corpus(real: int) -> list[bytes]:
    """Pages of our own, and so many of the evaluation data where that is there."""
    own = [page(f"Story {number}", prose(number, paragraphs=12)) for number in range(10)]
    own += [body for _, body in sorted(demo_pages().items())]
    files = sorted((SHARED / "data").rglob("*.html.gz")) if SHARED.exists() else []
    chosen = random.Random(5).sample(files, min(real, len(files)))
    return own + [gzip.decompress(file.read_bytes())[:400_000] for file in chosen]


def damaged(body: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """The page with bits flipped, parts of others put in, parts cut out or repeated."""
    found = bytearray(body)
    for _ in range(chance.randint(1, 4)):
        at, length = chance.randrange(len(found) + 1), chance.choice((1, 8, 100, 5_000))
        match chance.choice(("flip", "splice", "cut", "end", "repeat", "noise")):
            case "flip":
                for _ in range(chance.randint(1, 60)):
                    if found:
                        found[chance.randrange(len(found))] ^= 1 << chance.randrange(8)
            case "splice":
                other = chance.choice(others)
                start = chance.randrange(len(other))
                found[at:at] = other[start : start + length]
            case "cut":
                del found[at : at + length]
            case "end":
                del found[at:]
            case "repeat":
                found[at:at] = bytes(found[at : at + length]) * chance.choice((2, 20, 200))
            case "noise":
                found[at:at] = chance.randbytes(length)
    return bytes(found[:2_000_000])


class Reader:
    """Reads pages in a pool, as many at a time as it has processes, and keeps how long each one took."""

    def __init__(self) -> None:
        settings = Extract(workers=_AT_ONCE)
        self.pool: Pool = Pool(
            size=_AT_ONCE, memory_mib=settings.memory, recycle=settings.recycle, preload=parsers.PRELOADED
        )
        self.seconds: list[float] = []
        self.outcomes: list[Document | Rejected] = []
        self.errors: list[BaseException] = []
        self._free = threading.Semaphore(_AT_ONCE)

    def read(self, body: bytes, name: str) -> None:
        """Have a page read, when a process is free."""
        self._free.acquire()
        source = Page(
            url=f"https://fuzz.example/{name}",
            body=body,
            fetched_at="2026-11-20T10:00:00Z",
            origin=Origin(kind="warc", source="fuzz", key=name),
        )
        began = time.monotonic()

        def done(future: "Future[Any]") -> None:
            self.seconds.append(time.monotonic() - began)
            error = future.exception()
            reason = parse_reason(error)
            if error is None:
                self.outcomes.append(future.result())
            elif reason is not None:
                self.outcomes.append(unread(source, reason, str(error), now=NOW))
            else:
                self.errors.append(error)
            self._free.release()

        task = Task(source=source, options=Options(), now=NOW)
        self.pool.submit(_TARGET, task, deadline=DEADLINE).add_done_callback(done)

    def finish(self) -> None:
        """Wait for all."""
        for _ in range(_AT_ONCE):
            assert self._free.acquire(timeout=DEADLINE + 30)

    def reasons(self) -> Counter[str]:
        return Counter(one.reason for one in self.outcomes if isinstance(one, Rejected))


@pytest.fixture
def reader() -> Iterator[Reader]:
    made = Reader()
    made.read(page("Warm", prose(0)), "warm")
    made.finish()
    for _ in range(_AT_ONCE):
        made._free.release()
    made.seconds.clear()
    made.outcomes.clear()
    yield made
    made.pool.close()


@pytest.mark.parametrize(
    ("count", "real"),
    [pytest.param(1_000, 60, marks=pytest.mark.slow), pytest.param(10_000, 300, marks=pytest.mark.full)],
)
def test_a_damaged_page_is_a_document_or_a_row_within_its_time(reader: Reader, count: int, real: int) -> None:
    pages, chance = corpus(real), random.Random(20_261_120)
    for number in range(count):
        reader.read(damaged(pages[number % len(pages)], pages, chance), str(number))
    reader.finish()
    print(f"{count} pages: {reader.reasons()}, the longest {max(reader.seconds):.1f} s")
    assert reader.errors == []
    assert len(reader.outcomes) == count
    assert reader.reasons().keys() <= REASONS.keys()
    assert reader.reasons()["parse_failed"] == 0, [
        one.detail for one in reader.outcomes if isinstance(one, Rejected) and one.reason == "parse_failed"
    ][:5]
    assert sum(isinstance(one, Document) for one in reader.outcomes) > count / 2
    assert max(reader.seconds) <= DEADLINE + LEEWAY


# Those that take long take it in less memory than a parser may have: which of two limits ends one is then no matter of
# the machine.
SLOW = {
    "inline": "<p>" + "<b>w</b> x " * 30_000 + "</p>",
    "spans": "<p>" + "<span>w</span> x " * 120_000 + "</p>",
    "attributes": f"<p {' '.join(f'a{number}=1' for number in range(200_000))}>word</p>",
    "links": "<p>" + "<a href='/x'>word</a> " * 200_000 + "</p>",
    "nested": "<div>" * 100_000 + "word" + "</div>" * 100_000,
    "brackets": "<" * 1_000_000,
}


@pytest.mark.slow
def test_pages_that_take_parsers_minutes_end_in_time_and_leave_their_neighbours_alone(reader: Reader) -> None:
    neighbours = {f"good-{number}": page(f"Story {number}", prose(number, paragraphs=6)) for number in range(10)}
    mixed = list(neighbours.items())
    for at, (name, body) in enumerate(SLOW.items()):
        mixed.insert(at * 2, (name, f"<html><body><h1>A title</h1>{body}</body></html>".encode()))
    for name, body in mixed:
        reader.read(body, name)
    reader.finish()
    assert reader.errors == []
    assert len(reader.outcomes) == len(mixed)
    stored = {one.origin.key for one in reader.outcomes if isinstance(one, Document)}
    assert neighbours.keys() <= stored
    assert reader.reasons()["parse_timeout"] >= 2, "some of them must be too slow for the test to say anything"
    assert max(reader.seconds) <= DEADLINE + LEEWAY
