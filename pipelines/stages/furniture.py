"""What the state has learnt of sites, taken out of the texts of documents."""

from collections.abc import Sequence

from newsbeam.connectors.state import site_memory
from newsbeam.connectors.state.site_memory import Place
from newsbeam.pipelines.job import Job
from newsbeam.records import Document
from newsbeam.transforms.site_lines import has_site, period_of, site_of, without


def cleaned(job: Job, documents: Sequence[Document]) -> list[Document]:
    """The documents without the lines that their sites repeat, as far as is known, in their order."""
    days = job.period
    if days is None:
        return list(documents)
    places = [Place(site_of(one.url), period_of(one.fetched_at, days)) if has_site(one) else None for one in documents]
    with job.state().read() as connection:
        learnt = site_memory.furniture_at(connection, {place for place in places if place is not None})
    pairs = zip(documents, places, strict=True)
    return [one if place is None else without(one, learnt[place]) for one, place in pairs]
