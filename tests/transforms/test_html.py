"""Bytes to tree: what is refused, how characters are read, what is repaired."""

import gzip

import pytest

from newsbeam.transforms import html

GREEK = "<html><head><title>Ειδήσεις</title></head><body><p>Η βροχή σταμάτησε το απόγευμα.</p></body></html>"
RUSSIAN = "<html><body><p>Дождь прекратился после обеда, дороги снова открыты для движения.</p></body></html>"
JAPANESE = "<html><body><p>雨は午後に止み、道路は再び通れるようになった。</p></body></html>"


@pytest.mark.parametrize(
    ("page", "says"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\xff\xd8\xff\xe0JFIF", "JPEG"),
        (gzip.compress(b"<html><body><p>hidden</p></body></html>", mtime=0), "gzip"),
        (bytes(range(256)) * 8, "binary"),
    ],
)
def test_what_is_no_page_by_its_first_bytes_is_refused(page: bytes, says: str) -> None:
    with pytest.raises(html.NotHtml, match=says):
        html.refuse(page)


@pytest.mark.parametrize(
    "text",
    [
        '{"title": "x"}',
        "[1, 2]",
        "only words, no tag",
        '<?xml version="1.0"?><rss version="2.0"></rss>',
        "<feed></feed>",
    ],
)
def test_what_is_no_page_by_its_text_is_refused(text: str) -> None:
    with pytest.raises(html.NotHtml):
        html.repair(text)


def test_xhtml_with_a_declaration_is_a_page() -> None:
    assert html.repair('<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html><html><body><p>a</p></body></html>')


@pytest.mark.parametrize(
    ("page", "charset", "expected"),
    [
        (GREEK.encode("utf-8"), None, GREEK),
        (GREEK.encode("utf-8"), "iso-8859-1", GREEK),
        (b"\xef\xbb\xbf" + GREEK.encode("utf-8"), "windows-1252", GREEK),
        (GREEK.encode("cp1253"), "windows-1253", GREEK),
        (GREEK.encode("utf-16"), None, GREEK),
        (GREEK.encode("utf-16-le"), None, GREEK),
        (RUSSIAN.encode("koi8-r"), "koi8-r", RUSSIAN),
        (JAPANESE.encode("shift_jis"), "Shift_JIS", JAPANESE),
        (JAPANESE.encode("iso2022_jp"), "iso-2022-jp", JAPANESE),
        ("<p>café “quoted”</p>".encode("cp1252"), "iso-8859-1", "<p>café “quoted”</p>"),
    ],
)
def test_characters_are_read_as_they_were_meant(page: bytes, charset: str | None, expected: str) -> None:
    assert html.decode(page, charset) == expected


def test_the_page_s_own_declaration_counts_without_a_header() -> None:
    page = RUSSIAN.replace("<body>", '<head><meta charset="windows-1251"></head><body>')
    assert html.decode(page.encode("cp1251")) == page


def test_an_undeclared_charset_is_detected() -> None:
    text = (
        "<html><body>"
        + "<p>Правительство утвердило новый план строительства дорог в области.</p>" * 20
        + "</body></html>"
    )
    assert "Правительство утвердило" in html.decode(text.encode("cp1251"))


def test_one_bad_byte_does_not_turn_utf_8_into_mojibake() -> None:
    page = ("<p>" + "café über straße " * 20 + "</p>").encode("utf-8") + b"\xe9"
    assert html.decode(page, "utf-8").startswith("<p>café über")
    assert html.decode(page).startswith("<p>café über")


@pytest.mark.parametrize("name", ["zlib", "punycode", "unicode_escape", "undefined", "no-such"])
def test_codecs_that_are_no_charsets_are_not_used(name: str) -> None:
    assert html.decode(b"<p>caf\xe9</p>", name) == "<p>caf\ufffd</p>"


@pytest.mark.parametrize(
    "bad", ["&#1;", "&#x0B;", "&#xFFFF;", "&#65535;", "\x00", "\x0b", "\uffff", "&#xD800;", "&#55296;"]
)
def test_forbidden_characters_do_not_cost_the_page(bad: str) -> None:
    tree = html.parse(html.repair(f"<html><body><p>before{bad}after</p><p>more</p></body></html>"))
    assert tree.text_content() == "beforeaftermore"


def test_other_references_stay_and_c1_ones_are_windows_1252() -> None:
    tree = html.parse(html.repair("<html><body><p>it&#146;s &#8364;5 &#39;now&#39; &#x41;&#169;</p></body></html>"))
    assert tree.text_content() == "it’s €5 'now' A©"


def test_a_page_nested_too_deep_is_noticed_and_readable_without_its_containers() -> None:
    page = html.repair("<html><body>" + "<div>" * 300 + "<p>at the bottom</p>" + "</div>" * 300 + "</body></html>")
    html.parse(page)
    assert html.was_cut()
    assert "at the bottom" in html.parse(html.without_containers(page)).text_content()
    assert not html.was_cut()


def test_many_comments_before_a_page_s_first_element_take_no_time() -> None:
    page = "<?xml version='1.0'?>\n" + "<!-- one of many -->\n" * 120 + "<html><body><p>The story.</p></body></html>"
    assert b"The story." in html.repair(page)
