"""What the two retrievers of a document store have in common."""

from typing import TYPE_CHECKING, Any

from spanwise.checks import check_positive

if TYPE_CHECKING:
    from spanwise.index.store.document_store import FaissDocumentStore


class StoreRetriever:
    """A component that searches a document store."""

    def __init__(
        self, document_store: "FaissDocumentStore", filters: dict[str, Any] | None = None, top_k: int = 20
    ) -> None:
        """
        Store and check the settings.

        :param filters: Haystack filters; only documents that match are searched.
        :param top_k: Most documents to return.
        :raises ValueError: If `top_k` is below 1.
        """
        check_positive(top_k=top_k)
        self.document_store = document_store
        self.filters = filters
        self.top_k = top_k

    def _settings(self, filters: dict[str, Any] | None, top_k: int | None) -> dict[str, Any]:
        """Return the component's own settings, but for what a run overrides."""
        return {
            "filters": self.filters if filters is None else filters,
            "top_k": self.top_k if top_k is None else top_k,
        }
