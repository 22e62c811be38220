"""The page for people holds the template's elements and nothing that a record brought with it."""

from collections.abc import Mapping
from typing import Any

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.connectors.stores.markup import TAIL, head, item, web_address
from newsbeam.text import printable

ALLOWED = {
    "html": set(),
    "head": set(),
    "meta": {"charset", "http-equiv", "content", "name"},
    "title": set(),
    "style": set(),
    "body": set(),
    "h1": set(),
    "h2": {"dir", "lang"},
    "article": set(),
    "p": {"class", "dir"},
    "a": {"href", "rel"},
    "details": {"lang"},
    "summary": set(),
}
HOSTILE = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "<script>alert(1)</script>",
                '"><img src=x onerror=alert(1)>',
                "' onmouseover='x",
                "</title></style></head>",
                "</details><iframe src=//x>",
                "<!--",
                "]]>",
                "&lt;b&gt;",
                "{title}",
                "javascript:alert(1)",
                "https://a.example/",
                "\x00",
                "\n\n",
                "\ud800",
            ]
        ),
        st.text(max_size=4),
    ),
    max_size=6,
).map("".join)


def tree(*rows: Mapping[str, Any], collection: Any = "articles", title: str = "Articles") -> Any:
    page = head(title) + "".join(item(collection, row) for row in rows) + TAIL
    return lxml.html.document_fromstring(page.encode("utf-8"), parser=lxml.html.HTMLParser(encoding="utf-8"))


@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_no_element_or_attribute_comes_from_a_record(title: str, url: str, site: str, body: str, language: str) -> None:
    found = tree({"title": title, "url": url, "site": site, "body": body, "language": language}, title=title)
    for one in found.iter():
        assert isinstance(one.tag, str), "a comment"
        assert set(one.attrib) <= ALLOWED[one.tag]
    links = found.xpath("//a/@href")
    assert len(links) == (web_address(url) is not None)
    assert all(link.startswith(("http://", "https://")) for link in links)
    assert [len(found.findall(f".//{tag}")) for tag in ("article", "h1", "h2", "style", "title")] == [1] * 5
    assert "".join(found.find(".//h1").text_content().split()) == "".join(printable(title).split())
    texts = "".join(one.text_content() for one in found.findall(".//details/p"))
    assert "".join(texts.split()) == "".join(printable(body).split())


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://a.example/x?y=1&z=2", "https://a.example/x?y=1&z=2"),
        ("http://[::1", None),
        ("javascript:alert(1)", None),
        ("java\nscript:alert(1)", None),
        (" https://a.example/", None),
        ("https:x", None),
        ("file:///etc/passwd", None),
        ("data:text/html,x", None),
        (None, None),
    ],
)
def test_links_lead_to_the_web_alone(url: str | None, address: str | None) -> None:
    assert web_address(url) == address


def test_a_rejected_row_says_why() -> None:
    values = {
        "id": "x",
        "url": "https://a.example/x",
        "reason": "gone",
        "stage": "fetch",
        "detail": "410 <b>",
        "title": None,
    }
    found = tree(values, collection="rejected")
    assert found.find(".//h2").text_content() == "https://a.example/x"
    assert found.find(".//p[@class='about']").text_content() == "gone · fetch · 410 <b>"
