"""Train the forests that choose an article's blocks: config/rules/body_forest.toml, and body_forest_alone.toml.

The second of them does without the view of another extractor, which is asked only where that forest is not sure.

    python benchmarks/train_body_forest.py DATA [--folds]

DATA holds sets of pages, each a folder with gold.jsonl ({"id", "host", "title", "body"}), dev.ids and
pages/<id>.html.gz. A set that marks snippets alone (must_have, must_not_have) teaches about the blocks that hold one.
Needs lightgbm, which newsbeam itself does not: the forest is shipped as numbers. --folds prints the token F1 of five
forests each, asked about hosts that they were not trained on: with the other view, alone, and as used together.
"""

import argparse
import gzip
import hashlib
import json
import pathlib
import re
import statistics
from collections import Counter
from dataclasses import dataclass

import lightgbm
import numpy as np

from newsbeam.transforms import blocks, comments, features, head, html, jsonld, marks, metadata, opinion, titles

SETS = {"fundus": 1.5, "scrapinghub": 1.2, "dragnet": 1.0, "daniel": 0.8, "trafilatura": 0.3}
"""The sets to learn from, and how much each counts: what counts as body differs between them."""

DEPTH, TREES, KEEP, DOUBT = 4, 200, 0.47, 0.08
WORD = re.compile(r"[぀-ヿ㐀-䶿一-鿿豈-﫿฀-๿]|[^\W_]+")
RULES = pathlib.Path(__file__).parent.parent / "config" / "rules"
ALONE = len(features.NAMES) - len(features.SECOND)
SETTINGS = {
    "objective": "cross_entropy", "max_depth": DEPTH, "num_leaves": 12, "learning_rate": 0.06, "min_data_in_leaf": 60,
    "feature_fraction": 0.6, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 5, "max_bin": 127, "seed": 1,
    "deterministic": True, "num_threads": 1, "verbose": -1,
}  # fmt: skip


@dataclass(slots=True)
class Sample:
    """A page: a row a block, the share of each block that its gold body holds, and each block's words.

    known: whether something is known of a block; gold is empty where snippets alone are marked.
    """

    set: str
    host: str
    rows: np.ndarray
    share: np.ndarray
    words: list[list[str]]
    gold: list[str]
    known: np.ndarray


def tokens(text):
    return WORD.findall(text.lower())


def read(name, row, page):
    tree = html.parse(html.repair(html.decode(page)))
    top, linked = head.read(tree), jsonld.read(tree)
    comments.cut(tree, marks.read(tree))
    url = row.get("url") or f"http://{row.get('host') or 'example.org'}/x"
    names = metadata.names_of_site(url, head=top, linked=linked)
    title = titles.choose(head=top, linked=linked, headings=titles.headings(tree), announced=None, names=names)
    body = tree.find("body")
    outline = blocks.read(body)
    found = outline.blocks
    if not found:
        return None
    keys = features.keys_of(found)
    weight = outline.below([block.weight for block in found])
    summary = top.first("og:description", "description") or ""
    hints = features.Hints(summary=features.key(summary), title=features.key(title or ""))
    rows = features.matrix(outline, keys, weight, hints)
    opinion.reduce(outline, weight)
    features.add_second(rows, keys, opinion.text(tree))
    gold = tokens(row.get("body") or "")
    runs = {tuple(gold[at : at + 4]) for at in range(len(gold) - 3)}
    lines = {" ".join(tokens(line)) for line in (row.get("body") or "").split("\n")}
    words = [tokens(block.text) for block in found]
    if not gold:
        share = [snippets(" ".join(one), row) for one in words]
        known = np.array([one is not None for one in share])
        return Sample(
            name, row.get("host") or row["id"], rows, np.array([one or 0.0 for one in share]), words, [], known
        )
    share = [
        sum(tuple(one[at : at + 4]) in runs for at in range(len(one) - 3)) / (len(one) - 3)
        if len(one) > 5
        else float(" ".join(one) in lines)
        for one in words
    ]
    return Sample(name, row.get("host") or row["id"], rows, np.array(share), words, gold, np.ones(len(words), bool))


def snippets(text, row):
    """1 for a block that holds what must be there, 0 for one that holds what must not, None where nothing is known."""
    for names, share in ((("must_have",), 1.0), (("must_not_have", "must_have_comments"), 0.0)):
        marked = (" ".join(tokens(one)) for name in names for one in row.get(name) or ())
        if any(one and one in text for one in marked):
            return share
    return None


