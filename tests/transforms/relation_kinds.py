"""Relations between texts, by name: what sites make of a story, and what only has something in common with it.

Stories are composed (relation_texts.py) of 5 to 24 paragraphs, or are the demo's, which are prose. The furniture is
written in the words that sites use, so that cleaning has something to know.
"""

import datetime
import random
from collections.abc import Iterator
from dataclasses import dataclass

from newsbeam.config.rules.phrases import text_rules
from newsbeam.pipelines.demo import content
from newsbeam.transforms.boilerplate import clean
from tests.transforms.relation_texts import GRAMMARS, LANGUAGES, sentence, story, substituted

LENGTHS = (5, 8, 12, 24)
"""Paragraphs of a composed story; some 35 words each, 60 characters in Chinese."""

FURNITURE = {
    "en": (
        ["Share this article", "Facebook", "Twitter", "Email"],
        ["Sign up for our newsletter and get the morning summary by email", "Related articles"],
        ["Comments (3)", "Follow us on Facebook", "All rights reserved"],
    ),
    "de": (
        ["Artikel teilen", "Facebook", "Twitter", "E-Mail"],
        ["Abonnieren Sie unseren Newsletter mit dem Überblick am Morgen", "Mehr zum Thema"],
        ["Kommentare (3)", "Folgen Sie uns auf Facebook", "Alle Rechte vorbehalten"],
    ),
    "el": (
        ["Μοιραστείτε το άρθρο", "Facebook", "Twitter", "Email"],
        ["Εγγραφείτε στο newsletter για την πρωινή ενημέρωση", "Διαβάστε επίσης"],
        ["Σχόλια (3)", "Ακολουθήστε μας στο Facebook", "Με την επιφύλαξη παντός δικαιώματος"],
    ),
    "ru": (
        ["Поделиться", "Facebook", "Twitter", "ВКонтакте"],
        ["Подпишитесь на нашу рассылку с утренним обзором", "Читайте также"],
        ["Комментарии (3)", "Подписывайтесь на нас в Telegram", "Все права защищены"],
    ),
    "zh": (
        ["分享到", "微信", "新浪微博", "QQ空间"],
        ["免费订阅我们的电子报，每天早晨收到摘要", "相关新闻"],
        ["网友评论", "关注我们的微信公众号", "版权所有 未经授权不得转载"],
    ),
}
"""By language: before a story, after it before a list of headlines, and after that."""


@dataclass(frozen=True)
class Relative:
    """A text beside a story. copy: whether it is one; None where nobody judges. site: the site of both; None: two."""

    kind: str
    text: str
    copy: bool | None
    first: str
    site: str | None = None


@dataclass(frozen=True)
class Base:
    """A story that others have to do with. event: the store of words that it is composed from; None for prose."""

    language: str
    seed: str
    lines: list[str]
    event: str | None = None

    @property
    def text(self) -> str:
        return "\n\n".join(self.lines)

    @property
    def name(self) -> str:
        return f"{self.language}-{self.seed}"


def composed(language: str, count: int) -> list[Base]:
    """So many composed stories of all lengths."""
    return [
        Base(language, str(n), story(language, n, event=n, paragraphs=LENGTHS[n % len(LENGTHS)]), event=str(n))
        for n in range(count)
    ]


def of_the_demo() -> list[Base]:
    """The demo's stories in the languages that there are word lists for: prose, of four paragraphs or more."""
    zones = {key: one.zone for key, one in content.publishers().items()}
    found = content.stories(datetime.date(2026, 11, 20), zones).items()
    told = [(key.split("/")[0], key, list(one.paragraphs)) for key, one in sorted(found)]
    return [Base(*one) for one in told if one[0] in GRAMMARS and len(one[2]) >= 4]


def furnished(language: str, lines: list[str], rng: random.Random) -> str:
    """A story as its page shows it: bars, appeals and headlines of other stories around it."""
    before, after, last = FURNITURE[language]
    grammar = GRAMMARS[language]
    words = {"n": grammar.nouns, "p": grammar.names}
    headlines = [sentence(grammar, rng, words) for _ in range(4)]
    return "\n\n".join([*before, *lines, *after, *headlines, *last])


