"""The demo world: it holds what it promises, its stories are distinct, and it is served as a real site would be."""

import datetime
import itertools
import json
import re
import socket
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import feedparser
import pytest

from newsbeam.connectors.processes import Pool, TaskTimeout
from newsbeam.pipelines.demo import content
from newsbeam.pipelines.demo.server import DemoServer, PortTaken
from newsbeam.pipelines.demo.world import World, build

TODAY = datetime.date(2026, 11, 23)
PORT = 18999


@pytest.fixture(scope="module")
def world() -> World:
    return build(port=PORT, today=TODAY)


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with DemoServer(port=port, today=TODAY) as running:
        yield running


def page(world: World, url: str) -> str:
    parts = urlsplit(url)
    return world.pages[parts.hostname or "", parts.path].body.decode("utf-8")


def shingles(text: str, size: int = 4) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[start : start + size]) for start in range(len(words) - size + 1)}


def bodies() -> dict[str, str]:
    zones = {key: site.zone for key, site in content.publishers().items()}
    return {key: " ".join(story.paragraphs) for key, story in content.stories(TODAY, zones).items()}


def test_the_world_has_the_promised_variety(world: World) -> None:
    roles = Counter(one.role for one in world.truth)
    stories = [one for one in world.truth if one.role in ("original", "feed_only")]
    assert len({one.site for one in world.truth}) >= 6
    assert {one.language for one in stories} == {"en", "de", "el", "fr"}
    assert len(stories) >= 30
    assert {site.feed.kind for site in content.publishers().values()} == {"rss", "atom", "rdf", "json"}
    assert roles["copy"] == 4
    assert all(
        roles[role] == 1 for role in ("feed_only", "hanging", "missing", "disallowed", "bad_link", "broken_feed")
    )


def test_the_same_port_and_day_give_the_same_world_and_another_day_the_same_addresses(world: World) -> None:
    assert build(port=PORT, today=TODAY) == world
    later = build(port=PORT, today=TODAY + datetime.timedelta(days=400))
    assert later.truth == world.truth
    assert later.pages.keys() == world.pages.keys()
    assert later.feeds == world.feeds


def test_stories_are_of_real_length_and_in_the_past() -> None:
    zones = {key: site.zone for key, site in content.publishers().items()}
    for key, story in content.stories(TODAY, zones).items():
        assert 150 <= len(" ".join(story.paragraphs).split()) <= 450, key
        assert story.published.date() < TODAY, key
        assert len(story.paragraphs) >= 4, key
        assert story.site in zones, key


def test_no_two_stories_share_their_text() -> None:
    sets = {key: shingles(text) for key, text in bodies().items()}
    for (one, left), (other, right) in itertools.combinations(sets.items(), 2):
        assert len(left & right) <= 0.02 * min(len(left), len(right)), (one, other)


def test_copies_carry_most_of_the_original_under_other_headlines(world: World) -> None:
    original = shingles(bodies()["en/wire-seagrass"])
    carried = [one for one in world.truth if one.story == "en/wire-seagrass"]
    assert len({one.title for one in carried}) == len({one.site for one in carried}) == 5
    for one in carried:
        assert one.url is not None
        share = len(original & shingles(re.sub("<[^>]+>", " ", page(world, one.url)))) / len(original)
        assert share == 1 if one.role == "original" else 0.6 <= share < 0.95, one.site


def test_copies_name_their_source_each_in_its_own_way(world: World) -> None:
    by_site = {one.site: one.url for one in world.truth if one.story == "en/wire-seagrass"}
    assert None not in by_site.values()
    texts = {site: page(world, url) for site, url in by_site.items() if url}
    assert "<p>PORT ELLORY (Northlight News) – An underwater" in texts["harrowmere"]
    assert "<p>Source: Northlight News</p>" in texts["brightwater"]
    assert f'<link rel="canonical" href="{by_site["northlight"]}">' in texts["tidewater"]
    assert "Northlight" not in texts["saltings"]


@pytest.mark.parametrize(
    ("site", "furniture"),
    [
        ("harrowmere", ["hc-share", "hc-prompt", "author-box", "hc-reply", "hc-rel", "hc-cookie"]),
        ("kaltenried", ["kb-teilen", "kb-newsletter", "author-box", "kb-leser", "kb-anzeige"]),
        ("alikonas", ["koinopoiisi", "akolouthiste", "sxolio", "sxetiko", "diafimisi"]),
        ("valmorin", ["cv-partage", "cv-lettre", "author-box", "cv-com", "cv-pub", "cv-lien"]),
        ("brightwater", ["tools", "signup", "reader", "adbox", "also"]),
        ("saltings", ["sharedaddy", "author-box", "wp-comment", "related-post"]),
    ],
)
def test_each_site_has_its_own_furniture(world: World, site: str, furniture: list[str]) -> None:
    pages = [page(world, one.url) for one in world.truth if one.site == site and one.role == "original" and one.url]
    for name in furniture:
        assert any(re.search(rf'class="[^"]*{name}[" ]', text) for text in pages), name


