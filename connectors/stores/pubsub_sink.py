"""Beam's Pub/Sub connector around changes. Imported when a delivery begins: Google's packages are an extra."""

from typing import Any

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage, WriteToPubSub
from apache_beam.pvalue import PCollection

from newsbeam.connectors.stores.delivered import Change
from newsbeam.connectors.stores.pubsub import attributes, data


class PublishChanges(beam.PTransform[PCollection[Change], Any]):
    """Publish changes on a topic: `projects/PROJECT/topics/TOPIC`."""

    def __init__(self, *, topic: str) -> None:
        super().__init__()
        self._topic = topic

    def expand(self, changes: PCollection[Change]) -> Any:
        return (
            changes
            | "Message" >> beam.Map(message)
            | "Publish" >> WriteToPubSub(self._topic, with_attributes=True, publish_with_ordering_key=True)
        )


def message(change: Change) -> PubsubMessage:
    """The change as a message."""
    return PubsubMessage(data(change), attributes(change), ordering_key=change.id)
