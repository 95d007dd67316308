"""An index is examined while other processes write it."""

import fcntl
import os
import signal
import threading

from spanwise.index import Index
from spanwise.index.lock import WriterLock


def examine(folder):
    with Index.open(folder, check=False) as index:
        return index.examine()


def test_what_another_process_is_writing_is_no_left_over(filled):
    (filled / "vectors" / "000009-0a0b0c0d.f32.tmp").write_bytes(b"x")
    with Index.open(filled, writable=True):
        (filled / "vectors" / "000009-0a0b0c0d.f32.tmp").write_bytes(b"x")
        pid = os.fork()
        if pid == 0:
            os._exit(len(examine(filled).findings))
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_look_at_the_lock_keeps_no_writer_from_it(filled):
    pid = os.fork()
    if pid == 0:
        lock = WriterLock(filled)
        while True:
            lock.held_elsewhere()
    acquired = 0
    try:
        for _ in range(60):
            lock = WriterLock(filled)
            lock.acquire()
            acquired += 1
            lock.release()
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    assert acquired == 60


def test_a_look_may_last_while_its_process_is_put_aside(filled):
    with (filled / "lock").open() as looked_at:
        fcntl.flock(looked_at, fcntl.LOCK_EX)
        threading.Timer(0.2, fcntl.flock, (looked_at, fcntl.LOCK_UN)).start()
        lock = WriterLock(filled)
        lock.acquire()
        assert lock.held
        lock.release()


def test_an_index_is_examined_while_it_is_written(filled, make_change):
    enough, examined = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(examined)
        try:
            with Index.open(filled, writable=True) as index:
                for number in range(60):
                    if number == 40:
                        os.read(enough, 1)
                    change = make_change({f"{number}.txt": [f"port {number} {i}" for i in range(20)]}, seed=number)
                    index.apply(change)
            os._exit(0)
        finally:
            os._exit(7)
    times = 0
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        left = [finding.message for finding in examine(filled).findings]
        assert all(line.startswith("catalogue.sqlite-wal: ") for line in left)  # when the writer has just closed it
        times += 1
        if times == 4:
            os.write(examined, b"x")
    os.close(enough)
    os.close(examined)
    assert times >= 4
    assert examine(filled).files == 81
