"""What is checked of documents before they are written."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from haystack import Document
from haystack.document_stores.errors import DuplicateDocumentError
from haystack.document_stores.types import DuplicatePolicy
from numpy.typing import NDArray


def check_documents(documents: Any) -> None:
    """
    Refuse anything but a list of documents.

    :raises ValueError: If it is something else; the message names its type.
    """
    listed = documents if isinstance(documents, list) else [documents]
    other = [type(one).__name__ for one in listed if not isinstance(one, Document)]
    if other or listed is not documents:
        msg = f"expected a list of Document objects, found {other[0] if other else 'one Document'}: give a list of them"
        raise ValueError(msg)


def without_duplicates(
    documents: Sequence[Document], stored: Collection[str], policy: DuplicatePolicy
) -> list[Document]:
    """
    Return the documents to write, each id once.

    :param stored: Which of their ids are in the store.
    :raises DuplicateDocumentError: If an id stands twice, or is stored, and the policy is neither SKIP nor OVERWRITE.
    """
    if policy is DuplicatePolicy.OVERWRITE:
        return list({document.id: document for document in documents}.values())
    chosen: dict[str, Document] = {}
    for document in documents:
        if document.id not in stored and document.id not in chosen:
            chosen[document.id] = document
        elif policy is not DuplicatePolicy.SKIP:
            where = "stands twice among the documents" if document.id in chosen else "is stored already"
            msg = f"the id {document.id!r} {where}: use DuplicatePolicy.SKIP or OVERWRITE"
            raise DuplicateDocumentError(msg)
    return list(chosen.values())


def embeddings_of(documents: Sequence[Document], dimension: int | None) -> NDArray[np.float32] | None:
    """
    Return the embeddings of those documents that have one.

    :param dimension: Their length; None takes the first one's.
    :returns: *Shape:* (n, dimension), float32; None if there are none.
    :raises ValueError: If one has another length.
    """
    embedded = [(document.id, document.embedding) for document in documents if document.embedding is not None]
    if not embedded:
        return None
    expected = dimension or len(embedded[0][1])
    for doc_id, embedding in embedded:
        if len(embedding) != expected or not embedding:
            msg = (
                f"expected embeddings of length {expected or 'at least 1'}, found {len(embedding)} in document "
                f"{doc_id!r}: embed it with the model of the others"
            )
            raise ValueError(msg)
    with np.errstate(over="ignore"):  # what becomes infinite is refused by the index
        return np.array([embedding for _, embedding in embedded], dtype=np.float32)
