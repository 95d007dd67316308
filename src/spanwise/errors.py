"""The failures a user can expect; each is one line: what was expected, what was found, what to do."""


class SpanwiseError(Exception):
    """An expected failure whose message is fit to be shown as it is."""


class UsageError(SpanwiseError):
    """
    The caller asked for something that makes no sense, such as an empty question.

    :param no_files: Whether no file of an index is one of those that were asked for.
    """

    def __init__(self, message: str, *, no_files: bool = False) -> None:
        super().__init__(message)
        self.no_files = no_files


class ConversionError(SpanwiseError):
    """A file could not be turned into text; the message is the reason, without the file's name."""


class ModelError(SpanwiseError):
    """A model's files are missing, damaged or not of the kind that was asked for."""


class IndexStateError(SpanwiseError):
    """
    An index is missing, damaged, locked, or was made with other settings.

    :param damage: Which committed data is missing or not as it was written, without the index and the remedy; None for
        any other state.
    """

    def __init__(self, message: str, damage: str | None = None) -> None:
        super().__init__(message)
        self.damage = damage


class RefusedError(SpanwiseError):
    """A sync was refused because it could lose data; the message names the option that allows it."""
