"""Rows: records in the form of the contract, as every store writes them."""

import hashlib
import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

from newsbeam.records import SCHEMA_VERSION, Article, Collection, Duplicate, Rejected
from newsbeam.text import printable

Row = Mapping[str, Any]

VOLATILE = frozenset(
    ("fetched_at", "first_seen", "last_seen", "attempts", "retry_at", "updated_at", "run_id"),
)
"""Fields that may differ between two runs over the same input; what differs in them alone is no change."""

ARTICLE_FIELDS = (
    "id",
    "schema_version",
    "url",
    "canonical_url",
    "feed_url",
    "site",
    "title",
    "authors",
    "published",
    "modified",
    "fetched_at",
    "language",
    "language_confidence",
    "declared_language",
    "body",
    "removed",
    "comments",
    "attribution",
    "cluster_id",
    "duplicate_of",
    "kept_because",
    "extracted_from",
    "paywalled",
    "image",
    "tags",
    "fingerprint",
    "word_count",
    "run_id",
    "updated_at",
    "reserved",
)
DUPLICATE_FIELDS = (*ARTICLE_FIELDS[:-3], "relation", "similarity", *ARTICLE_FIELDS[-3:])
REJECTED_FIELDS = (
    "id",
    "schema_version",
    "url",
    "feed_url",
    "stage",
    "reason",
    "detail",
    "attempts",
    "first_seen",
    "last_seen",
    "retry_at",
    "run_id",
    "updated_at",
)
FIELDS: Mapping[Collection, tuple[str, ...]] = {
    "articles": ARTICLE_FIELDS,
    "duplicates": DUPLICATE_FIELDS,
    "rejected": REJECTED_FIELDS,
}

LATER: Mapping[Collection, tuple[str, ...]] = {"articles": ("reserved",), "duplicates": ("reserved",), "rejected": ()}
"""Lists that rows of before there was the field lack. They stand last, where a database puts a column that is added."""

_ADDRESSES = frozenset(("url", "canonical_url", "feed_url", "image"))
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_LARGEST = 2**31 - 1
_REJECTED_LIMITS = {"url": 4_096, "feed_url": 4_096, "detail": 1_000}

_LATER = frozenset(name for names in LATER.values() for name in names)
_DOCUMENT_FIELDS = frozenset(ARTICLE_FIELDS) - {
    "schema_version",
    "removed",
    "attribution",
    "authors",
    "comments",
    "tags",
    "reserved",
    "cluster_id",
    "duplicate_of",
    "kept_because",
    "run_id",
    "updated_at",
}


def collection_of(record: Article | Duplicate | Rejected) -> Collection:
    """The collection that the record stands in."""
    if isinstance(record, Rejected):
        return "rejected"
    return "articles" if isinstance(record, Article) else "duplicates"


def row(record: Article | Duplicate | Rejected, *, run_id: str, updated_at: str) -> dict[str, Any]:
    """The record's row: the contract's fields in the contract's order, every value one that every store can hold.

    Strings are printable, numbers finite and within 31 bits. In an address what is not printable is percent-encoded, as
    a browser would send it: so two addresses never become one. The id is that of the address as it was.
    """
    values = _rejected(record) if isinstance(record, Rejected) else _story(record)
    values |= {"schema_version": SCHEMA_VERSION, "run_id": run_id, "updated_at": updated_at}
    return {
        name: _address(values[name]) if name in _ADDRESSES else _clean(values[name])
        for name in FIELDS[collection_of(record)]
    }


def exactly(collection: Collection, found: Row) -> dict[str, Any]:
    """A row that a store gave back, as the contract has it: its fields in its order, also within lists of objects.

    Databases give names of a type of their own, and their own order to the keys of an object.
    """
    values = completed(collection, {name: found.get(name) for name in FIELDS[collection]})
    if removed := values.get("removed"):
        values["removed"] = [{name: one[name] for name in ("kind", "text", "position")} for one in removed]
    if credit := values.get("attribution"):
        values["attribution"] = {name: credit[name] for name in ("source", "kind", "evidence")}
    return values


def completed(collection: Collection, values: dict[str, Any]) -> dict[str, Any]:
    """The row itself, with an empty list for each field that it lacks because it came later."""
    for name in LATER[collection]:
        if values.get(name) is None:
            values[name] = []
    return values


def row_hash(values: Row) -> bytes:
    """16 bytes that change when the row does, its volatile fields aside.

    A list that came later counts where something is in it: so rows of before have the hash that they had then.
    """
    steady = {name: value for name, value in values.items() if name not in VOLATILE and (value or name not in _LATER)}
    return hashlib.blake2b(orjson.dumps(steady), digest_size=16).digest()


def text_hash(body: str) -> bytes:
    """16 bytes that stand for a body."""
    return hashlib.blake2b(body.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _story(record: Article | Duplicate) -> dict[str, Any]:
    document, decision = record.document, record.decision
    attribution = document.attribution
    return {name: getattr(document, name) for name in _DOCUMENT_FIELDS} | {
        "authors": list(document.authors),
        "comments": list(document.comments),
        "tags": list(document.tags),
        "reserved": list(document.reserved),
        "removed": [{"kind": one.kind, "text": one.text, "position": one.position} for one in document.removed],
        "attribution": attribution
        and {"source": attribution.source, "kind": attribution.kind, "evidence": attribution.evidence},
        "cluster_id": decision.cluster_id,
        "duplicate_of": decision.duplicate_of,
        "kept_because": list(decision.kept_because),
        "relation": decision.relation,
        "similarity": decision.similarity,
    }


def _rejected(record: Rejected) -> dict[str, Any]:
    values = {name: getattr(record, name) for name in Rejected.__dataclass_fields__ if name != "origin"}
    for name, limit in _REJECTED_LIMITS.items():
        if values[name] and len(values[name]) > limit:
            values[name] = values[name][: limit - 1] + "…"
    return {"id": record.origin.key, **values}


def _address(value: str | None) -> str | None:
    if value is None or (value.isascii() and value.isprintable()) or printable(value) == value:
        return value
    return quote(value.encode("utf-8", "surrogatepass"), safe=_ASCII)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        # Plain ASCII without control characters, which most short fields are, is told fastest.
        return value if value.isascii() and value.isprintable() else printable(value)
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if isinstance(value, dict):
        return {name: _clean(one) for name, one in value.items()}
    if isinstance(value, float):
        return value if math.isfinite(value) else 0.0
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-_LARGEST, min(value, _LARGEST))
    return value