def cleaned(language: str, text: str) -> str:
    """What cleaning leaves of it."""
    return clean(text, language=language, title=None, rules=text_rules(), trusted_html=True).body


def relatives(base: Base) -> Iterator[Relative]:
    """Everything that has to do with a story, copies first."""
    rng = random.Random(base.name)
    for kind, text in _copies(base, rng):
        yield Relative(kind, text, True, base.text)
    yield Relative("20 % other words", "\n\n".join(substituted(base.language, base.lines, 0.2, rng)), None, base.text)
    for kind, first, second, site in _others(base):
        yield Relative(kind, second, False, first, site)


def _copies(base: Base, rng: random.Random) -> Iterator[tuple[str, str]]:
    language, lines = base.language, base.lines
    drop = rng.randrange(1, len(lines) - 1)
    dropped = lines[:drop] + lines[drop + 1 :]
    headline = story(language, f"headline-{base.name}", paragraphs=1)[0][:70]
    framed = furnished(language, lines, rng)
    yield "identical", base.text
    yield "headline changed", f"{headline}\n\n{base.text}"
    yield "furniture, as it is", framed
    yield "furniture, cleaned", cleaned(language, framed)
    yield "a paragraph dropped", "\n\n".join(dropped)
    yield "cut to 60 %", _cut(base.text, 0.6)
    yield "cut to 30 %", _cut(base.text, 0.3)
    for share in (0.02, 0.05, 0.10):
        yield f"{share * 100:.0f} % other words", "\n\n".join(substituted(language, lines, share, rng))
    more = story(language, f"more-{base.name}", paragraphs=max(1, len(lines) // 3))
    yield "a third added", "\n\n".join([*lines[:-1], *more, lines[-1]])
    yield (
        "headline, furniture, dropped, 2 %",
        furnished(language, [headline, *substituted(language, dropped, 0.02, rng)], rng),
    )


def _cut(text: str, share: float) -> str:
    """The beginning of a text, to a whole word."""
    start = text[: round(len(text) * share)]
    return start.rpartition(" ")[0] or start


def _others(base: Base) -> Iterator[tuple[str, str, str, str | None]]:
    """Kind, the two texts, the site of both."""
    language, lines = base.language, base.lines
    different = story(language, f"different-{base.name}", paragraphs=len(lines))
    quoted = lines[-1 - max(1, len(lines) // 6) : -1]
    yield "one long quotation", base.text, "\n\n".join([*different, *quoted]), None
    if base.event is not None:
        report = story(language, f"report-{base.name}", event=base.event, paragraphs=len(lines))
        yield "two reports of one event", base.text, "\n\n".join(report), None
        yield "translation", base.text, _translated(base), None
    names = "footer", "gazette's footer", "wire's footer"
    footer, own, wire = (story(language, which, paragraphs=3) for which in names)
    first, second = (story(language, f"{which}-{base.name}", paragraphs=len(lines)) for which in ("above", "below"))
    yield "same footer, two sites", "\n\n".join(first + footer), "\n\n".join(second + footer), None
    short, brief = (story(language, f"{which}-{base.name}", paragraphs=2) for which in ("short", "brief"))
    yield "short, same footer, one site", "\n\n".join(short + own), "\n\n".join(brief + own), "gazette.example"
    yield "short, same footer, two sites", "\n\n".join(short + wire), "\n\n".join(brief + wire), None


def _translated(base: Base) -> str:
    """The story in another language: sentence by sentence, with the names that it has."""
    other = GRAMMARS[LANGUAGES[(LANGUAGES.index(base.language) + 1) % len(LANGUAGES)]]
    names = [one for one in GRAMMARS[base.language].names if one in base.text]
    rng = random.Random(f"translated-{base.name}")
    words = {"n": other.nouns, "p": names}
    return "\n\n".join(other.stop.join(sentence(other, rng, words) for _ in range(4)) for _ in base.lines)
