"""Haystack's own tests of a document store, all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from haystack import Document
from haystack.document_stores.errors import DuplicateDocumentError
from haystack.testing import document_store as sync_tests
from haystack.testing import document_store_async as async_tests

from spanwise.index import FaissDocumentStore
from spanwise.index.faiss import index_types


class Equality:
    @staticmethod
    def assert_documents_are_equal(received: list[Document], expected: list[Document]) -> None:
        assert len(received) == len(expected)
        for got, wanted in zip(received, expected, strict=True):
            if wanted.embedding is None:
                assert got.embedding is None
            else:
                assert got.embedding == pytest.approx(wanted.embedding, rel=1e-6, abs=1e-6)
            assert {**got.to_dict(), "embedding": None} == {**wanted.to_dict(), "embedding": None}


class Fixture(Equality):
    @pytest.fixture
    def document_store(self, tmp_path: Path) -> Iterator[FaissDocumentStore]:
        store = FaissDocumentStore(tmp_path / "store.v1")
        yield store
        store.close()


class TestSync(
    Fixture,
    sync_tests.DocumentStoreBaseExtendedTests,
    sync_tests.CountDocumentsByFilterTest,
    sync_tests.CountUniqueMetadataByFilterTest,
    sync_tests.GetMetadataFieldsInfoTest,
    sync_tests.GetMetadataFieldMinMaxTest,
    sync_tests.GetMetadataFieldUniqueValuesTest,
    sync_tests.FilterableDocsFixtureMixin,
):
    def test_write_documents(self, document_store: FaissDocumentStore) -> None:
        document = Document(content="test doc")
        assert document_store.write_documents([document]) == 1
        with pytest.raises(DuplicateDocumentError, match=f"the id '{document.id}' is stored already"):
            document_store.write_documents([document])
        self.assert_documents_are_equal(document_store.filter_documents(), [document])


class TestAsync(
    Fixture,
    async_tests.DeleteAllAsyncTest,
    async_tests.CountDocumentsAsyncTest,
    async_tests.CountDocumentsByFilterAsyncTest,
    async_tests.CountUniqueMetadataByFilterAsyncTest,
    async_tests.DeleteByFilterAsyncTest,
    async_tests.UpdateByFilterAsyncTest,
    async_tests.WriteDocumentsAsyncTest,
    async_tests.DeleteDocumentsAsyncTest,
    async_tests.GetMetadataFieldsInfoAsyncTest,
    async_tests.GetMetadataFieldMinMaxAsyncTest,
    async_tests.GetMetadataFieldUniqueValuesAsyncTest,
    async_tests.FilterDocumentsAsyncTest,
    sync_tests.FilterableDocsFixtureMixin,
):
    @pytest.mark.asyncio
    async def test_write_documents_async(self, document_store: FaissDocumentStore) -> None:
        document = Document(content="test doc")
        assert await document_store.write_documents_async([document]) == 1
        with pytest.raises(DuplicateDocumentError, match=f"the id '{document.id}' is stored already"):
            await document_store.write_documents_async([document])
        self.assert_documents_are_equal(await document_store.filter_documents_async(), [document])


class TestSyncWithStructures(TestSync):
    """The same with a FAISS structure for every segment."""

    @pytest.fixture
    def document_store(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaissDocumentStore]:
        monkeypatch.setattr(index_types, "MIN_ROWS", 1)
        store = FaissDocumentStore(tmp_path / "store.v1", index_type="hnsw")
        yield store
        store.close()


@pytest.mark.parametrize("module", [sync_tests, async_tests], ids=["sync", "async"])
def test_no_mixin_of_haystack_is_left_out(module: object) -> None:
    used = {base.__name__ for case in (TestSync, TestAsync) for base in case.__mro__}
    offered = {name for name, value in vars(module).items() if isinstance(value, type) and name.endswith("Test")}
    assert offered - used == set()
