"""Names in texts, told by their capital letters, and what kind each seems to be of."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

from spanwise.index.stopwords import STOP_WORDS

GIVEN = "given_names.txt"
_UPPER = r"[A-Z\u00c0-\u00d6\u00d8-\u00de]"
_CAPITAL = rf"(?:(?:Mrs?|Ms|Dr|St|{_UPPER})\.|{_UPPER}(?:[\w\u2019'-]*\w)?)"
_JOINT = r"(?<!['\u2019]s) (?:(?:of|of the|de|la|von|van|del|der) )?"
_NAME = re.compile(rf"(?<![\w\u2019'.-]){_CAPITAL}(?:{_JOINT}{_CAPITAL})*")
_NATION = re.compile(r"(?:ian|ean|ese|ish|ic)$")
_PLURAL = re.compile(r"[^suia]s$")
_LAST = re.compile(r"['\u2019]s$")
_AFTER = re.compile(r" ([a-z]+)")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;\u201d\"'(]\s*)$")
MONTHS = frozenset(
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
DAYS = frozenset("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())  # noqa: SIM905
NATIONS = frozenset(
    """
    Afghan African American Arab Arabic Cuban Czech Dutch French German Greek Iraqi Israeli Jewish Mexican Moroccan
    Muslim Nordic Pakistani Roman Slavic Swiss Texan Thai Tibetan Turk Welsh
    """.split()  # noqa: SIM905
)
TITLES = frozenset(
    """
    Mr. Mrs. Ms. Dr. Sir Lord Lady King Queen Prince Princess President Pope Saint St. Emperor General Captain Colonel
    Professor Senator Governor Mayor Bishop Archbishop Cardinal Chancellor Duke Earl Father Mother Sultan Tsar
    """.split()  # noqa: SIM905
)
HEADS = frozenset(
    """
    University College School Institute Academy Museum Library Hospital Church Cathedral Abbey Palace Castle Temple
    River Lake Sea Ocean Bay Gulf Island Islands Mountain Mountains Valley Desert Park Street Avenue Road Bridge Square
    City County District Province State States Kingdom Republic Empire Dynasty War Battle Treaty Revolution Act Law
    Party Council Committee Commission Court Army Navy Force Company Corporation Bank Association Society Union League
    Award Awards Prize Festival Championship Cup Bowl Games Airport Station Railway Theatre Theater Hall House Building
    Tower Stadium Center Centre Times Post Journal Magazine Records Band Orchestra Age Period Day
    """.split()  # noqa: SIM905
)
PLACE_BEFORE = frozenset("in at from near into within across throughout around".split())  # noqa: SIM905
JOINING = frozenset("in at from near of by for on to with into and during after before as against between".split())  # noqa: SIM905
PLACE = 0.3  # share of occurrences after such a word from which a name is taken for a place


@dataclass(frozen=True, slots=True)
class Name:
    """
    A name in a text.

    :param before: The word before it in lower case, or the empty text.
    :param after: The word after it, or the empty text where another sign stands.
    :param leads: Whether it begins a sentence, where every word has a capital letter.
    """

    text: str
    start: int
    before: str
    after: str
    leads: bool


class Names:
    """
    The names of an article's contexts; a single word counts only where it does not begin a sentence.

    :param contexts: All texts of one article.
    """

    def __init__(self, contexts: Iterable[str]) -> None:
        self._before: dict[str, Counter[str]] = defaultdict(Counter)
        self._after: dict[str, set[str]] = defaultdict(set)
        self._contexts: dict[str, set[int]] = defaultdict(set)
        for number, context in enumerate(contexts):
            for name in names_in(context):
                if not name.leads or " " in name.text:
                    self._before[name.text][name.before] += 1
                    self._after[name.text].add(name.after)
                    self._contexts[name.text].add(number)
        self._people = {word for name in self._before if _is_person(name) for word in (name, name.rsplit(" ", 1)[-1])}

    @cached_property
    def by_kind(self) -> Mapping[str, list[str]]:
        """The names of each kind, without those that stand only once, but for people, and halves of "Tyne and Wear"."""
        found: dict[str, list[str]] = defaultdict(list)
        for name, before in self._before.items():
            if name in self._people or (before.total() > 1 and before["and"] * 2 < before.total()):
                found[self.kind(name)].append(name)
        return found

    def __contains__(self, name: str) -> bool:
        """Tell whether the article has this name."""
        return name in self._before

    def can_stand(self, other: str, name: Name) -> bool:
        """
        Tell whether another name of its kind can take the place of a question's name.

        One person can take another's. All else must stand beside the name in some context, which tells that both are
        of one subject, and have stood after the same word as in the question, or before a word that the name itself
        stands before.
        """
        if name.text in self._people:
            return True
        if (name.before == "the") != (self._article(other) == "the"):
            return False
        if not self._contexts[other] & self._contexts[name.text]:
            return False
        if name.before in JOINING:
            return self._before[other][name.before] > 0
        return bool((self._after[other] & self._after[name.text]) - {"", "and", "or"})

    def kind(self, name: str) -> str:
        """Return what kind a name seems to be of; only names of one kind can stand for one another."""
        words = name.split()
        if len(words) == 1 and (name in MONTHS or name in DAYS):
            return "month" if name in MONTHS else "day"
        if len(words) == 1 and (name in NATIONS or _NATION.search(name)):
            return "nation"
        if name in self._people:
            return f"person {min(len(words), 2)}"
        if len(words) > 1:
            head = next((word for word in (words[0], words[-1]) if word in HEADS), None)
            if head is not None:
                return f"head {head}"
        if name.isupper():
            return f"letters {self._article(name)}"
        before = self._before.get(name, Counter())
        place = sum(before[word] for word in PLACE_BEFORE) / max(1, before.total())
        kind = "place" if place >= PLACE else "other"
        number = "plural" if _PLURAL.search(name) else "singular"
        return f"{kind} {min(len(words), 3)} {number} {self._article(name)}"

    def _article(self, name: str) -> str:
        before = self._before.get(name, Counter())
        return "the" if before["the"] * 2 > before.total() else ""


def names_in(text: str) -> Iterator[Name]:
    """
    Yield the names in a text.

    A single word that begins a sentence is taken for a name only if it is no common word.
    """
    for match in _NAME.finditer(text):
        start, found = match.start(), _LAST.sub("", match[0])
        leads = _SENTENCE_START.search(text[max(0, start - 4) : start]) is not None
        first, _, rest = found.partition(" ")
        if leads and first.lower() in NO_NAMES:
            if not rest[:1].isupper():
                continue
            start, found, leads = start + len(first) + 1, rest, False
        if found.lower() in NO_NAMES or len(found) < 2:
            continue
        before = text[max(0, start - 20) : start].rstrip(" ").rpartition(" ")[2].lower()
        after = _AFTER.match(text, start + len(found))
        yield Name(found, start, before, after[1] if after is not None else "", leads)


NO_NAMES = STOP_WORDS | frozenset(
    "according along although among besides despite many name several since sometimes unlike while within".split()  # noqa: SIM905
)


@cache
def given_names() -> frozenset[str]:
    """Return the given names of the list."""
    lines = files(__package__).joinpath(GIVEN).read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def _is_person(name: str) -> bool:
    words = name.split()
    return len(words) in {2, 3} and (words[0] in given_names() or words[0] in TITLES) and words[-1] not in HEADS
