"""Mail: one message (.eml) or many (.mbox), each with its headers, its words and what is attached."""

import binascii
import re
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from itertools import islice, pairwise

from spanwise.convert.encodings import decode_text
from spanwise.convert.extracted import Convert, Extracted, one_line
from spanwise.convert.office.block_writer import BlockWriter
from spanwise.errors import ConversionError

_BODY = {"text/plain": "body.txt", "text/html": "body.html"}
_NESTED = {"message/rfc822": "message.eml", "message/delivery-status": "delivery-status.txt"}  # are parts by themselves
_ASCII = {"us-ascii", "ascii", "ansi_x3.4-1968"}
_SHOWN = ("Subject", "From", "To", "Cc", "Date")
_SEPARATOR = re.compile(rb"(?:\A|\r?\n\r?\n)From [^\r\n]*\d\d:\d\d[^\r\n]*\r?\n")
_MOST_MESSAGES = 20_000  # of one file
_MOST_PARTS = 1000  # of one message


def convert_mail(data: bytes, convert_part: Convert) -> Extracted:
    """
    Return a message: its headers, its text, and each attachment by name, with its text where its kind is read.

    :returns: The text, titled by its subject.
    :raises ConversionError: If it has neither headers nor text.
    """
    message = _parsed(data)
    if not any(message.get(name) for name in (*_SHOWN, "Received", "Message-ID", "MIME-Version", "Content-Type")):
        msg = "damaged file or not a mail: it has no headers"
        raise ConversionError(msg)
    writer = BlockWriter()
    _write(writer, message, convert_part)
    return writer.extracted(one_line(_header(message, "Subject")))


def convert_mailbox(data: bytes, convert_part: Convert) -> Extracted:
    """
    Return the messages of a mailbox, each headed by its subject.

    :raises ConversionError: If it holds no message.
    """
    separators = [match.span() for match in _SEPARATOR.finditer(data)]
    if not separators:
        return convert_mail(data, convert_part)
    writer = BlockWriter()
    for (_, start), (end, _) in islice(pairwise([*separators, (len(data), 0)]), _MOST_MESSAGES):
        message = _parsed(re.sub(rb"(?m)^>(>*From )", rb"\1", data[start:end]))
        writer.mark_heading(1, _header(message, "Subject"))
        _write(writer, message, convert_part)
    if len(separators) > _MOST_MESSAGES:
        writer.left_out("bound", f"Only the first {_MOST_MESSAGES:,} of {len(separators):,} messages were read.")
    return writer.extracted()


def _parsed(data: bytes) -> EmailMessage:
    return message_from_bytes(data.lstrip(b"\r\n\xef\xbb\xbf"), policy=policy.default)


def _header(message: Message, name: str) -> str:
    raw = " ".join(str(value) for key, value in message.raw_items() if key.lower() == name.lower())
    try:
        text = " ".join(str(message.get(name) or "").split())
    except Exception:  # the library fails on some headers that are not well formed
        return raw
    if "\ufffd" in text:  # bytes of an older encoding as they are, which no header should have
        with suppress(ConversionError):
            return " ".join(decode_text(raw.encode("utf-8", "surrogateescape")).split())
    return text


def _write(writer: BlockWriter, message: EmailMessage, convert_part: Convert) -> None:
    headers = {name: _header(message, name) for name in _SHOWN}
    writer.paragraph("\n".join(f"{name}: {text}" for name, text in headers.items() if text))
    parts = [(part, part.get_content_type(), choice) for part, choice in _parts(message)]
    body = [(part, kind, choice) for part, kind, choice in parts if _is_shown(part, kind)]
    in_plain = {id(choice) for part, kind, choice in body if kind == "text/plain" and _payload(part).strip()}
    for part, kind, choice in body:
        if kind == "text/plain" or choice is None or id(choice) not in in_plain:
            _append(writer, part, _BODY[kind], convert_part)
    for part, kind, _ in parts:
        if not _is_shown(part, kind):
            name = one_line(part.get_filename() or _NESTED.get(kind, "")) or f"unnamed {kind}"
            writer.paragraph(f"Attachment: {name}")
            _append(writer, part, name, convert_part)


def _append(writer: BlockWriter, part: Message, name: str, convert_part: Convert) -> None:
    data = _payload(part)
    charset = part.get_content_charset()
    if charset in _ASCII and not data.isascii():
        charset = None  # the bytes tell more
    if part.get_content_type() in _BODY and charset is not None and not part.get_filename():
        with suppress(LookupError):
            data = b"\xef\xbb\xbf" + data.decode(charset, "replace").encode()
    writer.append_part(convert_part, data, name)


def _payload(part: Message) -> bytes:
    if part.get_content_type() == "message/delivery-status" and part.is_multipart():
        return b"\n".join(fields.as_bytes() for fields in part.get_payload() if isinstance(fields, Message))
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        whole = inner[0].as_bytes() if isinstance(inner, list) and inner and isinstance(inner[0], Message) else b""
        is_encoded = str(part.get("Content-Transfer-Encoding")).strip().lower() == "base64"  # which it must not be
        with suppress(binascii.Error):
            return binascii.a2b_base64(whole) if is_encoded else whole
        return whole
    try:
        data = part.get_payload(decode=True)
    except Exception:  # an encoding that is not well formed
        return b""
    return data if isinstance(data, bytes) else b""


def _is_shown(part: Message, kind: str) -> bool:
    """Return whether a part is the message's own text and not attached."""
    return kind in _BODY and part.get_content_disposition() != "attachment" and not part.get_filename()


def _parts(message: Message) -> Iterator[tuple[Message, Message | None]]:
    """Yield the leaves of a message, each with the part that is one text in several forms, if it is one of these."""
    stack: list[tuple[Message, Message | None]] = [(message, None)]
    for _ in range(_MOST_PARTS):
        if not stack:
            return
        part, choice = stack.pop()
        if part.is_multipart() and part.get_content_type() not in _NESTED:
            choice = part if part.get_content_type() == "multipart/alternative" else choice
            stack += reversed([(child, choice) for child in part.get_payload() if isinstance(child, Message)])
        else:
            yield part, choice
