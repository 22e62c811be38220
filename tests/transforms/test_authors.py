"""Bylines: names without bywords, offices and agencies, in several languages."""

import pytest

from newsbeam.transforms import authors, head, html, jsonld, marks


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("By Ann Lee and Bob Ray", ["Ann Lee", "Bob Ray"]),
        ("BY ANN LEE", ["ANN LEE"]),
        ("Ann Lee, Health Reporter", ["Ann Lee"]),
        ("Ann Lee | The Desk Editor", ["Ann Lee"]),
        ("Von Anna Groß und Jörg Müller", ["Anna Groß", "Jörg Müller"]),
        ("Par Élise Martin et Paul Roy", ["Élise Martin", "Paul Roy"]),
        ("Por José Díaz y Ana Ruiz", ["José Díaz", "Ana Ruiz"]),
        ("Автор: Иван Петров", ["Иван Петров"]),
        ("Γράφει ο Νίκος Παππάς", ["Νίκος Παππάς"]),
        ("Text: Anna Groß; Jörg Müller", ["Anna Groß", "Jörg Müller"]),
        ("Ann Lee (Springfield)", ["Ann Lee"]),
        ("Ann Lee ann@example.org @annlee", ["Ann Lee"]),
        ("Ann Lee • 12 May 2025", ["Ann Lee"]),
        ("admin", []),
        ("By", []),
        ("", []),
    ],
)
def test_a_byline_gives_its_names(byline: str, names: list[str]) -> None:
    assert authors.split(byline) == names


@pytest.mark.parametrize("name", ["Reuters", "AFP", "Agence France-Presse", "dpa", "The Associated Press"])
def test_agencies_are_known(name: str) -> None:
    assert authors.is_agency(name)


def choose(page: str, announced: tuple[str, ...] = ()) -> tuple[str, ...]:
    tree = html.parse(html.repair(page))
    lines = authors.bylines(marks.read(tree))
    return authors.choose(
        head=head.read(tree), linked=jsonld.read(tree), bylines=lines, announced=announced, publisher=["Daily News"]
    )


def test_an_agency_is_no_author() -> None:
    assert choose('<html><head><meta name="author" content="Ann Lee, Reuters"></head><body><p>x</p></body></html>') == (
        "Ann Lee",
    )
    assert choose('<html><head><meta name="author" content="Reuters"></head><body><p>x</p></body></html>') == ()


def test_a_person_of_a_later_source_is_taken_before_the_publisher() -> None:
    page = (
        '<html><head><meta name="author" content="Daily News"></head>'
        '<body><h1>t</h1><p class="byline">By <a rel="author" href="/x">Ann Lee</a></p></body></html>'
    )
    assert choose(page) == ("Ann Lee",)
    assert choose('<html><head><meta name="author" content="Daily News"></head><body></body></html>') == ("Daily News",)


def test_bylines_of_other_stories_are_not_taken() -> None:
    other = "<section><div><ul><li><span class='author'>Bob Ray</span></li></ul></div></section>"
    page = (
        f"<html><body><main><div><header><span class='author'>Ann Lee</span></header></div></main>{other}</body></html>"
    )
    assert choose(page) == ("Ann Lee",)


def test_the_feed_s_authors_are_the_last_resort() -> None:
    assert choose("<html><body><p>x</p></body></html>", ("By Ann Lee",)) == ("Ann Lee",)
