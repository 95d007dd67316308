"""A service on a real socket, in a thread of this process."""

import threading
import time
from contextlib import contextmanager

from spanwise.serve.app import create_app
from spanwise.serve.http.run import make_server
from spanwise.serve.service import Service


@contextmanager
def served(settings, corpus=None, **how):
    """
    Serve until the block ends.

    :yields: The address.
    """
    server = make_server(create_app(service=Service(settings, corpus, **how)), settings)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.02)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
