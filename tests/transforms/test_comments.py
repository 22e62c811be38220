"""Readers' comments are cut out of the tree, whatever the system that made them; articles about comments are not."""

import pytest

from newsbeam.transforms import comments, html, marks

ARTICLE = (
    "<article><h1>Dam reopened</h1>" + "<p>The dam was opened again on Monday after repairs, the council said.</p>" * 4
)
ONE, TWO = "I drove past it yesterday evening.", "The council promised this years ago."


def cut(page: str) -> tuple[tuple[str, ...], str]:
    tree = html.parse(html.repair(f"<html><body>{page}</body></html>"))
    found = comments.cut(tree, marks.read(tree))
    return found, tree.text_content()


MICRODATA = '<div itemscope itemtype="https://schema.org/Comment"><p>{}</p></div>'
LISTED = "<ul><li>{}</li><li>{}</li></ul>"
SIGNED = "<ul><li><cite>Ann</cite> <time>1 May</time><p>{}</p></li><li><p>{}</p></li></ul>"


@pytest.mark.parametrize(
    "section",
    [
        f'<ol class="commentlist"><li class="comment"><p>{ONE}</p></li><li class="comment"><p>{TWO}</p></li></ol>',
        f'<div id="comments"><div class="comment-body">{ONE}</div><div class="comment-body">{TWO}</div></div>',
        f'<div id="disqus_thread">{LISTED.format(ONE, TWO)}</div>',
        f'<section class="article-comments"><article>{ONE}</article><article>{TWO}</article></section>',
        MICRODATA.format(ONE) + MICRODATA.format(TWO),
        f'<div class="user_comments">{SIGNED.format(ONE, TWO)}</div>',
    ],
)
def test_comments_are_cut_and_kept_apart(section: str) -> None:
    found, left = cut(f"{ARTICLE}</article>{section}")
    assert found == (ONE, TWO)
    assert "drove past" not in left
    assert left.count("The dam was opened again") == 4


def test_names_dates_and_controls_are_not_part_of_a_comment() -> None:
    entry = f'<li><div class="comment-meta">Ann on 1 May</div><p>{ONE}</p><div class="reply">Reply</div></li>'
    found, _ = cut(f'{ARTICLE}</article><ol class="comment-list">{entry}</ol>')
    assert found == (ONE,)


@pytest.mark.parametrize("mark", ["has-comments", "commentary", "comments"])
def test_a_mark_around_the_whole_page_is_its_layout(mark: str) -> None:
    found, left = cut(f'<div class="{mark}">{ARTICLE}</article></div>')
    assert found == ()
    assert left.count("The dam was opened again") == 4


def test_a_page_without_comments_is_left_as_it_is() -> None:
    assert cut(f"{ARTICLE}</article>")[0] == ()


def test_how_many_comments_a_paragraph_has_is_no_part_of_it() -> None:
    count = '<a class="comments_count" title="Leave a comment" href="#c1">{}</a>'
    page = f"<p>{count.format(12)}The dam was opened.</p><p>{count.format('<b>0</b>')}It rained for 40 days.</p>"
    assert cut(page) == ((), "The dam was opened.It rained for 40 days.")


def test_a_link_to_the_comments_that_says_more_than_a_number_stays() -> None:
    assert cut('<p>See <a class="comment-link">No. 4</a> too.</p>') == ((), "See No. 4 too.")
