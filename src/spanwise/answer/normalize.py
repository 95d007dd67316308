"""When two answers say the same."""

import re
import string

ARTICLES = re.compile(r"\b(a|an|the)\b")
PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalize_answer(text: str) -> str:
    """
    Lower the case and drop punctuation, articles and extra whitespace, as the SQuAD 1.1 script does.

    An answer that is nothing but these keeps its characters.
    """
    normalized = " ".join(ARTICLES.sub(" ", text.lower().translate(PUNCTUATION)).split())
    return normalized or text
