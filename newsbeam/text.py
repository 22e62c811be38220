"""Text hygiene: what may stand in a record."""

import re
import unicodedata

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff\ufeff]")
_BREAKS = re.compile(r"\r\n?|\x85|\u2028|\u2029")
_SPACES = re.compile(r"\s+")


def printable(text: str) -> str:
    """NFC text without NUL, lone surrogates and control characters but tab and newline; line ends are newlines."""
    return unicodedata.normalize("NFC", _FORBIDDEN.sub("", _BREAKS.sub("\n", text)))


def one_line(text: str) -> str:
    """Printable text with every run of white space made one blank."""
    return _SPACES.sub(" ", printable(text)).strip()
