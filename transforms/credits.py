"""Lines that name the source of a story: "Source: NAME", "With material from NAME", "By NAME, Associated Press"."""

import functools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from newsbeam.config.rules.phrases import Rules
from newsbeam.records import Attribution
from newsbeam.transforms.agencies import (
    SHORTEST_FOLDED,
    agencies,
    agency,
    agency_within,
    first_agency,
    is_code,
    joined_agencies,
    one_of,
    unwrapped,
)
from newsbeam.transforms.paragraphs import fold

LONGEST_NAME = 6
LONGEST_CREDIT = 34
LONGEST_JOINED = 7
LONGEST_LINE = 12

_LABEL = re.compile(r"^\s*(?P<label>[^:：]{1,45}?)\s*[:：]\s*(?P<rest>\S.*)$", re.DOTALL)
# "2012-01-17 13:08 来源：NAME 栏目：…": the line in which Chinese pages say when, whence and by whom.
_STAMPED = re.compile(r"\b(?:19|20)\d\d(?:[-/.]\d|年)|\b\d{1,2}[./]\d{1,2}[./](?:19|20)\d\d\b")
# "autor: NAME, źródło: NAME": a second label of the line.
_LABEL_BEHIND = re.compile(r"[,;|/]\s*(?P<label>[^\s:：,;|/]{2,12})\s*[:：]\s*(?P<rest>\S[^,;|/]*)")
_LABEL_WITHIN = re.compile(
    r"\s(?P<label>[^\s:：\d]{2,12})\s*[:：]\s*\|?\s*(?P<rest>.+?)(?=\s+\S{1,12}[:：]|\s*[【\[|]|$)"
)
_DOMAIN = re.compile(r"(?:https?://)?(?:www\.)?([\w-]+(?:\.[\w-]+)+)(?:/\S*)?$")
_LIST = re.compile(r"\s*(?:[,;/|•·]|\s[-–—]\s)\s*")
_COLUMNS = re.compile(r"\t|\s{2,}|\s+\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
_DATE = re.compile(r"\s*[,(]?\s*(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?:\s?-?\s?\d{1,2}:\d\d)?|(?:19|20)\d\d)\)?$")
_SENTENCE = re.compile(r"(?<=[^A-Z])[.!]\s|\s\(|\bunder (?:a|the)\b|\bwith permission\b")
_WHEN = re.compile(r"\s+(?:on|am|le|el|il|em|op|dnia|στις|\d).*$", re.DOTALL)
_ON_A_DAY = re.compile(
    r"\s+on\s+(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tues|wednes|thurs|fri|satur|sun)\w*\b.*$",
    re.IGNORECASE | re.DOTALL,
)
_SPACELESS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_AFTER_NAME = re.compile(
    r"\s+(?:erschienen|veröffentlicht|contributed|tarafından|yayınlandı|dengan judul|опубликован\w*|"
    r"and (?:is|was|can|has)|was|here|as part)\b.*$",
    re.DOTALL,
)
# "AGENCY writer NAME"
_AT_WORK = re.compile(r"(?<=\w)\s+(?:writer|reporter|correspondent|editor)s?\s+(?=[^\W\d_]).*$", re.DOTALL)
# dpa's number of a story: "© dpa-infocom, dpa:210304-99-690123/4"
_NUMBERED = re.compile(r"^(?:©\s*)?(?P<agency>[\w-]+),\s*\w+:\d{6}-[\d/-]+$")
_INITIALS = re.compile(r"(?<=\w)(?:\s[a-z]{2,3}){1,3}$")
_STORY = re.compile(r"(?:the post|this|der|die|dieser|diese|este|esta|cet|ce|questo|o post|el)\b", re.IGNORECASE)
_QUOTED_END = re.compile(r"«([^«»]+)»?$")
_NO_NAME = re.compile(r"[.!?;:]\s|[\"“”«»]|\d{4,}")
_AROUND = " \"'“”«»„《》「」『』"
_BRACKETS = ("(", "（", "[")
# With a year: without one it stands under pictures, too.
_COPYRIGHT = re.compile(r"^(?:©|\(c\)|copyright)\s*(?:©\s*)?(?:19|20)\d\d\s+|^©(?=\w+$)", re.IGNORECASE)
_PARTICLES = frozenset({"de", "van", "von", "da", "di", "al", "bin", "der", "la", "el"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Wording:
    """How credits are worded, ready for looking up."""

    labels: frozenset[str]
    phrases: re.Pattern[str]
    joining: re.Pattern[str]
    after: re.Pattern[str]
    alone: re.Pattern[str]
    around: re.Pattern[str]
    bracketed: frozenset[str]
    own: frozenset[str]
    photo: frozenset[str]
    article: re.Pattern[str]
    byline: re.Pattern[str]


@functools.lru_cache(maxsize=4)
def _wording(rules: Rules) -> _Wording:
    said = rules.credits
    short = [phrase for phrase in said.phrases if " " not in phrase]
    long = [phrase for phrase in said.phrases if " " in phrase]
    return _Wording(
        labels=frozenset(map(fold, said.labels)),
        # As they are written, too: what folding takes out of a word cannot be taken out of a line that is searched.
        phrases=re.compile(rf"(?:^|(?<=\s))(?:{one_of([*map(fold, long), *map(str.lower, long)])})(?=[\s:])"),
        joining=re.compile(rf"(?:^|(?<=\s))(?:{one_of(map(fold, [*short, *said.words['joining']]))})(?=[\s:])"),
        after=re.compile(one_of(map(fold, said.after))),
        alone=re.compile(rf"(?:{one_of([*map(fold, said.alone), *map(str.lower, said.alone)])})(?=[\s:])"),
        around=_around(said.around),
        bracketed=frozenset(map(fold, short)),
        own=frozenset(map(fold, said.own)),
        photo=frozenset(map(fold, said.photo)),
        article=re.compile(rf"^(?:{one_of(said.words['articles'])})\s+(?=[^\W\d_])"),
        byline=re.compile(rf"^(?:{one_of(said.words['bylines'])})\s*:?\s+(?=\S)", re.IGNORECASE),
    )


def _around(templates: Iterable[str]) -> re.Pattern[str]:
    """One pattern for all templates; the name is the one group that matched."""
    name = r"\s*[《「『]?([^《》「」『』]{1,40}?)[》」』]?\s*"
    either = "|".join(name.join(map(re.escape, one.split("NAME"))) for one in templates)
    return re.compile(rf"^.{{0,24}}?(?:{either})(?:です|でした|した)?$", re.IGNORECASE)


def credit(line: str, rules: Rules) -> Attribution | None:
    """What a line of its own credits; None for a picture's credit, and for a sentence that only mentions a name."""
    wording = _wording(rules)
    text = unwrapped(line)
    if text.count(" ") >= LONGEST_CREDIT or len(text) > 400:
        return None
    label = _LABEL.match(text)
    if label and not label["rest"].startswith("//"):
        key = fold(label["label"])
        if key in wording.photo:
            return None
        if key in wording.labels:
            found = _source(label["rest"], rules)
            return _attribution(found, line) if found else None
    within = _LABEL_WITHIN if _STAMPED.search(text) else _LABEL_BEHIND if label else None
    for found_label in within.finditer(text) if within else ():
        if fold(found_label["label"]) in wording.labels:
            found = _source(found_label["rest"], rules)
            return _attribution(found, line) if found else None
    first, _, rest = text.partition(" ")
    set_off = line.lstrip().startswith(_BRACKETS) or _DOMAIN.fullmatch(rest)
    if rest and set_off and fold(first) in wording.bracketed:
        found = _source(rest, rules)
        return _attribution(found, line) if found else None
    return _phrased(text, line, rules)


def _phrased(text: str, line: str, rules: Rules) -> Attribution | None:
    """What a line credits by a phrase before or after the name."""
    wording = _wording(rules)
    lowered = text.lower()
    plain = _without_accents(lowered if len(lowered) == len(text) else text).replace("’", "'").replace("ς", "σ")
    match = wording.phrases.search(plain)
    if match and _is_about_story(text[: match.start()], rules):
        found = _source(_name_of(text[match.end() :].lstrip(" :")), rules)
        if found:
            return _attribution(found, line)
    match = wording.alone.match(plain)
    if match and text.count(" ", match.end()) <= LONGEST_NAME:
        found = _source(text[match.end() :].lstrip(" :"), rules)
        return _attribution(found, line) if found else None
    match = wording.around.match(text)
    found = _source(match[match.lastindex or 0], rules) if match else None
    if found:
        return _attribution(found, line)
    match = wording.after.search(plain)
    known = agency_within(text[: match.start()], rules) if match else None
    if known:
        return _attribution((known, True), line)
    match = wording.joining.search(plain) if text.count(" ") <= LONGEST_JOINED else None
    if match:
        before = text[: match.start()].strip(" ,/-–—")
        known = first_agency(_AT_WORK.sub("", text[match.end() :].lstrip(" :")), rules, strict=False)
        if known and (not before or (_is_name(before) and _is_about_story(before, rules))):
            return _attribution((known, True), line)
    return None


class _Base(dict[int, str]):
    """A character without its accents, remembered."""

    def __missing__(self, code: int) -> str:
        self[code] = base = unicodedata.normalize("NFD", chr(code))[0]
        return base


_BASE = _Base()


def _without_accents(lowered: str) -> str:
    """The text with each character's accents taken away and each character in its place."""
    return lowered if lowered.isascii() else lowered.translate(_BASE)


def _is_about_story(before: str, rules: Rules) -> bool:
    """Whether the words before a phrase mean the story: "This article was", "The post TITLE"; not "Image"."""
    words = before.split()
    if any(fold(word) in _wording(rules).photo for word in words):
        return False
    return len(words) <= 4 or _STORY.match(before) is not None


def _name_of(rest: str) -> str:
    """The name that the rest of a sentence begins with: up to the first words that cannot be part of it."""
    rest = _ON_A_DAY.sub("", _SENTENCE.split(rest, maxsplit=1)[0])
    return _AFTER_NAME.sub("", _WHEN.sub("", rest) if rest.count(" ") >= 3 else rest)


def _source(rest: str, rules: Rules) -> tuple[str, bool] | None:
    """(source, whether it is an agency) that the words after a label name."""
    wording = _wording(rules)
    rest = wording.article.sub("", _DATE.sub("", unwrapped(rest.strip())).strip(_AROUND + "©"))
    domain = _DOMAIN.fullmatch(rest)
    if not rest or domain:
        return (domain[1], False) if domain else None
    rest = _AT_WORK.sub("", rest)
    known = first_agency(rest, rules, strict=False) if rest.count(" ") < 10 else None
    if known:
        return known, True
    for part in _LIST.split(_COLUMNS.split(rest)[0]):
        domain = _DOMAIN.fullmatch(part)
        name = domain[1] if domain else _plain_name(part)
        if fold(name.partition(" ")[0]) in wording.photo:
            return None
        if fold(name) not in wording.own:
            return (name, False) if domain or _is_name(name) else None
    return None


def _plain_name(part: str) -> str:
    """A part of a list without its date, quotes and full stop; in a script without spaces what stands before one."""
    name = _DATE.sub("", part).strip(_AROUND + ".")
    name += "»" if "«" in name and "»" not in name else ""
    return name.split()[0] if name and _SPACELESS.match(name) else name


def _is_name(text: str) -> bool:
    """Whether the text looks like a name: short, and in capitals where its script has them."""
    words = text.split()
    if not any(map(str.isalpha, text)):
        return False
    if len(words) > LONGEST_NAME or len(text) > 60 or _NO_NAME.search(_QUOTED_END.sub(r"\1", text)):
        return False
    if not (text[0].isalnum() or text[0] in "'’@"):
        return False
    cased = [word for word in words if word[0].isalpha() and word[0].lower() != word[0].upper()]
    if not cased:
        return len(text) <= 24
    upper = sum(word[0].isupper() or "." in word[1:] for word in cased)
    first = words[0]
    return (first[0].isupper() or not first[0].isalpha() or "." in first[1:]) and upper * 2 >= len(cased)


def agency_line(line: str, rules: Rules, *, joined: bool = False) -> Attribution | None:
    """A line that is only an agency, or a byline with one: "Reuters", "dpa/afp", "By NAME, Associated Press".

    joined: names may be joined by a word, too, as in what a page marks as its byline: "NAME and Reuters".
    """
    text = unwrapped(line)
    numbered = _NUMBERED.match(text)
    text = numbered["agency"] if numbered else text
    owned = _COPYRIGHT.match(text)
    text = text[owned.end() :] if owned else text
    words = text.count(" ") + 1
    if words > LONGEST_LINE or len(text) > 100 or not text:
        return None
    known = agency(text, rules) or joined_agencies(text, rules) or _with_initials(text, rules)
    if known:
        return _attribution((known, True), line)
    lowered = text.casefold()
    label = _LABEL.match(text)
    if "photo" in lowered or "foto" in lowered or (label and fold(label["label"]) in _wording(rules).photo):
        return None
    byline = _wording(rules).byline
    known = agency(byline.sub("", text, count=1), rules) if words <= 4 else None
    if known:
        return _attribution((known, True), line)
    # "© 2019 NAME & Company, Inc." is the owner.
    between = agencies(rules).parts if joined and not owned else _LIST
    parts = [byline.sub("", part, count=1) for part in between.split(text) if part]
    found = [(part, agency(part, rules)) for part in parts]
    named = [name for part, name in found if name and part not in rules.ambiguous_agencies]
    if joined and len(parts) == 1:
        known = _behind_person(parts[0], rules)
        return _attribution((known, True), line) if known else None
    if not 2 <= len(parts) <= 4 or not named or _is_address(parts):
        return None
    if any(name is None and not is_code(part) and not _is_own(part) for part, name in found):
        return None
    return _attribution((named[0], True), line)


def _with_initials(text: str, rules: Rules) -> str | None:
    """The agency before its editors' initials: "SID cp nd"."""
    name, found = _INITIALS.subn("", text)
    return agency(name, rules) if found and name not in rules.ambiguous_agencies else None


def _behind_person(text: str, rules: Rules) -> str | None:
    """The agency that follows a person's name with nothing between, as where a page has it on the next line."""
    words = text.split()
    for size in range(min(3, len(words) - 2), 0, -1):
        name = " ".join(words[-size:])
        if len(name) >= SHORTEST_FOLDED and _is_person(" ".join(words[:-size])):
            known = agency(name, rules)
            if known:
                return known
    return None


def _is_address(parts: Sequence[str]) -> bool:
    """Whether a byline ends with a town in Pennsylvania, whose letters are an agency's, too."""
    return parts[-1] == "PA" and (len(parts) > 2 or " " not in parts[0])


def _is_own(part: str) -> bool:
    """Whether a part of a byline is a person, or the paper's own name or address."""
    return _is_person(part) or _DOMAIN.fullmatch(part) is not None


def _is_person(part: str) -> bool:
    words = part.split()
    return 1 <= len(words) <= 5 and all(
        not word[0].isalpha() or word[0].isupper() or word in _PARTICLES for word in words
    )


def _attribution(found: tuple[str, bool], line: str) -> Attribution:
    return Attribution(source=found[0], kind="agency" if found[1] else "credit", evidence=line.strip())
