"""Full-text search: any text is a safe query, ranked by BM25."""

import re
import sqlite3
from collections.abc import Sequence

MAX_TERMS = 64

_COMMON = """
a about above after again against all also am an and any are as at be because been before being below between both
but by can could did do does doing done down during each few for from further get gets give given had has have
having he her here hers herself him himself his how i if in into is it its itself just let me might more most must
my myself no nor not now of off on once only or other our ours ourselves out over own please same shall she should
so some such tell than that the their theirs them themselves then there these they this those through to too under
until up upon us very was we were what when where whether which while who whom whose why will with within without
would you your yours yourself yourselves
"""

STOP_WORDS = frozenset(_COMMON.split())
"""English words too common to tell one passage from another; a query leaves them out."""

# A number such as 3.14, 2.0.1 or 2024-05-01 is one term; else a term ends at white space, ASCII punctuation (but the
# apostrophe) and general punctuation. What is left of other scripts is for FTS5's own tokenizer.
_TERM = re.compile(r"\d+(?:[.,:/-]\d+)+|[^\s\x00-&(-/:-@\[-`{-\x7f\u2000-\u2018\u201a-\u206f\ud800-\udfff]+")
_APOSTROPHE = re.compile(r"['\u2019]")


def match_expression(query: str) -> str | None:
    """
    Return the FTS5 expression that finds any of the query's words, or None when it has none.

    Stop words are left out unless there is nothing else; every term is quoted, so that no character of it is syntax.

    >>> match_expression("What's the C++ port?")
    '"C" OR "port"'
    """
    terms: list[str] = []
    common: list[str] = []
    for word in _TERM.findall(query):
        base, *endings = [part for part in _APOSTROPHE.split(word) if part] or [""]
        # "isn't" and its kind are auxiliaries; "'s", "'ll" and the like say nothing of their own
        stop = base.lower() in STOP_WORDS or endings == ["t"]
        term = base if len(endings) == 1 and len(endings[0]) <= 2 else " ".join((base, *endings))
        if term:
            (common if stop else terms).append(term)
    chosen = list(dict.fromkeys(terms or common))[:MAX_TERMS]
    return " OR ".join(f'"{term}"' for term in chosen) or None


def matches(
    connection: sqlite3.Connection, expression: str, top_k: int, among: tuple[str, Sequence[str | int]] | None
) -> list[tuple[int, float]]:
    """
    Rank documents by BM25.

    :param expression: What `match_expression` made.
    :param among: A SELECT of the ids of the only documents to consider and its values, or None for all.
    :returns: (document id, score), best first; a score is the negative of FTS5's bm25(), higher is better.
    """
    ids, values = among if among is not None else ("", [])
    condition = f"AND rowid IN ({ids})" if ids else ""
    found = connection.execute(
        f"""SELECT rowid, -rank AS score FROM documents_fts WHERE documents_fts MATCH ? {condition}
            ORDER BY score DESC, rowid LIMIT ?""",
        (expression, *values, top_k),
    )
    return found.fetchall()
