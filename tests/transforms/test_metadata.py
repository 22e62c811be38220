"""Site, canonical address, origin, language, image, tags, paywall."""

import pytest

from newsbeam.transforms import head, html, jsonld, marks, metadata

URL = "https://www.valley.co.uk/news/dam?utm_source=rss"


def read(top: str) -> tuple[head.Head, jsonld.Linked]:
    tree = html.parse(html.repair(f"<html lang='en-GB'><head>{top}</head><body><p>x</p></body></html>"))
    return head.read(tree), jsonld.read(tree)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://valley.co.uk/news/dam-reopened", "https://valley.co.uk/news/dam-reopened"),
        ("/news/dam-reopened?utm_medium=x", "https://www.valley.co.uk/news/dam-reopened"),
        ("https://other.co.uk/news/dam", "https://www.valley.co.uk/news/dam"),
        ("https://www.valley.co.uk/", "https://www.valley.co.uk/news/dam"),
        ("javascript:void(0)", "https://www.valley.co.uk/news/dam"),
    ],
)
def test_a_canonical_link_counts_on_its_own_domain_only(link: str, expected: str) -> None:
    top, _ = read(f'<link rel="canonical" href="{link}">')
    assert metadata.canonical(URL, head=top) == expected


def test_a_foreign_canonical_link_is_the_origin() -> None:
    top, linked = read(
        '<link rel="canonical" href="https://wire.example.org/a?utm_source=x"><meta name="original-source" content="https://b.example.com/s">'
    )
    assert metadata.based_on(URL, head=top, linked=linked) == ("https://wire.example.org/a", "https://b.example.com/s")
    top, linked = read('<link rel="canonical" href="https://valley.co.uk/x">')
    assert metadata.based_on(URL, head=top, linked=linked) == ()


def test_the_site_is_named_by_the_page_then_the_feed_then_the_domain() -> None:
    top, linked = read('<meta property="og:site_name" content="The Valley Post">')
    assert metadata.site(URL, head=top, linked=linked) == "The Valley Post"
    top, linked = read("")
    assert metadata.site(URL, head=top, linked=linked, feed_title="Valley feed") == "Valley feed"
    assert metadata.site(URL, head=top, linked=linked) == "valley.co.uk"


def test_language_image_and_tags() -> None:
    top, linked = read('<meta property="og:image" content="/i.jpg"><meta property="article:tag" content="Dams">')
    assert metadata.language(head=top, linked=linked) == "en"
    assert metadata.image(URL, head=top, linked=linked) == "https://www.valley.co.uk/i.jpg"
    assert metadata.tags(head=top, linked=linked) == ("Dams",)


@pytest.mark.parametrize(("tier", "expected"), [("locked", True), ("free", False), ("", None)])
def test_paywalled_is_what_the_page_says(tier: str, expected: bool | None) -> None:
    page = f"<html><head><meta name='article:content_tier' content='{tier}'></head><body><p>x</p></body></html>"
    tree = html.parse(html.repair(page))
    assert metadata.paywalled(head=head.read(tree), linked=jsonld.read(tree), marks=marks.read(tree)) is expected


@pytest.mark.parametrize(
    ("url", "title", "expected"),
    [
        ("http://192.0.2.7:8080/a", "www.harbour-watch.org", "harbour-watch.org"),
        ("http://mirror/a", "www.harbour-watch.org", "harbour-watch.org"),
        ("https://harbour-watch.org/a", "www.other.org", "harbour-watch.org"),
        ("http://192.0.2.7/a", "Harbour Watch", "Harbour Watch"),
        ("http://192.0.2.7/a", "www.", "192.0.2.7"),
    ],
)
def test_a_named_host_is_better_than_an_address(url: str, title: str, expected: str) -> None:
    tree = html.parse(b"<html><head></head><body><p>x</p></body></html>")
    assert metadata.site(url, head=head.read(tree), linked=jsonld.read(tree), feed_title=title) == expected
