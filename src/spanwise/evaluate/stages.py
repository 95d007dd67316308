"""Which stage lost a right answer."""

from typing import Literal

Stage = Literal[
    "not_converted", "not_indexed", "not_retrieved", "misread", "out_ranked", "below_threshold", "answered_unanswerable"
]

STAGES: dict[Stage, str] = {
    "not_converted": "The answer stands in no stored source text.",
    "not_indexed": "It stands in a source text, but in no passage.",
    "not_retrieved": "It stands in a passage, but none of those was read.",
    "misread": "A passage with it was read, but it is not among the answers.",
    "out_ranked": "It is among the answers, but not the first.",
    "below_threshold": "It is the first answer, but its confidence is below the threshold.",
    "answered_unanswerable": "The question has no answer, and one was given.",
}


def lost_at(
    *, right_rank: int | None, abstained: bool, in_source: bool, in_passages: bool, retrieved: bool
) -> Stage | None:
    """
    Return the stage that lost the right answer to a question that has one, or None where it was given.

    :param right_rank: 1-based place of the first right answer, or None.
    :param abstained: Whether the corpus abstained.
    :param in_source: Whether the answer's place is in a stored source text.
    :param in_passages: Whether it is in a passage of the index.
    :param retrieved: Whether a passage with it was read.
    """
    if right_rank is not None:
        if right_rank > 1:
            return "out_ranked"
        return "below_threshold" if abstained else None
    if retrieved:
        return "misread"
    if in_passages:
        return "not_retrieved"
    return "not_indexed" if in_source else "not_converted"
