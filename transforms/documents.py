"""From a page or a text to a clean document: the whole way that one story goes alone, in a killable process."""

import datetime
from dataclasses import replace

from newsbeam import times, urls
from newsbeam.config.rules.phrases import text_rules
from newsbeam.records import Document, Entry, Extract, Origin, Page, Rejected, SavedEntry, Text, digest
from newsbeam.transforms import attribution, boilerplate, extract, language, limits, paragraphs
from newsbeam.transforms.head import Head
from newsbeam.transforms.reservations import reservations
from newsbeam.transforms.tasks import Options, Task, entry_of, moment_of, unread
from newsbeam.transforms.wordings import measured

_REASONS = {extract.NotHtml: "not_html", extract.NotAnArticle: "not_an_article", extract.NoText: "no_text"}


def read(task: Task) -> Document | Rejected:
    """The clean document of a page, a text, or an entry that has no page; or the row that says why there is none."""
    source = task.source
    try:
        found = _of_text(source) if isinstance(source, Text) else _extract(source, task)
        if found.reserved and not task.options.keep_reserved:
            return unread(source, "reserved", "; ".join(found.reserved), now=task.now)
        return limits.within(_document(found, source, task))
    except (extract.NoText, extract.NotHtml) as error:
        return unread(source, _REASONS[type(error)], str(error), now=task.now)
    except limits.OverLimits as error:
        return unread(source, "over_limits", str(error), now=task.now)


def _extract(source: Page | Entry | SavedEntry, task: Task) -> Extract:
    """The page's text, or the feed's own content where the page gives none and the feed more than a teaser.

    Raises:
        NoText, NotHtml: neither gives a text.
    """
    now = moment_of(task)
    if not isinstance(source, Page):
        return extract.extract_feed_content(source if isinstance(source, Entry) else source.entry, now=now)
    if not source.body and source.entry is not None:  # the server refused it, in this run or in the archive's
        return _instead(source, source.entry, task)
    try:
        return extract.extract(
            source.body,
            url=source.url,
            charset=source.charset,
            entry=source.entry,
            now=now,
            min_chars=task.options.min_chars,
            headers=source.headers,
            keep_other_pages=task.options.keep_other_pages,
        )
    except extract.NoText as error:
        if source.entry is None or not source.entry.content:
            raise
        try:
            return _instead(source, source.entry, task)
        except extract.NoText as short:
            raise type(error)(f"the page: {error}; the feed: {short}") from short


def _instead(page: Page, entry: Entry, task: Task) -> Extract:
    """What the feed carries, in the place of a page that gives nothing but, perhaps, a reservation. Raises NoText."""
    found = extract.extract_feed_content(entry, now=moment_of(task), min_chars=task.options.min_feed_chars)
    return replace(found, url=page.url, reserved=reservations(page.headers, Head()))


def _of_text(source: Text) -> Extract:
    return Extract(url=source.url, canonical_url=source.url, text=source.text, site="", extracted_from="text")


def _document(found: Extract, source: Page | Text | Entry | SavedEntry, task: Task) -> Document:
    options = task.options
    text = paragraphs.normalise(found.text, lines=found.extracted_from == "text")
    limits.ensure_text(text)
    told = _language(text, source, options, found.declared_language)
    rules = text_rules()
    cleaned = boilerplate.clean(
        text,
        language=told.language,
        title=found.title,
        authors=found.authors,
        site=found.site,
        rules=rules,
        keep_embedded_posts=options.keep_embedded_posts,
        trusted_html=found.extracted_from != "text",
    )
    credit = attribution.attribute(text, credits=found.credits, language=told.language, site=found.site, rules=rules)
    fingerprint, words = measured(cleaned.body)
    entry = entry_of(source)
    fetched_at = times.utc(task.now) if isinstance(source, Entry) else source.fetched_at
    return Document(
        id=_id(found, source, text),
        url=found.url,
        canonical_url=found.canonical_url,
        feed_url=entry.feed_url if entry else None,
        site=found.site,
        title=found.title or cleaned.title,
        authors=found.authors,
        published=found.published or times.credible(cleaned.date, now=moment_of(task)),
        modified=found.modified,
        fetched_at=fetched_at,
        language=told.language,
        language_confidence=round(told.confidence, 4),
        declared_language=found.declared_language,
        body=cleaned.body,
        removed=cleaned.removed,
        comments=found.comments + cleaned.comments,
        attribution=credit,
        based_on=found.based_on,
        extracted_from=found.extracted_from,
        paywalled=found.paywalled,
        image=found.image,
        tags=found.tags,
        reserved=found.reserved,
        fingerprint=fingerprint,
        word_count=words,
        origin=source.origin,
    )


def _language(
    text: str, source: Page | Text | Entry | SavedEntry, options: Options, declared: str | None
) -> language.Told:
    if isinstance(source, Text) and source.language is not None:
        return language.Told(language=source.language, confidence=source.language_confidence)
    return language.tell(
        text,
        prefix=options.prefix,
        min_letters=options.min_letters,
        min_confidence=options.min_confidence,
        declared=declared,
        detector=options.detector,
    )


def _id(found: Extract, source: Page | Text | Entry | SavedEntry, text: str) -> str:
    """The document's id (contract.md): of the address; of the text itself; of feed and guid without an address."""
    if isinstance(source, Text):
        return digest("text", text)
    if isinstance(source, Entry | SavedEntry) and source.url is None:
        entry = source if isinstance(source, Entry) else source.entry
        return digest("entry", entry.key)
    return urls.article_id(found.url)


def warm() -> None:
    """Load what the first documents of a process would load: rules, language profiles, date patterns, the forest.

    Called once in the process that the parsers are forked from: what it costs, each of them would pay otherwise.
    """
    story = "<p>The council of Upper Marsh met on Tuesday evening to talk about the bridge that nobody crosses.</p>" * 4
    for dated in ("Posted on the 3rd of May, 2023", "il y a trois jours"):
        html = f"<html><body><article><h1>A bridge</h1><span>{dated}</span>{story}</article></body></html>"
        page = Page(
            url="https://warm.example/a-bridge",
            body=html.encode(),
            fetched_at="2023-05-04T00:00:00Z",
            origin=Origin(kind="pages", source="warm", key="warm"),
        )
        now = datetime.datetime(2023, 5, 4, tzinfo=datetime.UTC)
        read(Task(source=page, options=Options(), now=now))
