"""One way into every kind of file: a span in; its pages, texts and rows out; and how far it came."""

from collections.abc import Iterable, Iterator

from newsbeam.connectors.sources import slices
from newsbeam.connectors.sources.pages import read_pages
from newsbeam.connectors.sources.texts import read_texts
from newsbeam.connectors.sources.warc import read_warc
from newsbeam.records import Page, Reached, Rejected, SavedEntry, Skipped, Span, Text

Found = Page | SavedEntry | Text | Rejected | Skipped


def read_span(span: Span) -> Iterator[Found | Reached]:
    """What a span holds, then one Reached."""
    for item in _items(span):
        if isinstance(item, slices.Reached):
            yield Reached(span=span, position=item.position, records=item.records)
        else:
            yield item


def _items(span: Span) -> Iterable[Found | slices.Reached]:
    match span.kind:
        case "warc":
            return read_warc(span.path, start=span.start, limit=span.limit)
        case "pages":
            return read_pages(span.path, source=span.source, start=span.start, limit=span.limit)
        case "texts":
            return read_texts(span.path, source=span.source, start=span.start, limit=span.limit)
    raise ValueError(f"{span.kind}: no kind of file that is read by spans")
