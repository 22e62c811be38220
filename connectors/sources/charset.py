"""Bytes to text, by an allow-list of charsets: a declaration is believed only as far as the bytes bear it out.

Python knows codecs that are no charsets (zlib_codec, punycode, undefined, idna): a label is looked up here, never in
Python's registry. Labels and their meaning (ISO-8859-1 is windows-1252) follow the WHATWG Encoding Standard, part 4.2.
"""

import codecs
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

_LABELS = {
    "utf-8": "utf8 unicode11utf8 unicode20utf8 xunicode20utf8",
    "utf-16-le": "utf16 utf16le csunicode iso10646ucs2 ucs2 unicode unicodefeff",
    "utf-16-be": "utf16be unicodefffe",
    "utf-32-le": "utf32 utf32le ucs4 csucs4 iso10646ucs4",
    "utf-32-be": "utf32be",
    "cp866": "cp866 866 csibm866 ibm866",
    "iso8859-2": "iso88592 latin2 l2 csisolatin2 iso885921987 isoir101",
    "iso8859-3": "iso88593 latin3 l3 csisolatin3 iso885931988 isoir109",
    "iso8859-4": "iso88594 latin4 l4 csisolatin4 iso885941988 isoir110",
    "iso8859-5": "iso88595 cyrillic csisolatincyrillic iso885951988 isoir144",
    "iso8859-6": "iso88596 iso88596e iso88596i arabic asmo708 csisolatinarabic ecma114 iso885961987 isoir127",
    "iso8859-7": "iso88597 greek greek8 csisolatingreek ecma118 elot928 iso885971987 isoir126 suneugreek",
    "iso8859-8": "iso88598 iso88598e iso88598i hebrew logical visual csisolatinhebrew iso885981988 isoir138",
    "iso8859-10": "iso885910 latin6 l6 csisolatin6 isoir157",
    "iso8859-13": "iso885913",
    "iso8859-14": "iso885914",
    "iso8859-15": "iso885915 latin9 l9 csisolatin9",
    "iso8859-16": "iso885916",
    "koi8-r": "koi8r koi8 koi cskoi8r",
    "koi8-u": "koi8u koi8ru",
    "mac-roman": "macintosh mac csmacintosh xmacroman",
    "mac-cyrillic": "xmaccyrillic xmacukrainian",
    "cp874": "windows874 dos874 iso885911 tis620",
    "cp1250": "windows1250 cp1250 xcp1250",
    "cp1251": "windows1251 cp1251 xcp1251",
    "cp1252": "windows1252 cp1252 xcp1252 iso88591 latin1 l1 usascii ascii ansix341968 cp819 csisolatin1 ibm819"
    " iso885911987 isoir100",
    "cp1253": "windows1253 cp1253 xcp1253",
    "cp1254": "windows1254 cp1254 xcp1254 iso88599 latin5 l5 csisolatin5 iso885991989 isoir148",
    "cp1255": "windows1255 cp1255 xcp1255",
    "cp1256": "windows1256 cp1256 xcp1256",
    "cp1257": "windows1257 cp1257 xcp1257",
    "cp1258": "windows1258 cp1258 xcp1258",
    "gb18030": "gb18030 gbk gb2312 gb231280 chinese csgb2312 csiso58gb231280 isoir58 xgbk",
    "big5hkscs": "big5 big5hkscs cnbig5 csbig5 xxbig5",
    "euc-jp": "eucjp cseucpkdfmtjapanese xeucjp",
    "iso2022-jp": "iso2022jp csiso2022jp",
    "cp932": "shiftjis sjis cp932 ms932 mskanji csshiftjis windows31j xsjis",
    "cp949": "euckr cp949 windows949 korean cseuckr csksc56011987 isoir149 ksc5601 ksc56011987 ksc56011989",
    "cp437": "cp437 ibm437",
    "cp850": "cp850 ibm850",
    "cp852": "cp852 ibm852",
}
_CODECS = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}
_MANY_BYTES = frozenset({"gb18030", "big5hkscs", "euc-jp", "cp932", "cp949"})
_WIDE = ("utf-16", "utf-32")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE_STARTS = ((b"<\0\0\0", "utf-32-le"), (b"\0\0\0<", "utf-32-be"), (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
_DECLARATION = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']\s*([A-Za-z0-9._:+-]{1,40})\s*[\"']")
_SURE = 6
_SAMPLE = 32_768
_NOT_ASCII_LINES = re.compile(rb"[^\n>]*[\x80-\xff][^\n<]*")
_CANDIDATES = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874", "koi8_r"),
    *("gb18030", "big5", "euc_jp", "cp932", "cp949"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """charset: the Python codec that was used. bad: how many characters of the text stand for undecodable bytes."""

    text: str
    charset: str
    bad: int = 0


def codec_of(label: str | None) -> str | None:
    """The Python codec of a charset label; None for a label that names no charset."""
    return _CODECS.get(re.sub(r"[^a-z0-9]", "", label.lower())) if label and len(label) <= 60 else None


def decode(body: bytes, *, declared: Iterable[str | None] = ()) -> Decoded:
    """The text of `body`. declared: labels that were claimed for it, the strongest first.

    A byte order mark is believed; then valid UTF-8, whatever was declared; then a declaration that fits; then UTF-8
    with some broken bytes, which become U+FFFD; then detection.
    """
    codec, rest = _marked(body)
    if codec:
        return _replaced(rest, codec)
    claims = [codec for codec in dict.fromkeys(map(codec_of, declared)) if codec and not codec.startswith(_WIDE)]
    if body.isascii():
        return Decoded(
            text=body.decode("iso2022-jp" if "iso2022-jp" in claims else "ascii", "replace"), charset="utf-8"
        )
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _not_utf8(body, claims)
    foreign = next((codec for codec in claims if codec in _MANY_BYTES), None)
    if foreign and sum(char > "\x7f" for char in text[:20_000]) < _SURE:
        return _strict(body, foreign) or Decoded(text=text, charset="utf-8")
    return Decoded(text=text, charset="utf-8")


def decode_xml(body: bytes, *, charset: str | None = None) -> Decoded:
    """The text of an XML document; charset: as the HTTP header has it (RFC 7303: it goes before the declaration)."""
    found = _DECLARATION.search(body[:4096])
    return decode(body, declared=(charset, found.group(1).decode("ascii") if found else None))


def _marked(body: bytes) -> tuple[str | None, bytes]:
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return codec, body[len(mark) :]
    for start, codec in _WIDE_STARTS:
        if body.startswith(start):
            return codec, body
    return None, body


def _not_utf8(body: bytes, claims: list[str]) -> Decoded:
    loose = _replaced(body, "utf-8")
    good = sum(char > "\x7f" for char in loose.text) - loose.bad
    if good > loose.bad:
        return loose
    for codec in claims:
        if codec != "utf-8" and (found := _strict(body, codec)):
            return found
    believed = next((codec for codec in claims if codec != "utf-8"), None)
    return _replaced(body, believed or _detected(body) or "cp1252")


def _strict(body: bytes, codec: str) -> Decoded | None:
    try:
        return Decoded(text=body.decode(codec), charset=codec)
    except UnicodeDecodeError:
        return None


def _replaced(body: bytes, codec: str) -> Decoded:
    text = body.decode(codec, "replace")
    return Decoded(text=text, charset=codec, bad=text.count("\ufffd"))


@functools.lru_cache(maxsize=8)
def _detected(body: bytes) -> str | None:
    """The likeliest legacy charset of the passages that are not ASCII; None when none is likely."""
    from charset_normalizer import from_bytes  # slow to import, and seldom needed

    passages, size = [], 0
    for passage in _NOT_ASCII_LINES.finditer(body):
        passages.append(passage.group()[:4096])
        size += len(passages[-1])
        if size >= _SAMPLE:
            break
    best = from_bytes(b"\n".join(passages), cp_isolation=_CANDIDATES, enable_fallback=False).best()
    if best is None:
        return None
    return "cp1252" if "cp1252" in best.could_be_from_charset else codec_of(best.encoding)
