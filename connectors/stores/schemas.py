"""The Arrow schema of each collection, as Parquet files hold it; docs/files.md shows it."""

from collections.abc import Mapping

import pyarrow as pa

from newsbeam.connectors.stores.rows import FIELDS
from newsbeam.records import COLLECTIONS, SCHEMA_VERSION, Collection

_STRINGS = pa.list_(pa.string())
_REMOVED = pa.list_(pa.struct([("kind", pa.string()), ("text", pa.string()), ("position", pa.int32())]))
_ATTRIBUTION = pa.struct([("source", pa.string()), ("kind", pa.string()), ("evidence", pa.string())])

TYPES: Mapping[str, pa.DataType] = {
    "schema_version": pa.int32(),
    "language_confidence": pa.float64(),
    "similarity": pa.float64(),
    "paywalled": pa.bool_(),
    "word_count": pa.int32(),
    "attempts": pa.int32(),
    "removed": _REMOVED,
    "attribution": _ATTRIBUTION,
    **dict.fromkeys(("authors", "comments", "kept_because", "tags", "reserved"), _STRINGS),
}
"""The type of each field that is no string."""

DESCRIPTIONS: Mapping[str, str] = {
    "id": "of the address without fragment and tracking parameters; the same in every run, mode and store",
    "schema_version": "of the record's form",
    "url": "where it was fetched, after redirects",
    "canonical_url": "the page's own canonical link where credible, else the url without tracking parameters",
    "feed_url": "the feed that announced it",
    "site": "the publisher's name, else the registered domain",
    "title": "without the site's name",
    "authors": "people; agencies are attribution",
    "published": "ISO 8601; UTC with Z where the zone is known, a bare day where only the day is",
    "modified": "ISO 8601, as published",
    "fetched_at": "ISO 8601, UTC",
    "language": "ISO 639-1; und where the text does not tell",
    "language_confidence": "0 to 1",
    "declared_language": "what page or feed say",
    "body": "the clean story; paragraphs separated by a blank line",
    "removed": "what was taken out of the extracted text, in reading order; position: characters of the body before it",
    "comments": "readers' comments",
    "attribution": "the source that the story credits; kind: credit or agency; evidence: the words that say so",
    "cluster_id": "all copies of one text share it",
    "duplicate_of": "id of the kept article; null on the kept one",
    "kept_because": "evidence for keeping this copy; empty without copies",
    "relation": "identical, near, excerpt, expanded or revision",
    "similarity": "to the kept article, 0 to 1",
    "extracted_from": "html, feed or text",
    "paywalled": "as the page says or shows",
    "image": "address of the lead image",
    "tags": "of page or feed",
    "fingerprint": "versioned sketch of the clean text",
    "word_count": "words of the body (characters for scripts without spaces)",
    "reserved": "what the page says against text mining and training, as evidence; empty without",
    "stage": "where it failed: poll, read, fetch or extract",
    "reason": "of the closed list in docs/rejected.md",
    "detail": "what exactly was wrong",
    "attempts": "tries so far",
    "first_seen": "ISO 8601, UTC",
    "last_seen": "ISO 8601, UTC",
    "retry_at": "ISO 8601, UTC; null: final",
    "run_id": "the run that wrote the row",
    "updated_at": "when the row was last written; ISO 8601, UTC",
}


def _schema(collection: Collection) -> pa.Schema:
    fields = [
        pa.field(name, TYPES.get(name, pa.string()), metadata={"description": DESCRIPTIONS[name]})
        for name in FIELDS[collection]
    ]
    return pa.schema(
        fields, metadata={"newsbeam.schema_version": str(SCHEMA_VERSION), "newsbeam.collection": collection}
    )


SCHEMAS: Mapping[Collection, pa.Schema] = {collection: _schema(collection) for collection in COLLECTIONS}