def test_every_placeholder_is_filled(world: World) -> None:
    for (host, path), answer in world.pages.items():
        assert not re.search(rb"\$[a-z_]{3,}", answer.body), (host, path)


def test_feeds_name_every_story_of_their_site(world: World) -> None:
    for site in content.publishers().values():
        answer = world.pages[site.host, site.feed.path]
        mine = [one for one in world.truth if one.site == site.key and one.role != "broken_feed"]
        if site.feed.kind == "json":
            found = [item["title"] for item in json.loads(answer.body)["items"]]
        else:
            parsed = feedparser.parse(answer.body)
            assert not parsed.bozo, parsed.get("bozo_exception")
            assert parsed.feed.title == site.name
            found = [entry.title for entry in parsed.entries]
            links = {entry.get("link", "").partition("?")[0] for entry in parsed.entries}
            assert {one.url for one in mine if one.url and one.role != "bad_link"} <= links
            assert all(entry.get("published_parsed") or entry.get("updated_parsed") for entry in parsed.entries)
        assert sorted(found) == sorted(one.title for one in mine)


def test_the_entry_without_a_link_brings_its_text(world: World) -> None:
    parsed = feedparser.parse(world.pages["127.0.0.8", "/feed/"].body)
    (entry,) = [one for one in parsed.entries if not one.get("link")]
    assert len(entry.content[0].value.split()) > 150


def test_the_broken_feed_is_none(world: World) -> None:
    (broken,) = [one.url for one in world.truth if one.role == "broken_feed"]
    assert broken in world.feeds
    assert not feedparser.parse(page(world, broken or "").encode()).entries


def test_one_address_is_disallowed_and_one_is_missing(world: World) -> None:
    urls = {one.role: urlsplit(one.url or "") for one in world.truth}
    assert ("127.0.0.8", urls["missing"].path) not in world.pages
    robots = world.pages["127.0.0.8", "/robots.txt"].body.decode()
    assert "Disallow: /members/" in robots
    assert urls["disallowed"].path.startswith("/members/")


@pytest.mark.slow
def test_the_hanging_page_outlasts_the_deadline(world: World) -> None:
    (url,) = [one.url for one in world.truth if one.role == "hanging"]
    pool = Pool(size=1, memory_mib=1024, recycle=10, preload=("trafilatura",))
    try:
        with pytest.raises(TaskTimeout):
            pool.submit("trafilatura:extract", page(world, url or ""), deadline=10).result(60)
    finally:
        pool.close()


def test_the_server_answers_as_the_world_says(server: DemoServer) -> None:
    for one in server.truth:
        if one.role in ("original", "copy"):
            assert one.url is not None
            with urllib.request.urlopen(one.url) as answer:
                assert answer.status == 200
                assert answer.read().decode() == page(server.world, one.url)
    missing = next(one.url for one in server.truth if one.role == "missing")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(missing or "")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"http://127.0.0.4:{server.port}/robots.txt")


def test_the_list_of_feeds_names_them_all(server: DemoServer) -> None:
    with urllib.request.urlopen(server.opml_url) as answer:
        assert tuple(re.findall('xmlUrl="([^"]+)"', answer.read().decode())) == server.feeds


def test_an_unchanged_feed_is_not_sent_again(server: DemoServer) -> None:
    with urllib.request.urlopen(server.feeds[0]) as answer:
        etag = answer.headers["ETag"]
    with pytest.raises(urllib.error.HTTPError) as unchanged:
        urllib.request.urlopen(urllib.request.Request(server.feeds[0], headers={"If-None-Match": etag}))
    assert unchanged.value.code == 304
    assert server.stats["127.0.0.1", "/rss.xml", 304] == 1


def test_a_port_in_use_is_named(server: DemoServer) -> None:
    with pytest.raises(PortTaken, match=str(server.port)), DemoServer(port=server.port, today=TODAY):
        pass


def test_sites_share_no_host_and_no_template() -> None:
    sites = list(content.publishers().values())
    assert len({site.host for site in sites}) == len(sites)
    assert len({site.template for site in sites}) == len(sites)
