"""What a feed repeats: left out when it is the same, and only then."""

import datetime
from dataclasses import replace

from newsbeam.connectors.sources import repeats
from newsbeam.connectors.sources.feed import FeedBody, parse_body
from newsbeam.connectors.sources.repeats import LastPolls, marks
from newsbeam.records import Entry

ONE = Entry(key="1", feed_url="http://a.example/feed", url="http://a.example/1", title="One \ud800")
TWO = Entry(key="2", feed_url="http://a.example/feed", url="http://a.example/2", title="Two", tags=("x",))
NOW = datetime.datetime(2026, 11, 26, tzinfo=datetime.UTC)


def without(entries: tuple[Entry, ...], seen: bytes) -> tuple[Entry, ...]:
    """What is left of the entries."""
    return repeats.without(entries, marks(entries), seen)


def test_only_what_is_new_or_has_changed_is_left() -> None:
    changed = replace(TWO, title="Two, corrected")
    assert without((ONE, TWO), b"") == (ONE, TWO)
    assert without((ONE, TWO), marks((ONE,))) == (TWO,)
    assert without((ONE, changed), marks((ONE, TWO))) == (changed,)
    assert without((TWO, ONE), marks((ONE, TWO))) == ()


def body(*titles: str) -> bytes:
    items = "".join(f"<item><title>{one}</title><link>http://a.example/{one}</link></item>" for one in titles)
    return f'<rss version="2.0"><channel><title>A</title>{items}</channel></rss>'.encode()


def test_a_body_that_was_parsed_again_gives_what_it_did_not_give_before() -> None:
    first = parse_body(FeedBody(body=body("a", "b"), feed_url="http://a.example/feed", now=NOW, seen=b""))
    assert (len(first.entries), first.repeated) == (2, 0)
    later = NOW + datetime.timedelta(minutes=5)
    task = FeedBody(body=body("c", "a", "b"), feed_url="http://a.example/feed", now=later, seen=first.marks)
    second = parse_body(task)
    assert [one.title for one in second.entries] == ["c"]
    assert second.repeated == 2
    third = parse_body(replace(task, body=body("c", "a"), seen=second.marks))
    assert (third.entries, third.repeated) == ((), 2)


def keys(*names: str) -> bytes:
    return repeats.keys([replace(ONE, key=name) for name in names])


def test_two_polls_share_an_item_or_none() -> None:
    assert repeats.share(keys("a", "b"), keys("c", "b"))
    assert not repeats.share(keys("a", "b"), keys("c", "d"))
    assert not repeats.share(keys(), keys("c"))


def test_of_very_many_items_both_ends_are_compared() -> None:
    many = [str(number) for number in range(3_000)]
    assert len(keys(*many)) == 6 * 1_000
    assert repeats.share(keys(*many), keys(*many[2_990:], "new"))
    assert repeats.share(keys(*many), keys("new", *many[:10]))


def test_two_addresses_are_of_one_feed_where_four_fifths_are_the_same() -> None:
    items = list("abcdefghij")
    assert repeats.are_alike(keys(*items), keys(*reversed(items)))
    assert repeats.are_alike(keys(*items), keys("x", "y", *items[:8]))
    assert not repeats.are_alike(keys(*items), keys("x", "y", "z", *items[:7]))
    assert not repeats.are_alike(keys(*items), keys(*items[:5])), "a section of it"
    assert not repeats.are_alike(keys(), keys())


def test_the_last_polls_are_kept_within_a_limit() -> None:
    polls = LastPolls(most=30)
    polls.note("a", b"1" * 12)
    polls.note("b", b"2" * 12)
    polls.note("a", b"3" * 12)
    assert (polls.marks("a"), polls.marks("b"), polls.marks("c")) == (b"3" * 12, b"2" * 12, b"")
    polls.note("c", b"4" * 12)
    assert (polls.marks("a"), polls.marks("b"), polls.marks("c")) == (b"3" * 12, b"", b"4" * 12)
