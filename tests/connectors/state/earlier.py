"""What each version of the state has brought, as statements that take it out again."""

_OF_FEEDS = (
    "interval_s",
    "watched_since",
    "last_new",
    "recent",
    "gaps",
    "last_gap",
    "gap_epoch",
    "unaudited",
    "distrusted",
    "moved",
    "moved_polls",
    "moved_since",
    "answered_by",
    "self_link",
    "item_keys",
    "same_as",
    "ttl",
    "max_age",
    "skip_hours",
    "skip_days",
)

BROUGHT = {
    4: (
        "DROP INDEX feeds_answered",
        "DROP INDEX feeds_self",
        *(f"ALTER TABLE feeds DROP COLUMN {name}" for name in _OF_FEEDS),
    ),
    3: (
        "ALTER TABLE lease DROP COLUMN closing",
        "ALTER TABLE feeds DROP COLUMN taken_until",
        "DROP INDEX frontier_waiting",
        "CREATE INDEX frontier_takeable ON frontier (host, key) WHERE payload IS NOT NULL",
        "ALTER TABLE frontier DROP COLUMN claimed_until",
        "DROP TABLE hosts",
        "DROP TABLE lags",
    ),
    2: (
        "DROP TABLE journal",
        "DROP TABLE forgotten",
        "DROP TABLE outbox",
        "ALTER TABLE files DROP COLUMN opened",
        "ALTER TABLE runs DROP COLUMN inputs",
        "ALTER TABLE runs DROP COLUMN stores",
        "ALTER TABLE runs DROP COLUMN seconds",
        "ALTER TABLE runs DROP COLUMN versions",
        "ALTER TABLE runs DROP COLUMN message",
        "DELETE FROM meta WHERE name = 'state_id'",
    ),
}


def back_to(version: int) -> tuple[str, ...]:
    """The statements that make a state of today one of an earlier version."""
    taken = [
        one for brought, statements in sorted(BROUGHT.items(), reverse=True) if brought > version for one in statements
    ]
    return (*taken, f"UPDATE meta SET value = '{version}' WHERE name = 'version'")
