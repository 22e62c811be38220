import pickle

import pytest

from newsbeam.connectors.http.guard import AllowedAddress, Guard, is_public, literal

PRIVATE = (
    "0.0.0.0 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.255 169.254.169.254 172.16.0.1 172.31.255.255 "
    "192.0.0.1 192.0.2.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1 "
    "255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:10.1.2.3 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe "
    "64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1:: 2002:a00:1::1 fc00::1 fd12:3456::1 fe80::1 fe80::1%eth0 "
    "fec0::1 ff02::1 3fff::1 4000::1 not-an-address "
    "::ffff:100.64.0.1 ::ffff:0:7f00:1 64:ff9b::6440:1 2002:6440:1:: 2002:a9fe:a9fe:: "
    "2001:0:4136:e378:8000:63bf:80ff:fffe fe80::5efe:7f00:1 ::ffff:169.254.169.254"
).split()
PUBLIC = (
    "1.1.1.1 8.8.8.8 93.184.216.34 100.63.255.255 100.128.0.1 172.15.255.255 172.32.0.1 198.20.0.1 223.255.255.255 "
    "::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1 2606:4700::1111 2a00:1450:4001::1"
).split()


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_globally_routable_are_refused(address: str) -> None:
    assert Guard().refusal(address, 443)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_pass(address: str) -> None:
    assert Guard().refusal(address, 443) is None


def test_the_public_rule_is_not_wider_than_pythons() -> None:
    import ipaddress
    import random

    chance = random.Random(7)
    for _ in range(3000):
        address = ipaddress.IPv4Address(chance.getrandbits(32))
        assert not is_public(address) or address.is_global
        six = ipaddress.IPv6Address(chance.getrandbits(128))
        assert not is_public(six) or six.is_global


@pytest.mark.parametrize("port", [0, 1, 22, 25, 6000, 6667])
def test_ports_of_other_protocols_are_refused(port: int) -> None:
    assert Guard().refusal("8.8.8.8", port)


def test_an_exception_holds_for_its_network_and_port_only() -> None:
    guard = Guard([AllowedAddress.parse("127.0.0.0/29:8099"), AllowedAddress.parse("[::1]:8100")])
    assert guard.refusal("127.0.0.1", 8099) is None
    assert guard.refusal("::ffff:127.0.0.1", 8099) is None
    assert guard.refusal("::1", 8100) is None
    for address, port in (("127.0.0.1", 8098), ("127.0.0.8", 8099), ("10.0.0.1", 8099), ("::1", 8099)):
        assert guard.refusal(address, port)
    # Translated addresses lead elsewhere: the exception is not for them.
    assert guard.refusal("64:ff9b::7f00:1", 8099)
    assert guard.refusal("2002:7f00:1::", 8099)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("127.0.0.0/8:8099", "127.0.0.0/8:8099"),
        ("127.0.0.1:80", "127.0.0.1/32:80"),
        ("[::1]:8099", "[::1/128]:8099"),
        ("[fd00::/8]:1", "[fd00::/8]:1"),
        ("[fd00::]/8:1", "[fd00::/8]:1"),
    ],
)
def test_exceptions_are_read(text: str, shown: str) -> None:
    parsed = AllowedAddress.parse(text)
    assert str(parsed) == shown
    assert AllowedAddress.parse(str(parsed)) == parsed
    assert pickle.loads(pickle.dumps(parsed)) == parsed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("127.0.0.1", "port is missing"),
        ("127.0.0.1:", "port is missing"),
        ("127.0.0.1:http", "port is missing"),
        ("127.0.0.1:0", "port 0"),
        ("127.0.0.1:70000", "70000"),
        ("127.0.0.1/8:80", "host bits"),
        ("localhost:80", "localhost"),
        ("::1:80", "brackets"),
        ("", "port is missing"),
    ],
)
def test_a_bad_exception_names_the_option_and_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"^--allow-address ") as caught:
        AllowedAddress.parse(text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0X7F.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("0177.1", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("0x7f.0.0.01", "127.0.0.1"),
        ("0x7f.0x1", "127.0.0.1"),
        ("0xa9fea9fe", "169.254.169.254"),
        ("0144.64.1", "100.64.0.1"),
        ("0", "0.0.0.0"),
        ("[::1]", "::1"),
        ("::ffff:127.0.0.1", "::ffff:7f00:1"),
        ("fe80::1%25eth0", "fe80::1"),
        ("example.org", None),
        ("b2b.cafe", None),
        ("1.2.3.4.5", None),
        ("999.1.1.1", None),
        ("", None),
    ],
)
def test_every_spelling_of_an_address_is_seen(host: str, address: str | None) -> None:
    assert literal(host) == address
