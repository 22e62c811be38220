"""How much of one host a stream takes up in a window: what its pace lets through, since later windows wait."""

from collections import Counter
from collections.abc import Iterable

from newsbeam import urls
from newsbeam.config.settings import Settings
from newsbeam.records import Feed


def host_share(settings: Settings) -> int:
    """Requests to one host that a window has room for, at least one and at most `run.host_share`."""
    fetch, most = settings.fetch, settings.run.host_share
    if not fetch.host_delay:
        return most
    return min(most, max(1, int(settings.stream.window / fetch.host_delay)))


def within_share(feeds: Iterable[Feed], settings: Settings) -> tuple[list[Feed], list[str]]:
    """The feeds to poll in one window, in their order, and the addresses of those beyond their host's share."""
    share, of_host = host_share(settings), Counter[str]()
    taken, beyond = [], []
    for feed in feeds:
        host = urls.host(feed.url)
        of_host[host] += 1
        if of_host[host] <= share:
            taken.append(feed)
        else:
            beyond.append(feed.url)
    return taken, beyond
