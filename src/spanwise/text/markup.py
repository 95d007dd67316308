"""Tags of HTML as they stand in Markdown."""

INLINE_TAG = (
    r"</?(?:a|abbr|b|br|cite|code|del|div|em|font|i|img|ins|kbd|li|mark|p|q|s|samp|small|span|strong|su[bp]|t[dhrt]|u|var)"
    r"(?:\s[^<>\n]*)?/?>"
)
"""A regular expression for those that stand in lines; others, such as `<name>`, are usually words of the text."""
