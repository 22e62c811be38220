"""What is wrong with a source, said to a person."""


class SourceError(Exception):
    """A source that cannot be used as given. The message names the option, the value and what to do."""


class NotAFeed(Exception):
    """The document is no feed that can be read. detail: what it seems to be instead."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail
