"""The confusion matrix of relations: each text judged beside its story alone, and all texts of a language at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from newsbeam.records import Sketch, digest
from tests.transforms.relation_kinds import Base, Relative, relatives
from tests.transforms.sketching import MemoryHistory, sketch
from tests.transforms.slices import taken


@dataclass(frozen=True)
class Matrix:
    """What came of the texts, by kind and language: how many stand in the cluster of the text they were put beside."""

    merged: dict[tuple[str, str], int] = field(default_factory=dict)
    total: dict[tuple[str, str], int] = field(default_factory=dict)
    copy: dict[str, bool | None] = field(default_factory=dict)

    def add(self, language: str, one: Relative, *, merged: bool) -> None:
        key = (one.kind, language)
        self.copy[one.kind] = one.copy
        self.total[key] = self.total.get(key, 0) + 1
        self.merged[key] = self.merged.get(key, 0) + merged

    def take(self, other: "Matrix") -> None:
        """Put in what another one, of other languages, counted."""
        self.merged.update(other.merged)
        self.total.update(other.total)
        self.copy.update(other.copy)

    def counts(self, *, copy: bool, language: str | None = None) -> tuple[int, int]:
        """Of copies, or of what is none: how many were merged, and how many there are."""
        keys = [key for key in self.total if self.copy[key[0]] is copy and language in (None, key[1])]
        return sum(self.merged[key] for key in keys), sum(self.total[key] for key in keys)

    def table(self) -> str:
        """Markdown: a row a kind, a column a language, each `merged/total`."""
        languages = list(dict.fromkeys(language for _, language in self.total))
        rows = [f"| relation | merged is | {' | '.join(languages)} |", "|---" * (len(languages) + 2) + "|"]
        for kind, copy in self.copy.items():
            cells = [
                f"{self.merged[kind, one]}/{self.total[kind, one]}" if (kind, one) in self.total else ""
                for one in languages
            ]
            right = {True: "right", False: "wrong", None: "not judged"}[copy]
            rows.append(f"| {kind} | {right} | {' | '.join(cells)} |")
        found, copies = self.counts(copy=True)
        wrong, others = self.counts(copy=False)
        rows += [
            "",
            "| | merged | apart |",
            "|---|---|---|",
            f"| copies | {found} | {copies - found} |",
            f"| no copies | {wrong} | {others - wrong} |",
        ]
        return "\n".join(rows)


def clusters(sketches: Sequence[Sketch], bodies: Mapping[str, str]) -> dict[str, str]:
    """The cluster of each document, as a run without history decides."""
    history = MemoryHistory(bodies)
    taken(history, sketches)
    return {one.id: one.cluster_id for one in history.decisions.values()}


def alone(bases: Iterable[Base]) -> Matrix:
    """Each text judged beside the one that it has to do with, and nothing else."""
    matrix = Matrix()
    for base in bases:
        for relative in relatives(base):
            one, other = _at("one", relative.first, relative.site), _at("other", relative.text, relative.site)
            found = clusters([one, other], {"one": relative.first, "other": relative.text})
            matrix.add(base.language, relative, merged=found["one"] == found["other"])
    return matrix


@dataclass(frozen=True)
class Corpus:
    """All texts of some stories. bodies, story_of: by the id of a text, the text itself and which story's it is."""

    sketches: list[Sketch] = field(default_factory=list)
    bodies: dict[str, str] = field(default_factory=dict)
    story_of: dict[str, str] = field(default_factory=dict)
    compared: list[tuple[str, Relative, str, str]] = field(default_factory=list)

    def add(self, name: str, story: str, text: str, *, site: str | None = None, published: str | None = None) -> None:
        self.sketches.append(_at(name, text, site, published=published))
        self.bodies[name] = text
        self.story_of[name] = story


def corpus(bases: Iterable[Base], *, dated: bool = True) -> Corpus:
    """The stories and their relatives. dated: each story tells its day, and its relatives tell the next one."""
    found = Corpus()
    first_day, second_day = ("2026-11-18", "2026-11-19") if dated else (None, None)
    for base in bases:
        own = f"{base.name}: story"
        found.add(own, own, base.text, published=first_day)
        for relative in relatives(base):
            if relative.copy is None:
                continue
            first, name = own, f"{base.name}: {relative.kind}"
            if relative.first != base.text:
                first = f"{name}, first"
                found.add(first, first, relative.first, site=relative.site, published=first_day)
            story = own if relative.copy else name
            found.add(name, story, relative.text, site=relative.site, published=second_day)
            found.compared.append((base.language, relative, first, name))
    return found


def at_once(texts: Corpus) -> tuple[Matrix, list[frozenset[str]]]:
    """All texts judged together; and the clusters that hold texts of several stories, which are wrong."""
    found = clusters(texts.sketches, texts.bodies)
    matrix = Matrix()
    for language, relative, first, name in texts.compared:
        matrix.add(language, relative, merged=found[first] == found[name])
    stories: dict[str, set[str]] = {}
    for one, cluster in found.items():
        stories.setdefault(cluster, set()).add(texts.story_of[one])
    return matrix, [frozenset(each) for each in stories.values() if len(each) > 1]


def _at(name: str, text: str, site: str | None, *, published: str | None = None) -> Sketch:
    """A text at a site of its own, or at the one that is named."""
    key = digest(name)[:12]
    return sketch(name, text, url=f"https://{site or 's' + key + '.example'}/{key}", published=published)
