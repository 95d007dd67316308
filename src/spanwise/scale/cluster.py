"""A connection to a Ray cluster, or a cluster of this machine alone."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from spanwise.errors import SpanwiseError, UsageError

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nobody is told that it runs
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
}


@contextmanager
def connected(address: str | None, *, least_cpus: int = 1, **options: Any) -> Iterator[None]:
    """
    Be connected to a cluster while the block runs; a connection that is there already is used, and stays.

    Ray's statistics of use are off, and a cluster that is started here has no dashboard.

    :param address: "HOST:PORT" of a cluster that this machine belongs to, "auto" for the one that runs on it, "local"
        for one that is started for this. None for RAY_ADDRESS where that is set, else "local".
    :param least_cpus: Processes of one core each that a cluster started for this has room for; where there are fewer
        cores, they share them.
    :param options: Others of `ray.init`.
    :raises UsageError: If Ray is not installed.
    :raises SpanwiseError: If there is no such cluster.
    """
    if find_spec("ray") is None:
        msg = "expected the package ray for --engine ray, found none: pip install 'spanwise[ray]'"
        raise UsageError(msg)
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    import ray

    if ray.is_initialized():
        yield
        return
    started: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False, **options}
    if (address or os.environ.get("RAY_ADDRESS", "local")) == "local":
        started = {"num_cpus": max(least_cpus, os.cpu_count() or 1), **started, "include_dashboard": False}
    try:
        ray.init(address, **started)
    except Exception as error:  # of any kind: of a node that is not ready in time Ray says so with a bare one
        reason = str(error).strip().partition("\n")[0]
        msg = f"expected a Ray cluster at {address or 'this machine'}, found none ({reason}); `ray status` may say more"
        raise SpanwiseError(msg) from error
    try:
        yield
    finally:
        ray.shutdown()


def size_of(resource: str) -> int:
    """Return how many CPUs ("CPU") or GPUs ("GPU") the cluster has now."""
    import ray

    return int(ray.cluster_resources().get(resource, 0))
