"""HTML in the fields of feeds: titles become text, plain text becomes HTML."""

import html
import re

_TAG = re.compile(r"<!--.*?-->|<!\[CDATA\[|\]\]>|<(/?[A-Za-z][A-Za-z0-9]*)(?:[\s/][^<>]*)?>", re.DOTALL)
_BLOCKS = frozenset({"br", "p", "div", "li", "ul", "ol", "tr", "td", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote"})
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|&#?\w+;")
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")


def text_of(value: str, *, is_html: bool) -> str:
    """The text of a short field. References are resolved in plain text too: feeds escape their titles twice."""
    if is_html:
        value = _TAG.sub(_blank_for_block, value)
    return html.unescape(value) if _REFERENCE.search(value) else value


def html_of(value: str, *, is_html: bool) -> str:
    """A long field as HTML. Plain text is escaped; its blank lines part paragraphs."""
    if not is_html:
        value = html.escape(value, quote=False)
    if is_html and _MARKUP.search(value):
        return value
    paragraphs = [part for part in _PARAGRAPH.split(value.strip()) if part]
    return "".join(f"<p>{part}</p>" for part in paragraphs) if len(paragraphs) > 1 else value


def _blank_for_block(tag: re.Match[str]) -> str:
    name = tag.group(1)
    return " " if name and name.lstrip("/").lower() in _BLOCKS else ""
