"""Methods that wait for the disk, for callers that must not."""

from asyncio import to_thread
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

S = TypeVar("S")
P = ParamSpec("P")
R = TypeVar("R")


def in_thread(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], Coroutine[Any, Any, R]]:
    """Return a method as a coroutine method that runs it in a thread; its name ends in "_async"."""

    @wraps(method)
    async def run(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await to_thread(getattr(self, method.__name__), *args, **kwargs)

    run.__name__ += "_async"
    run.__qualname__ += "_async"
    run.__doc__ = f"Like `{method.__name__}`, in a thread."
    return run
