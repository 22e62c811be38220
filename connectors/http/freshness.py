"""For how long an answer says that it stays as it is (RFC 9111): pure."""

import re
from collections.abc import Mapping

from newsbeam import times
from newsbeam.connectors.http import politeness

_DIRECTIVE = re.compile(r"(?:^|,)\s*(no-cache|no-store|max-age)\s*(?:=\s*\"?([0-9]{1,9})\"?)?\s*(?=,|$)", re.IGNORECASE)


def lifetime(headers: Mapping[str, str], *, fetched_at: str) -> float | None:
    """Seconds for which asking again brings the same answer; None where the server says nothing, or not to count on it.

    Cache-Control's max-age goes before Expires (RFC 9111 5.3), and the Age that the answer has already is taken off.
    headers: names in lower case. fetched_at: when the answer came, for a server that sends no Date.
    """
    directives = {name.lower(): value for name, value in _DIRECTIVE.findall(headers.get("cache-control", ""))}
    if "no-cache" in directives or "no-store" in directives:
        return None
    if "max-age" in directives:
        seconds: float | None = float(directives["max-age"] or 0)
    else:
        now = times.parse(fetched_at)
        expires = headers.get("expires")
        seconds = politeness.retry_after(expires, headers.get("date"), now=now) if now and expires else None
    age = headers.get("age", "").strip()
    left = (seconds or 0.0) - (float(age) if re.fullmatch(r"[0-9]{1,9}", age) else 0.0)
    return left if left > 0 else None
