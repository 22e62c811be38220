"""Bytes of a web page made into one tree: refusal of what is no page, decoding, repair, parsing."""

import codecs
import re
from collections.abc import Callable
from typing import Any, Final, cast

from charset_normalizer import from_bytes
from lxml import etree
from lxml.html import HtmlComment, HtmlElement, HTMLParser, document_fromstring

_MAGIC: Final = (
    (b"%PDF-", "a PDF"),
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x89PNG", "a PNG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "a RIFF file"),
    (b"OggS", "Ogg media"),
    (b"ID3", "MP3 audio"),
    (b"{\\rtf", "RTF"),
)
_NO_PAGE: Final = re.compile(
    r"<\?xml[^>]*+>\s*+(?:(?><!--.*?-->)\s*+)*+<(?!!doctype html|html)(\w+)|<(rss|feed|rdf:rdf|urlset)\b", re.I | re.S
)
_TAG: Final = re.compile(
    r"<(?:!doctype\s+html|html|head|body|article|main|section|div|p|br|h[1-6]|span|table|meta|title|a)\b", re.I
)

_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_META: Final = re.compile(rb"<meta[^>]{0,400}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.I)
_XML: Final = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})", re.I)
_DECLARED_WITHIN: Final = 8192

# Labels as servers write them, to the superset that browsers read them with (WHATWG Encoding Standard, section 4.2).
_SUPERSETS: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "hz": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_READABLE: Final = frozenset(
    """utf-8 utf-16 utf-16-le utf-16-be gb18030 big5hkscs cp932 euc_jp iso2022_jp cp949 johab cp874
    cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp866 koi8-r koi8-u mac-cyrillic mac-roman
    iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-10 iso8859-13 iso8859-14
    iso8859-15 iso8859-16""".split()
)
_GUESSES: Final = [name for name in sorted(_READABLE) if not name.startswith(("utf-16", "mac", "johab", "iso2022"))]
_GUESS_FROM: Final = 12_000
_BAD_SHARE: Final = 0.02

# libxml2 stops at, or trafilatura loses a page to, characters that XML forbids: NUL, U+0001, U+000B, U+FFFF.
_FORBIDDEN: Final = bytes(byte for byte in range(32) if byte not in b"\t\n\r") + b"\x7f"
_NONCHARACTERS: Final = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
_CONTROLS: Final = bytes([*range(9), *range(14, 27)])
_FORBIDDEN_REFERENCE: Final = re.compile(
    rb"&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01]|127|6553[45]|5(?:5(?:29[6-9]|[3-9]\d\d)|[6]\d{3}|7(?:[0-2]\d\d"
    rb"|3[0-3]\d|34[0-3])))"
    rb"|[xX]0*(?:[0-8bcBCeEfF]|1[0-9a-fA-F]|7[fF]|[fF]{3}[eEfF]|[dD][89a-fA-F][0-9a-fA-F]{2}))(?:;|(?![0-9a-fA-F]))"
)
_C1_REFERENCE: Final = re.compile(rb"&#(1[2-5]\d|[xX][89][0-9a-fA-F]);")

_COLLAPSING: Final = re.compile(
    rb"</?(?:div|span|font|b|i|em|strong|blockquote|section|center|table|tbody|tr|td|ul|ol)\b[^>]*>", re.I
)


class NotHtml(Exception):
    """The document is not a web page; the message says what it is."""


def finder(expression: str) -> Callable[[HtmlElement], list[Any]]:
    """An XPath expression that gives elements or plain strings, compiled once."""
    return cast(Callable[[HtmlElement], list[Any]], etree.XPath(expression, smart_strings=False))


def _label(name: bytes | str | None) -> str | None:
    """The codec for a charset label, from the allow-list; None for what is unknown or not allowed.

    An allow-list, since Python's names include codecs that are no charsets (zlib, punycode, unicode_escape).
    """
    if not name:
        return None
    text = name.decode("ascii", "replace") if isinstance(name, bytes) else name
    try:
        codec = codecs.lookup(text.strip(" \"'")).name
    except (LookupError, ValueError):
        return None
    codec = _SUPERSETS.get(codec, codec)
    return codec if codec in _READABLE else None


def _strict(html: bytes, codec: str) -> str | None:
    try:
        return html.decode(codec)
    except (UnicodeDecodeError, UnicodeError):
        return None


def _is_utf16(html: bytes) -> str | None:
    """UTF-16 without a mark, told by NULs in every second place of the first bytes."""
    head = html[:200]
    if head[1::2].count(0) * 2 > len(head[1::2]) > 8:
        return "utf-16-le"
    if head[0::2].count(0) * 2 > len(head[0::2]) > 8:
        return "utf-16-be"
    return None


