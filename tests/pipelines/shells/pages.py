"""Pages and texts for the tests of the shells."""

import html

from newsbeam.records import Origin, Page, Text, digest
from tests.transforms.relation_texts import story

CAPTURED = "2026-11-20T10:00:00Z"


def html_of(language: str, seed: int | str, *, title: str = "A bridge", more: str = "", paragraphs: int = 6) -> str:
    """The page of a composed story. more: HTML after its text."""
    text = "".join(f"<p>{html.escape(line)}</p>" for line in story(language, seed, paragraphs=paragraphs))
    return (
        f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{text}{more}</article></body></html>"
    )


def page(url: str, content: str, *, fetched_at: str = CAPTURED) -> Page:
    return Page(
        url=url,
        body=content.encode(),
        fetched_at=fetched_at,
        origin=Origin(kind="pages", source="test", key=digest("pages", url)),
        charset="utf-8",
    )


def text(url: str, content: str, **more: object) -> Text:
    origin = Origin(kind="texts", source="test", key=digest("texts", url))
    return Text(url=url, text=content, fetched_at=CAPTURED, origin=origin, **more)  # type: ignore[arg-type]
