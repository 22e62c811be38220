"""An exchange that remembers what each request was answered: for a person who asks what became of one address."""

from dataclasses import dataclass
from typing import Any

from yarl import URL

from newsbeam.connectors.http.exchange import Answer, Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One request. status: of its answer. location: where a redirect leads, as the server wrote it; None without."""

    url: str
    status: int
    location: str | None


class TracedExchange(Exchange):
    """hops: filled with a Hop for each answer, in their order."""

    def __init__(self, *, hops: list[Hop], **made_of: Any) -> None:
        super().__init__(**made_of)
        self._hops = hops

    async def ask(self, url: URL, *arguments: Any, **more: Any) -> Answer:
        """As its parent."""
        answer = await super().ask(url, *arguments, **more)
        self._hops.append(Hop(url=str(url), status=answer.status, location=answer.headers.get("Location")))
        return answer
