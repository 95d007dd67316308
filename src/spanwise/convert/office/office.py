"""Office formats, books, mail and notebooks: which of them is read by what."""

from collections.abc import Callable

from spanwise.convert.extracted import Convert, Extracted
from spanwise.convert.office.epub import convert_epub
from spanwise.convert.office.legacy.legacy import LEGACY_TYPES, convert_legacy
from spanwise.convert.office.mail import convert_mail, convert_mailbox
from spanwise.convert.office.notebook import convert_notebook
from spanwise.convert.office.opendocument import convert_opendocument
from spanwise.convert.office.package import OLE_SIGNATURE
from spanwise.convert.office.pptx import convert_pptx
from spanwise.convert.office.word.docx import convert_docx
from spanwise.convert.office.xlsx import convert_xlsx
from spanwise.errors import ConversionError

_PLAIN: dict[str, Callable[[bytes], Extracted]] = {
    **dict.fromkeys((".xlsx", ".xlsm", ".xltx", ".xltm"), convert_xlsx),
    **dict.fromkeys((".pptx", ".pptm", ".ppsx", ".ppsm", ".potx", ".potm"), convert_pptx),
    **dict.fromkeys((".odt", ".ott", ".odp", ".otp", ".ods", ".ots", ".fodt", ".fodp", ".fods"), convert_opendocument),
    ".ipynb": convert_notebook,
}
_WITH_PARTS: dict[str, Callable[[bytes, Convert], Extracted]] = {
    **dict.fromkeys((".docx", ".docm", ".dotx", ".dotm"), convert_docx),
    ".epub": convert_epub,
    **dict.fromkeys((".eml", ".mht", ".mhtml"), convert_mail),
    ".mbox": convert_mailbox,
}
OFFICE_SUFFIXES = frozenset([*_PLAIN, *_WITH_PARTS, *LEGACY_TYPES])
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OLD = {".doc": ".docx", ".dot": ".docx", ".xls": ".xlsx", ".ppt": ".pptx"}
_NEW = {
    **dict.fromkeys((".docx", ".docm", ".dotx", ".dotm"), ".doc"),
    **dict.fromkeys((".xlsx", ".xlsm"), ".xls"),
    ".pptx": ".ppt",
}


def convert_office(data: bytes, suffix: str, convert_part: Convert) -> Extracted:
    """
    Return the text of a file of one of `OFFICE_SUFFIXES`; where its bytes are plainly of another kind, as that kind.

    :raises ConversionError: If it cannot be read.
    """
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if suffix in _NEW and data.startswith(OLE_SIGNATURE) and _ENCRYPTED not in data:
        suffix = _NEW[suffix]
    elif suffix in _OLD and data.startswith(b"PK\x03\x04"):
        suffix = _OLD[suffix]
    elif suffix in _OLD and start.startswith(b"{\\rtf"):
        suffix = ".rtf"
    elif suffix in _OLD and start[:1] == b"<":
        return convert_part(data, "page.html")
    if data.startswith(OLE_SIGNATURE) and _ENCRYPTED in data:
        msg = f"encrypted {suffix} file: save it without a password"
        raise ConversionError(msg)
    try:
        if suffix in _PLAIN:
            return _PLAIN[suffix](data)
        if suffix in _WITH_PARTS:
            return _WITH_PARTS[suffix](data, convert_part)
    except RecursionError as error:
        msg = "its parts are nested too deeply"
        raise ConversionError(msg) from error
    return convert_legacy(data, suffix, convert_part)
