"""
Clients that ask a service without a pause, each on a connection of its own; prints what came of it as JSON.

    python -m benchmarks.serving.client URL PATH CLIENTS SECONDS QUESTIONS.json

Written on bare sockets, since a client shares the cores with the service that it measures.
"""

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

PAUSE_S = 0.05  # after a refusal, as a client that heeds Retry-After would wait


class Clients:
    """
    So many clients, for so many seconds.

    :param path: Where questions are posted, as {"question": ...}.
    """

    def __init__(self, url: str, path: str, questions: list[str], seconds: float) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._path = parts.hostname or "127.0.0.1", parts.port or 80, path
        self._questions = questions
        self._seconds = seconds
        self.statuses: Counter[str] = Counter()
        self.latencies: list[float] = []

    async def run(self, clients: int) -> float:
        """Ask; returns the seconds it took."""
        began = time.perf_counter()
        await asyncio.gather(*(self._client(number, began + self._seconds) for number in range(clients)))
        return time.perf_counter() - began

    async def _client(self, number: int, until: float) -> None:
        chance = random.Random(number)
        reader, writer = await asyncio.open_connection(self._host, self._port)
        while time.perf_counter() < until:
            body = json.dumps({"question": chance.choice(self._questions)}).encode()
            head = f"POST {self._path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            began = time.perf_counter()
            try:
                writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                status = await self._reply(reader)
            except (OSError, asyncio.IncompleteReadError) as error:
                self.statuses[type(error).__name__] += 1
                reader, writer = await asyncio.open_connection(self._host, self._port)
                continue
            self.statuses[status] += 1
            if status == "200":
                self.latencies.append(time.perf_counter() - began)
            else:
                await asyncio.sleep(PAUSE_S)
        writer.close()

    async def _reply(self, reader: asyncio.StreamReader) -> str:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = next(line for line in head.lower().split("\r\n") if line.startswith("content-length:"))
        await reader.readexactly(int(length.partition(":")[2]))
        return head.split(" ", 2)[1]


def main() -> None:
    """Run the clients that the command line names."""
    url, path, clients, seconds, file = sys.argv[1:]
    measured = Clients(url, path, json.loads(Path(file).read_text(encoding="utf-8")), float(seconds))
    wall = asyncio.run(measured.run(int(clients)))
    times = os.times()
    found = {
        "seconds": wall,
        "statuses": measured.statuses,
        "latencies": measured.latencies,
        "cores": (times.user + times.system) / wall,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
