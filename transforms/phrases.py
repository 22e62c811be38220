"""The phrases of the rules, made ready for looking up: those of the text's language, of English, and of no language."""

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from newsbeam.config.rules.phrases import LanguageRules, Phrases, Rules
from newsbeam.transforms.paragraphs import fold, plain

_NUMBERS = re.compile(r"[\s\d()\[\].,:+]+")
_LABEL = re.compile(r"^([^:：|»>–—-]{2,40}?)\s*(?:[:：|»>]|\s[–—-]\s)\s*(?=\S)")
_DIGIT = re.compile(r"\d")
_MARKS = (":", "：", "-", "–", "—", ".")
_ONE_FORM = str.maketrans("–—：", "--:")
_WORD_GOES_ON = re.compile(r"[^\W_\u3040-\u9fff\uac00-\ud7af]{2}")
_KEY = 3
_APPEAL_KEY = 2
LONGEST_HEADING = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """A call of the rules, compiled."""

    kind: str
    begins: re.Pattern[str]
    mentions: re.Pattern[str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lexicon:
    """All phrases that hold for one text, folded."""

    headings: Mapping[str, str]
    lines: Mapping[str, str]
    starts: Mapping[str, tuple[tuple[str, str], ...]]
    labels: Mapping[str, str]
    appeals: tuple[Appeal, ...]
    appeal_starts: frozenset[str]
    platforms: frozenset[str]
    share: frozenset[str]
    longest_share: int
    months: Mapping[str, int]
    date_words: frozenset[str]
    date_labels: frozenset[str]
    bylines: tuple[str, ...]
    photo: frozenset[str]
    roles: re.Pattern[str]
    copulas: re.Pattern[str]
    bio_signs: re.Pattern[str]
    says: re.Pattern[str]
    actions: frozenset[str]
    ad_words: frozenset[str]
    ago: re.Pattern[str]

    def heading(self, folded: str) -> tuple[str, bool] | None:
        """(kind, whether a number stands with it) of a line that opens a block."""
        kind = self.headings.get(folded)
        if kind:
            return kind, False
        if len(folded) <= LONGEST_HEADING and _DIGIT.search(folded):
            kind = self.headings.get(_NUMBERS.sub(" ", folded).strip())
            if kind:
                return kind, True
        return None

    def start(self, folded: str) -> str | None:
        """The kind of a line that begins with a known phrase."""
        folded = folded if folded.isascii() else folded.translate(_ONE_FORM)
        for size in range(_KEY, 0, -1):
            for phrase, kind in self.starts.get(folded[:size], ()):
                if folded.startswith(phrase) and not _WORD_GOES_ON.match(folded[len(phrase) - 1 : len(phrase) + 1]):
                    return kind
        return None

    def label(self, text: str) -> str | None:
        """The kind of a line that begins with a known label and a colon, bar, arrow or dash."""
        match = _LABEL.match(text)
        return self.labels.get(fold(match[1])) if match else None

    def appeal(self, folded: str) -> str | None:
        """The kind of a line that calls upon the reader."""
        if folded[:_APPEAL_KEY] not in self.appeal_starts:
            return None
        for appeal in self.appeals:
            if appeal.begins.match(folded) and appeal.mentions.search(folded):
                return appeal.kind
        return None


@functools.lru_cache(maxsize=64)
def lexicon(rules: Rules, language: str, script: str) -> Lexicon:
    """The phrases for a text in a language; of a language without rules, those of all languages of its script."""
    own = rules.languages.get(language)
    tables = [rules.common, rules.languages["en"]]
    if own is not None:
        tables = [own, *(table for table in tables if table is not own)]
    else:
        tables += [table for name, table in rules.languages.items() if table.script == script and name != "en"]
    share = _all(tables, "share")
    return Lexicon(
        headings=_by_phrase(table.headings for table in tables),
        lines=_by_phrase(table.lines for table in tables),
        starts=_by_key(_by_phrase((table.starts for table in tables), form=_start_form)),
        labels=_by_phrase(table.labels for table in tables),
        appeals=tuple(
            Appeal(kind=call.kind, begins=_anchored(call.begins), mentions=_any_of(call.mentions))
            for table in tables
            for call in table.calls
        ),
        appeal_starts=frozenset(
            fold(phrase)[:_APPEAL_KEY] for table in tables for call in table.calls for phrase in call.begins
        ),
        platforms=frozenset(map(fold, rules.platforms)),
        share=share,
        longest_share=max((phrase.count(" ") + 1 for phrase in share), default=1),
        months={
            form: number
            for table in reversed(tables)
            for number, forms in enumerate(table.months, 1)
            for form in map(fold, forms)
        },
        date_words=_all(tables, "date_words"),
        date_labels=_all(tables, "date_labels"),
        bylines=tuple(sorted(_all(tables, "bylines"), key=lambda phrase: (-len(phrase), phrase))),
        photo=_all(tables, "photo"),
        roles=_any_of(_all(tables, "roles"), ending=r"s?(?:innen|in|e)?"),
        copulas=_any_of(_all(tables, "copulas")),
        bio_signs=_any_of(_all(tables, "bio_signs")),
        says=_any_of(_all(tables, "says")),
        actions=_all(tables, "actions"),
        ad_words=frozenset(rules.ad_words),
        ago=re.compile(
            rf"\b(?:{_alternatives(rules.ago_before)})\s\d+\s\w+|\b\d+\s\w+\s(?:{_alternatives(rules.ago_after)})\b"
            rf"|\d\s?(?:{_alternatives(rules.ago_units)})"
        ),
    )


def _all(tables: Iterable[LanguageRules], key: str) -> frozenset[str]:
    return frozenset(fold(phrase) for table in tables for phrase in getattr(table, key)) - {""}


def _start_form(phrase: str) -> str:
    """A phrase that begins a line keeps its last mark: "Tags:" is a label where "Tags" may be a word of the story."""
    form = plain(phrase) if phrase.rstrip().endswith(_MARKS) else fold(phrase)
    return form.translate(_ONE_FORM)


def _by_phrase(groups: Iterable[Phrases], *, form: Callable[[str], str] = fold) -> dict[str, str]:
    """{phrase: kind}; the first table that knows a phrase decides."""
    found: dict[str, str] = {}
    for group in groups:
        for kind, phrases in group.items():
            for phrase in phrases:
                found.setdefault(form(phrase) or phrase, kind)
    return found


def _by_key(phrases: Mapping[str, str]) -> dict[str, tuple[tuple[str, str], ...]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for phrase, kind in phrases.items():
        found.setdefault(phrase[:_KEY], []).append((phrase, kind))
    return {key: tuple(sorted(rows, key=lambda row: (-len(row[0]), row[0]))) for key, rows in found.items()}


def _alternatives(phrases: Iterable[str]) -> str:
    folded = sorted({fold(phrase) for phrase in phrases} - {""}, key=lambda phrase: (-len(phrase), phrase))
    return "|".join(map(re.escape, folded)) or r"(?!)"


def _anchored(phrases: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?:{_alternatives(phrases)})(?![a-z])")


def _any_of(phrases: Iterable[str], *, ending: str = "") -> re.Pattern[str]:
    """Any of the phrases as whole words; letters of scripts without spaces are not a word's border."""
    return re.compile(
        rf"(?<![^\W\d_\u3040-\u9fff\uac00-\ud7af])(?:{_alternatives(phrases)}){ending}(?![a-z\u00c0-\u052f])"
    )
