"""What can become of a request that gives no document."""

from newsbeam.records import REASONS


class FetchFailed(Exception):
    """A request gave no document.

    reason: of records.REASONS. detail: what happened, for a person. transient: a later try may succeed.
    retry_after: seconds that the server asks to wait, None when it asks nothing. attempts: tries made in this run.
    """

    def __init__(
        self, reason: str, detail: str, *, transient: bool, retry_after: float | None = None, attempts: int = 1
    ) -> None:
        if reason not in REASONS:
            raise ValueError(f"{reason!r} is not among the documented reasons")
        super().__init__(reason, detail, transient, retry_after, attempts)
        self.reason = reason
        self.detail = detail
        self.transient = transient
        self.retry_after = retry_after
        self.attempts = attempts

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (self.reason, self.detail, self.transient, self.retry_after, self.attempts)

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"

    def after(self, attempts: int) -> "FetchFailed":
        """The same failure, as the end of so many tries."""
        return _again(self.reason, self.detail, self.transient, self.retry_after, attempts)


class Foreseen(FetchFailed):
    """What is known of the host forbids the request for now: nothing was sent, and no try in this run will help."""


class HostTaken(Foreseen):
    """Another process had the host all the while. It says nothing about the host."""

    def __init__(self, detail: str, *, retry_after: float) -> None:
        super().__init__("timeout", detail, transient=True, retry_after=retry_after)


class RobotsDisallowed(Exception):
    """robots.txt of the host forbids the address to us. Nothing was sent to the address."""


class HostDisabled(Exception):
    """The settings switch the host off. Nothing was sent to it."""


def _again(reason: str, detail: str, transient: bool, retry_after: float | None, attempts: int) -> FetchFailed:
    return FetchFailed(reason, detail, transient=transient, retry_after=retry_after, attempts=attempts)


def final(reason: str, detail: str) -> FetchFailed:
    """A failure that no later try will mend."""
    return FetchFailed(reason, detail, transient=False)


def passing(reason: str, detail: str, *, retry_after: float | None = None) -> FetchFailed:
    """A failure that a later try may mend."""
    return FetchFailed(reason, detail, transient=True, retry_after=retry_after)
