"""Put a negation into a question, or take one out."""

import re
from random import Random

from spanwise.train.data.ngrams import words_of
from spanwise.train.data.swaps.scene import Change, Scene

CONTRACTED = {
    "are": "aren't", "can": "can't", "could": "couldn't", "did": "didn't", "do": "don't", "does": "doesn't",
    "is": "isn't", "should": "shouldn't", "was": "wasn't", "were": "weren't", "will": "won't", "would": "wouldn't",
}  # fmt: skip
BEING = {"are", "is", "was", "were"}
ASKING = {"what", "which", "who", "why", "whom", "whose"}
OF_TIME_AND_PLACE = {
    "when",
    "where",
    "how",
    "year",
    "years",
    "date",
    "day",
    "month",
    "decade",
    "century",
    "time",
    "age",
}
NAMING = [["a"], ["an"], ["some"], ["the"]]  # "What is the", which asks what something is and not what it does
SENSES = {"mean", "means", "stand", "call", "called", "named", "known", "titled", "considered", "referred"}
NO_PARTICIPLES = {"according", "being", "during", "following", "including", "regarding", "selling", "something"}
PARTICIPLES = frozenset(
    """
    awarded become begun bought broken brought built caught chosen done drawn driven driven drunk eaten fallen felt
    forbidden forgotten found fought given gone grown heard held hidden hit hurt kept laid learnt led left lost made
    meant met overthrown paid put read run said seen sent set shot shown shut sold spent split spoken spread struck
    sung taken taught thought thrown told understood won worn written
    """.split()  # noqa: SIM905
)
# Denying these twice over is hard to understand.
DENYING = {
    "avoid", "deny", "fail", "failed", "ignore", "lack", "oppose", "prevent", "refuse", "refused", "reject", "stop",
    "not", "never", "no", "none", "nobody", "nothing", "neither", "nor", "without", "except", "unlike", "cannot",
}  # fmt: skip
_TOKEN = re.compile(r"[A-Za-z]+(?:['\u2019][a-z]+)?")
_NOT = re.compile(r"(?<=\w)(?:n['\u2019]t| not)(?= )|(?<= )never (?=\w)")


def swap_negation(scene: Scene, chance: Random) -> Change | None:  # noqa: ARG001
    """
    Deny what a question asks for, or ask for it where the question denies it; None where neither can be said well.

    Questions for a time, a place or a name are left alone: nobody asks when something did not happen.
    """
    denied = _denies(scene.sentence)
    found = _NOT.search(scene.question)
    if found is not None:
        return _without(scene.question, found) if denied else None
    return None if denied or _denies(scene.question) else _with(scene.question)


def _with(question: str) -> Change | None:
    tokens = list(_TOKEN.finditer(question))
    words = [token[0].lower() for token in tokens]
    at = next((number for number, word in enumerate(words) if word in CONTRACTED), None)
    if at is None or not ASKING & set(words[:at]) or OF_TIME_AND_PLACE & set(words[:at]):
        return None
    rest = words[at + 1 :]
    if SENSES & set(rest) or (words[at] in BEING and not _has_participle([token[0] for token in tokens[at + 1 :]])):
        return None
    if words[at] in BEING and words[at - 1] in ASKING and words[at + 1 : at + 2] in NAMING:
        return None
    auxiliary = tokens[at]
    if question[auxiliary.end() : auxiliary.end() + 1] != " " or auxiliary[0] not in CONTRACTED:
        return None
    return Change(auxiliary.start(), auxiliary[0], CONTRACTED[auxiliary[0]])


def _has_participle(words: list[str]) -> bool:
    return any(
        (word.endswith(("ed", "ing")) and len(word) > 4) or word in PARTICIPLES
        for before, word in zip(["", *words], words, strict=False)
        if before not in {"the", "a", "an", "of"} and word not in NO_PARTICIPLES
    )


def _without(question: str, found: re.Match[str]) -> Change | None:
    start = question.rfind(" ", 0, found.start()) + 1
    said = question[start : found.end()]
    kept = question[start : found.start()]
    if said.lower() in {"won't", "won\u2019t"}:
        kept = "will"
    elif said.lower() in {"can't", "can\u2019t"}:
        kept = "can"
    if found[0] == "never ":
        return Change(found.start(), found[0], "")
    return Change(start, said, kept)


def _denies(text: str) -> bool:
    return bool(DENYING & set(words_of(text))) or bool(re.search(r"n['\u2019]t\b", text))
