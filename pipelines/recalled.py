"""From the rows of a store back to what a state keeps of them, as far as a row tells.

A row does not tell under which key its entry came in, but the key is mostly made of what it tells: an entry's address
is that of its page unless the page was redirected. Where the guess is wrong, the article is still known by its id.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from newsbeam import urls
from newsbeam.connectors.state.held import HeldDocument, HeldRejected
from newsbeam.connectors.stores import records, rows
from newsbeam.connectors.stores.rows import Row
from newsbeam.records import Article, Decision, Duplicate, Entry, Origin, Rejected, SourceKind, digest
from newsbeam.transforms.captures import revision_id
from newsbeam.transforms.evidence import NAMED
from newsbeam.transforms.fingerprints import parse
from newsbeam.transforms.site_lines import whole

_KINDS: tuple[SourceKind, ...] = ("warc", "pages", "texts")
_NO_EPOCH = 0
"""Of no run's accounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What the last run that wrote a row left in it."""

    run_id: str
    updated_at: str


def stamp(row: Row) -> Stamp:
    """The row's stamp."""
    return Stamp(run_id=str(row["run_id"]), updated_at=str(row["updated_at"]))


def story(row: Row, named: Mapping[str, str]) -> tuple[Article | Duplicate, HeldDocument]:
    """The record of a row of articles or duplicates, and what is held of it.

    named: the addresses of kept articles, by id, that the pages of copies name as their original (see `originals`): no
    row says which pages do, so that all of the copies are taken to.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: the row is no record.
    """
    original = row.get("duplicate_of")
    earlier = is_earlier_text(row)
    held = HeldDocument(
        id=str(row["id"]),
        collection="duplicates" if original else "articles",
        hash=b"",
        text_hash=rows.text_hash(row["body"]),
        revision_of=str(original) if earlier else None,
        fetched_at=row["fetched_at"],
        origin=origin_of_story(row),
        epoch=_NO_EPOCH,
    )
    parse(row["fingerprint"])
    kept = None if earlier else named.get(str(original))
    one = replace(
        records.document(row, held),
        language_confidence=float(row["language_confidence"]),
        based_on=(kept,) if kept else (),
    )
    similarity = row.get("similarity")
    decision = Decision(
        id=one.id,
        cluster_id=str(row["cluster_id"]),
        duplicate_of=original,
        relation=row.get("relation"),
        similarity=None if similarity is None else float(similarity),
        kept_because=tuple(row["kept_because"] or ()),
    )
    record: Article | Duplicate = (Duplicate if original else Article)(document=one, decision=decision)
    return record, replace(held, hash=rows.row_hash(rows.row(record, run_id="", updated_at="")))


def rejected(row: Row) -> HeldRejected:
    """What is held of a rejected row; raises as `story`."""
    one = Rejected(
        origin=origin_of_rejected(row),
        **{name: row[name] for name in Rejected.__dataclass_fields__ if name != "origin"},
    )
    return HeldRejected(row=one, hash=rows.row_hash(rows.row(one, run_id="", updated_at="")), epoch=_NO_EPOCH)


def retry(one: Rejected) -> Entry | None:
    """The entry that is to be tried again, as far as its row tells of it; None where nothing is to be tried."""
    if one.retry_at is None or one.origin.kind != "feed" or one.stage == "poll" or one.url is None:
        return None
    return Entry(key=one.origin.key, feed_url=one.feed_url or one.origin.source, url=one.url)


def originals(articles: Iterable[Row]) -> dict[str, str]:
    """The addresses of the articles, by id, that were kept because a copy's page names them as its original."""
    return {str(row["id"]): str(row["url"]) for row in articles if NAMED in (row.get("kept_because") or ())}


def is_earlier_text(row: Row) -> bool:
    """Whether the row is an earlier text of an article, not a copy that was told by its address."""
    if row.get("relation") != "revision":
        return False
    text = whole(row["body"], records.removed(row))
    return bool(row["id"] == revision_id(str(row["duplicate_of"]), text))


def origin_of_story(row: Row) -> Origin:
    """Where the record of a row came in, by what the row tells: its feed, or an archive or a file of its address."""
    url, feed = str(row["url"]), row["feed_url"]
    if feed:
        return Origin(kind="feed", source=str(feed), key=digest("feed", urls.without_tracking(url)))
    kind: SourceKind = "texts" if row["extracted_from"] == "text" else "pages" if url.startswith("file:") else "warc"
    return Origin(kind=kind, source=url, key=digest(kind, url))


def origin_of_rejected(row: Row) -> Origin:
    """Where a rejected row came in; its id is the key, and tells the kind where it is made of kind and address."""
    key, url, feed = str(row["id"]), row["url"], row["feed_url"]
    kinds = [kind for kind in _KINDS if url and key == digest(kind, url)]
    if kinds or not (feed or url):
        return Origin(kind=kinds[0] if kinds else "warc", source=str(url or ""), key=key)
    is_feed = feed or key in (digest("feed", urls.without_tracking(url)), digest("feed-poll", url))
    return Origin(kind="feed" if is_feed else "warc", source=str(feed or url), key=key)
