"""Addresses: what identity is taken from."""

import pytest

from newsbeam import urls


@pytest.mark.parametrize(
    ("base", "link", "expected"),
    [
        ("https://a.example/x/feed", "../y?q=1#top", "https://a.example/y?q=1"),
        ("https://a.example/feed", "//b.example/z", "https://b.example/z"),
        ("https://a.example/", "HTTP://B.Example:80/Ä b", "http://b.example/Ä%20b"),
        ("https://a.example/", "http://[::1]:8099/x", "http://[::1]:8099/x"),
        ("https://a.example/", "mailto:x@a.example", None),
        ("https://a.example/", "javascript:void(0)", None),
        ("https://a.example/", "ftp://a.example/x", None),
        ("https://a.example/", "http://u:p@a.example/x", None),
        ("https://a.example/", "http://[::1", None),
        ("https://a.example/", "http://a.example:99999/x", None),
        ("https://a.example/", "http:///x", None),
        ("https://a.example/", "//\x1b/x", None),
        ("https://a.example/", "http://a b.example/x", None),
        ("https://a.example/", "https://a.example/" + "a" * 5000, None),
        ("https://a.example/", None, None),
    ],
)
def test_absolute(base: str, link: str | None, expected: str | None) -> None:
    assert urls.absolute(base, link) == expected


def test_tracking_parameters_and_fragments_do_not_make_another_article() -> None:
    plain = "https://a.example/story?id=7&page=2"
    for same in (
        f"{plain}#comments",
        "https://a.example/story?id=7&utm_source=x&page=2&fbclid=1",
        f"{plain}&UTM_Medium=y",
    ):
        assert urls.article_id(same) == urls.article_id(plain), same
    for other in ("https://a.example/story?id=8&page=2", "https://b.example/story?id=7&page=2"):
        assert urls.article_id(other) != urls.article_id(plain), other


def test_a_query_without_tracking_keeps_its_spelling() -> None:
    assert urls.without_tracking("https://a.example/?a=%C3%A4+b&c") == "https://a.example/?a=%C3%A4+b&c"


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://news.bbc.co.uk/x", "bbc.co.uk"),
        ("http://127.0.1.2:8099/x", "127.0.1.2"),
        ("https://localhost/x", "localhost"),
        ("file:///data/x.txt", ""),
        ("http://[::1", ""),
    ],
)
def test_site_is_the_registered_domain(url: str, site: str) -> None:
    assert urls.site(url) == site


def test_host_keeps_the_port_and_drops_credentials() -> None:
    assert urls.host("http://u:p@A.example:8099/x") == "a.example:8099"


def test_a_broken_address_has_no_host() -> None:
    assert urls.host("http://[::1") == ""
