"""A tree read as blocks and numbered nodes."""

import numpy as np

from newsbeam.transforms import blocks, html

PAGE = (
    b"<html><body><div class='a'><h1>Title</h1><p>One <a href='/x'>two</a> three.</p><script>no</script></div>"
    b"<ul><li>item</li></ul>tail</body></html>"
)


def outline() -> blocks.Outline:
    return blocks.read(html.parse(PAGE).find("body"))


def test_blocks_are_the_runs_of_text_between_block_elements() -> None:
    found = [(block.tag, block.text, block.link) for block in outline().blocks]
    assert found == [("h1", "Title", 0), ("p", "One two three.", 3), ("li", "item", 0), ("body", "tail", 0)]


def test_nodes_know_their_place() -> None:
    read = outline()
    assert [one.tag for one in read.elements] == ["body", "div", "h1", "p", "a", "ul", "li"]
    assert read.parent.tolist() == [-1, 0, 1, 1, 3, 0, 5]
    assert read.last.tolist() == [6, 4, 2, 4, 4, 6, 6]
    assert read.depth.tolist() == [0, 1, 2, 2, 3, 1, 2]


def test_sums_hold_for_each_node_and_what_lies_below_it() -> None:
    assert np.array_equal(outline().below([1, 2, 4, 8]), [15, 3, 1, 2, 0, 4, 4])


def test_an_aside_that_holds_most_paragraphs_is_no_aside() -> None:
    story = b"<p>The council met and spoke about the bridge for a long time before it closed.</p>" * 3
    read = blocks.read(html.parse(b"<html><body><aside>" + story + b"</aside><p>x</p></body></html>").find("body"))
    assert len(read.blocks) == 4


def test_a_part_that_is_kept_from_search_engines_is_read_where_it_holds_the_story() -> None:
    story = b"<p>The council met and spoke about the bridge for a long time before it closed.</p>" * 3
    read = blocks.read(html.parse(b"<html><body><noindex>" + story + b"</noindex><p>x</p></body></html>").find("body"))
    assert len(read.blocks) == 4
    page = b"<html><body>" + story + b"<noindex><p>x</p></noindex></body></html>"
    assert len(blocks.read(html.parse(page).find("body")).blocks) == 3
