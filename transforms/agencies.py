"""News agencies by name: the short name that records use, for every form that texts write."""

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from newsbeam.config.rules.phrases import Rules
from newsbeam.transforms.paragraphs import fold

LONGEST_CODE = 4
SHORTEST_FOLDED = 5

_DASHES = re.compile(r"[-–—]")
_WRAPPED = re.compile(r"^[\s(（\[【<*_—–-]+|[\s)）\]】>*_.。]+$")
_OFFICE = r"(?:[^\W\d_]+\s+){0,2}(?:writer|reporter|correspondent|editor)s?"
"""What a person does at the agency: "AP National Political Writer"."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Agencies:
    """The forms of all agencies. exact: as written; folded: without case, for forms long enough to be no other word."""

    exact: dict[str, str]
    folded: dict[str, str]
    article: re.Pattern[str]
    designation: re.Pattern[str]
    parts: re.Pattern[str]


@functools.lru_cache(maxsize=4)
def agencies(rules: Rules) -> Agencies:
    """The rules' agencies, ready for looking up."""
    forms = [(form, agency.name) for agency in rules.agencies for form in agency.forms]
    words = rules.credits.words
    before = one_of([*words["articles"], *words["before_agency"]])
    return Agencies(
        exact=dict(reversed(forms)),
        folded={
            fold(form): name for form, name in reversed(forms) if len(form) >= SHORTEST_FOLDED and not form.isupper()
        },
        article=re.compile(rf"^(?:(?:{before})\s+|l['’])(?=\S)", re.IGNORECASE),
        designation=re.compile(rf"\s+(?:{one_of(words['after_agency'])}|{_OFFICE})$", re.IGNORECASE),
        parts=re.compile(rf"\s*(?:[,;/|&=＝、，]|\s[-–—]\s|\b(?:{one_of(words['and'])})\b)\s*"),
    )


def one_of(phrases: Iterable[str]) -> str:
    """The phrases as alternatives of a pattern, longest first."""
    return "|".join(map(re.escape, sorted(set(phrases), key=lambda phrase: (-len(phrase), phrase))))


def unwrapped(text: str) -> str:
    """The text without brackets, dashes and full stops around it."""
    return _WRAPPED.sub("", text)


def agency(name: str, rules: Rules) -> str | None:
    """The short name of the agency that `name` is; None when it is none."""
    known = agencies(rules)
    name = unwrapped(name)
    for _ in range(3):
        found = known.exact.get(name)
        if found is None and len(name) >= SHORTEST_FOLDED:
            found = known.folded.get(fold(name))
        if found:
            return found
        shorter = known.designation.sub("", known.article.sub("", name, count=1)).strip()
        if shorter == name or not shorter:
            return None
        name = shorter
    return None


def first_agency(text: str, rules: Rules, *, strict: bool) -> str | None:
    """The first agency of a list of names; strict: each part must be an agency, or a code of a few letters."""
    whole = agency(text, rules)
    if whole:
        return whole
    joined = joined_agencies(text, rules)
    if joined:
        return joined
    parts = [(part, agency(part, rules)) for part in agencies(rules).parts.split(text) if part]
    if strict and any(name is None and not is_code(part) for part, name in parts):
        return None
    return next((name for _, name in parts if name), None)


def joined_agencies(text: str, rules: Rules) -> str | None:
    """The first of agencies that dashes join and nothing else: "TT-Reuters"."""
    found = [agency(part, rules) for part in _DASHES.split(text)]
    return found[0] if len(found) > 1 and all(found) else None


def is_code(part: str) -> bool:
    """Whether a part of a list may be an agency's regional service or an editor's initials: "lsw"."""
    return len(part) <= LONGEST_CODE and part.isalpha()


def agency_within(text: str, rules: Rules) -> str | None:
    """The first agency among the words of a phrase."""
    words = [word.strip(",") for word in text.split()]
    for start in range(len(words)):
        for end in range(min(len(words), start + 4), start, -1):
            known = agency(" ".join(words[start:end]).removesuffix("'s").removesuffix("’s"), rules)
            if known:
                return known
    return None
