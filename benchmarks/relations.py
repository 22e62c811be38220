"""The confusion matrix of the copies stage, in Markdown: `python -m benchmarks.relations [STORIES]`, 60 a language.

Texts are composed, or the demo's prose; no data is needed. `alone`: each text judged beside the one that it has to do
with. `at once`: all texts of a language judged together, with dates and without.
"""

import argparse
import time

from tests.transforms.confusion import Matrix, alone, at_once, corpus
from tests.transforms.relation_kinds import composed, of_the_demo
from tests.transforms.relation_texts import LANGUAGES


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("stories", nargs="?", type=int, default=60, help="composed stories a language (60)")
    count = parser.parse_args().stories
    began = time.monotonic()
    print(f"## Alone, {count} composed stories a language\n")
    print(alone(base for language in LANGUAGES for base in composed(language, count)).table(), flush=True)
    print("\n## Alone, the demo's prose\n")
    print(alone(of_the_demo()).table(), flush=True)
    for dated in (True, False):
        print(f"\n## At once, {'each story dated a day before the rest' if dated else 'no dates'}\n")
        whole = Matrix()
        mixed = 0
        for language in LANGUAGES:
            matrix, wrong = at_once(corpus(composed(language, count), dated=dated))
            whole.take(matrix)
            mixed += len(wrong)
        print(whole.table())
        print(f"\nClusters that hold texts of several stories: {mixed}.", flush=True)
    print(f"\n{time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main()
