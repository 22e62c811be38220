"""What a page says of its article in JSON-LD (schema.org), read leniently."""

import html as entities
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
from lxml.html import HtmlElement

from newsbeam.text import one_line, printable
from newsbeam.transforms.html import finder

_SCRIPTS: Final = finder('.//script[contains(translate(@type, "LDJSON", "ldjson"), "ld+json")]')
_ARTICLES: Final = frozenset(
    """Article NewsArticle ReportageNewsArticle AnalysisNewsArticle OpinionNewsArticle BackgroundNewsArticle
    ReviewNewsArticle AskPublicNewsArticle AdvertiserContentArticle SatiricalArticle LiveBlogPosting BlogPosting
    SocialMediaPosting TechArticle ScholarlyArticle MedicalScholarlyArticle Report Review CriticReview
    DiscussionForumPosting""".split()
)
_PAGES: Final = frozenset({"WebPage", "ItemPage", "AboutPage", "MediaObject", "VideoObject", "CreativeWork"})
_FILMS: Final = frozenset({"VideoObject", "Clip", "Movie", "TVEpisode"})
_COMMENTS: Final = frozenset({"Comment", "UserComments"})
_MAX_BYTES: Final = 3_000_000
_MAX_DEPTH: Final = 12
_MAX_NODES: Final = 5_000
_WRAPPING: Final = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[|/\*.*?\*/)+|(?:-->|//\s*\]\]>|\]\]>|;)+\s*$", re.S
)
_TRAILING_COMMA: Final = re.compile(r",(?=\s*[}\]])")
_BLOCK_TAG: Final = re.compile(r"</?(?:p|div|br|h[1-6]|li|ul|ol|blockquote)\b[^>]*>", re.I)
_ANY_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]*>")

Node = dict[str, Any]
_ACCOUNT: Final = re.compile(r"/author/(?:admin|administrator|webmaster|editor|newsroom)/?(?:#.*)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """The article as JSON-LD states it; empty where it does not. Dates are as written; body is plain text.

    is_article: an article is stated, not a page alone. filmed: a film is.
    """

    headline: str | None = None
    alternative: str | None = None
    authors: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    published: str | None = None
    modified: str | None = None
    publisher: str | None = None
    body: str | None = None
    free: bool | None = None
    image: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    based_on: tuple[str, ...] = ()
    credits: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    is_article: bool = False
    filmed: bool = False


def read(tree: HtmlElement) -> Linked:
    """The page's own article among all JSON-LD nodes: the richest one of an article type."""
    nodes = list(_nodes(tree))
    by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and len(node) > 2}
    articles = [node for node in nodes if _types(node) & _ARTICLES]
    # A teaser of another story is a short node; the page's own has a date, an author, a body.
    main = max(articles, key=_wealth, default=None)
    if main is None:
        main = max((node for node in nodes if _types(node) & _PAGES), key=_wealth, default=None)
    comments = tuple(text for node in nodes if _types(node) & _COMMENTS and (text := _plain(node.get("text"))))
    found = Linked(comments=comments) if main is None else _linked(main, by_id, comments)
    return replace(found, is_article=bool(articles), filmed=any(_types(node) & _FILMS for node in nodes))


def _linked(main: Node, by_id: dict[str, Node], comments: tuple[str, ...]) -> Linked:
    authors, organisations = _people(main.get("author") or main.get("creator"), by_id)
    publisher = _first(_names(main.get("publisher"), by_id))
    providers = [*_names(main.get("sourceOrganization"), by_id), *_names(main.get("provider"), by_id)]
    sources = [name for name in providers if name != publisher]
    sources += [
        text for key in ("creditText", "copyrightHolder") for text in _names(main.get(key), by_id) if text != publisher
    ]
    return Linked(
        headline=_line(main.get("headline")) or (_line(main.get("name")) if _types(main) & _ARTICLES else None),
        alternative=_line(main.get("alternativeHeadline")),
        authors=authors,
        organisations=organisations,
        published=_line(main.get("datePublished")) or _line(main.get("uploadDate")),
        modified=_line(main.get("dateModified")),
        publisher=publisher,
        body=_plain(main.get("articleBody")) or _plain(main.get("reviewBody")),
        free=_truth(main.get("isAccessibleForFree")),
        image=_first(_urls(main.get("image"), by_id)) or _first(_urls(main.get("thumbnailUrl"), by_id)),
        tags=_tags(main.get("keywords")),
        language=_first(_names(main.get("inLanguage"), by_id)),
        based_on=tuple(_urls(main.get("isBasedOn"), by_id) + _urls(main.get("isBasedOnUrl"), by_id)),
        credits=tuple(dict.fromkeys(sources)),
        comments=comments,
    )


