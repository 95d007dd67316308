"""SQuAD files divided by article into parts, and written again."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from spanwise.squad.squad_file import SquadFile, SquadParagraph
from spanwise.train.data.checking import Evaluated
from spanwise.train.data.squad_writer import as_articles, write_squad

SPECIAL_TOKENS = 3  # [CLS] question [SEP] context [SEP]
Key = Callable[[SquadParagraph], str]


@dataclass(frozen=True)
class Row:
    """What a written file holds; `tokens` are those of all questions with their contexts, as an epoch reads them."""

    name: str
    questions: int
    unanswerable: int
    contexts: int
    tokens: int

    def cells(self) -> list[str]:
        """Return the row of a table."""
        return [
            self.name,
            *(f"{number:,}" for number in (self.questions, self.unanswerable, self.contexts, self.tokens)),
        ]


def article_key(paragraphs: Sequence[SquadParagraph]) -> Key:
    """Return what tells articles apart: their titles, or their contexts where a file has one title for all."""
    if len({paragraph.title for paragraph in paragraphs}) > 1:
        return lambda paragraph: paragraph.title
    return lambda paragraph: paragraph.context


def take_articles(
    paragraphs: Sequence[SquadParagraph], count: int, seed: int
) -> tuple[list[SquadParagraph], list[SquadParagraph]]:
    """Return the paragraphs of so many articles, chosen by chance, and those of the others."""
    key = article_key(paragraphs)
    chosen = set(random.Random(seed).sample(sorted({key(paragraph) for paragraph in paragraphs}), count))
    return _divide(paragraphs, key, chosen)


def take_questions(
    paragraphs: Sequence[SquadParagraph], questions: int, seed: int
) -> tuple[list[SquadParagraph], list[SquadParagraph]]:
    """
    Return the paragraphs of articles with at least so many questions together, and those of the others.

    They are chosen by chance from the half of the articles with the fewest questions, so that there are several.
    """
    key = article_key(paragraphs)
    sizes: dict[str, int] = {}
    for paragraph in paragraphs:
        sizes[key(paragraph)] = sizes.get(key(paragraph), 0) + len(paragraph.entries)
    small = sorted(sizes, key=lambda name: (sizes[name], name))[: (len(sizes) + 1) // 2]
    random.Random(seed).shuffle(small)
    chosen: set[str] = set()
    for name in small:
        if sum(sizes[other] for other in chosen) >= questions:
            break
        chosen.add(name)
    return _divide(paragraphs, key, chosen)


def without_leaks(paragraphs: Iterable[SquadParagraph], held_out: Sequence[SquadFile]) -> list[SquadParagraph]:
    """Return the paragraphs whose context does not stand in the files that are held out."""
    evaluated = Evaluated(held_out)
    return [paragraph for paragraph in paragraphs if evaluated.context_leak(paragraph.context) is None]


def write_part(path: Path, paragraphs: Iterable[SquadParagraph]) -> None:
    """Write paragraphs as a SQuAD file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = ((one.title, one.context, dict(entry.fields)) for one in paragraphs for entry in one.entries)
    write_squad(path, as_articles(made))


def row_of(name: str, file: SquadFile, tokenizer: Tokenizer) -> Row:
    """Count a file."""
    found = list(file.questions())
    contexts = list({paragraph.context for paragraph, _ in found})
    lengths = dict(zip(contexts, _token_counts(tokenizer, contexts), strict=True))
    asked = sum(_token_counts(tokenizer, [entry.question for _, entry in found]))
    read = sum(lengths[paragraph.context] for paragraph, _ in found)
    unanswerable = sum(not entry.answerable for _, entry in found)
    return Row(name, len(found), unanswerable, len(contexts), asked + read + SPECIAL_TOKENS * len(found))


def _token_counts(tokenizer: Tokenizer, texts: Sequence[str]) -> list[int]:
    return [len(encoding.ids) for encoding in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]


def _divide(
    paragraphs: Sequence[SquadParagraph], key: Key, chosen: set[str]
) -> tuple[list[SquadParagraph], list[SquadParagraph]]:
    inside = [paragraph for paragraph in paragraphs if key(paragraph) in chosen]
    return inside, [paragraph for paragraph in paragraphs if key(paragraph) not in chosen]
