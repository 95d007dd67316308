"""What the confidence of an answer is computed from."""

import math
from collections.abc import Sequence

from spanwise.answer.merge import AnswerCluster

NO_ANSWER = 0.0  # the margin below which a reader itself holds "no answer" to be likelier
MOST_STATEMENTS = 4
REPETITION = 10.0
"""Logits that an answer which only repeats the question's words is put back by, so that it ranks below others and is
still listed. Of 2,000 questions of SQuAD's development sets it changes the first answer to two."""


def signals(cluster: AnswerCluster, clusters: Sequence[AnswerCluster], retrieved: Sequence[float]) -> dict[str, float]:
    """
    Return the signals of one answer among those of its question.

    What a reader holds to be less likely than "no answer" counts for nothing, so that a confidence stays as it is
    whatever irrelevant passages are read that fit the question less; and what stands word for word in several files
    counts once.

    :param clusters: All answers to the question, itself among them; `top_k` has no part in it.
    :param retrieved: The retrieval scores of the passages that were read.
    :returns: By name:
        - "margin": of its best occurrence, in logits; 10 less for an answer that only repeats the question.
        - "lead": how far that is above the best of any other answer, or above "no answer", in logits.
        - "agreement": the base-2 logarithm of how many different statements say so, in [0, 2].
        - "retrieval": the retrieval score of the passage that holds its best occurrence.
        - "behind": that score minus the best one among the passages, at most 0.
        - "rank": minus the natural logarithm of that passage's rank by its score, at most 0.
        - "length": the natural logarithm of its number of words.
    """
    best = cluster.occurrences[0]
    score = best.candidate.hit.score
    better = [other for other in retrieved if other > score]
    margin = _margin(cluster)
    rivals = max((_margin(other) for other in clusters if other is not cluster), default=NO_ANSWER)
    statements = {found.statement for found in cluster.occurrences[1:] if found.margin > NO_ANSWER}
    return {
        "margin": margin,
        "lead": margin - max(rivals, NO_ANSWER),
        "agreement": math.log2(min(len(statements | {best.statement}), MOST_STATEMENTS)),
        "retrieval": score,
        "behind": score - max(better, default=score),
        "rank": -math.log(1 + len(better)),
        "length": math.log(max(1, len(best.words))),
    }


def _margin(cluster: AnswerCluster) -> float:
    return cluster.margin - REPETITION if cluster.repeats else cluster.margin
