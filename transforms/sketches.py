"""From a document to the little that deciding about copies needs of it."""

from newsbeam.records import Document, Sketch, Sketched
from newsbeam.transforms.date_lines import told


def sketch(document: Document) -> Sketch:
    """The document's sketch."""
    credit = document.attribution
    return Sketch(
        id=document.id,
        url=document.url,
        canonical_url=document.canonical_url,
        site=document.site,
        fingerprint=document.fingerprint,
        fetched_at=document.fetched_at,
        published=document.published,
        words=document.word_count,
        credit=credit.source if credit else None,
        credit_kind=credit.kind if credit else None,
        based_on=document.based_on,
        told=told(document.removed),
    )


def sketched(document: Document) -> Sketched:
    """The document's sketch, with the text behind it."""
    return Sketched(sketch=sketch(document), body=document.body)
