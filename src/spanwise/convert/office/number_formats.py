"""How Excel shows numbers: dates, durations, percentages, fractions, currencies, codes such as postal ones."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from operator import eq, ge, gt, le, lt, ne

_DATES = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])  # ECMA-376 part 1, 18.8.30
_PERCENTS = {9: "0%", 10: "0.00%"}
_GENERAL = re.compile(r"general|standard|est\xe1ndar")  # as other languages call it, with letters of dates
_NUMBER = re.compile(r"[0#?](?:[0#?,]*[0#?])?(?:\.([0#?]*))?(,*)")  # its decimals, and commas that divide by 1000 each
_MOST_DECIMALS = 10
_SECTION = re.compile(r'((?:"[^"]*"|\\.|[_*].|[^;])*+);', re.DOTALL)  # up to a ";" that is neither quoted nor escaped
_CONDITION = re.compile(r"\[([<>]=?|<>|=)(-?\d+(?:\.\d+)?)\]")
_COMPARED = {"<": lt, "<=": le, ">": gt, ">=": ge, "=": eq, "<>": ne}
_NO_WORDS = re.compile(r"_.|\*.|\[[^\]]*\]|[\"\\]")
_LITERAL = re.compile(r'"[^"]*"|\\.|\[(?!\$)[^\]]*\]|_.|\*.')
_CURRENCY = re.compile(r'\[\$([^\]-]+)[^\]]*\]|"([^"\d-]{1,3})"|([$\u20ac\u00a3\u00a5])')
_MOST_DAYS = 2_958_466  # 9999-12-31
EPOCH, EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
_ELAPSED = 46  # [h]:mm:ss
_ELAPSED_CODE = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_FRACTIONS = {12: 1, 13: 2}  # digits
_FRACTION = re.compile(r"[#?0]+\s*/\s*([#?]+)")
_SEPARATOR = re.compile(r'"([-() /+]*)"|\\([-() /+])')
_MASK = re.compile(r"\(?[0#?]+(?:[-() /+]+[0#?]+)*")
_PLACE = re.compile(r"[0#?]")
Format = Callable[[float], str]


def number_format(identifier: int, code: str, epoch: datetime) -> Format:
    """
    Return how numbers of a format are written: as they are shown, but dates in ISO's form, and digits in no groups.

    :param identifier: Its number; below 164 it is one that every workbook has (ECMA-376 part 1, 18.8.30).
    :param code: Its code; "" for one that only the number tells.
    :param epoch: The day 0 of the workbook's dates.
    """
    sections = _SECTION.findall(f"{code};")[:3] or [code]
    formats = [_of_section(identifier, _CONDITION.sub("", section), epoch) for section in sections]
    conditions = [_CONDITION.search(section) for section in sections]

    def write(number: float) -> str:
        if not any(conditions):  # for positive numbers, negative ones and zero
            wanted = 2 if number == 0 else int(number < 0)
            return formats[wanted if wanted < len(formats) else 0](number)
        met = (at for at, found in enumerate(conditions) if not found or _COMPARED[found[1]](number, float(found[2])))
        return formats[next(met, -1)](number)

    return write if len(formats) > 1 else formats[0]


def _of_section(identifier: int, shown: str, epoch: datetime) -> Format:
    bare = _LITERAL.sub("", shown)
    found = _of_time(identifier, shown, bare, epoch) or _of_part(identifier, bare) or _of_digits(shown)
    return found or _of_words(shown, bare) or _of_money(shown, bare) or general


def general(number: float) -> str:
    """Return a number as it is."""
    return f"{number:.15g}" if abs(number) < 1e15 else f"{number:.0f}" if abs(number) < 1e21 else repr(number)


def _of_time(identifier: int, shown: str, bare: str, epoch: datetime) -> Format | None:
    if identifier == _ELAPSED or _ELAPSED_CODE.search(shown):
        return _duration
    letters = _GENERAL.sub("", re.sub(r"\[\$[^\]]*\]", "", bare).lower())
    if identifier in _DATES or re.search(r"[ymdhs]", letters):
        has_seconds = "s" in letters
        return lambda number: _moment(number, epoch, has_seconds)
    return None


def _of_part(identifier: int, bare: str) -> Format | None:
    if identifier in _PERCENTS or "%" in bare:
        return lambda number: f"{_rounded(number * 100, _PERCENTS.get(identifier, bare))}%"
    fraction = _FRACTION.search(bare)
    if fraction is None and identifier not in _FRACTIONS:
        return None
    digits = len(fraction[1]) if fraction is not None else _FRACTIONS[identifier]
    return lambda number: _fraction(number, 10**digits - 1)


def _of_digits(shown: str) -> Format | None:
    mask = _SEPARATOR.sub(lambda found: found[1] or found[2], shown)
    has_places = mask.startswith("00") or mask.strip("0#?")
    # Spaces between "#" are those of thousands.
    if not _MASK.fullmatch(mask) or not has_places or {" ", "#"} <= {*mask.replace(") ", "")}:
        return None
    return lambda number: _masked(number, mask)


def _of_words(shown: str, bare: str) -> Format | None:
    words = _NO_WORDS.sub("", shown).strip()
    # Letters that are not quoted are a format's own, such as General by another language's name.
    if not words or _PLACE.search(bare) or any(map(str.isalpha, bare)) or "@" in bare:
        return None
    return lambda _: words


def _of_money(shown: str, bare: str) -> Format | None:
    currency = _CURRENCY.search(shown)
    if currency is None:
        return None
    sign = next(group for group in currency.groups() if group).strip()
    first = min((at for at in map(shown.find, "0#?") if at >= 0), default=0)
    if currency.start() < first:
        return lambda number: f"{sign}{_rounded(number, bare)}"
    return lambda number: f"{_rounded(number, bare)} {sign}"


def _rounded(number: float, code: str) -> str:
    """
    Return a number with as many decimals as a format has, and divided by 1000 for each comma behind them.

    >>> _rounded(2.345, "0.00"), _rounded(2.5, "0.0#"), _rounded(12_345_678, "#,##0.0,,")
    ('2.35', '2.5', '12.3')
    """
    found = _NUMBER.search(code)
    if found is None or not abs(number) < 1e15:
        return general(number)
    places = (found[1] or "")[:_MOST_DECIMALS]
    exact = Decimal(f"{number:.15g}").scaleb(-3 * len(found[2]))
    text = f"{exact.quantize(Decimal(1).scaleb(-len(places)), ROUND_HALF_UP):f}"
    for _ in range(len(places) - len(places.rstrip("#"))):
        text = text.removesuffix("0")
    return text.removesuffix(".")


def _moment(number: float, epoch: datetime, has_seconds: bool) -> str:
    if not 0 <= number < _MOST_DAYS:
        return general(number)
    # Excel's first two months have a 29 February 1900 that there never was.
    moment = epoch + timedelta(days=number + (epoch == EPOCH and 1 <= number < 60), milliseconds=1)
    if number < 1:
        return f"{moment:%H:%M}" if moment.second == 0 else f"{moment:%H:%M:%S}"
    if number == int(number):
        return f"{moment:%Y-%m-%d}"
    return f"{moment:%Y-%m-%d %H:%M:%S}" if has_seconds and moment.second else f"{moment:%Y-%m-%d %H:%M}"


def _duration(number: float) -> str:
    """Return days as hours, minutes and seconds; the hours may be more than a day has."""
    minutes, seconds = divmod(round(abs(number) * 86_400), 60)
    text = f"{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
    return f"-{text}" if number < 0 else text


def _fraction(number: float, largest: int) -> str:
    """Return a number with a fraction whose denominator is no larger than a limit."""
    whole, rest = divmod(Fraction(abs(number)).limit_denominator(largest), 1)
    parts = [str(whole)] * (whole > 0 or rest == 0) + [str(rest)] * (rest > 0)
    return ("-" if number < 0 and (whole or rest) else "") + " ".join(parts)


def _masked(number: float, mask: str) -> str:
    """
    Return the digits of a number at the places that a format has for them, as of a postal code or a telephone number.

    >>> _masked(4711, "00000"), _masked(204060, "00-00-00"), _masked(5551234, "(###) ###-####")
    ('04711', '20-40-60', '555-1234')
    """
    if number != int(number) or number < 0:
        return general(number)
    digits = list(str(int(number)))
    written: list[str] = []
    for at in reversed(range(len(mask))):
        if not digits and "0" not in mask[: at + 1] and _PLACE.search(mask[: at + 1]):
            break  # places that need not be filled, and what parts them
        if not _PLACE.match(mask[at]):
            written.append(mask[at])
        else:
            written.append(digits.pop() if digits else "0")
    return "".join(digits) + "".join(reversed(written))
