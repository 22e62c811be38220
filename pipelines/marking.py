"""The file of pairs to be marked: a JSON object a line, and what is read of it once a person has filled it in."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from newsbeam.pipelines.tuning import Sampled
from newsbeam.transforms.borders import MEASURES, Measured
from newsbeam.transforms.scores import Marked


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a file holds. unmarked: pairs whose `same` is null. bad: (number of the line, what is wrong with it)."""

    marked: tuple[Marked, ...]
    unmarked: int
    bad: tuple[tuple[int, str], ...]


class _BadLine(ValueError):
    """A line that is no pair; the message says why."""


def line(one: Sampled) -> bytes:
    """A pair as a line of the file, `same` first, where it is filled in."""
    values = {
        "same": None,
        "border": f"{'above' if one.distance >= 0 else 'below'} dedup.{one.border}",
        "similarity": one.pair.similarity,
        "containment": one.pair.containment,
        "relation": one.relation,
        "a": asdict(one.a),
        "b": asdict(one.b),
        "passages": [asdict(each) for each in one.differences.passages],
        "more_passages": one.differences.more,
        "by": one.pair.by,
    }
    return orjson.dumps(values, option=orjson.OPT_APPEND_NEWLINE)


def read(lines: Iterable[bytes]) -> Marks:
    """The marks of a file's lines; empty lines do not count. A bad line is left out, and harms no other one."""
    marked: list[Marked] = []
    bad: list[tuple[int, str]] = []
    first: dict[tuple[str, str], int] = {}
    unmarked = 0
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            pair, same = _pair(text)
            earlier = first.setdefault((pair.a, pair.b), number)
            if earlier != number:
                raise _BadLine(f"the pair of line {earlier} again")
        except _BadLine as error:
            bad.append((number, str(error)))
            continue
        if same is None:
            unmarked += 1
        else:
            marked.append(Marked(pair=pair, same=same))
    return Marks(marked=tuple(marked), unmarked=unmarked, bad=tuple(bad))


def _pair(text: bytes) -> tuple[Measured, bool | None]:
    try:
        row = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _BadLine(f"no JSON: {error}") from error
    if not isinstance(row, dict):
        raise _BadLine("no JSON object")
    same = row.get("same", "nothing")
    if same is not None and not isinstance(same, bool):
        raise _BadLine(f'"same" is {_said(same)}: use true, false or null')
    by = row.get("by")
    if not isinstance(by, list) or not by or not set(map(str, by)) <= set(MEASURES):
        raise _BadLine(f'"by" is {_said(by)}: leave it as it was written')
    a, b = sorted((_id(row, "a"), _id(row, "b")))
    pair = Measured(
        a=a,
        b=b,
        similarity=_share(row, "similarity"),
        containment=_share(row, "containment"),
        by=tuple(one for one in MEASURES if one in by),
    )
    return pair, same


def _id(row: dict[str, Any], name: str) -> str:
    told = row.get(name)
    if not isinstance(told, dict) or not isinstance(told.get("id"), str):
        raise _BadLine(f'"{name}" has no "id": leave it as it was written')
    return str(told["id"])


def _share(row: dict[str, Any], name: str) -> float:
    value = row.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise _BadLine(f'"{name}" is {_said(value)}: leave it as it was written, within 0 to 1')
    return float(value)


def _said(value: object) -> str:
    return repr(value)[:40]
