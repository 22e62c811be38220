"""The pace of a stream: how much of one host a window takes up, for how long, and which turns are over."""

import datetime
from collections import Counter
from collections.abc import Iterable

from newsbeam import urls
from newsbeam.config.settings import Settings
from newsbeam.records import Feed

_WINDOWS = 10
_SECONDS = 60.0


def host_share(settings: Settings) -> int:
    """Requests to one host that a window has room for, at least one and at most `run.host_share`."""
    fetch, most = settings.fetch, settings.run.host_share
    if not fetch.host_delay:
        return most
    return min(most, max(1, int(settings.stream.window / fetch.host_delay)))


def claim_end(settings: Settings, now: datetime.datetime) -> datetime.datetime:
    """When what is taken up now may be taken up again, because its worker must be gone."""
    return now + datetime.timedelta(seconds=settings.stream.window + settings.stream.claim)


def is_past(timestamp: float, now: datetime.datetime, window: float) -> bool:
    """Whether a turn lies too far back to be made up for: by ten windows, and by a minute.

    An engine that was restarted plays the turns that it missed. One of them is as good as all. timestamp: Unix seconds
    of the turn. window: seconds.
    """
    return timestamp < now.timestamp() - max(_WINDOWS * window, _SECONDS)


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
