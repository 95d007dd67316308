"""Mail of Outlook that has no plain text: its HTML."""

from spanwise.convert.extracted import Convert, Extracted
from spanwise.convert.office.legacy.ole import CompoundFile
from spanwise.errors import ConversionError

_PLAIN = ("__substg1.0_1000001F", "__substg1.0_1000001E")
_HTML = ("__substg1.0_10130102", "__substg1.0_1013001E", "__substg1.0_1013001F")


def html_body(file: CompoundFile, convert_part: Convert) -> Extracted | None:
    """
    Return the text of a mail's HTML.

    :param file: The mail.
    :param convert_part: Converts a page by its bytes and name.
    :returns: None if it has plain text, or no HTML.
    """
    if any(file.stream(name).strip(b"\0\r\n\t ") for name in _PLAIN):
        return None
    for name in _HTML:
        data = file.stream(name)
        if data:
            page = data.decode("utf-16-le", "replace").encode() if name.endswith("F") else data
            try:
                return convert_part(page, "body.html")
            except ConversionError:
                return None
    return None
