import pathlib

import pytest

from newsbeam.config.rules.phrases import text_rules
from newsbeam.records import Removed
from newsbeam.transforms.boilerplate import Cleaned, clean
from newsbeam.transforms.paragraphs import normalise
from newsbeam.transforms.removed import rebuild

RULES = text_rules()
PAGES = sorted((pathlib.Path(__file__).parent.parent / "data" / "boilerplate").glob("*.txt"))


def read_page(path: pathlib.Path) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """(what is known of a page, its lines with their labels)."""
    known: dict[str, str] = {}
    lines = []
    for row in path.read_text("utf-8").splitlines():
        if row.startswith("# "):
            key, _, value = row[2:].partition(": ")
            known[key] = value
        else:
            kind, _, text = row.partition(" | ")
            lines.append((kind.strip(), text))
    return known, lines


def cleaned(text: str, language: str = "en", **known: object) -> Cleaned:
    values: dict[str, object] = {"title": None, "trusted_html": True, **known}
    return clean(text, language=language, rules=RULES, **values)  # type: ignore[arg-type]


def kinds_of(lines: list[str], language: str = "en", **known: object) -> list[str]:
    """The label that each line gets."""
    found = cleaned("\n\n".join(lines), language, **known)
    removed = list(found.removed)
    labels = []
    for line in lines:
        item = next((one for one in removed if one.text == line), None)
        if item is not None:
            removed.remove(item)
        labels.append(item.kind if item else "body")
    return labels


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_line_of_a_page_gets_its_label(path: pathlib.Path) -> None:
    known, lines = read_page(path)
    got = kinds_of(
        [text for _, text in lines],
        path.stem,
        title=known.get("title"),
        authors=[known["authors"]] if "authors" in known else [],
        site=known.get("site"),
    )
    assert [(kind, text) for kind, (_, text) in zip(got, lines, strict=True)] == lines


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_as_plain_text_keeps_its_story_and_no_more(path: pathlib.Path) -> None:
    _, lines = read_page(path)
    lines = lines[[kind for kind, _ in lines].index("title") :]
    found = cleaned("\n".join(text for _, text in lines), path.stem, trusted_html=False)
    assert found.title == lines[0][1]
    assert found.body.split("\n\n") == [text for kind, text in lines if kind == "body"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_in_a_language_that_was_not_told_loses_no_sentence(path: pathlib.Path) -> None:
    _, lines = read_page(path)
    found = cleaned("\n\n".join(text for _, text in lines), "und")
    kept = set(found.body.split("\n\n"))
    assert [text for kind, text in lines if kind == "body" and len(text) > 60 and text not in kept] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_body_and_removed_give_the_page_back(path: pathlib.Path) -> None:
    _, lines = read_page(path)
    text = "\n\n".join(text for _, text in lines)
    found = cleaned(text, path.stem)
    assert rebuild(found.body, found.removed) == normalise(text)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_comments_are_handed_on_one_by_one(path: pathlib.Path) -> None:
    known, lines = read_page(path)
    found = cleaned("\n\n".join(text for _, text in lines), path.stem)
    said = [text for kind, text in lines if kind == "comments"][1:]
    assert found.comments == tuple(text for text in said if text != known.get("prompt"))


STORY = [
    "The harbour was full of boats that morning, and nobody had thought of the weather when the first of them left.",
    "By noon the wind had turned, and those who had stayed on land went down to the pier to look for their friends.",
    "All came home in the end, the last of them long after dark and with a torn sail, and there was no word of blame.",
]

KEPT = [
    "Kyiv denies",
    "Flight 1987",
    "Thousands dead",
    "Why now;",
    "New York Times reports:",
    "The Post continues:",
    "Twitter",
    "Privacy",
    "Return to normal",
    "3 May 2023",
    "covid-19",
    "F-35",
    "2022-23",
    "“Subscribe to our newsletter,” the sign on the door said, and nobody did.",
    "He asked his readers to sign up for the army before the summer was over.",
    "By signing up to the treaty the two countries agreed to open their ports to each other.",
    "By continuing to fund the war the minister lost the trust of his own party, she wrote.",
    "Follow the money and you will find the owner of the ship, the lawyer told the court.",
    "Share prices fell by four per cent, and the owners were not available for comment.",
    "Comments by the minister on Tuesday did not help to calm the markets, traders said.",
    "Sources said the vote was close, but none of them would give a number before the morning.",
    "Related costs of the bridge will be paid by the county over the next thirty years.",
    "The author is accused of having taken the money from a fund for the families of sailors.",
    "More than a thousand people had come to the pier by the time the last boat was seen.",
    "Cookies and milk were handed out at the school, which had been opened for the night.",
    "Copyright law was not written for machines, the judge said at the end of the hearing.",
    "Photo albums, letters and a clock were all that they could save from the cellar.",
    "— Harbour Watch (@harbourwatch) May 3, 2023",
]


@pytest.mark.parametrize("line", KEPT)
def test_a_line_that_a_story_may_say_stays(line: str) -> None:
    assert kinds_of([STORY[0], line, STORY[1], STORY[2]]) == ["body"] * 4


@pytest.mark.parametrize(
    "line",
    [
        "Anna White was a journalist at the Herald when the war began, and she was killed in its first week.",
        "The journalist said that the editor is on holiday and that the newsroom would not comment on it.",
    ],
)
def test_a_sentence_about_a_journalist_in_the_story_stays(line: str) -> None:
    assert kinds_of([STORY[0], line, "White's family was told on Sunday.", *STORY[1:]]) == ["body"] * 5


def test_a_journalist_whom_the_story_knows_is_no_author() -> None:
    last = "Evan Marsh is a reporter for the Herald, where he covers the harbour, and was released on Sunday."
    assert (
        kinds_of(["Police held Evan Marsh for two days, his paper said on Monday in a short statement.", *STORY, last])[
            -1
        ]
        == "body"
    )


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("Accept all cookies and go on", "en"),
        ("Alle Cookies akzeptieren und weiter", "de"),
        ("Accepter tous les cookies et fermer", "fr"),
    ],
)
def test_the_button_of_a_cookie_banner_is_no_first_line(line: str, language: str) -> None:
    story = {
        "en": "The council met on Tuesday evening, and nobody spoke of biscuits at all.",
        "de": "Der Rat trat am Dienstagabend zusammen, und niemand sprach von Keksen.",
        "fr": "Le conseil s'est réuni mardi soir, et personne n'a parlé de biscuits.",
    }[language]
    assert kinds_of([line, story, story.replace("on", "an")], language) == ["notice", "body", "body"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("This entry was posted in Bridges and tagged Upper Marsh.", "notice"),
        ("TrackBack URL for this entry:", "navigation"),
        ("Listed below are links to weblogs that reference this entry.", "notice"),
        ("You can follow any responses to this entry through the RSS 2.0 feed.", "comments"),
        ("Both comments and pings are currently closed.", "comments"),
    ],
)
def test_what_weblogs_write_below_a_story_is_taken_out(line: str, kind: str) -> None:
    assert kinds_of([*STORY, line]) == ["body", "body", "body", kind]


