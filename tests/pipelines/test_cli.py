"""Wrong use: each mistake has its message, which names the option, the value and what to do."""

from pathlib import Path

import pytest

from newsbeam.pipelines.cli import main


def mistake(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 2) -> str:
    """What is said to stderr about a call that must end with this status."""
    try:
        ended = main(arguments)
    except SystemExit as left:
        ended = int(left.code or 0)
    said = capsys.readouterr()
    assert ended == status, said.err
    assert said.out == ""
    return said.err


def test_no_source(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    said = mistake(capsys, "run", "--store", f"jsonl:{tmp_path}")
    assert "no source" in said
    assert "--feeds" in said


def test_no_store(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--store" in mistake(capsys, "run", "--texts", "x.txt")


def test_a_store_of_an_unknown_form(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A text.")
    said = mistake(capsys, "run", "--texts", str(tmp_path / "a.txt"), "--store", "ftp://x")
    assert said.startswith("newsbeam: --store: 'ftp://x'")
    assert "jsonl:DIR" in said


def test_an_option_that_neither_newsbeam_nor_beam_knows(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    said = mistake(capsys, "run", "--texts", "x", "--store", f"jsonl:{tmp_path}", "--direct_num_worker=2")
    assert said.startswith("newsbeam: --direct_num_worker=2: neither newsbeam nor Beam")


def test_a_misspelt_setting(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    said = mistake(capsys, "run", "--texts", "x", "--store", f"jsonl:{tmp_path}", "--set", "fetch.host_dela=1")
    assert said.startswith("newsbeam: fetch.host_dela: unknown key")


def test_a_setting_out_of_range_in_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("[extract]\ndeadline = 0\n")
    said = mistake(capsys, "config", "--config", str(tmp_path / "own.toml"))
    assert said.startswith("newsbeam: extract.deadline: 0")
    assert "0.1 to 300 seconds" in said


def test_unreadable_opml(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "feeds.opml"
    file.write_text("<opml version='2.0'><body><outline xmlUrl='http://a.example/f'></opml>")
    said = mistake(capsys, "run", "--feeds", str(file), "--store", f"jsonl:{tmp_path / 'out'}")
    assert "--feeds" in said
    assert "feeds.opml" in said
    said = mistake(capsys, "run", "--feeds", str(tmp_path / "none.opml"), "--store", f"jsonl:{tmp_path / 'out'}")
    assert "none.opml" in said


def test_a_pattern_that_no_file_matches(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    said = mistake(capsys, "run", "--warc", str(tmp_path / "*.warc.gz"), "--store", f"jsonl:{tmp_path / 'out'}")
    assert "--warc" in said
    assert "no file matches" in said


def test_a_store_that_cannot_be_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A text.")
    (tmp_path / "file").write_text("")
    for store in (f"jsonl:{tmp_path / 'file'}", f"sqlite:///{tmp_path / 'file' / 'x.db'}"):
        said = mistake(capsys, "run", "--texts", str(tmp_path / "a.txt"), "--store", store, status=1)
        assert str(tmp_path / "file") in said


def test_an_address_to_allow_that_is_none(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    said = mistake(
        capsys, "run", "--feeds", "http://a.example/f", "--store", f"jsonl:{tmp_path}", "--allow-address", "127.0.0.1"
    )
    assert "--allow-address" in said
    assert "NET:PORT" in said


def test_stream_refuses_what_has_an_end_and_what_cannot_stream(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    store = f"jsonl:{tmp_path}"
    assert "have an end" in mistake(capsys, "stream", "--texts", "x", "--store", store)
    said = mistake(capsys, "stream", "--feeds", "http://a.example/f", "--store", store, "--runner=FnApiRunner")
    assert "cannot stream" in said
    missing = f"--prism_location={tmp_path / 'prism'}"
    said = mistake(capsys, "stream", "--feeds", "http://a.example/f", "--store", store, missing)
    assert "make prism" in said


def test_config_prints_every_setting_with_its_origin(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "--set", "fetch.tries=5"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert "fetch.tries = 5  # --set" in printed
    assert "fetch.host_delay = 1.0  # default" in printed


@pytest.mark.parametrize("given", ["7", "next week", "2999-01-01", ""])
def test_a_since_that_is_none_is_named_with_its_forms(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, given: str
) -> None:
    for command in ("run", "stream"):
        source = ("--feeds", "https://a.example/feed", "--store", f"jsonl:{tmp_path}")
        said = mistake(capsys, command, *source, "--since", given)
        assert said.startswith(f"newsbeam: --since: {given!r}")
        assert "give one such as 7d" in said
