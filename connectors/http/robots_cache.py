"""The robots.txt of each origin, asked for once and kept for a day."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from newsbeam.config.tables import Fetch
from newsbeam.connectors.http import politeness, robots
from newsbeam.connectors.http.client import Client
from newsbeam.connectors.http.failures import FetchFailed, Foreseen, HostTaken, RobotsDisallowed, passing
from newsbeam.connectors.http.gate import Gate
from newsbeam.connectors.http.robots import Robots
from newsbeam.connectors.http.targets import Target

KEPT = 20_000
"""Origins that are remembered."""
# Failures that say more about the host than about its robots.txt: told as they are.
_OF_THE_HOST = frozenset(("dns_failed", "address_refused", "tls_failed", "connection_failed"))


@dataclass(frozen=True, slots=True)
class _Verdict:
    """rules, or the failure that forbids all; until: when it is asked for again, of the loop's clock."""

    rules: Robots | None
    failure: FetchFailed | None
    until: float


class RobotsCache:
    """Answers whether an address may be fetched; many who ask at once share one request."""

    def __init__(self, *, client: Client, gate: Gate, fetch: Fetch, user_agent: str) -> None:
        self._client = client
        self._gate = gate
        self._fetch = fetch
        self._agent = robots.product_token(user_agent)
        self._verdicts: OrderedDict[str, _Verdict] = OrderedDict()
        self._loading: dict[str, asyncio.Task[_Verdict]] = {}

    async def require(self, at: Target) -> tuple[str, ...]:
        """Returns when the address may be fetched: with the crawlers that train models and may not fetch it.

        Raises:
            RobotsDisallowed: it may not.
            FetchFailed: robots.txt could not be read, which forbids all until it can (RFC 9309 2.3.1.4).
        """
        verdict = self._verdicts.get(at.origin)
        if verdict is None or asyncio.get_running_loop().time() >= verdict.until:
            verdict = await self._load(at)
        if verdict.failure is not None:
            known = verdict.failure
            raise Foreseen(known.reason, known.detail, transient=known.transient, retry_after=known.retry_after)
        assert verdict.rules is not None
        if not verdict.rules.allows(str(at.wire)):
            raise RobotsDisallowed(f"robots.txt of {at.origin} disallows {at.url[:300]}")
        return verdict.rules.refusals.of(str(at.wire))

    async def _load(self, at: Target) -> _Verdict:
        task = self._loading.get(at.origin)
        if task is None:
            task = asyncio.create_task(self._ask(at))
            self._loading[at.origin] = task
            task.add_done_callback(lambda _: self._loading.pop(at.origin, None))
        # Shielded: one who gives up must not take the answer from the others.
        return await asyncio.shield(task)

    async def _ask(self, at: Target) -> _Verdict:
        now = asyncio.get_running_loop().time
        try:
            rules = await self._read(f"{at.origin}/robots.txt")
        except HostTaken as taken:
            return _Verdict(None, taken, now())  # not remembered: it was not asked for
        except FetchFailed as failure:
            verdict = _Verdict(None, failure, now() + robots.RETRY)
        else:
            self._gate.slow(at.host, rules.crawl_delay)
            verdict = _Verdict(rules, None, now() + robots.DAY)
        self._verdicts[at.origin] = verdict
        self._verdicts.move_to_end(at.origin)
        while len(self._verdicts) > KEPT:
            self._verdicts.popitem(last=False)
        return verdict

    async def _read(self, url: str) -> Robots:
        for attempt in range(1, self._fetch.tries + 1):
            try:
                response = await self._client.get(url, kind="robots")
            except HostTaken:
                raise
            except FetchFailed as failure:
                allowed = self._despite(failure)
                if allowed is not None:
                    return allowed
                late = failure.retry_after is not None and failure.retry_after > self._fetch.retry_after
                if not failure.transient or attempt == self._fetch.tries or isinstance(failure, Foreseen) or late:
                    reason = failure.reason if failure.reason in _OF_THE_HOST else "robots_unreachable"
                    raise FetchFailed(
                        reason,
                        f"robots.txt: {failure}",
                        transient=failure.transient or reason == "robots_unreachable",
                        retry_after=failure.retry_after,
                    ) from None
                wait = politeness.backoff(url, attempt, wait=self._fetch.retry_wait)
                await asyncio.sleep(max(wait, failure.retry_after or 0.0))
            else:
                return robots.parse(response.body, self._agent)
        raise passing("robots_unreachable", "robots.txt: no tries")

    def _despite(self, failure: FetchFailed) -> Robots | None:
        """Rules that allow all where the failure means that there is no robots.txt (RFC 9309 2.3.1.2, 2.3.1.3).

        429 is not among them, as crawlers have it: it speaks of our rate and not of the file.
        """
        if failure.reason in ("http_error", "gone", "empty_body", "bad_redirect"):
            return Robots(agent=self._agent)
        return None
