"""Which network addresses may be contacted: globally routable ones, and those that the caller allows by name."""

import functools
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

OPTION = "--allow-address"
_NUMERIC_HOST = re.compile(r"[0-9a-fx]*[0-9][0-9a-fx]*(\.[0-9a-fx]+){0,3}\.?", re.IGNORECASE)

# IANA IPv4 and IPv6 Special-Purpose Address Registries: not globally reachable, or ends outside of the network that is
# written (6to4 relay anycast, AS112). ipaddress.is_global has known them only since 3.11.10 in full.
_SPECIAL_4 = tuple(
    map(
        IPv4Network,
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
        "192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 "
        "203.0.113.0/24 224.0.0.0/4 240.0.0.0/4".split(),
    )
)
_SPECIAL_6 = tuple(map(IPv6Network, "2001::/23 2001:db8::/32 2620:4f:8000::/48 3fff::/20".split()))
_UNICAST_6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")

# Fetch standard (WHATWG), "port blocking": ports where a request can be mistaken for another protocol's commands.
_BAD_PORTS = frozenset(
    map(
        int,
        "0 1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117 119 "
        "123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 636 989 "
        "990 993 995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 "
        "10080".split(),
    )
)


@dataclass(frozen=True, slots=True)
class AllowedAddress:
    """An exception to the rule that only globally routable addresses are contacted: one network, one port."""

    network: IPv4Network | IPv6Network
    port: int

    @classmethod
    def parse(cls, text: str) -> "AllowedAddress":
        """Read NET:PORT: `127.0.0.0/8:8099`, `127.0.0.1:8099`, `[::1]:8099`, `[fd00::/8]:8099`.

        Raises:
            ValueError: the text is none; the message names the option and what is wrong.
        """
        wanted = f"{OPTION} {text!r}: wanted NET:PORT, such as 127.0.0.0/8:8099 or [::1]:8099"
        written, colon, port = text.strip().rpartition(":")
        if not colon or not re.fullmatch(r"[0-9]{1,5}", port):
            raise ValueError(f"{wanted}; the port is missing or no number")
        if not 1 <= int(port) <= 65535:
            raise ValueError(f"{wanted}; port {port} is not within 1 to 65535")
        bracketed = re.fullmatch(r"\[([^\]/]+)\](/[0-9]+)?|\[([^\]]+)\]", written)
        if bracketed:
            written = bracketed[3] or bracketed[1] + (bracketed[2] or "")
        elif ":" in written:
            raise ValueError(f"{wanted}; an IPv6 network stands in brackets")
        try:
            return cls(ip_network(written), int(port))
        except ValueError as error:
            raise ValueError(f"{wanted}; {error}") from None

    def __str__(self) -> str:
        net = str(self.network)
        return f"[{net}]:{self.port}" if self.network.version == 6 else f"{net}:{self.port}"


@functools.lru_cache(maxsize=16384)
def literal(host: str) -> str | None:
    """The address that a URL's host spells out, in its usual spelling; None for a name.

    Short, decimal, hexadecimal and octal forms (`127.1`, `2130706433`, `0x7f000001`, `0177.0.0.1`) are read as
    inet_aton(3) reads them, because the system's resolver would.
    """
    if ":" in host:
        try:
            return str(ip_address(host.strip("[]").partition("%")[0]))
        except ValueError:
            return None
    if not _NUMERIC_HOST.fullmatch(host):
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(host.removesuffix(".")))
    except OSError:
        return None


def _unmapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """An IPv4 address written as IPv6 (`::ffff:a.b.c.d`) reaches the IPv4 host: the same address."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address is globally routable unicast, any IPv4 address embedded in it included.

    Mapped IPv4 counts as IPv4, NAT64 (RFC 6052) and 6to4 (RFC 3056) as public only when the embedded address is.
    """
    address = _unmapped(address)
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_4)
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    if address.sixtofour is not None:
        return is_public(address.sixtofour)
    return address in _UNICAST_6 and not any(address in network for network in _SPECIAL_6)


class Guard:
    """The rule of one process: what is public, and what the caller allowed. Holds no state but a cache."""

    def __init__(self, allow: Sequence[AllowedAddress] = ()) -> None:
        self._allow = tuple(allow)
        self.refusal = functools.lru_cache(maxsize=65536)(self._refusal)

    def _refusal(self, address: str, port: int) -> str | None:
        """Why the address and port may not be contacted; None when they may."""
        try:
            parsed = _unmapped(ip_address(address.partition("%")[0]))
        except ValueError:
            return f"{address!r} is no network address"
        if any(one.port == port and parsed in one.network for one in self._allow):
            return None
        if not is_public(parsed):
            return f"{address} port {port} is not globally routable"
        if port in _BAD_PORTS:
            return f"port {port} belongs to another protocol"
        return None
