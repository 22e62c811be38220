"""The small breaks in a feed's XML that can be mended without guessing, so that a strict parser reads it.

Valid XML comes out as it went in, but for its declaration and its DTD's internal subset.
"""

import html
import itertools
import re
from html.entities import html5, name2codepoint

_MAX_ENTITY = 64
_MAX_HEAD = 20_000
_PROLOG = re.compile(r"\s*<\?xml\b[^>]*\?>\s*")
_HEAD = re.compile(r"<[A-Za-z_]")
_SUBSET = re.compile(r"(<!DOCTYPE[^\[>]*)\[(.*?)\]\s*>", re.DOTALL)
_UNCLOSED_SUBSET = re.compile(r"<!DOCTYPE[^\[>]*\[.*", re.DOTALL)
_ENTITY = re.compile(r"<!ENTITY\s+([\w.-]+)\s+(?:\"([^\"]*)\"|'([^']*)')\s*>")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PAIR = re.compile(
    r"&#(?:(5[56]\d{3})|[xX]([dD][89abAB][\da-fA-F]{2}));&#(?:(5[67]\d{3})|[xX]([dD][c-fC-F][\da-fA-F]{2}));"
)
_REFERENCE = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
    r"|&(?!(?:lt|gt|amp|quot|apos);)(?:#(\d{1,9});?|#[xX]([\da-fA-F]{1,8});?|([A-Za-z][\w.-]{0,40});)?",
    re.DOTALL,
)
_ITEM = re.compile(
    r"<!\[CDATA\[.*?\]\]>|<!--.*?-->|(<(?:[A-Za-z_][\w.-]*:)?(?:item|entry)(?=[\s>/]))", re.IGNORECASE | re.DOTALL
)
_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?(?:RDF|feed)(?:\s[^<>]*)?>", re.IGNORECASE)
_CHANNEL = re.compile(r"<channel(?:\s[^<>]*)?>", re.IGNORECASE)
_ITEM_END = re.compile(r"</(?:[A-Za-z_][\w.-]*:)?(?:item|entry)\s*>", re.IGNORECASE)


def mended(text: str) -> str:
    """The document with a UTF-8 declaration, without what no XML may hold, and with references that resolve.

    Mended: text before the declaration, control characters, bare ampersands, HTML's named references, references to
    forbidden or halved characters. Entities that the document declares are put in here where they stand for plain
    text of at most 64 characters; all others become literal text, so that none can expand or reach outside.
    """
    start = text.find("<?xml", 0, 4096)
    text = _FORBIDDEN.sub("", _PROLOG.sub("", text[max(start, 0) :], count=1).lstrip("\ufeff \t\r\n"))
    first = _HEAD.search(text)
    head, rest = (text[: first.start()], text[first.start() :]) if first else (text, "")
    entities: dict[str, str] = {}
    for subset in _SUBSET.finditer(head):
        entities |= _plain_entities(subset.group(2))
    head = _UNCLOSED_SUBSET.sub("", _SUBSET.sub(r"\1>", head))
    return f'<?xml version="1.0" encoding="utf-8"?>\n{head}{_with_references(rest, entities)}'


def limited(text: str, items: int) -> tuple[str, int]:
    """The document without what stands after its first `items` items, and how many items those were."""
    starts = _item_starts(text)
    if len(starts) <= items:
        return text, 0
    end = starts[items]
    for last in _ITEM_END.finditer(text, starts[-1]):
        end = last.end()
    return text[: starts[items]] + (text[end:] if end > starts[items] else ""), len(starts) - items


def apart(text: str, *, bare: bool = False) -> list[str]:
    """A document for each item of the feed, so that a broken item cannot swallow the next one.

    bare: without what the feed says of itself before its first item, which may break a parser, too.
    """
    starts = _item_starts(text)
    head = text[: min(starts[0], _MAX_HEAD)] if starts else ""
    if bare and (opened := _ROOT.search(head) or _CHANNEL.search(head)):
        head = head[: opened.end()]
    return [head + text[start:end] for start, end in itertools.pairwise([*starts, len(text)])]


def _item_starts(text: str) -> list[int]:
    return [found.start() for found in _ITEM.finditer(text) if found.group(1)]


def _plain_entities(subset: str) -> dict[str, str]:
    found = {}
    for name, double, single in _ENTITY.findall(subset):
        value = html.unescape(double or single)
        if len(value) <= _MAX_ENTITY and not re.search(r"[&%<]", value):
            found[name] = _FORBIDDEN.sub("", value)
    return found


def _with_references(text: str, entities: dict[str, str]) -> str:
    def mend(found: re.Match[str]) -> str:
        decimal, hexadecimal, name = found.groups()
        if decimal or hexadecimal:
            code = int(decimal) if decimal else int(hexadecimal, 16)
            return f"&#{code};" if _may_stand(code) else ""
        if name:
            known = entities.get(name) or _html_entity(name)
            return "".join(f"&#{ord(char)};" for char in known) if known else f"&amp;{name};"
        return found.group() if found.group()[0] == "<" else "&amp;"

    return _REFERENCE.sub(mend, _PAIR.sub(_joined, text))


def _html_entity(name: str) -> str:
    """The characters of HTML 4's reference, else of HTML 5's; empty for an unknown one."""
    return chr(name2codepoint[name]) if name in name2codepoint else html5.get(f"{name};", "")


def _may_stand(code: int) -> bool:
    """Whether XML 1.0 allows the character (section 2.2, Char)."""
    return code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF


def _joined(pair: re.Match[str]) -> str:
    high = int(pair.group(1) or int(pair.group(2), 16))
    low = int(pair.group(3) or int(pair.group(4), 16))
    if not (0xD800 <= high < 0xDC00 <= low < 0xE000):
        return pair.group()
    return f"&#{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)};"
