"""Records as rows with a schema, and back: a field of a record is a field of its row, at any depth."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from apache_beam.pvalue import Row
from apache_beam.typehints import Optional, Sequence
from apache_beam.typehints.row_type import RowTypeConstraint

T = TypeVar("T")


def schema(record: type, **more: Any) -> RowTypeConstraint:
    """The type of a record's rows. more: further fields with their types, as they stand in a record."""
    fields = [*_fields(record), *((name, _type(kind)) for name, kind in more.items())]
    return RowTypeConstraint.from_fields(fields)


def row(record: Any, **more: Any) -> Row:
    """The row of a record. more: further fields with their values."""
    values = {one.name: getattr(record, one.name) for one in dataclasses.fields(record)}
    return Row(**{name: _value(value) for name, value in (values | more).items()})


def record(kind: type[T], given: Any) -> T:
    """The record of a row; fields that only the row has are left out.

    Raises:
        AttributeError: the row lacks a field of the record.
    """
    hints = typing.get_type_hints(kind)
    return kind(**{name: _made(wanted, getattr(given, name)) for name, wanted in hints.items()})


def fields_of(element_type: Any) -> Mapping[str, Any] | None:
    """The fields of a collection's rows with their types; None where it has no schema."""
    found = RowTypeConstraint.from_user_type(element_type) or element_type
    return dict(found._fields) if isinstance(found, RowTypeConstraint) else None


def _fields(record: type) -> list[tuple[str, Any]]:
    return [(name, _type(kind)) for name, kind in typing.get_type_hints(record).items()]


def _type(kind: Any) -> Any:
    """A field's type as Beam's schemas have it: a name for each of a closed set, a sequence for each tuple."""
    origin, within = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return str
    if origin is tuple:
        return Sequence[_type(within[0])]
    if origin in (types.UnionType, typing.Union):
        (some,) = (one for one in within if one is not types.NoneType)
        return Optional[_type(some)]
    return schema(kind) if _is_record(kind) else kind


def _value(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_value(one) for one in value]
    return row(value) if dataclasses.is_dataclass(value) else value


def _made(wanted: Any, value: Any) -> Any:
    if value is None:
        return None
    within = typing.get_args(wanted)
    if typing.get_origin(wanted) is tuple:
        return tuple(_made(within[0], one) for one in value)
    if typing.get_origin(wanted) in (types.UnionType, typing.Union):
        return _made(next(one for one in within if one is not types.NoneType), value)
    return record(wanted, value) if _is_record(wanted) else value


def _is_record(kind: Any) -> bool:
    return isinstance(kind, type) and dataclasses.is_dataclass(kind)
