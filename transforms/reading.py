"""One text while its lines are judged: what each says by itself, what was decided, and where the story stands."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from newsbeam.config.rules.phrases import Rules
from newsbeam.transforms.embedded_posts import is_sign_off
from newsbeam.transforms.furniture import LONGEST_LINK, Local, local_mark
from newsbeam.transforms.paragraphs import Line, fold
from newsbeam.transforms.phrases import Lexicon

_NOT_FURNITURE = (None, "title", "repeated_title")


@dataclass(slots=True, kw_only=True)
class Reading:
    """The state of one text's reading; local and kinds have one item a line.

    title: words of the known title. authors: as the page names them. end: where readers' comments begin, else the
    number of lines. first, last: the story's first and last sentence before `end`; -1 and `end` where it has none.
    day: the first date that a line states.
    """

    lines: Sequence[Line]
    words: Lexicon
    rules: Rules
    title: Sequence[str]
    authors: Sequence[str]
    site: str | None
    local: list[Local | None] = field(default_factory=list)
    kinds: list[str | None] = field(default_factory=list)
    end: int = 0
    first: int = -1
    last: int = 0
    day: str | None = None

    def __post_init__(self) -> None:
        self.local = [None if is_sign_off(line.text) else local_mark(line, self.words) for line in self.lines]
        self.kinds = [None] * len(self.lines)
        self.end = len(self.lines)

    def mark(self, index: int, kind: str) -> None:
        """Decides a line, unless it is decided or belongs to an embedded post."""
        if self.kinds[index] is None and not is_sign_off(self.lines[index].text):
            self.kinds[index] = kind
            local = self.local[index]
            if self.day is None and local is not None and kind == "date_line":
                self.day = local.day

    def sentences(self) -> list[int]:
        """The lines before `end` that read as the story's, and that nothing speaks against."""
        return [index for index in range(self.end) if self.lines[index].story and self._may_stay(index)]

    def _may_stay(self, index: int) -> bool:
        local = self.local[index]
        return self.kinds[index] is None and (local is None or local.weak)

    def set_zone(self) -> None:
        """Sets `first` and `last` by what is decided so far."""
        story = self.sentences()
        self.first, self.last = (story[0], story[-1]) if story else (-1, self.end)

    def is_late(self, index: int) -> bool:
        """Whether at most a quarter of the story's sentences follow a line."""
        story = self.sentences()
        following = sum(other > index for other in story)
        return following * 4 <= max(len(story), 4) and (index > self.first or self.first < 0)

    def is_headline(self, index: int) -> bool:
        """Whether a line could be the headline of another story: some words without a full stop."""
        line = self.lines[index]
        if line.story or self.local[index] is not None:
            return False
        return 3 <= line.words <= LONGEST_LINK and line.text[-1] not in ".:;,。"

    def is_author(self, folded: str) -> bool:
        """Whether a folded line is the name of a known author."""
        return bool(folded) and any(folded == fold(author) for author in self.authors)

    def mark_by_themselves(self) -> None:
        """Decides the lines that no story would say, then weak ones with furniture beside them."""
        for index in range(self.end):
            local = self.local[index]
            if local is not None and not local.weak:
                self.mark(index, local.kind)
        for index in range(self.end):
            local = self.local[index]
            if local is None or not local.weak or local.kind == "date_line":
                continue
            if self._has_like_neighbour(index, local) or (local.opens and self._heads_links(index)):
                self.mark(index, local.kind)

    def _has_like_neighbour(self, index: int, local: Local) -> bool:
        for other in (index - 1, index + 1):
            if 0 <= other < self.end:
                beside = self.local[other]
                if self.kinds[other] not in _NOT_FURNITURE or (beside is not None and beside.kind == local.kind):
                    return True
        return False

    def _heads_links(self, index: int) -> bool:
        return index + 1 < self.end and self.is_headline(index + 1)


def words_of(text: str) -> list[str]:
    """The words of a text, folded."""
    return re.findall(r"\w+", fold(text))
