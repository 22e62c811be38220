import pytest

from newsbeam.transforms.paragraphs import fold, line_of, normalise, split_title

LONG = "The boats came home long after dark, and nobody on the pier had gone to bed before they were all seen."


def test_paragraphs_are_stripped_and_parted_by_one_blank_line() -> None:
    assert normalise("  One \n\n\n \t\n two  \n three\r\n\r\nfour\x00 ") == "One\n\ntwo\nthree\n\nfour"


def test_every_line_is_a_paragraph_where_the_text_came_without_any() -> None:
    assert normalise(" One\ntwo\n\nthree ", lines=True) == "One\n\ntwo\n\nthree"


def test_nothing_stays_nothing() -> None:
    assert normalise("\n \n") == ""


@pytest.mark.parametrize("title", ["Boats come home", "Who saw the boats?", "Βάρκες στο λιμάνι", "渡轮停航"])
def test_a_short_first_line_is_the_title(title: str) -> None:
    assert split_title(f"{title}\n\n{LONG}") == (title, LONG)


@pytest.mark.parametrize("first", ["The boats came home.", "The Post reports:", "早就该这样了。", "x" * 250, LONG])
def test_a_first_line_that_ends_or_runs_on_is_no_title(first: str) -> None:
    assert split_title(f"{first}\n{LONG}") == (None, f"{first}\n\n{LONG}")


def test_a_line_alone_is_no_title() -> None:
    assert split_title("Boats come home") == (None, "Boats come home")
    assert split_title("") == (None, "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ΔΙΑΒΑΣΤΕ ΕΠΙΣΗΣ", "Διαβάστε επίσης:"),
        ("İLGİLİ HABER", "ilgili haber"),
        ("• Lire aussi :", "lire aussi"),
        ("Don’t miss", "DON'T MISS"),
    ],
)
def test_phrases_are_compared_without_case_accents_and_marks(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_a_sentence_reads_as_a_storys() -> None:
    assert line_of(LONG).story
    assert line_of("连接青湾与对岸的渡轮将在九月底完成最后一次航行。").story
    assert not line_of("Bridge toll to rise in the summer").story
    assert not line_of("Calm returns.").story
