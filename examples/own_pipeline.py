"""A pipeline of one's own: saved pages in, articles with their language and their copies out.

    python examples/own_pipeline.py examples/pages.jsonl out --runner=FnApiRunner

Reads JSON lines of {"url", "html"} and writes out/articles*.jsonl and out/rejected*.jsonl. What follows the two paths
goes to Beam.
"""

import argparse
import json
from collections.abc import Sequence
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from newsbeam.records import Article, Duplicate, Rejected
from newsbeam.transforms import ClusterCopies, ExtractArticles


def main(argv: Sequence[str] | None = None) -> None:
    """Run the pipeline until it is done."""
    parser = argparse.ArgumentParser(description="Articles of saved pages, with their languages and copies.")
    parser.add_argument("pages", help="JSON lines of url and html")
    parser.add_argument("out", help="folder for articles and rejected pages")
    known, for_beam = parser.parse_known_args(argv)
    with beam.Pipeline(options=PipelineOptions(for_beam)) as pipeline:
        pages = pipeline | "Read" >> beam.io.ReadFromText(known.pages) | "Pairs" >> beam.Map(pair)
        read = pages | ExtractArticles(deadline=5)
        copies = read.documents | ClusterCopies()
        stories = (copies.articles, copies.duplicates) | beam.Flatten()
        stories | "Stories" >> beam.Map(line) | "Write" >> lines_to(f"{known.out}/articles")
        read.rejected | "Reasons" >> beam.Map(reason) | "WriteRejected" >> lines_to(f"{known.out}/rejected")


def pair(text: str) -> tuple[str, str]:
    """A page as `ExtractArticles` takes it."""
    given = json.loads(text)
    return given["url"], given["html"]


def line(story: Article | Duplicate) -> str:
    """What this pipeline keeps of a story; the record has much more."""
    document, decision = story.document, story.decision
    return _json(
        url=document.url,
        title=document.title,
        language=document.language,
        source=document.attribution.source if document.attribution else None,
        cluster=decision.cluster_id,
        copy_of=decision.duplicate_of,
        relation=decision.relation,
        body=document.body,
    )


def reason(row: Rejected) -> str:
    """Why a page gave no article."""
    return _json(url=row.url, reason=row.reason, detail=row.detail)


def lines_to(path: str) -> beam.io.WriteToText:
    """Where lines are written."""
    return beam.io.WriteToText(path, file_name_suffix=".jsonl")


def _json(**fields: Any) -> str:
    return json.dumps(fields, ensure_ascii=False)


if __name__ == "__main__":
    main()
