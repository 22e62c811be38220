"""What a run or a stream is asked to do, in a form that travels to workers."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field

import newsbeam
from newsbeam import urls
from newsbeam.config.settings import Settings
from newsbeam.connectors.http.fetcher import Fetcher, shared_fetcher
from newsbeam.connectors.http.guard import AllowedAddress
from newsbeam.connectors.http.politeness import manners
from newsbeam.connectors.http.tenure import Tenure
from newsbeam.connectors.processes import Pool
from newsbeam.connectors.sources.repeats import LastPolls
from newsbeam.connectors.state.state import State, this_owner
from newsbeam.connectors.stores import archive
from newsbeam.connectors.stores.store import Store
from newsbeam.pipelines import kept_open, parsers
from newsbeam.pipelines.tenancy import StateTenure
from newsbeam.records import Span
from newsbeam.transforms.relations import Thresholds
from newsbeam.transforms.site_lines import period_days


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The addresses and settings that every stage works from; no open connection in it. Addresses may hold a password.

    allow: what `--allow-address` gave. epoch: the lease under which the state is written. endless: a stream's. spread:
    several processes do the work, so that what concerns them all is asked of the state. since: as `Request` has it.
    """

    state_url: str = field(repr=False)
    store_urls: tuple[str, ...] = field(repr=False)
    settings: Settings
    epoch: int
    run_id: str
    allow: tuple[str, ...] = ()
    endless: bool = False
    spread: bool = False
    since: str | None = None

    def state(self) -> State:
        """The state, opened once a process."""
        return kept_open.state_at(self.state_url)

    def stores(self) -> tuple[Store, ...]:
        """The stores, opened once a process, in the order they were given."""
        return tuple(map(kept_open.store_at, self.store_urls))

    def archives(self) -> tuple[archive.WarcStore, ...]:
        """The stores among them that keep pages; no other one is opened for it."""
        kept = (kept_open.store_at(url) for url in self.store_urls if url.startswith(f"{archive.FORM}:"))
        return tuple(one for one in kept if isinstance(one, archive.WarcStore))

    def fetcher(self) -> Fetcher:
        """The process's fetcher, with its one gate for each host; spread, it takes each host from the other workers."""
        tenure = StateTenure(self.state(), this_owner()) if self.spread else None
        return fetcher_for(self.settings, self.allow, tenure)

    def pool(self) -> Pool:
        """The process's pool of killable parsers."""
        return parsers.pool(self.settings.extract, self.settings.language.detector)

    def last_polls(self) -> LastPolls:
        """What the last polls under this lease have brought to this process."""
        return _last_polls(self.state_url, self.epoch)

    @property
    def workers(self) -> int:
        """Parser processes of each worker process."""
        return parsers.workers(self.settings.extract)

    @property
    def thresholds(self) -> Thresholds:
        """What counts as a copy."""
        return thresholds_of(self.settings)

    @property
    def period(self) -> int | None:
        """Days for which what a site repeats is counted together; None where it is not to be learnt."""
        return memory_period(self.settings)

    def host_connections(self, url: str) -> int:
        """Requests at a time that the settings allow to the host of an address."""
        return manners(urls.host(url), self.settings.fetch, self.settings.hosts).connections


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One turn of the graph: how much of each kind of work it may take up.

    polls: feeds to poll at most. claims: entries to take from the frontier at most. spans: archive parts to read.
    """

    polls: int = 0
    claims: int = 0
    spans: tuple[Span, ...] = field(default=())


def fetcher_for(settings: Settings, allow: Sequence[str], tenure: Tenure | None = None) -> Fetcher:
    """The process's fetcher for these settings. allow: what `--allow-address` gave. tenure: where others fetch, too."""
    return shared_fetcher(
        fetch=settings.fetch,
        hosts=settings.hosts,
        allow=tuple(AllowedAddress.parse(text) for text in allow),
        user_agent=user_agent(settings),
        tenure=tenure,
    )


def thresholds_of(settings: Settings) -> Thresholds:
    """What counts as a copy by these settings."""
    dedup = settings.dedup
    return Thresholds(similarity=dedup.similarity, containment=dedup.containment, window_days=dedup.window_days)


def memory_period(settings: Settings) -> int | None:
    """Days of a period of site memory by these settings; None for no memory."""
    return period_days(settings.dedup.window_days) if settings.extract.learn_lines else None


def user_agent(settings: Settings) -> str:
    """The User-Agent header that the settings ask for."""
    if settings.fetch.user_agent:
        return settings.fetch.user_agent
    contact = f" (+{settings.fetch.contact})" if settings.fetch.contact else ""
    return f"newsbeam/{newsbeam.__version__}{contact}"


@functools.lru_cache(maxsize=1)
def _last_polls(state_url: str, epoch: int) -> LastPolls:
    return LastPolls()
