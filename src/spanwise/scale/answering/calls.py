"""Calls of a deployment, made again where the process that was to answer has died."""

import time
from collections.abc import Callable
from typing import Any

from ray.exceptions import RayError, RayTaskError
from ray.serve.exceptions import DeploymentUnavailableError, ReplicaUnavailableError

from spanwise.errors import SpanwiseError

TRIES = 4
BETWEEN = 0.2  # seconds between two tries
PATIENCE = 60.0  # seconds that an answer may take


class ProcessesDiedError(SpanwiseError):
    """The processes that were to answer died, each time that they were asked."""


class Call:
    """
    One call, which is under way when this is made. It must be one that can be made again.

    :param begin: Makes the call, and returns Serve's response.
    :param patience: Seconds that the answer may take, with all tries.
    """

    def __init__(self, begin: Callable[[], Any], patience: float = PATIENCE) -> None:
        self._begin = begin
        self._patience = patience
        self._ends = time.monotonic() + patience
        self._response = begin()

    def result(self) -> Any:
        """
        Wait for the result.

        :raises TimeoutError: If it takes too long.
        :raises SpanwiseError: If the call failed with one, or the processes died again and again.
        """
        for left in reversed(range(TRIES)):
            try:
                return self._response.result(timeout_s=max(0.0, self._ends - time.monotonic()))
            except TimeoutError as error:
                msg = f"not answered by the cluster within {self._patience:.0f} s; ask again in a moment"
                raise TimeoutError(msg) from error
            except RayTaskError as error:
                if isinstance(error.cause, SpanwiseError):
                    raise error.cause from None
                raise
            except (RayError, DeploymentUnavailableError, ReplicaUnavailableError) as error:
                if not left:
                    msg = f"expected a cluster that answers, its processes died {TRIES} times ({type(error).__name__})"
                    raise ProcessesDiedError(msg) from error
                time.sleep(BETWEEN)
                self._response = self._begin()
        raise AssertionError
