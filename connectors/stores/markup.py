"""Rows as a small page for people: everything escaped, links only to the web, and nothing that runs or loads."""

import html
import re
from urllib.parse import urlsplit

from newsbeam.connectors.stores.rows import Row
from newsbeam.records import Collection
from newsbeam.text import printable

_LANGUAGE = re.compile(r"[a-z]{2,3}\Z")
_GAP = re.compile(r"\n{2,}")
_HEAD = """<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 sans-serif; max-width: 50em; margin: 2em auto; padding: 0 1em }}
article {{ border-top: 1px solid #ccc; padding: .5em 0 }}
h2 {{ font-size: 1.1em; margin: .3em 0; overflow-wrap: anywhere }}
.about {{ color: #555; margin: 0; overflow-wrap: anywhere }}
details p {{ white-space: pre-line; overflow-wrap: anywhere }}
</style>
</head>
<body>
<h1>{title}</h1>
"""
_ARTICLE = """<article>
<h2 dir="auto"{language}>{title}</h2>
<p class="about">{about}</p>
{details}</article>
"""
_DETAILS = """<details{language}>
<summary>Text</summary>
{paragraphs}
</details>
"""
TAIL = "</body>\n</html>\n"


def head(title: str) -> str:
    """The page's beginning, under a title."""
    return _HEAD.format(title=_text(title))


def item(collection: Collection, row: Row) -> str:
    """One row: its title as a link, then what is said about it, then its text, folded."""
    language = row.get("language") or ""
    said = f' lang="{language}"' if _LANGUAGE.match(language) and language != "und" else ""
    if collection == "rejected":
        about = (row.get("reason"), row.get("stage"), row.get("last_seen"), row.get("detail"))
    else:
        about = (row.get("site"), row.get("published") or row.get("fetched_at"), language, row.get("relation"))
    title = row.get("title") or row.get("url") or row.get("id") or ""
    return _ARTICLE.format(
        language=said,
        title=_linked(str(title), row.get("url")),
        about=" · ".join(_text(str(one)) for one in about if one),
        details=_details(row.get("body") or "", said),
    )


def _details(body: str, language: str) -> str:
    paragraphs = [f'<p dir="auto">{_text(one)}</p>' for one in _GAP.split(printable(body)) if one.strip()]
    return _DETAILS.format(language=language, paragraphs="\n".join(paragraphs)) if paragraphs else ""


def _linked(text: str, url: str | None) -> str:
    address = web_address(url)
    if address is None:
        return _text(text)
    return f'<a href="{html.escape(address)}" rel="noopener noreferrer nofollow">{_text(text)}</a>'


def web_address(url: str | None) -> str | None:
    """The address where it is one of the web (http or https, with a host); None where it is not."""
    if not url:
        return None
    address = printable(url)
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    # A browser takes white space out of an address before it reads the scheme.
    if parts.scheme not in ("http", "https") or not parts.netloc or re.search(r"\s", address):
        return None
    return address


def _text(text: str) -> str:
    return html.escape(printable(text))
