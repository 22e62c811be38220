import pytest

from newsbeam.transforms.shingles import hashed, tokens


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The Mayor's “plan” — 12 km", ["the", "mayor", "s", "plan", "12", "km"]),
        ("co\u00adoperation, zero\u200bwidth", ["cooperation", "zerowidth"]),
        ("Straße ΟΔΟΣ ﬁnal", ["strasse", "οδοσ", "final"]),
        ("新华社ABC电", ["新", "华", "社", "abc", "电"]),
        ("ｶﾞｽ", ["ガ", "ス"]),
        ("हिन्दी समाचार", ["हिन्दी", "समाचार"]),
        ("snake_case", ["snake", "case"]),
        ("…", []),
    ],
)
def test_tokens(text: str, found: list[str]) -> None:
    assert tokens(text) == found


def test_a_mark_elsewhere_does_not_change_how_plain_words_are_cut() -> None:
    plain = tokens("Plain words, here")
    assert tokens("Plain words, here हिन्दी")[:3] == plain


def test_runs_are_counted_by_the_script_of_their_first_token() -> None:
    short, long = hashed(tokens("one two three four five six seven eight nine"))
    assert (len(short), len(long)) == (7, 2)
    short, long = hashed(tokens("甲乙丙丁戊己庚辛壬癸子丑寅卯辰"))
    assert (len(short), len(long)) == (11, 2)


def test_hashes_are_the_same_in_every_process() -> None:
    short, long = hashed(tokens("one two three four five six seven eight"))
    assert short.tolist() == [142549, 462296, 1588021, 4723347, 6058218, 16448170]
    assert long.tolist() == [15685193439466499501]


def test_repeated_runs_count_once() -> None:
    short, _ = hashed(tokens("tick tock tick " * 40))
    assert len(short) == 3


def test_nothing_gives_no_hashes() -> None:
    short, long = hashed([])
    assert (len(short), len(long)) == (0, 0)
