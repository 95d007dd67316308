"""
A service that is asked, attacked and synced: 500 hostile requests, and whether its memory stays as it is.

    python -m benchmarks.serving.soak [--questions 2000] [--others 20000] [--hostile 500]
        [--out benchmarks/serving/soak.md]

A folder whose files change without a pause is synced by this process while `spanwise serve` answers questions about it.
Every answer, context, citation and passage is compared with the texts of the generation that its result names. The
exit code is 1 if anything was wrong, a hostile request got a 500 or no reply, the service was not well after them, or
its memory grew by more than a tenth in the second half of the questions or the second half of the other requests.
"""

import argparse
import json
import random
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.harness import environment, markdown_table, publish
from benchmarks.serving.hostile import requests, send_all
from benchmarks.serving.serving import served, wait_until_ready

SUPPORT = Path(__file__).parents[2] / "tests" / "support"
sys.path.append(str(SUPPORT))

CLIENTS = 8
MOST_GROWTH = 0.1
REFUSED = {429, 503}


@dataclass
class Found:
    """What came of it all; memory is in MiB, at the beginning, the middle and the end."""

    statuses: Counter[int] = field(default_factory=Counter)
    results: list[dict[str, Any]] = field(default_factory=list)
    asked_memory: list[float] = field(default_factory=list)
    others_memory: list[float] = field(default_factory=list)


def call(url: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
    """Make one request; returns the status and the reply."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}{path}", data, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def memory(pid: int) -> float:
    """Return the resident memory of a process, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS:"))) / 1024


def ask_all(url: str, count: int, found: Found) -> None:
    """Ask so many questions, eight clients at a time."""
    from generations import questions

    chance = random.Random(0)
    asked = questions(chance)

    def ask(question: str) -> None:
        status, reply = call(url, "/ask", {"question": question, "passages": 10, "explain": True})
        found.statuses[status] += 1
        if status == 200:
            found.results.append(json.loads(reply))

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(ask, [next(asked) for _ in range(count)]))


def others(url: str, count: int, statuses: Counter[int]) -> None:
    """Make so many other requests: pages, lists, documents, searches, refusals."""
    listed = json.loads(call(url, "/documents")[1])["documents"]
    chance = random.Random(1)
    paths = ["/", "/static/app.css", "/health", "/status", "/metrics", "/documents?q=room", "/openapi.json", "/no"]
    paths += [f"/documents/{one['id']}" for one in listed]

    def make(path: str) -> None:
        body = {"query": "the lamp of a room", "top_k": 5} if path == "/search" else None
        statuses[call(url, path, body)[0]] += 1

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(make, [chance.choice([*paths, "/search"]) for _ in range(count)]))


def run(scratch: Path, given: argparse.Namespace) -> tuple[Found, dict[str, Any]]:
    """Do it all."""
    from generations import FILES, Writer, faults
    from spanwise.pipeline.corpus import Corpus

    found, facts = Found(), {}
    index = scratch / "an.index"
    with Corpus(index, device="cpu") as corpus:
        writer = Writer(corpus, scratch / "documents", random.Random(0))
        writer.sync(FILES)
        with served(index) as (process, url):
            wait_until_ready(url, "/ask", "warm up")
            ended = threading.Event()

            def change() -> None:
                while not ended.wait(0.5):
                    writer.sync(2)

            syncing = threading.Thread(target=change)
            syncing.start()
            for count in (given.questions // 10, given.questions // 2, given.questions - given.questions // 2):
                ask_all(url, count, found)
                found.asked_memory.append(memory(process.pid))
            for count in (given.others // 10, given.others // 2, given.others - given.others // 2):
                others(url, count, found.statuses)
                found.others_memory.append(memory(process.pid))
            began = time.perf_counter()
            facts["hostile"] = Counter(send_all(url, list(requests(random.Random(2), given.hostile))))
            facts["hostile seconds"] = time.perf_counter() - began
            facts["after"] = [
                call(url, path, body)[0] for path, body in (("/health", None), ("/ask", {"question": "?a"}))
            ]
            ended.set()
            syncing.join()
        facts["generations"], facts["syncs"] = len(writer.generations), writer.syncs
        facts["wrong"] = sum(bool(faults(_asdict(one), writer.generations[one["generation"]])) for one in found.results)
    return found, facts


def _asdict(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result as the check of generations takes it."""
    return {**result, "passages": [{"passage": passage} for passage in result["passages"]]}


def growth(memories: list[float]) -> float:
    """Return how much memory grew in the second half."""
    return memories[2] / memories[1] - 1


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("questions", 2000), ("others", 20_000), ("hostile", 500)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found, facts = run(Path(folder), given)
    rows = [
        [name, f"{count:,}", *(f"{one:.0f}" for one in memories), f"{growth(memories):+.1%}"]
        for name, count, memories in (
            ("questions", given.questions, found.asked_memory),
            ("other requests", given.others, found.others_memory),
        )
    ]
    head = ("after", "how many", "MiB after a tenth more", "MiB at the half", "MiB at the end", "second half")
    hostile = ", ".join(f"{status}: {count}" for status, count in sorted(facts["hostile"].items()))
    text = (
        f"# A service that is asked, attacked and synced\n\n{environment()}\n\n{CLIENTS} clients at a time, while a "
        f"folder of changing files was synced {facts['syncs']} times, {facts['generations']} generations. Of "
        f"{len(found.results):,} results, {facts['wrong']} were not as the texts of the generation that they "
        f"name. Statuses: {', '.join(f'{status}: {count:,}' for status, count in sorted(found.statuses.items()))}.\n\n"
        f"{markdown_table(head, rows)}\n\n{given.hostile} hostile requests in {facts['hostile seconds']:.0f} s (sizes, "
        f"encodings, JSON depth, traversal, smuggling, noise, slow clients): {hostile}. Afterwards `/health` and "
        f"`/ask` gave {facts['after']}."
    )
    publish(text, given.out)
    failed = bool(facts["wrong"]) or facts["after"] != [200, 200]
    failed |= any(status >= 500 and status not in REFUSED for status in found.statuses)
    failed |= any(status in facts["hostile"] for status in ("500", "no reply"))
    failed |= max(growth(found.asked_memory), growth(found.others_memory)) > MOST_GROWTH
    sys.exit(failed)


if __name__ == "__main__":
    main()
