"""Pages that are no article: each kind in several languages, and good articles that resemble them."""

import datetime

import pytest

from newsbeam.records import Document, Entry, Origin, Page, Rejected
from newsbeam.transforms import documents, extract
from newsbeam.transforms.tasks import Options, Task

NOW = datetime.datetime(2026, 11, 26, 12, tzinfo=datetime.UTC)
URL = "https://www.valley.example/news/a-bridge"
STORY = (
    "<p>The council of Upper Marsh met on Tuesday evening to talk about the bridge that nobody crosses any more.</p>"
    "<p>“It has stood there for ninety years, and it will stand for ninety more,” said the mayor after the vote.</p>"
    "<p>Repairs would cost four million crowns, which the district does not have, and the old mill is in the way.</p>"
)
LONG = STORY + "".join(
    f"<p>Village {name} has a bridge of its own, and its council wrote to the minister in {name} about the money.</p>"
    for name in ("Aldon", "Brack", "Corrie", "Dunmoor", "Ebbing", "Farley", "Gorse")
)


def page(title: str, body: str, head: str = "") -> str:
    return f"<html><head><title>{title}</title>{head}</head><body>{body}</body></html>"


def kind_of(html: str) -> str:
    """What the page was turned away as; empty for an article."""
    try:
        extract.extract(html.encode(), url=URL, now=NOW)
    except extract.NotAnArticle as error:
        return str(error).partition(";")[0]
    return ""


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Page not found - Valley Post", "Sorry, the page you are looking for could not be found. Try our front page."),
        ("404", "The page you requested does not exist or may have been moved. Please use the search above."),
        ("Error 404: Page not found", "We are sorry. This story is no longer available on our site, says the server."),
        ("Seite nicht gefunden", "Die gesuchte Seite existiert nicht mehr. Bitte nutzen Sie die Suche oder das Menü."),
        ("Page introuvable", "La page demandée n'existe pas ou n'existe plus. Retournez à l'accueil pour continuer."),
        (
            "Página no encontrada",
            "La página que buscas no existe. Vuelve a la portada o utiliza el buscador del sitio.",
        ),
        ("Страница не найдена", "Запрашиваемая страница не существует. Вернитесь на главную или поищите по сайту."),
        ("Η σελίδα δεν βρέθηκε", "Η σελίδα που ζητήσατε δεν βρέθηκε. Επιστρέψτε στην αρχική σελίδα του ιστότοπου μας."),
        (
            "ページが見つかりません",
            ("申し訳ございませんが、ページは移動したか削除された可能性があります。"
            "ほかの話題はトップページからお探しください。ご不便をおかけします。"),
        ),
        (
            "Oops",
            "Something is amiss here: the page you were looking for may have been removed. Check the URL, please.",
        ),
    ],
)  # fmt: skip
def test_an_error_page_with_status_200_is_told(title: str, text: str) -> None:
    assert kind_of(page(title, f"<main><h1>{title}</h1><p>{text}</p></main>")) == "an error page"


@pytest.mark.parametrize(
    ("title", "text", "kind"),
    [
        (
            "Just a moment...",
            "Checking your browser before accessing the site. Ray ID: 1f2e3d. This is quick.",
            "check",
        ),
        (
            "Access denied",
            "Our systems have seen unusual traffic. Please confirm that you are not a robot, then go on.",
            "check",
        ),
        (
            "The Valley Post",
            "Please enable JavaScript in your browser to see this page, or use another browser.",
            "JavaScript",
        ),
        (
            "Valley",
            "Bitte aktivieren Sie JavaScript in Ihrem Browser, um diese Seite in vollem Umfang zu sehen.",
            "JavaScript",
        ),
        (
            "We value your privacy",
            "We and our partners store and access information on your device by cookies. You may withdraw consent.",
            "consent",
        ),
        (
            "Datenschutz-Einstellungen",
            "Mit Ihrer Einwilligung speichern wir und unsere Partner Cookies auf einem Gerät, um Werbung zu zeigen.",
            "consent",
        ),
    ],
)  # fmt: skip
def test_a_wall_before_the_article_is_told(title: str, text: str, kind: str) -> None:
    assert kind in kind_of(page(title, f"<main><h1>{title}</h1><p>{text}</p></main>"))


