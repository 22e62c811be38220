"""Settings: defaults, file, flags, and what is told to a person who got one wrong."""

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from newsbeam.config.errors import ConfigError
from newsbeam.config.settings import TABLES, load
from newsbeam.config.tables import Language

ROOT = Path(__file__).parent.parent.parent


def test_defaults_file_names_every_key_with_its_default_and_a_comment() -> None:
    text = (ROOT / "config" / "defaults.toml").read_text("utf-8")
    written = tomllib.loads(text)
    for name, table in TABLES.items():
        assert written[name] == {one.name: one.default for one in fields(table)}, name
    for line in text.splitlines():
        if "=" in line and not line.startswith("#"):
            assert "# " in line, f"no meaning beside: {line}"


def test_flags_go_before_the_file_and_the_file_before_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('[fetch]\nhost_delay = 2\ndeadline = 20\n[hosts."127.0.0.1"]\ndelay = 0.5\n')
    settings = load(file, ["fetch.deadline=8", "hosts.127.0.0.1.connections=16"])
    assert (settings.fetch.host_delay, settings.fetch.deadline, settings.fetch.tries) == (2.0, 8.0, 3)
    assert (settings.hosts["127.0.0.1"].delay, settings.hosts["127.0.0.1"].connections) == (0.5, 16)
    origins = {key: origin for key, _, origin in settings.listing()}
    assert origins["fetch.host_delay"] == "own.toml"
    assert origins["fetch.deadline"] == "--set"
    assert origins["fetch.tries"] == "default"
    assert origins['hosts."127.0.0.1".connections'] == "--set"


@pytest.mark.parametrize(
    ("given", "start", "also"),
    [
        ("fetch.host_dela=1", "fetch.host_dela: ", "host_delay"),
        ("fetsh.tries=1", "fetsh: ", "fetch"),
        ("fetch.deadline=0", "fetch.deadline: 0.0", "0.1 to 600 seconds"),
        ("fetch.tries=1.5", "fetch.tries: 1.5", "whole number"),
        ("fetch.robots=1", "fetch.robots: 1", "true or false"),
        ("fetch.deadline=soon", "fetch.deadline: 'soon'", "a number"),
        ("hosts.a.example.delay=-1", 'hosts."a.example".delay: -1', "seconds"),
        ("hosts.delay=1", "--set: 'hosts.delay=1'", "hosts.NAME.KEY=VALUE"),
        ("fetch.tries", "--set: 'fetch.tries'", "TABLE.KEY=VALUE"),
        ("feeds.max_interval=59", "feeds.max_interval: 59", "60 to 2.592e+06 seconds"),
        ("feeds.min_interval=0", "feeds.min_interval: 0", "1 to 86400 seconds"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value_and_limit(given: str, start: str, also: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, [given])
    assert str(caught.value).startswith(start)
    assert also in str(caught.value)


def test_bounds_of_an_interval_that_cross_are_named_with_both_values() -> None:
    with pytest.raises(ConfigError, match=r"feeds\.min_interval: 300 seconds is more than feeds\.max_interval, 120"):
        load(None, ["feeds.min_interval=300", "feeds.max_interval=120"])


def test_a_file_that_is_not_toml_is_named(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text("fetch = [")
    with pytest.raises(ConfigError, match=r"--config: .*bad\.toml"):
        load(file)
    with pytest.raises(ConfigError, match=r"--config: .*none\.toml"):
        load(tmp_path / "none.toml")


def test_a_detector_that_is_unknown_or_not_installed_is_said_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"detector: 'fasttext' is none of langdetect, py3langid"):
        Language(detector="fasttext")
    assert Language(detector="py3langid").detector == "py3langid"
    monkeypatch.setattr("newsbeam.config.tables.find_spec", lambda _: None)
    assert Language().detector == "langdetect"
    with pytest.raises(ConfigError, match=r"detector: py3langid is not installed; pip install 'newsbeam\[langid"):
        Language(detector="py3langid")
