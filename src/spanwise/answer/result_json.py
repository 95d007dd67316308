"""Results as JSON objects, the same from the command line and from a service."""

from dataclasses import asdict
from typing import Any

from spanwise.types import Hit, QueryResult, SearchResult


def result_json(result: QueryResult, *, explain: bool = False) -> dict[str, Any]:
    """
    Return a result as `spanwise ask --json` prints it.

    :param explain: With the passages that were read, in that order, and with what confidences were computed from.
    """
    fields = asdict(result)
    del fields["passages"]
    if explain:
        names = ("file", "page", "section", "start", "end", "text", "retrieval_score")
        passages = [_passage_json(hit) for hit in result.passages]
        return {**fields, "passages": [{name: passage[name] for name in names} for passage in passages]}
    for answer in fields["answers"]:
        del answer["signals"]
    return fields


def search_json(found: SearchResult) -> dict[str, Any]:
    """Return what was found as `spanwise search --json` prints it."""
    passages = [_passage_json(hit) for hit in found.passages]
    return {"query": found.query, "generation": found.generation, "passages": passages}


def _passage_json(hit: Hit) -> dict[str, Any]:
    passage = hit.passage
    place = {"file": passage.file, "page": passage.page, "section": (), "start": passage.start, "end": passage.end}
    if hit.place is not None:
        place = asdict(hit.place)
    return {**place, "text": passage.text, "retrieval_score": hit.score}
