"""JSON-LD: the page's own article among others, values in all the forms that pages give them."""

import json

import pytest

from newsbeam.transforms import html, jsonld


def read(*values: object) -> jsonld.Linked:
    scripts = "".join(
        f'<script type="application/ld+json">{one if isinstance(one, str) else json.dumps(one)}</script>'
        for one in values
    )
    return jsonld.read(html.parse(html.repair(f"<html><head>{scripts}</head><body><p>x</p></body></html>")))


ARTICLE = {
    "@type": "NewsArticle",
    "headline": "River &amp; road reopened",
    "datePublished": "2025-03-04T10:00:00+02:00",
    "author": [{"@type": "Person", "name": "Ann Lee"}, {"@type": "Organization", "name": "Reuters"}],
    "publisher": {"@type": "Organization", "name": "The Valley Post"},
    "isAccessibleForFree": "False",
    "keywords": "roads, weather",
    "image": [{"@type": "ImageObject", "url": "https://valley.example/r.jpg"}],
    "inLanguage": "en-GB",
    "isBasedOn": "https://wire.example/story",
    "articleBody": "First paragraph.\n\nSecond <b>paragraph</b>.",
}


def test_every_field_is_read() -> None:
    linked = read(ARTICLE)
    assert linked.headline == "River & road reopened"
    assert linked.authors == ("Ann Lee",)
    assert linked.organisations == ("Reuters",)
    assert linked.publisher == "The Valley Post"
    assert linked.free is False
    assert linked.tags == ("roads", "weather")
    assert linked.image == "https://valley.example/r.jpg"
    assert linked.based_on == ("https://wire.example/story",)
    assert linked.body == "First paragraph.\n\nSecond paragraph."


def test_the_article_is_found_in_a_graph_and_its_references_followed() -> None:
    graph = {
        "@graph": [
            {"@type": "WebSite", "name": "The Valley Post"},
            {"@type": "Person", "@id": "#ann", "name": "Ann Lee"},
            {"@type": ["Article", "NewsArticle"], "headline": "In a graph", "author": {"@id": "#ann"}},
        ]
    }
    assert read(graph).headline == "In a graph"
    assert read(graph).authors == ("Ann Lee",)


def test_a_teaser_of_another_story_does_not_win() -> None:
    teaser = {"@type": "NewsArticle", "headline": "Another story"}
    assert read(teaser, ARTICLE).headline == read(ARTICLE, teaser).headline == "River & road reopened"


@pytest.mark.parametrize(
    "script",
    [
        '<!-- {"@type": "NewsArticle", "headline": "Odd"} -->',
        '{"@type": "NewsArticle", "headline": "Odd",}',
        '{"@type": "NewsArticle", "headline": "Odd", "articleBody": "line\none"}',
        '//<![CDATA[\n{"@type": "NewsArticle", "headline": "Odd"}\n//]]>',
    ],
)
def test_broken_scripts_are_read_where_their_sense_is_plain(script: str) -> None:
    assert read(script).headline == "Odd"


@pytest.mark.parametrize("script", ["not json", "[" * 5000, '"text"', "null", '{"@type": 5, "author": 7}'])
def test_what_says_nothing_gives_nothing(script: str) -> None:
    assert read(script) == jsonld.Linked()


def test_sources_other_than_the_publisher_are_credits_and_comments_are_kept_apart() -> None:
    linked = read(
        {
            **ARTICLE,
            "sourceOrganization": {"name": "dpa"},
            "provider": {"name": "The Valley Post"},
            "creditText": "Photo desk",
        },
        {"@type": "Comment", "text": "I was there."},
    )
    assert linked.credits == ("dpa", "Photo desk")
    assert linked.comments == ("I was there.",)
