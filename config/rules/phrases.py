"""The rules about text that is not the story: what each language says around its articles, and who is credited."""

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from newsbeam.config.errors import ConfigError

_LANGUAGE_FILE = re.compile(r"([a-z]{2,3})\.toml")

KINDS = frozenset(
    [
        "comments",
        "share_buttons",
        "newsletter",
        "author_bio",
        "related_posts",
        "attribution",
        "ad_slot",
        "repeated_title",
        "date_line",
        "title",
        "byline",
        "caption",
        "notice",
        "navigation",
        "site_furniture",
        "embedded_post",
    ]
)
"""The kinds of removed passages (contract.md)."""

Phrases = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An appeal to the reader: a short line that begins with one of `begins` and mentions one of `mentions`."""

    kind: str
    begins: tuple[str, ...]
    mentions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageRules:
    """What one language says around its articles; docs and comments of en.toml explain each key.

    script: ISO 15924. headings, lines, starts, labels: phrases by kind. months: twelve groups of forms.
    """

    script: str = "Latn"
    headings: Phrases = field(default_factory=dict)
    lines: Phrases = field(default_factory=dict)
    starts: Phrases = field(default_factory=dict)
    labels: Phrases = field(default_factory=dict)
    calls: tuple[Call, ...] = ()
    share: tuple[str, ...] = ()
    months: tuple[tuple[str, ...], ...] = ()
    date_words: tuple[str, ...] = ()
    date_labels: tuple[str, ...] = ()
    bylines: tuple[str, ...] = ()
    photo: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    copulas: tuple[str, ...] = ()
    bio_signs: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """A news agency. name: its short name on records. forms: how texts write it; a form of capitals only matches so."""

    name: str
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credits:
    """How texts name their source; credits.toml explains each key."""

    labels: tuple[str, ...]
    phrases: tuple[str, ...]
    after: tuple[str, ...]
    alone: tuple[str, ...]
    around: tuple[str, ...]
    own: tuple[str, ...]
    photo: tuple[str, ...]
    words: Phrases


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rules:
    """All rules about text, by language; one object a process, compared by identity."""

    common: LanguageRules
    languages: Mapping[str, LanguageRules]
    platforms: tuple[str, ...]
    ad_words: tuple[str, ...]
    ago_before: tuple[str, ...]
    ago_after: tuple[str, ...]
    ago_units: tuple[str, ...]
    agencies: tuple[Agency, ...]
    ambiguous_agencies: frozenset[str]
    credits: Credits


@functools.cache
def text_rules() -> Rules:
    """The rules of the TOML files beside this module, checked."""
    files = {
        match[1]: _read(entry.name)
        for entry in resources.files(__package__ or "").iterdir()
        if (match := _LANGUAGE_FILE.fullmatch(entry.name))
    }
    common = _read("common.toml")
    shared = {key: tuple(common.pop(key)) for key in ("platforms", "ad_words", "ago_before", "ago_after", "ago_units")}
    agencies = _read("agencies.toml")
    return Rules(
        common=_language("common", common),
        languages={name: _language(name, content) for name, content in sorted(files.items())},
        **shared,
        agencies=tuple(Agency(name=name, forms=(name, *forms)) for name, forms in agencies["agencies"].items()),
        ambiguous_agencies=frozenset(agencies["ambiguous"]),
        credits=_credits(_read("credits.toml")),
    )


def _credits(tables: dict[str, Any]) -> Credits:
    """The credits of all languages together: a page may credit in another language than its own."""
    words = {key: tuple(phrases) for key, phrases in tables.pop("words").items()}

    def together(key: str) -> tuple[str, ...]:
        return tuple(phrase for table in tables.values() for phrase in table.get(key, ()))

    return Credits(
        labels=together("labels"),
        phrases=together("phrases"),
        after=together("after"),
        alone=together("alone"),
        around=together("around"),
        own=together("own"),
        photo=together("photo"),
        words=words,
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__ or "").joinpath(name).read_text("utf-8"))


def _language(name: str, content: dict[str, Any]) -> LanguageRules:
    known = LanguageRules.__dataclass_fields__
    values: dict[str, Any] = {}
    for key, value in content.items():
        if key not in known:
            raise ConfigError(f"rules/{name}.toml: {key!r} is not a key of a language's rules")
        if key in ("headings", "lines", "starts", "labels"):
            _check_kinds(name, key, value)
            values[key] = {kind: tuple(phrases) for kind, phrases in value.items()}
        elif key == "calls":
            _check_kinds(name, key, [call["kind"] for call in value])
            values[key] = tuple(
                Call(kind=call["kind"], begins=tuple(call["begins"]), mentions=tuple(call["mentions"]))
                for call in value
            )
        elif key == "months":
            if len(value) != 12:
                raise ConfigError(f"rules/{name}.toml: months has {len(value)} groups, not 12")
            values[key] = tuple(tuple(forms) for forms in value)
        else:
            values[key] = value if key == "script" else tuple(value)
    return LanguageRules(**values)


def _check_kinds(name: str, key: str, kinds: Any) -> None:
    for kind in kinds:
        if kind not in KINDS:
            raise ConfigError(f"rules/{name}.toml: {key} names the kind {kind!r}, which does not exist")
