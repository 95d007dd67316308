"""
Ask a service with 1, 8, 32 and 128 clients, and a service of Haystack's own parts by hayhooks beside it.

    python -m benchmarks.serving.serving [--seconds 60] [--clients 1 8 32 128] [--no-peer]
        [--out benchmarks/serving/serving.md]

The sample documents are indexed and served by `spanwise serve` with its own limits but that of the rate, since all
clients have one address. Each client asks the next question when the last is answered. The exit code is 1 if anything
but 200, 429 or 503 came of it, or 32 clients got fewer answers than one.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.harness import OtherWork, environment, markdown_table, publish, wait_for_quiet

from spanwise.squad.squad_file import read_squad

ROOT = Path(__file__).parents[2]
PEER_PACKAGES = ("hayhooks", "haystack_integrations")
DOCUMENTED = {"200", "429", "503"}
HEAD = (
    *("service", "clients", "answered", "429 and 503", "other errors", "answers/s"),
    *("p50 s", "p95 s", "p99 s", "questions read together", "cores: service", "cores: clients", "cores: others"),
)
Level = dict[str, Any]


@contextmanager
def served(index: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `spanwise serve` on a free port."""
    command = [sys.executable, "-m", "spanwise", "serve", "--index", str(index), "--port", "0", "--rate", "0"]
    with (
        (index.parent / "serve.log").open("w") as log,
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process,
    ):
        assert process.stderr is not None
        found = re.search(r"http://[\d.]+:\d+", process.stderr.readline())
        assert found is not None
        drain = subprocess.Popen(["cat"], stdin=process.stderr, stdout=log)
        try:
            yield process, found[0]
        finally:
            process.terminate()
            process.wait()
            drain.wait()


