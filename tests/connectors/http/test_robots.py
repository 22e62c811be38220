import pytest
from hypothesis import given
from hypothesis import strategies as st
from protego import Protego

from newsbeam.connectors.http import robots

TEXT = b"""\
User-agent: *
Disallow: /private/
Allow: /private/open
Crawl-delay: 2

User-agent: newsbeam
User-agent: other
Disallow: /*.pdf$
Disallow: /drafts
"""


@pytest.mark.parametrize(
    ("agent", "path", "allowed"),
    [
        ("newsbeam", "/private/x", True),
        ("newsbeam", "/drafts/1", False),
        ("newsbeam", "/a.pdf", False),
        ("newsbeam", "/a.pdf?x", True),
        ("somebody", "/private/x", False),
        ("somebody", "/private/open/x", True),
        ("somebody", "/", True),
    ],
)
def test_the_group_of_our_name_counts_else_that_of_all(agent: str, path: str, allowed: bool) -> None:
    assert robots.parse(TEXT, agent).allows(f"http://a.example{path}") is allowed


def test_crawl_delay_is_that_of_our_group() -> None:
    assert robots.parse(TEXT, "somebody").crawl_delay == 2.0
    assert robots.parse(TEXT, "newsbeam").crawl_delay is None


@pytest.mark.parametrize(
    ("user_agent", "token"),
    [
        ("newsbeam/0.1 (+https://example.org/bot)", "newsbeam"),
        ("Desk Crawler/2", "Desk"),
        ("Mozilla/5.0 (compatible; Deskbot/1.0)", "Mozilla/5.0 (compatible; Deskbot/1.0)"),
        ("", "*"),
    ],
)
def test_our_name_is_the_first_product(user_agent: str, token: str) -> None:
    assert robots.product_token(user_agent) == token


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe\x00junk\x00", b"<html><body>not found</body></html>", b"\xef\xbb\xbf" + TEXT]
)
def test_any_bytes_can_be_read(body: bytes) -> None:
    assert robots.parse(body, "newsbeam").allows("http://a.example/x")


def test_a_file_that_names_thousands_of_agents_is_reduced_to_our_groups() -> None:
    many = "".join(f"User-agent: a{n}\n" for n in range(20_000))
    text = f"{many}user-agent: NewsBeam\nDisallow: /x\n\nUser-agent: z\nDisallow: /\nAllow: /y\nSitemap: /s\n"
    assert robots.ours(text, "newsbeam") == "user-agent: NewsBeam\nDisallow: /x"
    assert not robots.parse(text.encode(), "newsbeam").allows("http://a.example/x")
    rules = "User-agent: *\n" + "Disallow: /a\n" * 20_000
    assert robots.ours(rules, "newsbeam").count("\n") == robots.MAX_RULES - 1


LINES = st.sampled_from(
    "User-agent: *|User-agent: newsbeam|Useragent newsbeam|User agent: other|USER-AGENT: Otherbot|Disallow: /a|"
    "Disallow: /b*c|Allow: /a/x|Disallow:|Disallow: / # all|Allow: /|Crawl-delay: 3|crawl delay: 9|Sitemap: http://x/s|"
    "Host: x|# words||noise|User-agent: *bot*|User-agent: news*beam|user-agent:|  Disallow : /q".split("|")
)


@given(st.lists(LINES, max_size=14))
def test_reducing_a_file_changes_nothing_for_us(lines: list[str]) -> None:
    whole = Protego.parse("\n".join(lines))
    reduced = robots.parse("\n".join(lines).encode(), "newsbeam")
    for path in ("/", "/a", "/a/x", "/bzc", "/q"):
        assert reduced.allows(f"http://x{path}") == whole.can_fetch(f"http://x{path}", "newsbeam")
    assert reduced.crawl_delay == whole.crawl_delay("newsbeam")


def test_what_lies_beyond_the_cap_does_not_count() -> None:
    filler = b"# " + b"x" * 97 + b"\n"
    far = filler * (robots.MAX_BYTES // 100 + 1) + b"User-agent: *\nDisallow: /\n"
    assert robots.parse(far, "newsbeam").allows("http://a.example/x")
    # A rule that the cap cuts in two would forbid more than it says.
    cut = b"User-agent: *\nDisallow: /" + b"a" * robots.MAX_BYTES
    assert robots.parse(cut, "newsbeam").allows("http://a.example/x")
