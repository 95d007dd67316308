"""When two answers say the same."""

import re
import string

ARTICLES = ("a", "an", "the")
ARTICLE = re.compile(rf"\b({'|'.join(ARTICLES)})\b")
PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalize_answer(text: str) -> str:
    """
    Lower the case and drop punctuation, articles and extra whitespace, as the SQuAD 1.1 script does.

    An answer that is nothing but these keeps its characters.
    """
    words = text.lower().translate(PUNCTUATION)
    return " ".join(ARTICLE.sub(" ", words).split()) or words.strip() or text.strip()
