"""Hard negatives: questions paired with passages that the retriever finds for them and that lack the answer."""

import random
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spanwise.embed.load import Encoder, load_encoder
from spanwise.errors import UsageError
from spanwise.progress import ReportStep, counting
from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER
from spanwise.split.splitter import Splitter, SplitterSettings
from spanwise.squad.squad_file import Entry, Fields, SquadFile, SquadParagraph, read_squad
from spanwise.train.data.checking import NEAR
from spanwise.train.data.ngrams import holds_answer, ngrams_of, normalized_question, overlap, words_of
from spanwise.train.data.squad_writer import as_articles, check_output, unique_id, write_squad
from spanwise.train.passages.corpora import corpus_of
from spanwise.train.passages.gather import corpus_index, search
from spanwise.types import SourceText

AT_ONCE = 200  # questions
SAME_ARTICLE = 2
"""A passage of the question's own article is taken as if its rank were so many times better."""
_NUMBER = re.compile(r"\d[\d.,:/-]*\d|\d{2,}")

PlacedEntry = tuple[SquadParagraph, Entry]


@dataclass(frozen=True, slots=True)
class MineReport:
    """
    What was mined.

    :param questions: Answerable questions that passages were looked for.
    :param mined: Pairs of question and passage written.
    """

    output: Path
    questions: int
    mined: int


def mine(
    files: Sequence[Path | str],
    output: Path | str,
    *,
    corpus: Sequence[Path | str] = (),
    per_question: int = 1,
    ranks: tuple[int, int] = (1, 20),
    share: float = 1.0,
    seed: int = 0,
    overwrite: bool = False,
    embedder: str = DEFAULT_EMBEDDER,
    device: str = "auto",
    progress: ReportStep | None = None,
) -> MineReport:
    """
    Pair questions with passages that are found for them and do not hold their answer, and write them as unanswerable.

    ```python
    from spanwise.train.data import mine

    report = mine(["data/sample/questions.json"], "mined.json", ranks=(1, 10))
    print(report.mined)
    ```

    The contexts of all files become a temporary index, which is searched as a corpus is. A passage will do if it holds
    no right answer to the question, by words, nor a name's last word or the number in one, and is no part of the
    right context nor near to one.

    :param files: SQuAD files with the questions; those without an answer are passed over.
    :param output: Gzipped if its name ends in .gz.
    :param corpus: More SQuAD files, whose contexts are searched too; they need have no questions.
    :param per_question: Most passages for a question, at least 1.
    :param ranks: First and last rank, from 1, at which a passage is taken.
    :param share: Share in (0, 1] of the questions that are asked, chosen by chance.
    :param seed: Of that choice.
    :param overwrite: Whether to replace a file that is there.
    :param embedder: A sentence-transformers name or folder.
    :param device: "auto", "cpu", "cuda", "cuda:N" or "mps".
    :param progress: Called with what is done, how much of it, and how much there is.
    :raises UsageError: If a file is not SQuAD's JSON, a number is out of range, nothing was mined, or the output cannot
        be written.
    """
    output = Path(output)
    _check(files, per_question, ranks, share)
    check_output(output, overwrite=overwrite)
    asked_files = [read_squad(file) for file in files]
    all_files = [*asked_files, *(read_squad(file, contexts_only=True) for file in corpus)]
    pairs = _chosen(asked_files, share, seed)
    encoder = load_encoder(embedder, device=device)
    passages = _split(all_files, encoder)
    right = _right_answers(all_files)
    made: dict[tuple[str, str], tuple[str, str, Fields]] = {}  # by question and passage, each pair once
    ids: set[str] = set()
    for (paragraph, entry), texts in zip(pairs, _rankings(pairs, passages, encoder, ranks[1], progress), strict=True):
        asked, ranked = normalized_question(entry.question), [passages[text] for text in texts]
        found = _negatives(paragraph.title, ranked, ranks, *right[asked])
        for rank, passage in found[:per_question]:
            if (asked, passage.text) not in made:
                made[asked, passage.text] = passage.title, passage.text, _fields(entry, rank, ids)
    if not made:
        msg = f"expected passages without the answer at ranks {ranks[0]} to {ranks[1]}, found none; add --corpus files"
        raise UsageError(msg)
    write_squad(output, as_articles(made.values()))
    return MineReport(output, len(pairs), len(made))


