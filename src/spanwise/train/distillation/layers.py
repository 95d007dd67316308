"""Which layer of a student learns from which of its teacher."""

from collections.abc import Sequence

from spanwise.errors import UsageError


def layer_mapping(student: int, teacher: int, chosen: Sequence[int] | None = None) -> tuple[int, ...]:
    """
    Return, for each layer of a student, the teacher's layer that it learns from; both are counted from 1.

    Without a choice layers are spread evenly, layer i of S learning from layer i * T / S of T, rounded down, and so the
    last from the last. The embeddings, which are nobody's choice, are layer 0 of both.

    >>> layer_mapping(6, 12), layer_mapping(4, 6)
    ((2, 4, 6, 8, 10, 12), (1, 3, 4, 6))

    :param student: Layers of the student.
    :param teacher: Layers of the teacher.
    :param chosen: As they are returned; None spreads them evenly.
    :raises UsageError: If the student has more layers than the teacher, or what was chosen does not fit the two.
    """
    if student > teacher:
        msg = (
            f"expected a student of at most {teacher} layers, which its teacher has, found {student}; "
            "name a smaller student or a larger teacher, or leave out the intermediate stage"
        )
        raise UsageError(msg)
    if chosen is None:
        return tuple(layer * teacher // student for layer in range(1, student + 1))
    if len(chosen) != student:
        msg = (
            f"expected a layer of the teacher for each of the student's {student}, found {len(chosen)}; correct layers"
        )
        raise UsageError(msg)
    outside = next((layer for layer in chosen if not 1 <= layer <= teacher), None)
    if outside is not None:
        msg = f"expected layers between 1 and {teacher}, which are the teacher's, found {outside}; correct layers"
        raise UsageError(msg)
    return tuple(chosen)
