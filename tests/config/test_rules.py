import pytest

from newsbeam.config.errors import ConfigError
from newsbeam.config.rules import phrases
from newsbeam.config.rules.phrases import KINDS, text_rules
from newsbeam.transforms.paragraphs import fold
from newsbeam.transforms.phrases import lexicon

RULES = text_rules()
LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "nl", "pl", "el", "ru", "tr", "zh", "ja", "sv", "cs"]


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_language_knows_each_common_kind(name: str) -> None:
    rules = RULES.languages[name]
    for kind in ("comments", "related_posts", "newsletter", "share_buttons", "author_bio"):
        assert rules.headings[kind], kind
    for kind in ("ad_slot", "comments", "navigation", "notice"):
        assert rules.lines[kind], kind
    assert rules.roles
    assert rules.share


@pytest.mark.parametrize("name", sorted(RULES.languages))
def test_no_phrase_begins_everything(name: str) -> None:
    """A phrase whose folded form is empty or one plain letter would take lines that it does not mean."""
    found = lexicon(RULES, name, RULES.languages[name].script)
    for phrase in [*found.headings, *found.lines, *(one for rows in found.starts.values() for one, _ in rows)]:
        assert len(phrase) > 1 or not phrase.isalnum(), phrase


def test_months_are_twelve_or_none() -> None:
    assert {len(rules.months) for rules in RULES.languages.values()} <= {0, 12}


def test_agencies_have_one_name_a_form() -> None:
    seen: dict[str, str] = {}
    for one in RULES.agencies:
        for form in one.forms:
            assert seen.setdefault(form, one.name) == one.name, form


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"haedings": {}}, "'haedings' is not a key"),
        ({"lines": {"advert": ["x"]}}, "kind 'advert', which does not exist"),
        ({"months": [["january"]]}, "1 groups, not 12"),
    ],
)
def test_a_mistake_in_a_rule_file_names_the_key(content: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        phrases._language("en", content)


def test_kinds_are_the_contracts() -> None:
    assert len(KINDS) == 16


def test_an_unknown_language_has_english_and_its_scripts_phrases() -> None:
    unknown = lexicon(RULES, "und", "Cyrl")
    assert unknown.headings[fold("Комментарии")] == "comments"
    assert unknown.headings["comments"] == "comments"
    assert fold("Kommentare") not in unknown.headings
