"""How long something that is away is waited for: pauses that grow, and an end."""

from dataclasses import dataclass

_FIRST = 1.0
_LONGEST = 30.0


@dataclass(slots=True)
class Patience:
    """The tries of one thing that fails for a while.

    seconds: how long it may be away, from its first failure on.
    """

    seconds: float
    _since: float | None = None
    _tries: int = 0

    def failed(self, *, began: float, now: float) -> float | None:
        """Seconds to wait before the next try; None when it has been away for too long.

        began: when the try that failed did, on the clock of `now`. One that went well for longer than any pause was no
        try of something that is away: what has failed now is counted anew.
        """
        if self._since is None or now - began > _LONGEST:
            self._since, self._tries = now, 0
        left = self._since + self.seconds - now
        if left <= 0:
            return None
        self._tries += 1
        return min(_FIRST * 2.0 ** min(self._tries - 1, 10), _LONGEST, left)