def _rankings(
    pairs: Sequence[PlacedEntry], texts: Iterable[str], encoder: Encoder, top_k: int, progress: ReportStep | None
) -> Iterator[list[str]]:
    """Yield for each question the texts of its best passages, found in a temporary index."""
    corpus = corpus_of("of all files", texts)
    embedded = counting(progress, "embedding passages", len(corpus.texts))
    with (
        tempfile.TemporaryDirectory(prefix="spanwise-mine-") as folder,
        corpus_index(corpus, Path(folder), encoder, embedded) as index,
    ):
        asked = counting(progress, "asking", len(pairs))
        for begin in range(0, len(pairs), AT_ONCE):
            questions = [entry.question for _, entry in pairs[begin : begin + AT_ONCE]]
            yield from search(index, encoder, questions, top_k)
            asked(len(questions))


def _fields(entry: Entry, rank: int, ids: set[str]) -> Fields:
    """Return a question as one without an answer, and where it is from."""
    asked = {"id": unique_id(f"{entry.id}-mined-{rank}", ids), "question": entry.question}
    return {**asked, "answers": [], "is_impossible": True, "mined": {"from": entry.id, "rank": rank}}


@dataclass(frozen=True, slots=True)
class _Passage:
    """A text with the title of its article, and the contexts that it is part of."""

    text: str
    title: str
    contexts: set[str]


def _split(files: Sequence[SquadFile], encoder: Encoder) -> dict[str, _Passage]:
    """Split all contexts into passages that fit the encoder; equal texts become one passage."""
    usual = SplitterSettings()
    limit = min(usual.max_tokens, encoder.identity.max_tokens)
    splitter = Splitter(encoder.tokenizer, SplitterSettings(limit, limit * usual.overlap_tokens // usual.max_tokens))
    passages: dict[str, _Passage] = {}
    titles: dict[str, str] = {}
    for paragraph in (paragraph for file in files for paragraph in file.paragraphs()):
        titles.setdefault(paragraph.context, paragraph.title)
    for context, title in titles.items():
        for piece in splitter.split(SourceText("", context, "")):
            passages.setdefault(piece.text, _Passage(piece.text, title, set())).contexts.add(context)
    return passages


def _check(files: Sequence[Path | str], per_question: int, ranks: tuple[int, int], share: float) -> None:
    if not files:
        msg = "expected a SQuAD file, found none; name one"
    elif per_question < 1:
        msg = f"expected at least 1 passage for a question, found {per_question}; 1 is usual"
    elif not 1 <= ranks[0] <= ranks[1]:
        msg = f"expected ranks from 1, the first not after the last, found {ranks[0]}-{ranks[1]}; 1-20 is usual"
    elif not 0 < share <= 1:
        msg = f"expected a share in (0, 1], found {share}; 1 asks every question"
    else:
        return
    raise UsageError(msg)


def _chosen(files: Sequence[SquadFile], share: float, seed: int) -> list[PlacedEntry]:
    pairs = [pair for file in files for pair in file.questions() if pair[1].answerable and words_of(pair[1].question)]
    if not pairs:
        msg = "expected questions that have an answer, found none; name other files"
        raise UsageError(msg)
    numbers = random.Random(seed).sample(range(len(pairs)), max(1, round(share * len(pairs))))
    return [pairs[number] for number in sorted(numbers)]


def _right_answers(files: Sequence[SquadFile]) -> Mapping[str, tuple[set[str], set[str]]]:
    """Return for each question, however often it is asked, the forms of its answers and the contexts that hold them."""
    found: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for file in files:
        for paragraph, entry in file.questions():
            if entry.answerable:
                forms, contexts = found[normalized_question(entry.question)]
                forms.update(form for answer in entry.answers for form in _forms(answer.text))
                contexts.add(paragraph.context)
    return found


def _forms(answer: str) -> set[str]:
    """Return an answer, its numbers, and of a name of several words the last: each may stand for it elsewhere."""
    words = answer.split()
    forms = {answer, *_NUMBER.findall(answer)}
    if len(words) > 1 and all(word[0].isupper() for word in words):
        forms.add(words[-1])
    return {form for form in forms if form.strip()}


def _negatives(
    title: str, ranked: Sequence[_Passage], ranks: tuple[int, int], answers: set[str], right_contexts: set[str]
) -> list[tuple[int, _Passage]]:
    """Return the passages that do not answer, with their ranks, in the order in which they are taken."""
    found = []
    right_ngrams = [ngrams_of(words_of(context)) for context in right_contexts]
    for rank, passage in enumerate(ranked[ranks[0] - 1 :], ranks[0]):
        if passage.contexts & right_contexts or holds_answer(passage.text, sorted(answers)):
            continue
        ngrams = ngrams_of(words_of(passage.text))
        if all(overlap(ngrams, right) < NEAR for right in right_ngrams):
            found.append((rank, passage))
    return sorted(found, key=lambda entry: entry[0] / (SAME_ARTICLE if entry[1].title == title else 1))
