"""A stream over what `--feeds` may be given besides feeds: a sitemap index, a news sitemap, a site's home page."""

import datetime
from pathlib import Path

import pytest

from tests.slow.running import Stores, run, start
from tests.slow.streaming import PROMPT, stopped
from tests.slow.worlds import Answer, Site, allowed, page, prose, rss

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.usefixtures("prism_binary")]

_SPACES = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


def _xml(text: str) -> Answer:
    return "text/xml", f'<?xml version="1.0"?>{text}'.encode()


def _news(base: str, path: str, when: datetime.datetime) -> str:
    told = (
        f"<news:publication_date>{when:%Y-%m-%dT%H:%M:%SZ}</news:publication_date><news:title>Story {path}</news:title>"
    )
    return f"<url><loc>{base}{path}</loc><news:news>{told}</news:news></url>"


def test_every_kind_of_source_is_streamed_and_goes_on_bringing(tmp_path: Path) -> None:
    now = datetime.datetime.now(datetime.UTC)
    old, head = now - datetime.timedelta(days=30), '<link rel="alternate" type="application/rss+xml" href="/feed">'
    with Site({}) as site:
        listed = f"<sitemapindex {_SPACES}><sitemap><loc>{site.base}/map.xml</loc></sitemap></sitemapindex>"
        news = [_news(site.base, "/3", now), _news(site.base, "/4", old)]
        site.answers |= {f"/{one}": ("text/html", page(f"Story {one}", prose(one, paragraphs=6))) for one in range(7)}
        site.answers |= {
            "/": ("text/html", f"<!DOCTYPE html><html><head>{head}</head><body>News</body></html>".encode()),
            "/feed": rss(site.base, ["/0", "/1"]),
            "/index.xml": _xml(listed),
            "/map.xml": _xml(f"<urlset {_SPACES}><url><loc>{site.base}/2</loc></url></urlset>"),
            "/news.xml": _xml(f"<urlset {_SPACES} {_NEWS}>{''.join(news)}</urlset>"),
        }
        feeds = [part for path in ("/", "/index.xml", "/news.xml") for part in ("--feeds", f"{site.base}{path}")]
        stores = Stores(tmp_path / "stores")
        asked = (*feeds, "--since", "7d", *stores.options, *allowed(site.port), *PROMPT)
        begun = start(tmp_path, "stream", *asked)
        begun.until(lambda: stores.count() == 4)
        site.answers["/feed"] = rss(site.base, ["/5", "/0", "/1"])
        site.answers["/news.xml"] = _xml(f"<urlset {_SPACES} {_NEWS}>{_news(site.base, '/6', now)}{news[0]}</urlset>")
        begun.until(lambda: stores.count() == 6)
        stopped(begun)
        urls = {row["url"].removeprefix(site.base) for row in stores.rows()["articles"].values()}
        assert urls == {"/0", "/1", "/2", "/3", "/5", "/6"}, "/4 is older than was asked for"
        assert "difference 0, pending 0" in begun.said
        again = run(tmp_path, "run", *asked)
        assert "nothing is new" in again.said
        stores.check()
        assert {path: site.asked.count(path) for path in urls} == dict.fromkeys(urls, 1)
