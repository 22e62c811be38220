"""The settings, one frozen table a concern. defaults.toml says each key's unit and meaning to people."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib.util import find_spec

from newsbeam.config.errors import ConfigError
from newsbeam.config.headers import Headers


@dataclass(frozen=True, slots=True)
class Range:
    """The limits of a number, both ends allowed, and its unit for messages."""

    low: float
    high: float
    unit: str


def _number(default: float, low: float, high: float, unit: str) -> float:
    value: float = field(default=default, metadata={"range": Range(low, high, unit)})
    return value


def _count(default: int, low: int, high: int, unit: str) -> int:
    value: int = field(default=default, metadata={"range": Range(low, high, unit)})
    return value


def _choice(default: str, extras: Mapping[str, str | None]) -> str:
    """One of these names; where it has an extra, that of newsbeam which installs the package of this name."""
    value: str = field(default=default, metadata={"extras": extras})
    return value


class Table:
    """A table whose numbers are checked against their limits, and its names against the choices, when it is made."""

    __slots__ = ()

    def __post_init__(self) -> None:
        name = type(self).__name__.lower()
        for one in fields(self):  # type: ignore[arg-type]  # every subclass is a dataclass
            limits = one.metadata.get("range")
            value = getattr(self, one.name)
            if limits is not None and not limits.low <= value <= limits.high:
                raise ConfigError(
                    f"{name}.{one.name}: {value!r} is not within {limits.low:g} to {limits.high:g} {limits.unit}"
                )
            if "extras" in one.metadata:
                _check_choice(f"{name}.{one.name}", value, one.metadata["extras"])


def _check_choice(key: str, value: str, extras: Mapping[str, str | None]) -> None:
    if value not in extras:
        raise ConfigError(f"{key}: {value!r} is none of {', '.join(extras)}; give one of them")
    if extras[value] is not None and find_spec(value) is None:
        raise ConfigError(f"{key}: {value} is not installed; pip install 'newsbeam[{extras[value]}]'")


@dataclass(frozen=True, slots=True)
class Fetch(Table):
    """How pages and feeds are fetched."""

    host_delay: float = _number(1.0, 0, 3600, "seconds")
    host_connections: int = _count(1, 1, 64, "requests")
    connections: int = _count(64, 1, 1024, "requests")
    deadline: float = _number(30, 0.1, 600, "seconds")
    connect_timeout: float = _number(5, 0.1, 120, "seconds")
    idle_timeout: float = _number(10, 0.1, 300, "seconds")
    tries: int = _count(3, 1, 10, "tries")
    retry_wait: float = _number(1, 0, 600, "seconds")
    retry_after: float = _number(60, 0, 3600, "seconds")
    retry_later: float = _number(3600, 1, 2_592_000, "seconds")
    max_page: int = _count(10_000_000, 1_000, 100_000_000, "bytes")
    max_feed: int = _count(20_000_000, 1_000, 200_000_000, "bytes")
    max_headers: int = _count(65_536, 1_024, 1_048_576, "bytes")
    max_redirects: int = _count(10, 0, 30, "redirects")
    robots: bool = True
    keep_reserved: bool = True
    user_agent: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Feeds(Table):
    """How feeds are read."""

    max_entries: int = _count(2_000, 1, 100_000, "entries")
    deadline: float = _number(10, 0.1, 300, "seconds")
    min_interval: float = _number(60, 1, 86_400, "seconds")
    max_interval: float = _number(86_400, 60, 2_592_000, "seconds")
    sitemaps: int = _count(10, 1, 1_000, "sitemaps of an index")

    def __post_init__(self) -> None:
        Table.__post_init__(self)
        if self.min_interval > self.max_interval:
            raise ConfigError(
                f"feeds.min_interval: {self.min_interval:g} seconds is more than feeds.max_interval,"
                f" {self.max_interval:g} seconds; give a smaller one"
            )


@dataclass(frozen=True, slots=True)
class Extract(Table):
    """How text is taken out of pages."""

    deadline: float = _number(10, 0.1, 300, "seconds")
    workers: int = _count(0, 0, 256, "processes (0: the cores)")
    memory: int = _count(1_024, 256, 65_536, "MiB")
    recycle: int = _count(500, 1, 1_000_000, "pages")
    min_chars: int = _count(60, 0, 10_000, "characters")
    min_feed_chars: int = _count(500, 1, 100_000, "characters")
    keep_embedded_posts: bool = True
    keep_other_pages: bool = False
    learn_lines: bool = True


@dataclass(frozen=True, slots=True)
class Language(Table):
    """How language is told."""

    detector: str = _choice("langdetect", {"langdetect": None, "py3langid": "langid"})
    prefix: int = _count(500, 100, 100_000, "characters")
    min_letters: int = _count(20, 1, 1_000, "letters")
    min_confidence: float = _number(0.6, 0, 1, "probability")


@dataclass(frozen=True, slots=True)
class Dedup(Table):
    """What counts as a copy."""

    window_days: float = _number(30, 0, 3_650, "days")
    similarity: float = _number(0.4, 0.05, 1, "Jaccard similarity")
    containment: float = _number(0.7, 0.05, 1, "share of the smaller text")
    bucket: int = _count(200, 2, 100_000, "documents")


@dataclass(frozen=True, slots=True)
class Stream(Table):
    """How the endless mode keeps time."""

    poll: float = _number(300, 1, 86_400, "seconds")
    window: float = _number(10, 0.5, 3_600, "seconds")
    claims: int = _count(500, 1, 100_000, "entries")
    patience: float = _number(600, 0, 604_800, "seconds")
    claim: float = _number(300, 1, 86_400, "seconds")
    under_way: int = _count(1_000, 1, 1_000_000, "entries")


@dataclass(frozen=True, slots=True)
class Run(Table):
    """How a batch is cut."""

    slice: int = _count(500, 1, 1_000_000, "entries")
    spread_slice: int = _count(20_000, 1, 10_000_000, "entries")
    host_share: int = _count(100, 1, 1_000_000, "entries")
    lease: float = _number(60, 5, 3_600, "seconds")
    shared_paths: bool = False


@dataclass(frozen=True, slots=True)
class Host(Table):
    """What differs for one host; None: as for all. enabled: whether it is asked for anything."""

    delay: float | None = None
    connections: int | None = None
    headers: Headers = ()
    enabled: bool = True

    def __post_init__(self) -> None:
        if self.delay is not None and not 0 <= self.delay <= 3600:
            raise ConfigError(f"hosts.NAME.delay: {self.delay!r} is not within 0 to 3600 seconds")
        if self.connections is not None and not 1 <= self.connections <= 64:
            raise ConfigError(f"hosts.NAME.connections: {self.connections!r} is not within 1 to 64 requests")


@dataclass(frozen=True, slots=True)
class Subscription(Table):
    """What differs for one feed; None: as for all. poll: seconds between two polls by a stream."""

    poll: float | None = None
    headers: Headers = ()
    enabled: bool = True

    def __post_init__(self) -> None:
        if self.poll is not None and not 1 <= self.poll <= 86_400:
            raise ConfigError(f"subscriptions.NAME.poll: {self.poll!r} is not within 1 to 86400 seconds")