def _nodes(tree: HtmlElement) -> Iterator[Node]:
    """Every object of the page's JSON-LD, at most 5,000 of them and 12 levels deep."""
    left = _MAX_NODES
    for script in _SCRIPTS(tree):
        text = script.text or ""
        if not text.strip() or len(text) > _MAX_BYTES:
            continue
        level: list[Any] = [_load(text)]
        for _ in range(_MAX_DEPTH):
            deeper: list[Any] = []
            for value in level:
                if isinstance(value, list):
                    deeper.extend(value)
                elif isinstance(value, dict):
                    left -= 1
                    if left < 0:
                        return
                    if "@type" in value or "@graph" in value:
                        yield value
                    deeper.extend(one for one in value.values() if isinstance(one, list | dict))
            if not deeper:
                break
            level = deeper


def _load(text: str) -> Any:
    """The value of a script, or None. Scripts hold raw line ends, CDATA marks and trailing commas."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    text = _TRAILING_COMMA.sub("", _WRAPPING.sub("", text))
    try:
        value, _ = json.JSONDecoder(strict=False).raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        return None
    return value


def _types(node: Node) -> frozenset[str]:
    kinds = node.get("@type")
    listed = kinds if isinstance(kinds, list) else [kinds]
    return frozenset(str(kind).rpartition("/")[2] for kind in listed)


def _wealth(node: Node) -> int:
    """How much a node tells; equal ones are told apart by their place, the first wins."""
    score = sum(3 for key in ("datePublished", "author", "headline", "publisher") if node.get(key))
    score += sum(
        1 for key in ("dateModified", "image", "mainEntityOfPage", "keywords", "articleSection") if node.get(key)
    )
    body = node.get("articleBody")
    return score + (4 if isinstance(body, str) and len(body) > 200 else 0)


def _first(values: list[str]) -> str | None:
    return values[0] if values else None


def _line(value: Any) -> str | None:
    """A string value on one line, entities read."""
    if isinstance(value, list):
        value = next((one for one in value if isinstance(one, str | dict)), None)
    if isinstance(value, dict):
        value = value.get("@value")
    if not isinstance(value, str):
        return None
    return one_line(_ANY_TAG.sub(" ", entities.unescape(entities.unescape(value)))) or None


def _plain(value: Any) -> str | None:
    """A text value: markup made line ends, entities read, blank lines between what it separates."""
    if isinstance(value, list):
        value = "\n".join(one for one in value if isinstance(one, str))
    if not isinstance(value, str) or not value.strip():
        return None
    text = entities.unescape(value)
    if "<" in text:
        text = _ANY_TAG.sub("", _BLOCK_TAG.sub("\n", text))
    lines = [" ".join(line.split()) for line in printable(entities.unescape(text)).split("\n")]
    return "\n\n".join(line for line in lines if line) or None


def _resolved(value: Any, by_id: dict[str, Node]) -> list[Any]:
    """A value as a list, with references ({"@id": …}) followed once."""
    found = []
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict) and isinstance(one.get("@id"), str) and not one.get("name"):
            found.append(by_id.get(one["@id"], one))
        elif one is not None:
            found.append(one)
    return found


def _names(value: Any, by_id: dict[str, Node]) -> list[str]:
    names = []
    for one in _resolved(value, by_id):
        name = _line(one.get("name") or one.get("alternateName")) if isinstance(one, dict) else _line(one)
        if name and not name.startswith(("http:", "https:")):
            names.append(name)
    return names


def _people(value: Any, by_id: dict[str, Node]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(persons, organisations) among the authors; what has no type counts as a person, a site's account as none."""
    persons: list[str] = []
    organisations: list[str] = []
    for one in _resolved(value, by_id):
        kinds = _types(one) if isinstance(one, dict) else frozenset()
        account = any(_ACCOUNT.search(address) for address in _urls(one, by_id))
        chosen = organisations if account or kinds & {"Organization", "NewsMediaOrganization"} else persons
        names = one.get("name") if isinstance(one, dict) else one
        chosen.extend(_names(names, by_id))
    return tuple(dict.fromkeys(persons)), tuple(dict.fromkeys(organisations))


def _urls(value: Any, by_id: dict[str, Node]) -> list[str]:
    urls = []
    for one in _resolved(value, by_id):
        address = (one.get("url") or one.get("contentUrl") or one.get("@id")) if isinstance(one, dict) else one
        if isinstance(address, list):
            address = next(iter(address), None)
        if isinstance(address, str) and address.strip():
            urls.append(entities.unescape(address.strip()))
    return urls


def _tags(value: Any) -> tuple[str, ...]:
    tags: list[str] = []
    for one in value if isinstance(value, list) else [value]:
        name = _line(one.get("name")) if isinstance(one, dict) else _line(one)
        tags.extend(part.strip() for part in (name or "").split(","))
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    text = str(value).rpartition("/")[2].strip().lower() if isinstance(value, str) else ""
    return {"true": True, "false": False, "yes": True, "no": False}.get(text)
