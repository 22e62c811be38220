"""Which training crawlers a robots.txt refuses a page by name."""

import pytest

from newsbeam.connectors.http.refusals import MOST, Refusals, refusals
from newsbeam.reserving import trainers

CRAWLERS = ("GPTBot", "CCBot", "Google-Extended")


@pytest.mark.parametrize(
    ("text", "path", "refused"),
    [
        ("User-agent: GPTBot\nDisallow: /", "/a", ("GPTBot",)),
        ("user-agent: gptbot\nUser-Agent: CCBot # both\nDISALLOW: /*", "/a", ("CCBot", "GPTBot")),
        ("User-agent: *\nDisallow: /", "/a", ()),
        ("User-agent: GPTBot\nDisallow:\n\nUser-agent: CCBot\nAllow: /", "/a", ()),
        ("User-agent: GPTBot\nDisallow: /news/", "/news/a", ("GPTBot",)),
        ("User-agent: GPTBot\nDisallow: /news/", "/about", ()),
        ("User-agent: GPTBot\nDisallow: /\nAllow: /free/", "/free/a", ()),
        ("User-agent: GPTBot\nDisallow: /\nAllow: /free/", "/a", ("GPTBot",)),
        ("User-agent: GPTBot\nDisallow: /$", "/a", ()),
        ("User-agent: GPTBot\nUser-agent: other\nDisallow: /x\nUser-agent: CCBot\nDisallow: /y", "/x", ("GPTBot",)),
        ("User-agent: GPTBot-Image\nDisallow: /", "/a", ()),
        ("User-agent: GPTBot\nSitemap: /s\nDisallow: /\n", "/a", ("GPTBot",)),
        ("Disallow: /", "/a", ()),
        ("", "/a", ()),
    ],
)  # fmt: skip
def test_only_a_crawlers_own_group_refuses_it(text: str, path: str, refused: tuple[str, ...]) -> None:
    assert refusals(text, CRAWLERS).of(f"https://news.example{path}") == refused


def test_a_site_that_refuses_all_of_it_costs_a_few_names() -> None:
    text = "\n".join(f"User-agent: {one}\nDisallow: /" for one in trainers())
    assert refusals(text, trainers()) == Refusals(tuple(sorted(trainers())))


def test_a_group_of_any_length_is_read_within_bounds() -> None:
    text = "User-agent: GPTBot\n" + "".join(f"Disallow: /{number}/\n" for number in range(100_000))
    found = refusals(text, CRAWLERS)
    assert found.of("https://news.example/7/a") == ("GPTBot",)
    assert found.of(f"https://news.example/{MOST}/a") == ()


def test_the_list_names_crawlers_by_one_product_token() -> None:
    assert len(trainers()) == len({one.lower() for one in trainers()})
    assert all(one and not set(one) & set(" /*:") for one in trainers())