def test_a_row_of_links_is_navigation_and_a_row_of_numbers_is_not() -> None:
    assert kinds_of([*STORY, "About us | Contact | Advertise | Jobs | Help"])[3] == "navigation"
    assert kinds_of([*STORY, "关于我们 | About us | 联系我们 | 广告服务 | 法律声明"])[3] == "navigation"
    assert kinds_of([STORY[0], "Marsh | 12 | 4 | 3 | 27", *STORY[1:]])[1] == "body"


def test_a_link_to_comments_above_the_story_takes_only_itself() -> None:
    assert kinds_of(["12 Comments", *STORY]) == ["comments", "body", "body", "body"]
    assert kinds_of([STORY[0], "Comments", *(STORY[1:] * 4)])[2:] == ["body"] * 8


def test_a_subheading_after_a_link_block_stays() -> None:
    lines = [STORY[0], "Related stories", "Bridge toll to rise in the summer", "Calm returns", STORY[1], STORY[2]]
    assert kinds_of(lines) == ["body", "related_posts", "related_posts", "body", "body", "body"]


def test_a_list_at_the_end_of_a_story_stays() -> None:
    results = ["Aldmouth 3, Port Ellery 1", "Lindenau 0, Oosterzand 2", "Harbour Town 1, Norrholmen 1"]
    assert kinds_of([*STORY, *results]) == ["body"] * 6


