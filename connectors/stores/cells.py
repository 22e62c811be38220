"""Rows as CSV for people: every value one cell, and no cell a formula for the program that opens the file.

Source of the rule: OWASP, "CSV Injection" (owasp.org/www-community/attacks/CSV_Injection).
"""

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

import orjson

from newsbeam.connectors.stores.rows import FIELDS, Row
from newsbeam.records import Collection
from newsbeam.text import printable

_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b\u2212"
"""What begins a formula, with the wide, small and typographic forms that programs fold into it."""
_PASSED_OVER = '\\s"\u200b-\u200f\u2060-\u2064\u00ad'
"""White space, quotes and invisible characters, which programs take off a cell before they look at it."""
# A program set to another separator (most of Europe: the semicolon) begins cells in the middle of ours.
_FORMULA = re.compile(f"(^|[;\t\n\r])([{_PASSED_OVER}]*?)(?=[{_SIGNS}])")
_LEADING = re.compile(r'((?:^|;)"*(?=[\t\r\n])|(?<=\n)"*(?=\t))')
_JOINED = ("authors", "tags", "kept_because", "reserved")
BOM = "\ufeff"


def neutral(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula: a ' stands before what would begin one.

    That is a = + - @ at the beginning, or after a line break, tab or semicolon, quotes and white space passed over; and
    a tab or line break at the beginning or after a semicolon, and a tab after a line break, quotes passed over. The
    text is made printable first.
    """
    return _LEADING.sub(r"\1'", _FORMULA.sub(r"\1\2'", printable(text)))


def cell(name: str, value: Any) -> str:
    """The cell of a field: people, tags and evidence joined by `; `, other lists and objects as JSON, null empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple | dict):
        text = "; ".join(map(str, value)) if name in _JOINED else orjson.dumps(value).decode() if value else ""
        return neutral(text)
    return neutral(str(value))


def header(collection: Collection) -> str:
    """The first line: the names of the fields."""
    return _line(FIELDS[collection])


def line(collection: Collection, row: Row) -> str:
    """The row's line, CRLF at its end, every cell in quotes (RFC 4180)."""
    return _line([cell(name, row.get(name)) for name in FIELDS[collection]])


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return out.getvalue()
