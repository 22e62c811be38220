"""Beam's BigQuery connector around rows of changes. Imported when a delivery begins: Google's packages are an extra."""

from typing import Any, NoReturn

import apache_beam as beam
from apache_beam.io.gcp.bigquery import BigQueryDisposition, WriteToBigQuery
from apache_beam.io.gcp.bigquery_tools import RetryStrategy
from apache_beam.pvalue import PCollection

from newsbeam.connectors.stores.bigquery import row, schema
from newsbeam.connectors.stores.delivered import Change
from newsbeam.connectors.stores.store import StoreError

_RETRIES = 8
"""Tries of an insert that may work later, 0.2 seconds to half a minute apart; Beam's own 10,000 would never end."""


class AppendChanges(beam.PTransform[PCollection[Change], Any]):
    """Append changes to a table, which is made, clustered by collection and id, where there is none.

    test_client: stands for Google's, in tests.
    """

    def __init__(
        self,
        *,
        url: str,
        project: str,
        dataset: str,
        table: str,
        method: str,
        temp: str | None,
        test_client: Any = None,
    ) -> None:
        super().__init__()
        self._url, self._method, self._temp, self._test_client = url, method, temp, test_client
        self._project, self._dataset, self._table = project, dataset, table

    def expand(self, changes: PCollection[Change]) -> Any:
        result = (
            changes
            | "Row" >> beam.Map(row)
            | "Append"
            >> WriteToBigQuery(
                self._table,
                self._dataset,
                self._project,
                schema={"fields": list(schema())},
                method=self._method,
                create_disposition=BigQueryDisposition.CREATE_IF_NEEDED,
                write_disposition=BigQueryDisposition.WRITE_APPEND,
                insert_retry_strategy=RetryStrategy.RETRY_ON_TRANSIENT_ERROR,
                max_retries=_RETRIES,
                custom_gcs_temp_location=self._temp,
                validate=self._test_client is None,  # that the place for files is in Cloud Storage
                additional_bq_parameters={"clustering": {"fields": ["collection", "id"]}},
                test_client=self._test_client,
            )
        )
        if self._method == "STREAMING_INSERTS":
            # Beam sets rows aside that were not taken, and ends well all the same.
            return result.failed_rows_with_errors | "Fail" >> beam.Map(_fail, url=self._url)
        return result.destination_load_jobid_pairs


def _fail(failed: tuple[Any, dict[str, Any], Any], *, url: str) -> NoReturn:
    _, values, errors = failed
    raise StoreError(f"{url}: BigQuery did not take the row {values['id']}: {errors}")
