"""Requests that mean harm: sizes, encodings, JSON depth, traversal, smuggling, slow clients."""

import random
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

Parts = list[bytes]
SLOW_S = 0.2  # between the parts of a slow request
ANSWER = b'{"question": "Which port does it use?"}'


def requests(chance: random.Random, count: int) -> Iterator[Parts]:
    """Yield requests, each as the parts that are sent one after the other."""
    kinds = (_sizes, _encodings, _depths, _traversals, _smuggling, _noise, _slow)
    for number in range(count):
        yield kinds[number % len(kinds)](chance)


def send(url: str, parts: Parts) -> str:
    """Send one; returns the status of the reply, or what became of the connection."""
    address = urlsplit(url)
    try:
        with socket.create_connection((address.hostname or "", address.port or 80), timeout=40) as connection:
            for part in parts:
                connection.sendall(part)
                if len(parts) > 1:
                    time.sleep(SLOW_S)
            found = connection.recv(64)
    except TimeoutError:
        return "no reply"
    except OSError:
        return "closed"
    return found[9:12].decode("ascii", "replace") if found.startswith(b"HTTP/1.1 ") else "closed"


def send_all(url: str, parts: list[Parts], at_once: int = 16) -> list[str]:
    """Send all, several at a time."""
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(lambda one: send(url, one), parts))


def _post(body: bytes, path: bytes = b"/ask", extra: bytes = b"", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    head = b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
    return head + extra + b"Content-Length: %d\r\n\r\n" % size + body


def _get(path: bytes, extra: bytes = b"") -> bytes:
    return b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + extra + b"\r\n"


def _sizes(chance: random.Random) -> Parts:
    size = chance.choice((1001, 10_001, 65_000, 65_537, 200_000))
    return [
        chance.choice(
            (
                _post(b'{"question": "' + b"a" * size + b'"}'),
                _post(b'{"questions": [' + b",".join([b'"a"'] * (size // 8)) + b"]}"),
                _get(b"/documents?q=" + b"a" * size),
                _get(b"/health", b"X-Long: " + b"a" * size + b"\r\n"),
                _get(b"/health", b"".join(b"X-%d: a\r\n" % number for number in range(size // 20))),
                _post(b"", length=10 ** chance.randint(6, 30)),
            )
        )
    ]


def _encodings(chance: random.Random) -> Parts:
    bodies = (
        b"\xff\xfe{\x00}\x00",
        b'{"question": "\xc3\x28"}',
        b'{"question": "\\ud83d"}',
        b'{"question": "a\\u0000b"}',
        b'{"question": "' + chance.randbytes(200).replace(b'"', b"") + b'"}',
        '{"question": "\u202eabc\u2066\ufeff"}'.encode(),
        '{"question": "Wo?"}'.encode("utf-16"),
        b'{"question": "a", "top_k": NaN, "threshold": Infinity}',
        b'{"question": "a", "top_k": ' + b"9" * 4000 + b"}",
        b'{"question": "a", "question": "b", "__proto__": {}}',
    )
    return [_post(chance.choice(bodies), chance.choice((b"/ask", b"/search", b"/feedback")))]


def _depths(chance: random.Random) -> Parts:
    depth = chance.choice((500, 5_000, 32_000))
    opened, closed = chance.choice(((b"[", b"]"), (b'{"a":', b"}")))
    return [_post((opened * depth + b"1" + closed * depth)[:65_000], chance.choice((b"/ask", b"/search")))]


def _traversals(chance: random.Random) -> Parts:
    up = chance.choice((b"../", b"..%2f", b"%2e%2e/", b"..%5c", b"..%252f", b"..%c0%af", b"%00/", b"//"))
    root = chance.choice((b"/documents/", b"/static/", b"/docs/swagger/", b"/", b"/documents?file="))
    return [_get(root + up * chance.randint(1, 8) + chance.choice((b"etc/passwd", b"app.py", b"catalogue.sqlite")))]


def _smuggling(chance: random.Random) -> Parts:
    hidden = b"GET /documents HTTP/1.1\r\nHost: localhost\r\n\r\n"
    chunked = b"POST /ask HTTP/1.1\r\nHost: localhost\r\n"
    return [
        chance.choice(
            (
                _post(b"0\r\n\r\n" + hidden, extra=b"Transfer-Encoding: chunked\r\n"),
                chunked + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + hidden,
                chunked + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + hidden,
                chunked + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n" + hidden,
                chunked + b"Content-Length: 3\r\nContent-Length: 60\r\n\r\n{}\n" + hidden,
                chunked + b"Content-Length: +3\r\n\r\n{}\n" + hidden,
                _get(b"/health", b"Host: evil.example\r\n"),
                _get(b"/health", b" folded: 1\r\n"),
                _get(b"http://evil.example/health"),
                _get(b"/health\r\nX: 1", b"Origin: null\r\n"),
                b"CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
            )
        )
    ]


def _noise(chance: random.Random) -> Parts:
    return [chance.randbytes(chance.randint(1, 4000)) + b"\r\n\r\n"]


def _slow(chance: random.Random) -> Parts:
    whole = chance.choice((_post(ANSWER), _get(b"/health")))
    at = sorted(chance.sample(range(1, len(whole)), 5))
    parts = [whole[begin:end] for begin, end in zip([0, *at], [*at, len(whole)], strict=True)]
    return parts[: chance.randint(2, len(parts))]  # some never end
