"""Feeds with flipped, spliced, doubled and cut bytes: each is read with every item accounted for, or is no feed.

Seeded: a failure names the seed that makes its document again (`mutated(seed, bases)`).
"""

import datetime
import gzip
import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from newsbeam.connectors.sources.feed import NotAFeed, parse_feed
from newsbeam.connectors.sources.formats import channel_of

SHARED = Path(os.environ.get("NEWSBEAM_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "feeds" / "files"
NOW = datetime.datetime(2026, 11, 23, 14, tzinfo=datetime.UTC)
FEED = "https://news.example/feeds/main.xml"
DEADLINE = 10.0
"""CPU seconds of one document, as `feeds.deadline`."""

MOST = 50
LARGEST = 200_000
TOKENS = (
    *(b"<", b">", b"&", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"\0", b"\xff\xfe", b"\xc3", b"</item>", b"<item>"),
    *(
        b"<entry>",
        b"</channel>",
        b"&#x0;",
        b"&undefined;",
        b"<?xml version='1.0' encoding='utf-16'?>",
        b"{",
        b'"',
        b"\\",
    ),
    *(b"<!DOCTYPE a [<!ENTITY b '&b;&b;'>]>", b" xml:base='//'", b"xmlns:x=''", b"<url>", b"99999-99-99T99:99:99Z"),
)


def written() -> list[bytes]:
    """A feed of each format, written for this."""
    items = [
        f"<item><title>Story {n} &amp; more</title><link>https://news.example/{n}?utm_source=x</link><guid>g{n}</guid>"
        f"<pubDate>Fri, 20 Nov 2026 12:30:0{n} +0200</pubDate><description><![CDATA[<p>Text {n}</p>]]></description>"
        "</item>"
        for n in range(6)
    ]
    entries = [
        f"<entry><id>tag:news.example,2026:{n}</id><title type='html'>Story &lt;b&gt;{n}&lt;/b&gt;</title>"
        f"<link href='/{n}'/><updated>2026-11-2{n}T10:00:00Z</updated><content type='xhtml'><div "
        f"xmlns='http://www.w3.org/1999/xhtml'><p>Größe {n}</p></div></content></entry>"
        for n in range(6)
    ]
    addresses = "".join(f"<url><loc>/{n}</loc><lastmod>2026-11-0{n}</lastmod></url>" for n in range(1, 7))
    listed = ", ".join(f'{{"id": "{n}", "url": "/{n}", "content_html": "<p>{n}</p>"}}' for n in range(6))
    rss = f"<?xml version='1.0'?><rss version='2.0'><channel><title>T</title>{''.join(items)}</channel></rss>"
    rdf = f"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>{items[0]}</rdf:RDF>"
    atom = f"<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='de'><title>T</title>{''.join(entries)}</feed>"
    sitemap = f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{addresses}</urlset>"
    json = f'{{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [{listed}]}}'
    texts = [one.encode() for one in (rss, rdf, atom, sitemap, json)]
    return [*texts, rss.encode("utf-16"), atom.replace("ö", "&ouml;").encode("latin-1"), gzip.compress(texts[0])]


def collected() -> list[bytes]:
    """The feeds of other readers' suites, where the evaluation data is there."""
    found = sorted(path for path in SHARED.rglob("*") if path.is_file()) if SHARED.is_dir() else []
    return [path.read_bytes() for path in found if path.stat().st_size <= LARGEST]


def mutated(seed: int, bases: Sequence[bytes]) -> bytes:
    """A document made of one or two of the bases; the same for the same seed."""
    chance = random.Random(seed)
    body = bytearray(chance.choice(bases))
    for _ in range(chance.randint(1, 6)):
        _mutate(chance, body, bases)
    return bytes(body)


def _mutate(chance: random.Random, body: bytearray, bases: Sequence[bytes]) -> None:
    at = chance.randrange(len(body) + 1)
    end = min(len(body), at + int(chance.paretovariate(0.6)))

    def flip() -> None:
        if at < len(body):
            body[at] ^= 1 << chance.randrange(8)

    def splice() -> None:
        other = chance.choice(bases)
        start = chance.randrange(len(other) + 1)
        body[at:at] = other[start : start + chance.randrange(1, 2_000)]

    def token() -> None:
        body[at:end] = chance.choice(TOKENS) * chance.choice((1, 1, 1, 40))

    def double() -> None:
        body[at:at] = bytes(body[at:end]) * chance.choice((1, 2, 30))

    def drop() -> None:
        del body[at:end]

    def cut() -> None:
        del body[at:]

    kinds: list[Callable[[], None]] = [flip, flip, splice, token, token, double, drop, cut]
    chance.choice(kinds)()
    del body[2 * LARGEST :]


@contextmanager
def deadline(seed: int) -> Iterator[None]:
    """Fail where the block takes more CPU than a feed may."""

    def over(*_: object) -> None:
        raise TimeoutError(f"seed {seed}: no end within {DEADLINE} s")

    before = signal.signal(signal.SIGPROF, over)
    signal.setitimer(signal.ITIMER_PROF, DEADLINE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def outcome(seed: int, bases: Sequence[bytes]) -> str:
    """`feed`, `none`, or `unsaid` where nothing is said of what it is.

    Fails where an item is not accounted for, or in whatever else the reader raises.
    """
    body = mutated(seed, bases)
    with deadline(seed):
        try:
            parsed = parse_feed(body, feed_url=FEED, now=NOW, max_entries=MOST)
        except NotAFeed as error:
            return "none" if error.detail else "unsaid"
        except Exception as error:
            raise AssertionError(f"seed {seed}: {type(error).__name__}: {error}") from error
    channel, _ = channel_of(body, max_items=MOST)
    accounted = len(parsed.entries) + len(parsed.rejected) + sum(skip.count for skip in parsed.skipped)
    assert accounted == len(channel.items) + channel.left_off, f"seed {seed}"
    assert len({one.key for one in parsed.entries}) == len(parsed.entries), f"seed {seed}"
    return "feed"


@pytest.mark.parametrize(
    "rounds", [pytest.param(1_000, marks=pytest.mark.slow), pytest.param(10_000, marks=pytest.mark.full)]
)
def test_whatever_a_feed_has_become_it_is_read_or_said_to_be_none(
    rounds: int, record_property: Callable[[str, object], None]
) -> None:
    bases = [*written() * 20, *collected()]
    found = Counter(outcome(seed, bases) for seed in range(rounds))
    assert found["feed"] > rounds / 4, "most of what is fuzzed must still reach the reader of entries"
    assert found["none"] > 0
    assert not found["unsaid"], "who is told that there is no feed is told what there is"
    record_property("figures", f"{rounds} documents of {len(bases)} bases: {found['feed']} feeds, {found['none']} none")


def test_what_is_not_mutated_is_read() -> None:
    for body in written():
        assert len(parse_feed(body, feed_url=FEED, now=NOW).entries) in (1, 6)
