import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.connectors.http import targets
from newsbeam.connectors.http.failures import FetchFailed
from newsbeam.connectors.http.guard import AllowedAddress, Guard
from newsbeam.connectors.http.targets import redirected, target

GUARD = Guard([AllowedAddress.parse("127.0.0.1:8099")])


@pytest.mark.parametrize(
    ("url", "wire", "host"),
    [
        ("http://Example.org", "http://example.org/", "example.org"),
        ("https://example.org:443/a#part", "https://example.org/a", "example.org"),
        ("http://example.org:8080/a?b=c", "http://example.org:8080/a?b=c", "example.org:8080"),
        ("http://example.org/ä b?q=ü", "http://example.org/%C3%A4%20b?q=%C3%BC", "example.org"),
        ("http://example.org/a%2Fb?x=%7E", "http://example.org/a%2Fb?x=%7E", "example.org"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/", "xn--bcher-kva.example"),
        ("http://2130706433:8099/", "http://127.0.0.1:8099/", "127.0.0.1:8099"),
    ],
)
def test_an_address_becomes_what_goes_over_the_wire(url: str, wire: str, host: str) -> None:
    found = target(url, GUARD)
    assert (str(found.wire), found.host) == (wire, host)
    assert found.origin == wire.partition("://")[0] + "://" + host


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.org/x", "address_refused"),
        ("file:///etc/passwd", "address_refused"),
        ("javascript:alert(1)", "address_refused"),
        ("http://user:word@example.org/", "address_refused"),
        ("http://127.0.0.1:8098/", "address_refused"),
        ("http://127.1/", "address_refused"),
        ("http://0x7f.1/", "address_refused"),
        ("http://[::1]/", "address_refused"),
        ("http://[::ffff:127.0.0.1]/", "address_refused"),
        ("http://１２７.０.０.１/", "address_refused"),
        ("http://169.254.169.254/latest", "address_refused"),
        ("http://[::1", "bad_link"),
        ("http://", "bad_link"),
        ("http://example.org:99999/", "bad_link"),
        ("http://example.org/" + "a" * 5000, "bad_link"),
    ],
)
def test_what_may_not_be_asked_for_is_refused_with_its_reason(url: str, reason: str) -> None:
    with pytest.raises(FetchFailed) as caught:
        target(url, GUARD)
    assert (caught.value.reason, caught.value.transient) == (reason, False)


@given(
    st.from_regex(
        r"https?://[a-z0-9.-]{1,12}(:[0-9]{1,5})?(/[A-Za-z0-9_.~%&=@:-]{0,6}){0,4}(\?[a-z0-9=&%./-]{0,9})?",
        fullmatch=True,
    )
)
def test_the_short_way_for_usual_addresses_gives_what_the_long_way_gives(url: str) -> None:
    usual = targets._USUAL.fullmatch(url)
    if usual:
        assert (url, *usual.groups("")) == targets._split(url)


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/b", "http://example.org/b"),
        ("c?d=1", "http://example.org/a/c?d=1"),
        ("//other.example/x", "http://other.example/x"),
        (" https://other.example/x#y ", "https://other.example/x"),
        ("?page=2", "http://example.org/a/b?page=2"),
    ],
)
def test_a_location_is_resolved(location: str, url: str) -> None:
    assert redirected("http://example.org/a/b", location, GUARD).url == url


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        (None, "bad_redirect"),
        ("  ", "bad_redirect"),
        ("http://[::1", "bad_redirect"),
        ("http://example.org/" + "a" * 5000, "bad_redirect"),
        ("gopher://example.org/", "address_refused"),
        ("data:text/html,x", "address_refused"),
        ("http://a:b@127.0.0.1:8099/", "address_refused"),
        ("http://127.0.0.1:8098\\@127.0.0.1:8099/", "address_refused"),
        ("http://10.0.0.1/", "address_refused"),
    ],
)
def test_a_redirect_that_may_not_be_followed_says_why(location: str | None, reason: str) -> None:
    with pytest.raises(FetchFailed) as caught:
        redirected("http://example.org/a/b", location, GUARD)
    assert caught.value.reason == reason
