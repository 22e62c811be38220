"""What `--feeds` stands for: an OPML file, a text file of addresses, or one feed's address."""

import re
from pathlib import Path

from lxml import etree

from newsbeam import urls
from newsbeam.connectors.sources.charset import decode_xml
from newsbeam.connectors.sources.errors import SourceError
from newsbeam.connectors.sources.repair import mended
from newsbeam.records import Feed
from newsbeam.text import one_line

MAX_LIST = 20_000_000
_URL = re.compile(r"(?:https?|feed)://", re.IGNORECASE)
_FEED_SCHEME = re.compile(r"feed:(?://)?(?=https?:)|feed(?=://)", re.IGNORECASE)
_OPML = re.compile(r"<(?:[\w.-]+:)?opml[\s>]", re.IGNORECASE)
_MARKUP = re.compile(r"\s*(?:<[?!]|<[A-Za-z])")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_MAX_TITLE = 1_000


def is_url(given: str) -> bool:
    """Whether the value of `--feeds` is an address, and not a file."""
    return bool(_URL.match(given.strip()))


def looks_like_opml(body: bytes) -> bool:
    """Whether a document's root is an OPML list; all else may be a feed."""
    return bool(_OPML.search(decode_xml(body[:8192]).text[:4096]))


def subscriptions_in(path: str) -> list[Feed]:
    """The subscriptions of a file.

    Raises:
        SourceError: the file cannot be read, or as `subscriptions_of`.
    """
    try:
        with Path(path).open("rb") as file:
            document = file.read(MAX_LIST + 1)
    except OSError as error:
        raise _wrong(
            path, f"cannot be read ({error.strerror or error}): give an OPML file, a text file or a URL"
        ) from None
    return subscriptions_of(document, base=path)


def subscriptions_of(document: bytes, *, base: str) -> list[Feed]:
    """The subscriptions of an OPML document or of a list of addresses (one a line, # comments), each feed once.

    base: the value of `--feeds`, for messages and, where it is an address, for relative addresses in an OPML document.

    Raises:
        SourceError: the document is neither, is broken, holds an address that is none, or no feed at all.
    """
    if len(document) > MAX_LIST:
        raise _wrong(base, f"is longer than {MAX_LIST:,} bytes: give a list of feeds")
    if b"\0" in document and not document.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _wrong(base, "is not text: give an OPML file, a text file of addresses (one a line) or a feed's address")
    text = decode_xml(document).text
    if _OPML.search(text[:4096]):
        found = _outlines(text, base)
    elif _MARKUP.match(text.lstrip("\ufeff")):
        raise _wrong(base, "is neither OPML nor a list of addresses: give the address of a single feed itself")
    else:
        found = _lines(text, base)
    if not found:
        raise _wrong(base, "holds no feeds: give an OPML file with xmlUrl attributes or one address a line")
    first: dict[str, Feed] = {}
    for feed in found:
        first.setdefault(feed.url, feed)
    return list(first.values())


def _wrong(base: str, message: str) -> SourceError:
    return SourceError(f"--feeds {base}: {message}")


def _address(written: str, base: str | None = None) -> str | None:
    fixed = _FEED_SCHEME.sub(
        lambda scheme: "http" if scheme.group().lower() == "feed" else "", written.strip(), count=1
    )
    return urls.absolute(base or "", fixed)


def _lines(text: str, base: str) -> list[Feed]:
    found = []
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        written = _COMMENT.sub("", line).strip()
        if not written:
            continue
        url = _address(written) if not re.search(r"\s", written) else None
        if url is None:
            raise _wrong(base, f"line {number}: {written[:200]!r} is not the http or https address of a feed")
        found.append(Feed(url=url))
    return found


def _outlines(text: str, base: str) -> list[Feed]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, recover=False)
    try:
        root = etree.fromstring(mended(text).encode("utf-8"), parser)
    except etree.XMLSyntaxError as error:
        raise _wrong(base, f"is OPML that cannot be read: {one_line(str(error))}; export the list anew") from None
    found = []
    for outline in root.iter("{*}outline"):
        attributes = {str(name).lower(): str(value) for name, value in outline.attrib.items()}
        written = attributes.get("xmlurl", "").strip()
        if not written:
            continue
        url = _address(written, base if is_url(base) else None)
        if url is None:
            raise _wrong(base, f"line {outline.sourceline}: xmlUrl {written[:200]!r} is not an http or https address")
        title = one_line(attributes.get("title") or attributes.get("text") or "")[:_MAX_TITLE]
        found.append(Feed(url=url, title=title or None))
    return found