def load(folder):
    for name in SETS:
        wanted = set((folder / name / "dev.ids").read_text().split())
        for line in (folder / name / "gold.jsonl").read_text("utf-8").split("\n"):
            if not line:
                continue
            row = json.loads(line)
            if row["id"] in wanted and (row.get("body") or row.get("must_have")):
                page = gzip.decompress((folder / name / "pages" / f"{row['id']}.html.gz").read_bytes())
                if sample := read(name, row, page):
                    yield sample


def train(samples, columns=None):
    pages = Counter(sample.set for sample in samples)
    weights = []
    for sample in samples:
        size = np.array([len(one) for one in sample.words])[sample.known]
        one = np.sqrt(size) + 0.2 * size
        weights.append(one / max(1, one.sum()) * SETS[sample.set] * 100_000 / pages[sample.set])
    rows, share = (
        np.concatenate([one.rows[one.known, :columns] for one in samples]),
        np.concatenate([one.share[one.known] for one in samples]),
    )
    return lightgbm.train(SETTINGS, dataset(rows, share, weights), TREES)


def dataset(rows, share, weights):
    names = list(features.NAMES[: rows.shape[1]])
    return lightgbm.Dataset(rows, share, weight=np.concatenate(weights), feature_name=names)


def f1(sample, chances):
    got = Counter(word for words, chance in zip(sample.words, chances, strict=True) if chance > KEEP for word in words)
    both = (got & Counter(sample.gold)).total()
    return 2 * both / (got.total() + len(sample.gold))


def is_sure(sample, chances):
    letters = np.array([sum(map(len, words)) for words in sample.words])
    return (letters * np.minimum(chances, 1 - chances)).sum() < DOUBT * letters[chances > KEEP].sum()


def folds(samples):
    scores = {name: [] for name in SETS}
    fold = [int(hashlib.sha1(sample.host.encode()).hexdigest(), 16) % 5 for sample in samples]
    for k in range(5):
        known = [sample for sample, at in zip(samples, fold, strict=True) if at != k]
        model, alone = train(known), train(known, ALONE)
        for sample, at in zip(samples, fold, strict=True):
            if at == k and sample.gold:
                first, both = alone.predict(sample.rows[:, :ALONE]), model.predict(sample.rows)
                sure = is_sure(sample, first)
                used = first if sure else both
                scores[sample.set].append((f1(sample, both), f1(sample, first), f1(sample, used), float(sure)))
    for name, values in scores.items():
        if not values:
            continue
        both, first, used, sure = (round(statistics.mean(column), 4) for column in zip(*values, strict=True))
        print(name, len(values), "with the other view", both, "alone", first, "as used", used, "sure", sure)


def flat(tree):
    """A tree of LightGBM as a complete one; a leaf above the last level is repeated below it."""
    inner, leaves = 2**DEPTH - 1, 2**DEPTH
    feature, limit, leaf = [0] * inner, [0.0] * inner, [0.0] * leaves

    def walk(node, at):
        if at >= inner:
            leaf[at - inner] = float(f"{node['leaf_value']:.4g}")
            return
        split = "split_feature" in node
        feature[at] = node["split_feature"] if split else 0
        limit[at] = float(f"{node['threshold']:.6g}") if split else 0.0
        walk(node["left_child"] if split else node, 2 * at + 1)
        walk(node["right_child"] if split else node, 2 * at + 2)

    walk(tree["tree_structure"], 0)
    return feature, limit, leaf


def write(model, file, what):
    trees = [flat(tree) for tree in model.dump_model()["tree_info"]]
    lines = [
        f"# {what} Written by benchmarks/train_body_forest.py; not edited by hand.",
        f"depth = {DEPTH}",
        f"names = {json.dumps(model.feature_name())}",
    ]
    for name, part in zip(("feature", "limit", "leaf"), range(3), strict=True):
        lines += [f"{name} = [", *(f"  {json.dumps(tree[part])}," for tree in trees), "]"]
    (RULES / file).write_text("\n".join(lines) + "\n", "utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--folds", action="store_true")
    args = parser.parse_args()
    samples = list(load(args.data))
    if args.folds:
        folds(samples)
    write(train(samples), "body_forest.toml", "Which blocks of a page are its article.")
    write(train(samples, ALONE), "body_forest_alone.toml", "The same without the view of another extractor.")


if __name__ == "__main__":
    main()