def test_a_thread_without_a_heading_is_known_by_its_marks() -> None:
    talk = [
        "Jan V. on May 3, 2012 at 3:04 pm",
        "I was there.",
        "Reply",
        "Ruth says: May 4, 2012 at 9:10 am",
        "So was I.",
        "Reply",
    ]
    found = cleaned("\n\n".join([*STORY, *talk]))
    assert found.body == "\n\n".join(STORY)
    assert found.comments == ("I was there.", "So was I.")


def test_a_live_blog_is_no_thread() -> None:
    entries = [line for hour in (9, 10, 11) for line in (f"Updated by Ruth, May 3, 2023 at {hour}:15 am", STORY[0])]
    assert "comments" not in kinds_of(entries)


def test_a_date_that_a_script_left_before_the_story_goes_to_the_date() -> None:
    found = cleaned("date 2023-05-03 " + "\n\n".join(STORY))
    assert found.date == "2023-05-03"
    assert found.body == "\n\n".join(STORY)
    assert found.removed == (Removed(kind="date_line", text="date 2023-05-03 ", position=0),)


@pytest.mark.parametrize(
    "opening", ["2023-05-03 was the day when", "May 3, 2023 was the day when", "In 2023 the day came when"]
)
def test_a_date_that_the_story_says_stays(opening: str) -> None:
    text = f"{opening} the harbour was full of boats and nobody had thought of the weather at all."
    assert cleaned(text).body == text


def test_embedded_posts_stay_unless_they_are_not_wanted() -> None:
    post = [
        "Two boats are still missing tonight. pic.twitter.com/abcDEF123",
        "— Harbour Watch (@harbourwatch) May 3, 2023",
    ]
    text = "\n\n".join([STORY[0], *post, *STORY[1:]])
    assert cleaned(text).body == text
    without = cleaned(text, keep_embedded_posts=False)
    assert without.body == "\n\n".join(STORY)
    assert [item.kind for item in without.removed] == ["embedded_post"] * 2


def test_a_text_that_is_only_furniture_to_the_rules_keeps_its_sentences() -> None:
    text = "Subscribe to our newsletter and get the day's stories in your inbox every morning, it is free."
    assert cleaned(text).body == text


def test_an_empty_text_is_an_empty_body() -> None:
    found = cleaned(" \n\n ")
    assert (found.body, found.removed, found.comments) == ("", (), ())


def test_dates_under_a_story_are_its_programme_when_there_are_many() -> None:
    story = "The orchestra plays in four towns this spring, and every concert begins at eight in the evening."
    programme = [
        "12 March 2024",
        "Aldmouth, Town Hall",
        "19 March 2024",
        "Port Ellery, The Old Customs House",
        "2 May 2024",
    ]
    assert kinds_of([story, story.replace("four", "five"), *programme]) == ["body"] * 7
    assert kinds_of([story, story.replace("four", "five"), "12 March 2024"])[-1] == "date_line"


