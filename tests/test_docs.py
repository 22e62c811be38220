"""What the documents list is what the code knows."""

import re
from pathlib import Path

from newsbeam.records import REASONS, SKIPS

DOCS = Path(__file__).parent.parent / "docs"


def test_every_reason_and_skip_is_documented_and_no_other() -> None:
    text = (DOCS / "rejected.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.M)) == {*REASONS, *SKIPS}
