"""Replace a name of a question by another of the same kind from the same article."""

from random import Random

from spanwise.train.data.ngrams import words_of
from spanwise.train.data.swaps.names import Name, names_in
from spanwise.train.data.swaps.scene import Change, Scene

SAME_START = 4  # letters: "France" and "French", "China" and "Chinese" are too near to one another
HOLDING = {"-", "\u2013", '"', "\u201d", "'", "\u2019"}  # but for the possessive, these make another name of it
TRIES = 100
ELSEWHERE = 0.7  # how often a name is taken that the context does not hold, where there is one of either sort


def swap_entity(scene: Scene, chance: Random) -> Change | None:
    """
    Replace a name that stands in the context by one that could stand there.

    The other is of the same kind and shares no word with the first, the question or an answer. Most often it stands
    in other contexts of the article only; else in this one, but not in the sentence of the answer.
    """
    changes = []
    held = _padded(scene.context)
    for name in names_in(scene.question):
        if name.text in scene.names and _padded(name.text) in held and _alone(scene.question, name):
            other = _other(name, scene, held, chance)
            if other is not None:
                changes.append(Change(name.start, name.text, other))
    return chance.choice(changes) if changes else None


def _other(name: Name, scene: Scene, held: str, chance: Random) -> str | None:
    near = set(words_of(" ".join((scene.question, *scene.answers))))
    sentence = _padded(scene.sentence)
    elsewhere_first = chance.random() < ELSEWHERE
    second = None
    alike = scene.names.by_kind.get(scene.names.kind(name.text), ())
    for _ in range(TRIES if alike else 0):
        other = chance.choice(alike)
        if set(words_of(other)) & near or _alike(other, name.text) or not scene.names.can_stand(other, name):
            continue
        elsewhere = _padded(other) not in held
        if elsewhere == elsewhere_first and (elsewhere or _padded(other) not in sentence):
            return other
        if elsewhere and second is None:
            second = other
    return second


def _padded(text: str) -> str:
    return f" {' '.join(words_of(text))} "


def _alike(one: str, other: str) -> bool:
    starts = [{word[:SAME_START] for word in words_of(name)} for name in (one, other)]
    return bool(starts[0] & starts[1])


def _alone(question: str, name: Name) -> bool:
    """Tell whether no number or hyphen makes a longer name of it, and no quotation mark the title of a work."""
    before = question[max(0, name.start - 1) : name.start]
    after = question[name.start + len(name.text) :][:2].strip().replace("'s", "").replace("\u2019s", "")
    return before in {"", " "} and not after[:1].isdigit() and after[:1] not in HOLDING
