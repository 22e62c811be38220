"""What travels between the stages: one frozen type for each step of a story's way.

All moments are ISO 8601 strings. `fetched_at`, `first_seen`, `last_seen` and `retry_at` are UTC with seconds
(`2026-11-23T14:00:00Z`); a story's own dates may be a bare day, when only the day is known.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

SCHEMA_VERSION = 1

SourceKind = Literal["feed", "warc", "pages", "texts"]
Fate = Literal["article", "duplicate", "rejected", "skipped"]
Relation = Literal["identical", "near", "excerpt", "expanded", "revision"]
Collection = Literal["articles", "duplicates", "rejected"]

COLLECTIONS: tuple[Collection, ...] = ("articles", "duplicates", "rejected")

STAGES = ("poll", "read", "fetch", "extract")

REASONS = {
    "address_refused": "the address is not globally routable, not http(s), or holds credentials",
    "bad_link": "the feed's link is not a web address of a page",
    "no_link": "the entry has neither a link nor content",
    "http_error": "the server answered with a final error status (4xx)",
    "gone": "the server answered 410: the page is gone for good",
    "unavailable": "the server answered 429 or 5xx, and the tries of this run are spent",
    "timeout": "no complete answer within the deadline",
    "connection_failed": "the connection could not be made, or broke",
    "dns_failed": "the host name has no address",
    "tls_failed": "the TLS handshake or certificate failed",
    "bad_redirect": "too many redirects, a loop, or a redirect without a usable target",
    "bad_response": "the answer is not HTTP that can be understood",
    "truncated": "the body ended before its announced length or its compression's end",
    "too_large": "the headers or the decoded body exceed the limit",
    "bad_encoding": "the content encoding is unknown, nested or broken",
    "empty_body": "the answer has no body",
    "robots_unreachable": "robots.txt could not be read, which forbids all until it can (RFC 9309)",
    "not_a_feed": "the document is no feed that can be read",
    "not_html": "the document is not a web page",
    "not_text": "the file is not text",
    "unreadable_file": "the file could not be opened or read",
    "bad_record": "the record could not be read: its own form is broken",
    "truncated_archive": "the archive ends in the middle of a record",
    "parse_timeout": "parsing took longer than the deadline and was stopped",
    "parse_memory": "parsing needed more memory than the limit",
    "parse_failed": "the parser broke on this document",
    "no_text": "no article text was found",
    "not_an_article": "the page is an error page, a consent wall, a listing or something else that is no article",
    "reserved": "the page reserves itself against text mining or training, and fetch.keep_reserved is off",
    "over_limits": "the record is over a limit of docs/records.md",
}
"""The closed list of reasons for a rejected row; docs/rejected.md explains each."""

SKIPS = {
    "known": "already settled in an earlier poll, run or source",
    "not_modified": "the feed has not changed: its server says so, or it sent the same bytes again",
    "same_text": "the same address with the same text again",
    "robots": "robots.txt disallows the page for us",
    "not_html": "an archive record that is not an HTML response",
    "over_limit": "beyond the number of entries that one poll takes from a feed, or of sitemaps from an index",
    "older": "its date is before what `--since` says; a run without it takes the entry",
    "disabled": "its host or its feed is switched off in the settings",
    "forgotten": "its address or site was forgotten (`newsbeam forget`) and is kept out",
}
"""The closed list of reasons for a counted skip."""


def digest(*parts: str) -> str:
    """32 hex digits that are the same in every run for the same parts."""
    text = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A subscription, with what the last poll left behind.

    url: address as subscribed. etag, last_modified: validators as the server sent them, None without.
    body_hash: hash of the last body; None before the first. entries: how many the last good body held.
    unaudited: answers in a row that said "not modified". distrusted: since when no such answer is believed; None: one
    is. moved: where every redirect from `url` on has been permanent to; moved_polls: in so many polls in a row;
    moved_since: from the first of them on.
    """

    url: str
    title: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    entries: int = 0
    polls: int = 0
    failures: int = 0
    first_failed: str | None = None
    unaudited: int = 0
    distrusted: str | None = None
    moved: str | None = None
    moved_polls: int = 0
    moved_since: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a usable answer to a poll said beside its entries.

    asked: the address that was asked. url: the one that answered, after redirects. permanent: the same where all those
    redirects were permanent, else None. not_modified: no body came. contradicted: the server says "not modified" of a
    body that is another one now. max_age: seconds for which caches may keep the answer, None where it says nothing.

    Of a body that was read, and None or 0 without one: keys, a hash of each item's key, one after the other; self_link,
    the address that the feed gives itself; ttl, seconds that it asks to be left alone; skip_hours and skip_days, bits
    of the hours (UTC) and days (Monday is the lowest) in which it asks not to be polled.
    """

    asked: str
    url: str
    permanent: str | None = None
    not_modified: bool = False
    contradicted: bool = False
    max_age: float | None = None
    keys: bytes | None = None
    self_link: str | None = None
    ttl: float | None = None
    skip_hours: int = 0
    skip_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a document came in, for the accounts and for settling.

    source: what the accounts count by (feed URL, WARC path, the `--pages` or `--texts` pattern).
    key: id of the entry: of kind and address, or of feed and guid where there is no link.
    """

    kind: SourceKind
    source: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One story as a feed announces it, before its page is fetched.

    url: absolute, http(s), without fragment and tracking parameters; None when the feed gives none.
    content: the longest HTML that the feed itself carries, None when nothing beyond a title.
    attempts: earlier runs' tries at its page.
    """

    key: str
    feed_url: str
    url: str | None
    guid: str | None = None
    title: str | None = None
    content: str | None = None
    authors: tuple[str, ...] = ()
    published: str | None = None
    updated: str | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    image: str | None = None
    feed_title: str | None = None
    attempts: int = 0
    first_seen: str | None = None

    @property
    def origin(self) -> Origin:
        """The entry's place in the accounts: its feed."""
        return Origin(kind="feed", source=self.feed_url, key=self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One HTML page as captured, before extraction.

    url: after redirects, without fragment; the WARC target; the `file:` URL of a saved page.
    body: bytes as received, content encoding undone. charset: from Content-Type, lower case; None without.
    headers: of the answer, as the server sent them, for an archive; empty for what was not fetched now.
    refused: why the server gives no page, None where it gave one; the body is empty then, and what the feed carries may
    stand for it.
    """

    url: str
    body: bytes
    fetched_at: str
    origin: Origin
    charset: str | None = None
    entry: Entry | None = None
    headers: tuple[tuple[str, str], ...] = ()
    refused: "Rejected | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedEntry:
    """An entry without a page, as an archive kept it. fetched_at: when it was first read. origin: the archive."""

    entry: Entry
    fetched_at: str
    origin: Origin

    @property
    def url(self) -> str | None:
        """The entry's address: none."""
        return self.entry.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A plain-text document whose body was extracted elsewhere and still holds boilerplate.

    language: ISO 639-1 where it is known already, None where the text is to tell it. language_confidence: 0 to 1, of a
    known language.
    """

    url: str
    text: str
    fetched_at: str
    origin: Origin
    language: str | None = None
    language_confidence: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """The source that a story credits. evidence: the words that say so."""

    source: str
    kind: Literal["credit", "agency"]
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A passage taken out of the extracted text. position: characters of the body before it."""

    kind: str
    text: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """What a page gave, before language and cleaning.

    text: paragraphs separated by a blank line, boilerplate still in it. credits: lines of the page outside
    of the text that may name a source (bylines, agency marks, JSON-LD publishers of origin).
    based_on: addresses that the page itself names as its original (foreign canonical, isBasedOn).
    """

    url: str
    canonical_url: str
    text: str
    site: str
    title: str | None = None
    authors: tuple[str, ...] = ()
    published: str | None = None
    modified: str | None = None
    declared_language: str | None = None
    comments: tuple[str, ...] = ()
    credits: tuple[str, ...] = ()
    based_on: tuple[str, ...] = ()
    paywalled: bool | None = None
    image: str | None = None
    tags: tuple[str, ...] = ()
    extracted_from: Literal["html", "feed", "text"] = "html"
    reserved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A clean story, before anything is known about its copies. Field meanings: docs/records.md."""

    id: str
    url: str
    canonical_url: str
    feed_url: str | None
    site: str
    title: str | None
    authors: tuple[str, ...]
    published: str | None
    modified: str | None
    fetched_at: str
    language: str
    language_confidence: float
    declared_language: str | None
    body: str
    removed: tuple[Removed, ...]
    comments: tuple[str, ...]
    attribution: Attribution | None
    based_on: tuple[str, ...]
    extracted_from: Literal["html", "feed", "text"]
    paywalled: bool | None
    image: str | None
    tags: tuple[str, ...]
    fingerprint: str
    word_count: int
    origin: Origin
    revision_of: str | None = None
    reserved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """What deciding about copies needs of one document in nearly every case, and what the index keeps of it.

    credit: source named by the attribution, None without. words: the length of the body. told: the day that a line of
    the text states, which copies of the text state as well; None without.
    """

    id: str
    url: str
    canonical_url: str
    site: str
    fingerprint: str
    fetched_at: str
    published: str | None
    words: int
    credit: str | None = None
    credit_kind: Literal["credit", "agency"] | None = None
    based_on: tuple[str, ...] = ()
    told: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketched:
    """A document's sketch, with its clean text for where the sketch does not tell."""

    sketch: Sketch
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLines:
    """What one document tells of the lines that its site repeats. All but id and period are hashes of 64 bits.

    period: which stretch of time it was captured in. story: tells it from other stories. lines: at the edges of its
    text, ascending, those included that were taken out as the site's furniture.
    """

    id: str
    site: int
    period: int
    story: int
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Two documents that were verified to share text; a < b. relation: what b is to a.

    similarity: Jaccard of the shingles, 0 to 1. containment: share of the smaller text found in the larger one.
    strong: the two may stand in one cluster by this edge alone.
    """

    a: str
    b: str
    relation: Relation
    similarity: float
    containment: float
    strong: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """What came in under one id, to be decided anew if another window settles first, or some of it is settled already.

    commits: how many commits the state had seen when the window's decisions began.
    """

    commits: int
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided about the copies of one document; duplicate_of None: it is the kept one."""

    id: str
    cluster_id: str
    duplicate_of: str | None = None
    relation: Relation | None = None
    similarity: float | None = None
    kept_because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A kept story: the document, and the decision that keeps it.

    came: its document came in now; False where an earlier one is decided or cleaned anew.
    """

    document: Document
    decision: Decision
    came: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """A copy or an earlier revision: the document, and the decision that names the kept one. came: as in Article."""

    document: Document
    decision: Decision
    came: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A record that leaves all stores: an earlier text of an article that has come to be its current one again."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """An input that gave no record. reason: of REASONS. retry_at: when a later run may try again; None is final."""

    origin: Origin
    url: str | None
    feed_url: str | None
    stage: str
    reason: str
    detail: str
    attempts: int
    first_seen: str
    last_seen: str
    retry_at: str | None = None

    def __post_init__(self) -> None:
        if self.reason not in REASONS:
            raise ValueError(f"{self.reason!r} is not among the documented reasons")
        if self.stage not in STAGES:
            raise ValueError(f"{self.stage!r} is not among the stages {STAGES}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """An input that was left alone on purpose; counted, no row. reason: of SKIPS. count: how many at once."""

    origin: Origin
    reason: str
    count: int = 1

    def __post_init__(self) -> None:
        if self.reason not in SKIPS:
            raise ValueError(f"{self.reason!r} is not among the documented skips")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A part of an archive or file to be read at one go.

    start: byte offset or record number where reading begins, as an earlier Reached gave it; 0 is the beginning.
    limit: records at most. identity: size and time of change, so that another file under the same name is told.
    """

    kind: SourceKind
    path: str
    source: str
    identity: str
    start: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far the reading of a span came. position: where to go on; None: the file is done. records: seen in it."""

    span: Span
    position: int | None
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What one poll of a feed brought. entries: in feed order; empty when not modified or failed.

    repeated: further entries, which the last poll brought just so. marks: of all of them, for the next poll.
    heard: None when it failed.
    """

    feed: Feed
    entries: tuple[Entry, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    not_modified: bool = False
    repeated: int = 0
    marks: bytes = b""
    heard: Heard | None = None
