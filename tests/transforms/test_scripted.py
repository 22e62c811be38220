"""Stories that a page holds as data of its scripts."""

import datetime
import json
import time

import pytest

from newsbeam.transforms import extract, scripted

NOW = datetime.datetime(2026, 11, 26, 12, tzinfo=datetime.UTC)
LINES = (
    "The council of Upper Marsh met on Tuesday evening to talk about the bridge that nobody crosses any more.",
    "“It has stood there for ninety years, and it will stand for ninety more,” said the mayor after the vote.",
    "Repairs would cost four million crowns, which the district does not have, and the old mill is in the way.",
    "The ferry that runs beside it takes twelve people at a time, and nobody has ever had to wait for a place.",
)
HTML = "".join(f"<p>{line}</p>" for line in LINES)
DATA = {"props": {"title": "A bridge", "contentHtml": HTML, "css": "a{b:c};" * 200}}


def escaped(text: str) -> str:
    return text.replace("<", "\\u003c")


@pytest.mark.parametrize(
    "script",
    [
        json.dumps(DATA),
        escaped(json.dumps(DATA)),
        f"window.__STATE__ = {json.dumps(DATA)};",
        f"self.__next_f.push([1,{escaped(json.dumps(json.dumps(DATA)))}])",
    ],
)
def test_the_story_is_found_in_any_dress(script: str) -> None:
    assert scripted.story([script, "var a = 1;"]) == HTML


def test_what_is_no_prose_or_not_named_as_content_is_none() -> None:
    assert scripted.story([json.dumps({"content": "a{b:c};" * 200})]) is None
    assert scripted.story([json.dumps({"content": "https://a.example/x. " * 60})]) is None
    assert scripted.story([json.dumps({"content": "short. " * 20})]) is None
    assert scripted.story([json.dumps({"terms": HTML})]) is None
    assert scripted.story(['{"content": "' + "never ended. " * 5_000]) is None


@pytest.mark.parametrize("script", ['"' + "content" * 100_000, '"content":"' * 60_000, '[1,"' * 100_000, "[" * 500_000])
def test_a_script_made_to_be_slow_is_read_in_one_go(script: str) -> None:
    began = time.process_time()
    assert scripted.story([script]) is None
    assert time.process_time() - began < 2


def test_a_page_without_text_gives_the_story_of_its_scripts() -> None:
    data = json.dumps(DATA)
    page = f'<html><body><div id="app"></div><script type="application/json">{data}</script></body></html>'
    found = extract.extract(page.encode(), url="https://www.valley.example/a", now=NOW)
    assert found.text == "\n\n".join(LINES)


def test_a_page_with_a_text_of_its_own_keeps_it() -> None:
    own = "".join(f"<p>{line.replace('Marsh', 'Moor')}</p>" for line in LINES)
    page = f"<html><body><article>{own}</article><script>var a = {json.dumps(DATA)};</script></body></html>"
    found = extract.extract(page.encode(), url="https://www.valley.example/a", now=NOW)
    assert "Upper Moor" in found.text
    assert "Upper Marsh" not in found.text
