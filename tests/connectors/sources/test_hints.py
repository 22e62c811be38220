"""What a feed says of itself before its items."""

import time

import pytest

from newsbeam.connectors.sources import hints
from newsbeam.connectors.sources.hints import Hints

BASE = "https://a.example/feeds/rss"
ATOM = "xmlns:atom='http://www.w3.org/2005/Atom'"


def read(head: str) -> Hints:
    """The hints of an RSS feed with this head, and an item that must not count."""
    item = "<item><atom:link rel='self' href='https://wrong.example/'/><skipDays><day>Monday</day></skipDays></item>"
    return hints.read(f"<rss version='2.0' {ATOM}><channel>{head}{item}</channel></rss>".encode(), base=BASE)


def test_all_hours_and_days_are_read() -> None:
    found = read(
        "<skipHours>\n<hour>0</hour><hour> 1 </hour><hour>23</hour><hour>99</hour></skipHours>"
        "<skipDays><day>Saturday</day><day>SUNDAY</day><day>Someday</day></skipDays>"
    )
    assert found.skip_hours == 1 << 0 | 1 << 1 | 1 << 23
    assert found.skip_days == 1 << 5 | 1 << 6


def test_utf_16_is_read_too() -> None:
    text = "<rss><channel><skipHours><hour>3</hour></skipHours></channel></rss>"
    assert hints.read(text.encode("utf-16"), base=BASE).skip_hours == 8


def test_hour_24_is_midnight() -> None:
    assert read("<skipHours><hour>24</hour></skipHours>").skip_hours == 1


@pytest.mark.parametrize(
    ("head", "link"),
    [
        ("<atom:link href='https://a.example/f?x=1&amp;y=2' rel='self' type='x'/>", "https://a.example/f?x=1&y=2"),
        ('<atom10:link rel="self" href="/feed" />', "https://a.example/feed"),
        ("<link>https://a.example/</link><atom:link rel='hub' href='https://hub.example/'/>", None),
        ("<atom:link rel='self' href='javascript:1'/>", None),
        ("<atom:link rel='self' href=''/>", None),
        ("", None),
    ],
)
def test_the_self_link_is_absolute_or_none(head: str, link: str | None) -> None:
    assert read(head).self_link == link


def test_a_json_feed_names_its_address_too() -> None:
    document = (
        '{"version": "https://jsonfeed.org/version/1.1", "feed_url": "https:\\/\\/a.example\\/f.json", "items": []}'
    )
    assert hints.read(document.encode(), base=BASE).self_link == "https://a.example/f.json"
    assert hints.read(b'{"feed_url": "https://a.example/\\ud"}', base=BASE).self_link is None


@pytest.mark.parametrize(
    "junk", ["<skipHours>" * 2000, "<hour>" * 4000, "<atom:link rel='self' " * 900, '"feed_url":"' * 2000]
)
def test_hostile_heads_take_no_time(junk: str) -> None:
    began = time.process_time()
    assert read(junk).skip_hours == 0
    assert time.process_time() - began < 1
