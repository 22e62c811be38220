"""The SQL of the views over BigQuery's table of changes. `python -m newsbeam.connectors.stores.bigquery_views ADDRESS`
prints it."""

import sys
import textwrap

from newsbeam.connectors.stores.bigquery import BigQueryStore, open_bigquery
from newsbeam.connectors.stores.rows import FIELDS
from newsbeam.connectors.stores.store import UnknownStore
from newsbeam.records import COLLECTIONS, Collection


def views(store: BigQueryStore) -> str:
    """The statements that make, or make anew, the views `articles`, `duplicates` and `rejected`."""
    return "\n".join(_view(store, collection) for collection in COLLECTIONS)


def _view(store: BigQueryStore, collection: Collection) -> str:
    """A view that shows the latest row of each id which stands in the collection.

    An id moves between collections, so the latest change is sought over all of them. A change that was delivered twice
    stands twice in the table, and once in the view.
    """
    place = f"{store.project}.{store.dataset}.{store.prefix}"
    fields = textwrap.fill(", ".join(FIELDS[collection]), width=100, initial_indent="SELECT ", subsequent_indent="  ")
    return f"""CREATE OR REPLACE VIEW `{place}{collection}` AS
{fields}
FROM `{place}changes`
JOIN (SELECT id, MAX(commit_number) AS commit_number FROM `{place}changes` GROUP BY id) AS latest
USING (id, commit_number)
WHERE operation = 'UPSERT' AND collection = '{collection}'
QUALIFY ROW_NUMBER() OVER (PARTITION BY id ORDER BY changed_at DESC) = 1;
"""


if __name__ == "__main__":
    try:
        print(views(open_bigquery(sys.argv[1] if len(sys.argv) == 2 else "bigquery:")), end="")
    except UnknownStore as unknown:
        sys.exit(f"newsbeam: {unknown}")
