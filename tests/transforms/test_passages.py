"""In which sentences two texts differ."""

from newsbeam.transforms.passages import Passage, differing, sentences


def test_sentences_end_with_a_stop_and_a_space_or_a_line() -> None:
    assert sentences('It rained. "Really?" he said!\n\nThe end 3.5 came') == [
        "It rained.",
        '"Really?',
        "he said!",
        "The end 3.5 came",
    ]
    assert sentences("雨が降った。彼は言った。") == ["雨が降った。", "彼は言った。"]


def test_only_what_stands_in_one_text_is_shown_side_by_side() -> None:
    a = "The crane is old. It was built in 1911. The city listed it. Readers cheered."
    b = "The CRANE is old! It was built in 1912. The city listed it."
    found = differing(a, b)
    assert found.passages == (
        Passage(a="It was built in 1911.", b="It was built in 1912."),
        Passage(a="Readers cheered.", b=None),
    )
    assert found.more == 0
    assert differing(a, a).passages == ()
    assert differing("", b).passages == (Passage(a=None, b=b),)


def test_long_passages_are_cut_and_the_longest_kept_in_their_order() -> None:
    same = [f"Sentence number {n} is in both." for n in range(5)]
    own = ["Tiny.", "A passage of middling length, then.", "x" * 300 + ".", "Small one."]
    text = " ".join(part for pair in zip(same, own, strict=False) for part in pair)
    found = differing(text, " ".join(same[:4]), most=2, length=50)
    assert [one.a for one in found.passages] == [own[1], "x" * 48 + " …"]
    assert found.more == 2