def test_a_page_that_sends_its_reader_on_is_a_redirect() -> None:
    body = "<p>You are being sent to the page that you asked for. If nothing happens, click on the link below.</p>"
    refresh = '<meta http-equiv="refresh" content="{}">'
    away = page("Moved", body, refresh.format("0; url='https://www.valley.example/new'"))
    assert kind_of(away) == "a redirect to https://www.valley.example/new"
    assert kind_of(page("Moved", body, refresh.format("0; url=/news/a-bridge"))) == ""
    assert kind_of(page("News", body, f"<noscript>{refresh.format('0; url=/without-scripts')}</noscript>")) == ""
    assert kind_of(page("News", body, refresh.format("300"))) == ""
    assert kind_of(page("News", body, refresh.format("300; url=/other"))) == ""
    assert kind_of(page("Long", LONG, refresh.format("1; url=/other"))) == ""


def test_a_film_s_page_with_a_caption_is_none_and_one_with_a_story_is() -> None:
    head = '<meta property="og:type" content="video.other">'
    caption = "<p>The mayor of Upper Marsh speaks about the bridge that nobody crosses any more. Watch it here.</p>"
    assert kind_of(page("Film", caption, head)) == "a page of a film, with a short text"
    assert kind_of(page("Film", LONG, head)) == ""
    linked = (
        '<script type="application/ld+json">[{"@type": "VideoObject", "name": "x"}, {"@type": "NewsArticle"}]</script>'
    )
    assert kind_of(page("Film", caption, linked)) == ""


def listing(count: int) -> str:
    items = "".join(
        f'<div class="item"><h3><a href="/s{n}">Another story number {n} of this week</a></h3>'
        f"<p>The council of village {n} met on Tuesday evening to talk about a bridge that nobody crosses any more.</p>"
        "</div>"
        for n in range(count)
    )
    return f"<div class='list'>{items}</div>"


def test_a_row_of_teasers_is_a_listing_unless_the_page_states_an_article() -> None:
    assert kind_of(page("News", listing(14))).startswith("a listing")
    assert kind_of(page("News", listing(5))) == ""
    for stated in (
        '<meta property="og:type" content="article">',
        '<meta name="author" content="Ann Lee">',
        '<meta property="article:published_time" content="2026-11-01">',
    ):
        assert kind_of(page("News", listing(14), stated)) == ""


def test_an_article_beside_a_listing_is_an_article() -> None:
    assert kind_of(page("A bridge", f"<article><h1>A bridge</h1>{LONG}</article>{listing(14)}")) == ""


def test_an_article_whose_paragraphs_stand_apart_beside_linked_headlines_is_an_article() -> None:
    apart = "".join(
        f"<div><p>{part}</p></div>" for part in LONG.removeprefix("<p>").removesuffix("</p>").split("</p><p>")
    )
    links = "".join(f'<h3><a href="/s{n}">Another story number {n} of this week</a></h3>' for n in range(12))
    assert kind_of(page("A bridge", f"<h1>A bridge</h1>{apart}<div>{links}</div>")) == ""


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Page not found: how the error became a joke", STORY),
        ("404", LONG),
        ("Access denied", STORY),
        ("Cookies", STORY),
        ("Your privacy", f"{STORY}<p>The council's site sets cookies, the mayor said, and asks for no consent.</p>"),
        ("What cookies know", "<p>Cookies follow readers, consent is a click away, a study says.</p>" + STORY),
        ("No bridge", "<p>The bridge does not exist, and it could not be found on any map.</p>" + LONG),
    ],
)  # fmt: skip
def test_a_story_that_resembles_one_is_an_article(title: str, body: str) -> None:
    assert kind_of(page(title, f"<article><h1>{title}</h1>{body}</article>")) == ""


def read(html: str, *, content: str = "", keep: bool = False) -> Document | Rejected:
    origin = Origin(kind="feed", source="f", key="k")
    entry = Entry(url=URL, feed_url="https://www.valley.example/feed", key="k", title="A bridge", content=content)
    source = Page(url=URL, body=html.encode(), fetched_at="2026-11-26T12:00:00Z", origin=origin, entry=entry)
    return documents.read(Task(source=source, options=Options(keep_other_pages=keep), now=NOW))


ERROR = page("404", "<h1>404</h1><p>The page you requested does not exist or may have been moved, we are sorry.</p>")


def test_it_is_rejected_with_its_own_reason_and_may_be_kept() -> None:
    found = read(ERROR)
    assert isinstance(found, Rejected)
    assert found.reason == "not_an_article"
    assert found.detail.startswith("an error page; ")
    assert isinstance(read(ERROR, keep=True), Document)


def test_the_feed_s_story_stands_for_it() -> None:
    found = read(ERROR, content=LONG)
    assert isinstance(found, Document)
    assert found.extracted_from == "feed"
    assert "ninety years" in found.body
