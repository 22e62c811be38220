"""Headers of the settings: which may be set, where their values come from, and that no secret is ever told."""

from pathlib import Path

import pytest

from newsbeam.config import headers
from newsbeam.config.errors import ConfigError
from newsbeam.config.settings import Settings, load
from newsbeam.pipelines.cli import main
from newsbeam.pipelines.runs import settings_hash

FILE = """
[hosts."News.example"]
enabled = false
headers = { Cookie = "$NEWS_COOKIE", Accept-Language = "de" }

[subscriptions."https://news.example/feed?a=1.5"]
poll = 900
headers = { Authorization = "$NEWS_TOKEN" }
"""
FEED = "https://news.example/feed?a=1.5"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    file = tmp_path / "own.toml"
    file.write_text(FILE)
    return load(file)


def test_hosts_and_feeds_have_settings_of_their_own(settings: Settings) -> None:
    host, feed = settings.hosts["news.example"], settings.subscriptions[FEED]
    assert (host.enabled, host.delay) == (False, None)
    assert host.headers == (("Accept-Language", "de"), ("Cookie", "$NEWS_COOKIE"))
    assert (feed.poll, feed.enabled, feed.headers) == (900.0, True, (("Authorization", "$NEWS_TOKEN"),))


def test_the_listing_names_the_variable_and_never_its_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NEWS_COOKIE", "hush-hush")
    monkeypatch.setenv("NEWS_TOKEN", "hush-hush")
    file = tmp_path / "own.toml"
    file.write_text(FILE)
    assert main(["config", "--config", str(file)]) == 0
    said = capsys.readouterr().out
    assert "hosts.\"news.example\".headers = {'Accept-Language': 'de', 'Cookie': '$NEWS_COOKIE'}  # own.toml" in said
    assert f'subscriptions."{FEED}".poll = 900.0  # own.toml' in said
    assert "hush-hush" not in said


def test_a_secret_changes_nothing_that_is_noted_of_a_run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    noted = settings_hash(settings)
    monkeypatch.setenv("NEWS_COOKIE", "another")
    assert settings_hash(settings) == noted
    assert "another" not in repr(settings)


def test_a_key_may_be_given_as_an_option() -> None:
    settings = load(None, [f'subscriptions."{FEED}".poll=60', 'hosts.a.example.headers={X-Plan="basic"}'])
    assert settings.subscriptions[FEED].poll == 60
    assert settings.hosts["a.example"].headers == (("X-Plan", "basic"),)
    assert load(None, ['hosts."b.example:8080".enabled=false']).hosts["b.example:8080"].enabled is False


@pytest.mark.parametrize(
    ("given", "also"),
    [
        ('hosts.a.headers={Cookie="sid=hush"}', "write '$NAME' here"),
        ('hosts.a.headers={X-Api-Key="hush"}', "write '$NAME' here"),
        ('hosts.a.headers={Host="hush"}', "follows from the address"),
        ('hosts.a.headers={User-Agent="hush"}', "fetch.user_agent"),
        ('hosts.a.headers={X-Plan="hu\\nsh"}', "one line"),
        ('hosts.a.headers={"X Plan"="hush"}', "is not the name of a header"),
        ('hosts.a.headers={X-Plan="a", x-plan="hush"}', "twice"),
        ("hosts.a.headers={X-Plan=1}", "not a string"),
        ("hosts.a.headers=no", "not a table of headers"),
        ('subscriptions."ftp://a/".poll=60', "http:// or https://"),
        ('subscriptions."https://a/".poll=0', "1 to 86400 seconds"),
        ('subscriptions."https://a/".pol=9', "unknown key"),
    ],
)
def test_what_cannot_be_set_is_named_and_a_value_that_may_be_secret_is_not(given: str, also: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, [given])
    said = str(caught.value)
    assert said.startswith(('hosts."a".headers', 'subscriptions."'))
    assert also in said
    assert "hush" not in said


def test_values_come_from_the_environment() -> None:
    given = (("Cookie", "$A"), ("X-Plan", "basic"))
    assert headers.resolved("k", given, {"A": "sid=1"}) == {"Cookie": "sid=1", "X-Plan": "basic"}


@pytest.mark.parametrize("environment", [{}, {"A": ""}, {"A": "hush\r\nX: y"}, {"A": "hush" * 9_000}])
def test_a_variable_that_cannot_be_used_is_named(environment: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"^hosts\.h\.headers\.Cookie: \$A") as caught:
        headers.resolved("hosts.h.headers", (("Cookie", "$A"),), environment)
    assert "hush" not in str(caught.value)


def test_a_run_without_its_variables_does_not_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NEWS_COOKIE", raising=False)
    file = tmp_path / "own.toml"
    file.write_text(FILE)
    told = ["run", "--feeds", "https://news.example/feed", "--store", f"jsonl:{tmp_path}/out", "--config", str(file)]
    assert main(told) == 2
    assert 'hosts."news.example".headers.Cookie: $NEWS_COOKIE is not set' in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
