"""Bylines: names without bywords, offices and agencies, in several languages."""

import pytest

from newsbeam.transforms import authors, bylines, head, html, jsonld, marks, titles


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
        ("Publicado el|Ann Lee", ["Ann Lee"]),
        ("Publiziert am | Ann Lee", ["Ann Lee"]),
        ("Ann Lee, Ph.D.", ["Ann Lee"]),
        ("Ana Ruiz | y | José Díaz", ["Ana Ruiz", "José Díaz"]),
        ("Text und Interview: Anna Groß", ["Anna Groß"]),
        ("王伟，李娜", ["王伟", "李娜"]),
        ("Ann Lee ann@example.org @annlee", ["Ann Lee"]),
        ("Ann Lee • 12 May 2025", ["Ann Lee"]),
        ("Weekend | von | Anna Groß | 5 Min", ["Anna Groß"]),
        ("Erstellt von Anna Groß", ["Anna Groß"]),
        ("Ann Lee/Bob Ray", ["Ann Lee", "Bob Ray"]),
        ("wave/annl", ["wave/annl"]),
        ("Analysis by Ann Lee", ["Ann Lee"]),
        ("김하나 기자", ["김하나"]),
        ("김하나 기자, 박두리 기자", ["김하나", "박두리"]),
        ("admin", []),
        ("See full bio", []),
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
    heading = titles.heading_of(tree, None)
    lines = bylines.marked(marks.read(tree), heading)
    if not lines and heading is not None:
        lines = bylines.shown(heading)
    return authors.choose(
        head=head.read(tree),
        linked=jsonld.read(tree),
        bylines=lines,
        announced=announced,
        publisher=["Daily News"],
        lone=bylines.unmarked(tree, heading),
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


def test_the_content_of_a_tag_may_stand_in_its_value() -> None:
    assert choose('<html><head><meta name="author" value="Ann Lee"></head><body><p>x</p></body></html>') == ("Ann Lee",)


def test_what_the_head_labels_as_written_by_somebody_is_believed() -> None:
    page = (
        '<html><head><meta name="twitter:label1" content="Est. reading time">'
        '<meta name="twitter:data1" content="5 minutes">'
        '<meta name="twitter:label2" content="Written by"><meta name="twitter:data2" content="Ann Lee"></head></html>'
    )
    assert choose(page) == ("Ann Lee",)


def test_a_company_is_no_author_where_a_person_is_named() -> None:
    page = (
        '<html><head><meta name="author" content="Wave Media Inc.">'
        '<meta name="article:author" content="Ann Lee"></head>'
        "<body><p>x</p></body></html>"
    )
    assert choose(page) == ("Ann Lee",)
    assert choose('<html><head><meta name="author" content="Bay News"></head><body></body></html>') == ("Bay News",)


def test_where_meta_tags_disagree_the_byline_decides() -> None:
    page = (
        '<html><head><meta name="author" content="Cy Desk"><meta name="parsely-author" content="Ann Lee"></head>'
        '<body><h1>t</h1><p class="byline">By Ann Lee</p></body></html>'
    )
    assert choose(page) == ("Ann Lee",)


def test_a_byline_with_more_names_is_taken_before_the_one_that_the_head_states() -> None:
    head_of = '<html><head><meta name="author" content="Ann Lee"></head><body><h1>t</h1>'
    assert choose(f'{head_of}<p class="byline">By Ann Lee and Bob Ray</p></body></html>') == ("Ann Lee", "Bob Ray")
    assert choose(f'{head_of}<p class="byline">By Ann Lee | Bay News</p></body></html>') == ("Ann Lee",)


STORY = "<p>The council of Upper Marsh met on Tuesday evening to talk about the bridge.</p>" * 3


@pytest.mark.parametrize(
    ("near", "names"),
    [
        ("<div>By <span>Ann Lee</span></div>", ("Ann Lee",)),
        ("<div>By Ann Lee and Bob Ray</div>", ("Ann Lee", "Bob Ray")),
        ('<div><a href="/author/ann-lee">Ann Lee</a></div>', ("Ann Lee",)),
        ('<div><a href="/autor/ann"><span>Ann</span></a></div>', ("Ann",)),
        ("<div>Von Anna Groß</div>", ("Anna Groß",)),
        (
            "<div>Von: <i>Anna Groß</i>, <i>Jörg Müller</i> und <i>Ann Lee</i></div>",
            ("Anna Groß", "Jörg Müller", "Ann Lee"),
        ),
        ("<div>By <i>Ann Lee</i>, <i>Kiosk of the Year</i></div>", ("Ann Lee",)),
        ('<a rel="author"><b class="firstname">Ann</b> <b class="lastname">Lee</b></a>', ("Ann Lee",)),
        ("<div>Text Size</div>", ()),
        ("<div>From Our Partners</div>", ()),
        ("<div>By the river</div>", ()),
        ("<div>By using this site you accept cookies</div>", ()),
        ('<div><a href="/section/politics">Bob Ray</a></div>', ()),
    ],
)
def test_an_unmarked_byline_near_the_headline_is_found(near: str, names: tuple[str, ...]) -> None:
    assert choose(f"<html><body><h1>A bridge that nobody crosses</h1>{near}{STORY}</body></html>") == names


def test_an_unmarked_byline_after_running_text_is_another_story_s() -> None:
    long = f"<p>{'The bridge was closed again. ' * 10}</p>"
    assert choose(f"<html><body><h1>A bridge that nobody crosses</h1>{long}<p>By Ann Lee</p></body></html>") == ()


def test_a_class_of_the_whole_layout_hides_no_byline() -> None:
    page = (
        '<html><body><div class="has-sidebar"><h1>A bridge that nobody crosses</h1>'
        f'<p class="byline">By Ann Lee</p>{STORY}</div></body></html>'
    )
    assert choose(page) == ("Ann Lee",)


PROSE = "The bridge over the river has been closed since the flood of May, and nobody in the valley knows for how long."
LINKED = '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "x", "author": %s}</script>'


@pytest.mark.parametrize(
    ("near", "names"),
    [
        (f"<p><strong>Ann Lee</strong></p><p>{PROSE} {PROSE}</p>", ("Ann Lee",)),
        (f"<p><b>Ann Lee/Bob Ray</b></p><p>{PROSE} {PROSE}</p>", ("Ann Lee", "Bob Ray")),
        (f"<span>Ann Lee &nbsp;|</span><span>05.04.2025 - 10:00</span><p>{PROSE}</p>", ("Ann Lee",)),
        (f"<p><strong>Ann Lee</strong></p><p>Five years ago.</p><p>{PROSE} {PROSE}</p>", ()),
        (f"<p><strong>Image: Ann Lee</strong></p><p>{PROSE} {PROSE}</p>", ()),
        (f"<p><strong>Upper</strong></p><p>{PROSE} {PROSE}</p>", ()),
        (f"<p><strong>Ann Lee</strong> sings.</p><p>{PROSE} {PROSE}</p>", ()),
        (f"<p>{PROSE} {PROSE}</p><p><strong>Ann Lee</strong></p><p>{PROSE} {PROSE}</p>", ()),
    ],
)
def test_a_name_that_stands_alone_below_the_headline_is_the_last_resort(near: str, names: tuple[str, ...]) -> None:
    assert choose(f"<body><h1>Bridge closed</h1>{near}</body>") == names


@pytest.mark.parametrize(
    "field", ["<li><strong>Author</strong> Ann Lee</li>", "<dl><dt>Written by:</dt><dd>Ann Lee</dd></dl>"]
)
def test_a_name_behind_a_label_of_its_own_is_found_below_the_text_too(field: str) -> None:
    assert choose(f"<body><h1>Bridge closed</h1><p>{PROSE} {PROSE}</p>{field}</body>") == ("Ann Lee",)
    assert choose(f'<head><meta name="author" content="Bob Ray"></head><body><h1>x</h1>{field}</body>') == ("Bob Ray",)


def test_a_part_of_the_site_is_no_author_beside_a_person_and_initials_are() -> None:
    names = "<head><meta name='author' content='{}'></head><body><p>x</p></body>"
    assert choose(names.format("Ann Lee, Daily News Springfield")) == ("Ann Lee",)
    assert choose("<body><p>x</p></body>", ("daily news/annl",)) == ("daily news/annl",)


def test_a_person_before_the_name_of_the_paper_is_the_author_and_a_place_behind_it_is_none() -> None:
    names = "<head><meta name='author' content='{}'></head><body><p>x</p></body>"
    assert choose(names.format("Ann Lee, a very long name of her office that goes on, example.org")) == ("Ann Lee",)
    assert choose(names.format("example.org, Springfield")) == ("example.org",)


def test_an_account_of_the_site_is_no_person() -> None:
    account = LINKED % '{"@type": "Person", "name": "Wave D", "url": "https://wave.example/author/admin/"}'
    page = f'{account}<body><h1>x</h1><a rel="author">Wave D</a><p><b>Ann Lee</b></p><p>{PROSE} {PROSE}</p></body>'
    assert choose(page) == ("Ann Lee",)
    assert choose(f"{account}<body><h1>x</h1><p>{PROSE}</p></body>") == ("Wave D",)