def test_a_line_that_turns_pages_may_begin_with_a_quotation_mark() -> None:
    story = "The orchestra plays in four towns this spring, and every concert begins at eight in the evening."
    assert kinds_of(["« The old bridge | Main | A new ferry »", story, f"« {story} »"]) == [
        "navigation",
        "body",
        "body",
    ]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "The views expressed in this column do not necessarily reflect those of the Harbour Gazette."),
        ("de", "Gastbeiträge geben nicht notwendigerweise die Meinung der Redaktion wieder."),
        ("fr", "Les opinions exprimées dans cette tribune n'engagent que leur auteur."),
        ("es", "Las opiniones de los columnistas no reflejan necesariamente la línea del periódico."),
        ("pt", "As opiniões expressas pelos colunistas não refletem necessariamente a posição do jornal."),
        ("ru", "Мнение автора может не совпадать с позицией редакции."),
        ("el", "Οι απόψεις των αρθρογράφων δεν εκφράζουν απαραίτητα την εφημερίδα."),
    ],
)
def test_a_disclaimer_is_a_notice(language: str, line: str) -> None:
    story = {"ru": "Мост через реку открыли после ремонта, и первый автобус прошёл по нему в семь часов утра."}
    text = story.get(
        language, "The orchestra plays in four towns this spring, and every concert begins at eight o'clock."
    )
    assert kinds_of([text, line], language) == ["body", "notice"]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "(Read also: The ferry comes back in spring)"),
        ("es", "(Le puede interesar: El puente viejo cierra tres semanas)"),
        ("es", "[También puede leer: La barca vuelve en primavera]"),
        ("en", '"We go by boat": what the people of the island say Monday 12 March, 2024 | 09:15'),
    ],
)
def test_another_story_is_named_in_brackets_or_with_its_minute(language: str, line: str) -> None:
    assert kinds_of([STORY[0], line, STORY[1], STORY[2]], language)[1] == "related_posts"


@pytest.mark.parametrize(
    "line",
    [
        "(The harbour is closed on Mondays)",
        "(Read the letter) and weep (said the judge)",
        '"We go by boat", said the mayor on 12 March',
    ],
)
def test_brackets_and_quotes_of_a_story_stay(line: str) -> None:
    assert kinds_of([STORY[0], line, STORY[1], STORY[2]]) == ["body"] * 4


@pytest.mark.parametrize("line", ["Written by: harbourcat | 31 December 2008", "24 March 2004, 19:49 | Gale"])
def test_a_name_beside_a_date_above_a_story_dates_it(line: str) -> None:
    assert kinds_of([line, *STORY]) == ["date_line", "body", "body", "body"]
    assert kinds_of([STORY[0], line, *STORY[1:]])[1] == "body"


def test_more_than_a_name_beside_a_date_is_the_story_s() -> None:
    assert kinds_of(["24 March 2004 | Concert of the harbour choir in the old hall", *STORY])[0] == "body"


@pytest.mark.parametrize(
    ("language", "line", "kind"),
    [
        ("de", "... weiter zu „Der Winter im Hafen“", "navigation"),
        ("de", "Dies ist Teil 2 zum Text über den Hafen, der vergangene Woche erschienen ist.", "notice"),
        ("en", "This is part two of a series on the harbour, which began last week.", "notice"),
    ],
)
def test_a_line_that_leads_to_other_parts_of_a_story(language: str, line: str, kind: str) -> None:
    assert kinds_of([*STORY, line], language)[-1] == kind


def test_a_part_of_something_is_no_part_of_a_series() -> None:
    assert (
        kinds_of([*STORY, "Dies ist Teil der Strategie, mit der die Stadt den Hafen retten will."], "de")[-1] == "body"
    )


@pytest.mark.parametrize(
    "line", ["The pier in winter. (gullwatcher / iStock.com)", "Boats at the pier. Photo by A. Gale @ Pixabay"]
)
def test_a_picture_s_source_ends_its_caption(line: str) -> None:
    assert kinds_of([line, *STORY])[0] == "caption"
