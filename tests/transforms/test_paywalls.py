"""Teasers before a paywall are told by the words around them, whole stories with the same words are not."""

import datetime

import pytest

from newsbeam.transforms import extract, paywalls

NOW = datetime.datetime(2026, 11, 26, 12, tzinfo=datetime.UTC)
STORY = "The council of Upper Marsh met on Tuesday evening to talk about the bridge that nobody crosses any more."


@pytest.mark.parametrize(
    "line",
    [
        "To continue reading, log in or subscribe.",
        "Diesen Artikel weiterlesen mit Abo",
        "La suite est réservée aux abonnés.",
        "Contenido exclusivo para suscriptores",
        "Per continuare a leggere abbonati",
        "Доступно подписчикам",
        "この記事は会員限定です。",
    ],
)
def test_words_that_ask_for_a_subscription_show_a_paywall(line: str) -> None:
    assert paywalls.is_shown(f"{STORY}\n\n{line}", ())
    assert paywalls.is_shown(STORY, (line,))
    assert not paywalls.is_shown("\n\n".join([STORY] * 30), (line,))


def test_a_story_about_subscribers_shows_none() -> None:
    assert not paywalls.is_shown(f"{STORY} Subscribers of the paper were told first.", ("Subscribe", "Log in"))


def paywalled(head: str) -> bool | None:
    body = f"<article><h1>A bridge</h1><p>{STORY}</p></article><div><p>Subscribe to read the whole story</p></div>"
    html = f"<html><head>{head}</head><body>{body}</body></html>"
    return extract.extract(html.encode(), url="https://www.valley.example/a", now=NOW).paywalled


def test_what_the_page_says_goes_before_what_it_shows() -> None:
    assert paywalled("") is True
    assert paywalled('<meta property="article:content_tier" content="free">') is False