@contextmanager
def peer(scratch: Path, index: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run hayhooks with Haystack's own components, on the same passages with the same weights."""
    from spanwise.index import Index
    from spanwise.runtime.default_embedder import DEFAULT_EMBEDDER, embedder_folder
    from spanwise.runtime.default_reader import DEFAULT_READER, reader_folder

    with Index.open(index) as opened:
        passages = [{"file": one.file, "text": one.text} for file in opened.files() for one in opened.passages_of(file)]
    (scratch / "passages.json").write_text(json.dumps(passages), encoding="utf-8")
    pipelines = scratch / "pipelines" / "peer"
    pipelines.mkdir(parents=True)
    (pipelines / "pipeline_wrapper.py").write_bytes(
        (Path(__file__).parent / "peer" / "pipeline_wrapper.py").read_bytes()
    )
    given = {
        "PEER_PASSAGES": str(scratch / "passages.json"),
        "PEER_EMBEDDER": str(embedder_folder(DEFAULT_EMBEDDER)),
        "PEER_READER": str(reader_folder(DEFAULT_READER)),
        "HAYHOOKS_PIPELINES_DIR": str(pipelines.parent),
        "HAYHOOKS_PORT": "1416",
    }
    hayhooks = Path(sys.executable).with_name("hayhooks")
    with (scratch / "peer.log").open("w") as log:
        process = subprocess.Popen([hayhooks, "run"], env={**os.environ, **given}, stdout=log, stderr=log, text=True)
        try:
            yield process, "http://127.0.0.1:1416"
        finally:
            process.terminate()
            process.wait()


def wait_until_ready(url: str, path: str, question: str, seconds: float = 300) -> None:
    """Wait until a service answers."""
    until = time.monotonic() + seconds
    body = json.dumps({"question": question}).encode()
    while True:
        try:
            request = urllib.request.Request(f"{url}{path}", body, {"content-type": "application/json"})
            with urllib.request.urlopen(request, timeout=60):
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(1)


def level(process: subprocess.Popen[str], url: str, path: str, clients: int, seconds: float, questions: Path) -> Level:
    """Ask with so many clients."""
    command = [sys.executable, "-m", "benchmarks.serving.client", url, path, str(clients), str(seconds), str(questions)]
    others, cpu, read = OtherWork(), cpu_seconds(process.pid), batches(url)
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    found: Level = json.loads(ran.stdout)
    own = (cpu_seconds(process.pid) - cpu) / found["seconds"]
    together = [after - before for before, after in zip(read, batches(url), strict=True)]
    batch = together[0] / together[1] if together[1] else None
    return {**found, "clients": clients, "service": own, "batch": batch, "others": max(0.0, others.cores() - own)}


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def batches(url: str) -> tuple[float, float]:
    """Return how many questions were read and in how many batches; zeros for a service that does not tell."""
    try:
        with urllib.request.urlopen(f"{url}/metrics") as reply:
            text = reply.read().decode()
    except OSError:
        return 0.0, 0.0
    values = (re.search(rf"^spanwise_batch_questions_{name} (\S+)", text, re.MULTILINE) for name in ("sum", "count"))
    return tuple(0.0 if value is None else float(value[1]) for value in values)  # type: ignore[return-value]


def quantile(values: list[float], share: float) -> str:
    """Return a quantile of the latencies."""
    ranked = sorted(values)
    return f"{ranked[min(len(ranked) - 1, int(share * len(ranked)))]:.3f}" if ranked else ""


def row(name: str, found: Level) -> list[str]:
    """Return a row of the table."""
    statuses, latencies = found["statuses"], found["latencies"]
    refused = statuses.get("429", 0) + statuses.get("503", 0)
    wrong = sum(count for status, count in statuses.items() if status not in DOCUMENTED)
    return [
        *(name, str(found["clients"]), f"{len(latencies):,}", str(refused), str(wrong)),
        f"{len(latencies) / found['seconds']:.1f}",
        *(quantile(latencies, share) for share in (0.5, 0.95, 0.99)),
        "" if found["batch"] is None else f"{found['batch']:.1f}",
        *(f"{found[whose]:.2f}" for whose in ("service", "cores", "others")),
    ]


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32, 128])
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--wait", type=float, default=0, help="seconds to wait at most for a quiet moment, each time")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if not given.no_peer and not all(map(find_spec, PEER_PACKAGES)):
        parser.error(f"expected {', '.join(PEER_PACKAGES)} for the peer, see benchmarks/README.md; or give --no-peer")
    levels: dict[str, list[Level]] = {}
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        index, questions = scratch / "an.index", scratch / "questions.json"
        command = [sys.executable, "-m", "spanwise", "index", str(ROOT / "data/sample"), "--index", str(index)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        asked = [entry.question for _, entry in read_squad(ROOT / "data/sample/questions.json").questions()]
        questions.write_text(json.dumps(asked), encoding="utf-8")
        sides = {"spanwise serve": ("/ask", served(index))}
        if not given.no_peer:
            sides["hayhooks, Haystack's parts"] = ("/peer/run", peer(scratch, index))
        for name, (path, running) in sides.items():
            with running as (process, url):
                wait_until_ready(url, path, asked[0])
                for clients in given.clients:
                    wait_for_quiet(given.wait)
                    levels.setdefault(name, []).append(level(process, url, path, clients, given.seconds, questions))
                    print(row(name, levels[name][-1]), file=sys.stderr, flush=True)
    rows = [row(name, found) for name, side in levels.items() for found in side]
    how = (
        f"{given.seconds:g} seconds with each number of clients, which ask {len(asked)} questions of the sample "
        "documents, each on a connection of its own, the next as soon as the last is answered. The clients share the "
        "cores with the service; what each used is in the table, and a service has no more than they leave it."
    )
    text = f"# Serving\n\n{environment()}\n\n{how}\n\n{markdown_table(HEAD, rows)}"
    publish(text, given.out)
    own = {found["clients"]: found for found in levels["spanwise serve"]}
    wrong = any(set(found["statuses"]) - DOCUMENTED for found in own.values())
    rates = {clients: len(found["latencies"]) / found["seconds"] for clients, found in own.items()}
    sys.exit(wrong or rates.get(32, 1e9) < rates.get(1, 0))


if __name__ == "__main__":
    main()
