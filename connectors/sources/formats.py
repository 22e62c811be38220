"""A document's bytes to its channel: which format it is, told by the bytes alone, and who reads it."""

import zlib

from newsbeam.connectors.sources.charset import decode_xml
from newsbeam.connectors.sources.errors import NotAFeed
from newsbeam.connectors.sources.items import Channel
from newsbeam.connectors.sources.json_feed import looks_like_json, read_json
from newsbeam.connectors.sources.sitemap import is_sitemap, read_sitemap
from newsbeam.connectors.sources.xml_feed import read_xml

_GZIP = b"\x1f\x8b\x08"
_MAX_BODY = 20_000_000


def channel_of(
    body: bytes, *, charset: str | None = None, content_type: str = "", max_items: int
) -> tuple[Channel, str]:
    """The channel that a document states, and the codec that its bytes were read with.

    charset, content_type: as the HTTP header has them. A gzip file is opened, up to 20 MB of content.

    Raises:
        NotAFeed: the body is empty, or no feed that can be read; its detail says what it seems to be.
    """
    body = opened(body)
    if not body.strip(b"\0 \t\r\n"):
        raise NotAFeed("an empty body" if not body else "only white space")
    decoded = decode_xml(body, charset=charset)
    if looks_like_json(decoded.text):
        return read_json(decoded.text, max_items=max_items), decoded.charset
    if "<" not in decoded.text:
        raise NotAFeed(f"neither XML nor JSON, served as {content_type[:100] or 'nothing in particular'}")
    if is_sitemap(decoded.text):
        return read_sitemap(decoded.text, max_items=max_items), decoded.charset
    return read_xml(decoded.text, max_items=max_items), decoded.charset


def opened(body: bytes) -> bytes:
    """The document in a gzip file that was served as it lay, any other as it is; raises NotAFeed."""
    if not body.startswith(_GZIP):
        return body
    inflater = zlib.decompressobj(wbits=31)
    try:
        plain = inflater.decompress(body, _MAX_BODY)
    except zlib.error as error:
        raise NotAFeed(f"broken gzip: {error}") from None
    if not inflater.eof:
        raise NotAFeed("a gzip file that is cut or too large")
    return plain