def decode(html: bytes, charset: str | None = None) -> str:
    """The page's characters. charset: from the Content-Type header.

    In this order: byte order mark; UTF-8 where all bytes are valid UTF-8 (a false declaration is commoner than text
    in another charset that happens to be valid); the header; the page's own declaration; detection among known
    charsets.
    A page that declares UTF-8 keeps it in spite of a few bad bytes, which become U+FFFD.
    """
    for mark, codec in _BOMS:
        if html.startswith(mark):
            return html[len(mark) :].decode(codec, "replace")
    if wide := _is_utf16(html):
        return html.decode(wide, "replace")
    head = html[:_DECLARED_WITHIN]
    found = _META.search(head) or _XML.search(head)
    labels = [codec for codec in (_label(charset), _label(found[1] if found else None)) if codec]
    if "iso2022_jp" in labels and b"\x1b$" in html:
        return html.decode("iso2022_jp", "replace")
    if (text := _strict(html, "utf-8")) is not None:
        return text
    for codec in labels:
        if codec != "utf-8" and not codec.startswith("utf-16") and (text := _strict(html, codec)) is not None:
            return text
    text = html.decode("utf-8", "replace")
    if "utf-8" in labels or not labels:
        wide_characters = sum(1 for char in text if char > "\x7f") if len(text) < 2_000_000 else len(text)
        if text.count("\ufffd") <= max(1, wide_characters * _BAD_SHARE):
            return text
    for codec in labels:
        if codec != "utf-8" and not codec.startswith("utf-16"):
            return html.decode(codec, "replace")
    return html.decode(_detect(html), "replace")


def _detect(html: bytes) -> str:
    """The likeliest charset by the bytes around the first ones that are not ASCII."""
    first = next((at for at, byte in enumerate(html) if byte > 0x7F), 0)
    sample = re.sub(rb"<[^>]*>", b" ", html[max(0, first - 200) : first + _GUESS_FROM])
    best = from_bytes(sample, cp_isolation=_GUESSES, threshold=0.4).best()
    return best.encoding if best is not None else "cp1252"


def refuse(html: bytes) -> None:
    """Raise NotHtml for empty bytes and for what its first bytes show to be no page; nothing is ever decompressed."""
    if not html or html.isspace():
        raise NotHtml("the document is empty")
    for magic, name in _MAGIC:
        if html.startswith(magic):
            raise NotHtml(f"the document is {name}")
    head = html[:4096]
    if len(head) - len(head.translate(None, _CONTROLS)) > len(head) / 20 and not _is_utf16(html):
        raise NotHtml("the document is binary")


def repair(text: str) -> bytes:
    """The page in UTF-8, without what XML forbids; references of the C1 range as the windows-1252 that was meant.

    Raises NotHtml for JSON, for a feed and for text without any tag.
    """
    start = text[:1000].lstrip("\ufeff \t\r\n")
    if start[:1] in ("{", "["):
        raise NotHtml("the document is JSON or script")
    if found := _NO_PAGE.match(start):
        raise NotHtml(f"the document is XML ({found[1] or found[2]})")
    if not _TAG.search(text, 0, 100_000):
        raise NotHtml("the document holds no HTML tag")
    page = text.encode("utf-8", "ignore").translate(None, _FORBIDDEN)
    if not text.isascii():
        for bad in _NONCHARACTERS:
            page = page.replace(bad, b"")
    if b"&#" not in page:
        return page
    return _C1_REFERENCE.sub(_windows_1252, _FORBIDDEN_REFERENCE.sub(b"", page))


def _windows_1252(found: re.Match[bytes]) -> bytes:
    number = int(found[1][1:], 16) if found[1][:1] in b"xX" else int(found[1])
    return bytes([number]).decode("cp1252", "ignore").encode() if 128 <= number < 160 else found[0]


def _parser() -> HTMLParser:
    """A parser like trafilatura's (no comments, no processing instructions), with classes looked up in C.

    lxml.html's own lookup is a Python call for every element that is touched: 4 to 13 % of extraction.
    """
    parser = HTMLParser(
        collect_ids=False,
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
        no_network=True,
    )
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement, comment=HtmlComment))
    return parser


_PARSER: Final = _parser()


def parse(page: bytes) -> HtmlElement:
    """The tree of a repaired page. Raises NotHtml when nothing is left of it."""
    try:
        return document_fromstring(page, parser=_PARSER)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise NotHtml(f"the parser found no document: {error}") from error


def was_cut() -> bool:
    """Whether the last page parsed was given up in the middle: nested 256 deep, or a text of more than 10 MB."""
    return any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in _PARSER.error_log)


def without_containers(page: bytes) -> bytes:
    """The page with its containers' tags left out, for pages nested deeper than libxml2 reads."""
    return _COLLAPSING.sub(b"\n", page)
