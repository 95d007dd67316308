"""What the confidence of an answer is computed from."""

import math
from collections.abc import Sequence

from spanwise.answer.merge import Group

NO_ANSWER = 0.0  # the margin below which a reader itself holds "no answer" to be likelier
MOST_STATEMENTS = 4


def signals(group: Group, groups: Sequence[Group]) -> dict[str, float]:
    """
    Return the signals of one answer among those of its question.

    What a reader holds to be less likely than "no answer" counts for nothing, so that a confidence stays as it is
    whatever irrelevant passages are read; and what stands word for word in several files counts once.

    :param group: The answer.
    :param groups: All answers to the question, itself among them; `top_k` has no part in it.
    :returns: By name:
        - "margin": of its best place, in logits.
        - "lead": how far that is above the best of any other answer, or above "no answer", in logits.
        - "agreement": the base-2 logarithm of how many different statements say so, in [0, 2].
        - "retrieval": the retrieval score of the passage that holds its best place.
        - "length": the natural logarithm of its number of words.
    """
    rivals = max((other.margin for other in groups if other is not group), default=NO_ANSWER)
    statements = {place.statement for place in group.places[1:] if place.margin > NO_ANSWER}
    count = len(statements | {group.places[0].statement})
    return {
        "margin": group.margin,
        "lead": group.margin - max(rivals, NO_ANSWER),
        "agreement": math.log2(min(count, MOST_STATEMENTS)),
        "retrieval": group.places[0].candidate.hit.score,
        "length": math.log(max(1, len(group.key.split()))),
    }
