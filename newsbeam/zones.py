"""Time zones by the names and offsets that feeds and pages write, one meaning each."""

import datetime
import re

_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})?\Z")
_HOURS = {
    **{-8: "PST", -7: "PDT MST", -6: "MDT CST", -5: "CDT EST", -4: "EDT AST", -3: "ADT", 0: "Z UT UTC GMT WET"},
    **{1: "WEST BST CET MET MEZ", 2: "CEST MEST MESZ EET", 3: "EEST MSK TRT", 8: "SGT HKT", 9: "JST KST"},
    **{10: "AEST", 11: "AEDT", 12: "NZST", 13: "NZDT"},
}
_ZONES = {name: hours for hours, names in _HOURS.items() for name in names.split()}


def named(name: str | None) -> datetime.timezone | None:
    """The zone of a name (`EST`) or an offset (`+02:00`); None where it has no known meaning."""
    if not name:
        return None
    if offset := _OFFSET.match(name):
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        return datetime.timezone(datetime.timedelta(minutes=-minutes if offset[1] == "-" else minutes))
    hours = _ZONES.get(name.upper())
    return None if hours is None else datetime.timezone(datetime.timedelta(hours=hours))


def found(name: str | None, offset: int | None) -> datetime.tzinfo | None:
    """What dateutil's parser asks of its `tzinfos`: the zone of a name, or of seconds east that it has read.

    Without an answer the moment stays without a zone, and dateutil does not warn.
    """
    return datetime.timezone(datetime.timedelta(seconds=offset)) if offset is not None else named(name)
