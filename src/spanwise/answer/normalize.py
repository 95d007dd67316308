"""When two answers say the same."""

import re
import string

ARTICLES = ("a", "an", "the")
ARTICLE = re.compile(rf"\b({'|'.join(ARTICLES)})\b")
PUNCTUATION = str.maketrans("", "", string.punctuation)
# Words that make a longer answer say something else than the shorter one in it.
OTHERWISE = frozenset({"and", "but", "except", "never", "no", "non", "not", "or", "than", "to", "until", "without"})


def normalize_answer(text: str) -> str:
    """
    Lower the case and drop punctuation, articles and extra whitespace, as the SQuAD 1.1 script does.

    An answer that is nothing but these keeps its characters.
    """
    words = text.lower().translate(PUNCTUATION)
    return " ".join(ARTICLE.sub(" ", words).split()) or words.strip() or text.strip()


def say_the_same(one: str, other: str) -> bool:
    """
    Tell whether two normalized answers are equal, or one holds the other and at most as many words besides.

    "8443" and "port 8443" are one answer; "8443" and "8443 or 8080" are two, as are numbers of different size.
    """
    if one == other:
        return True
    short, long = sorted((one.split(), other.split()), key=len)
    if len(long) > 2 * len(short):
        return False
    begin = next((i for i in range(len(long) - len(short) + 1) if long[i : i + len(short)] == short), None)
    if begin is None:
        return False
    besides = long[:begin] + long[begin + len(short) :]
    return not any(word in OTHERWISE or word.isdecimal() for word in besides)
