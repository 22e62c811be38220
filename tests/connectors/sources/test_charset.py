"""Charsets: labels by the table only, declarations as far as the bytes bear them out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.connectors.sources.charset import codec_of, decode, decode_xml

GERMAN = "Über die Straße: schöne Grüße aus Köln, Müller öffnet früh"
CHINESE = "港口今天重新开放，船只又开始航行"
TAIWANESE = "港口今天重新開放"


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("UTF-8", "utf-8"),
        (" utf8 ", "utf-8"),
        ("ISO-8859-1", "cp1252"),
        ("iso_8859-1:1987", "cp1252"),
        ("us-ascii", "cp1252"),
        ("ISO-8859-11", "cp874"),
        ("windows-1251", "cp1251"),
        ("x-sjis", "cp932"),
        ("GB2312", "gb18030"),
        ("euc-kr", "cp949"),
        ("zlib_codec", None),
        ("punycode", None),
        ("idna", None),
        ("undefined", None),
        ("unicode_escape", None),
        ("utf-7", None),
        ("rot13", None),
        ("", None),
        (None, None),
        ("u" * 100_000, None),
    ],
)
def test_labels(label: str | None, codec: str | None) -> None:
    assert codec_of(label) == codec


@pytest.mark.parametrize(
    "label", ["utf-8", "iso-8859-15", "koi8-u", "big5", "euc-jp", "shift_jis", "gbk", "windows-874"]
)
def test_every_codec_of_the_table_exists(label: str) -> None:
    codec = codec_of(label)
    assert codec is not None
    assert "a".encode(codec).decode(codec) == "a"


@pytest.mark.parametrize(
    ("body", "declared", "text", "codec"),
    [
        (GERMAN.encode(), ["iso-8859-1"], GERMAN, "utf-8"),
        (GERMAN.encode(), [], GERMAN, "utf-8"),
        (GERMAN.encode("latin-1"), ["iso-8859-1"], GERMAN, "cp1252"),
        (GERMAN.encode("latin-1"), ["utf-8", "iso-8859-1"], GERMAN, "cp1252"),
        (GERMAN.encode("latin-1"), ["utf-8"], GERMAN, "cp1252"),
        (CHINESE.encode("gbk"), ["gb2312"], CHINESE, "gb18030"),
        (CHINESE.encode(), ["gb2312"], CHINESE, "utf-8"),
        ("联通".encode("gbk"), ["gbk"], "联通", "gb18030"),
        (TAIWANESE.encode("big5"), ["utf-8", "big5"], TAIWANESE, "big5hkscs"),
        ("日本".encode("iso2022-jp"), ["iso-2022-jp"], "日本", "utf-8"),
        (b"plain", ["utf-16"], "plain", "utf-8"),
        (b"\xff\xfeh\0i\0", ["utf-8"], "hi", "utf-16-le"),
    ],
)  # fmt: skip
def test_decoding(body: bytes, declared: list[str], text: str, codec: str) -> None:
    found = decode(body, declared=declared)
    assert (found.text, found.charset, found.bad) == (text, codec, 0)


def test_one_bad_byte_costs_one_character() -> None:
    found = decode(GERMAN.encode() + b"\xfc" + GERMAN.encode(), declared=["utf-8"])
    assert (found.text, found.charset, found.bad) == (f"{GERMAN}\ufffd{GERMAN}", "utf-8", 1)


def test_the_header_goes_before_the_declaration_but_not_before_the_bytes() -> None:
    document = f'<?xml version="1.0" encoding="windows-1251"?><a>{"Новости дня"}</a>'
    assert "Новости" in decode_xml(document.encode("cp1251"), charset="utf-8").text
    assert "Новости" in decode_xml(document.encode("koi8-r"), charset="koi8-r").text


@given(st.binary(max_size=300), st.lists(st.sampled_from(["utf-8", "gbk", "utf-16", "big5", "iso-2022-jp", "nothing"])))
def test_any_bytes_have_a_text(body: bytes, declared: list[str]) -> None:
    assert isinstance(decode(body, declared=declared).text, str)
