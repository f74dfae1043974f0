"""Work over blocks of members: on threads of this machine, or on a dask cluster.

The compiled day releases the interpreter's lock, so threads use all processors without copying the world. A block's
result depends on its own members alone, so neither the number of workers nor the order in which blocks finish can
change it. Only a few blocks are under way at a time; what is finished is handed over at once. Ctrl-C is noted and
acted on between blocks, so that no file is left half written; a second Ctrl-C ends at once.
"""

import concurrent.futures
import contextlib
import importlib
import os
import signal
import threading
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

from maabar import errors

Task = TypeVar("Task")
Result = TypeVar("Result")
Shared = TypeVar("Shared")


class Executor(Protocol):
    """The part of concurrent.futures.Executor that is used here."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "concurrent.futures.Future[Any]":
        """Start fn(*args) somewhere."""
        ...


class Pool:
    """Somewhere to work: an executor, how many blocks to have under way, and how to share a large object with it."""

    def __init__(self, executor: Executor, width: int, share: Callable[[Any], Any]) -> None:
        self.executor, self.width, self.share = executor, width, share


def processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def pool(*, workers: int | None = None, cluster: str | None = None) -> Iterator[Pool]:
    """Threads of this machine (as many as processors unless told), or the dask cluster at an address."""
    if cluster is not None:
        with _cluster(cluster) as there:
            yield there
        return
    width = workers or processors()
    executor = concurrent.futures.ThreadPoolExecutor(width)
    try:
        yield Pool(executor, width + 1, lambda shared: shared)
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


@contextlib.contextmanager
def _cluster(address: str) -> Iterator[Pool]:
    """The workers of a dask scheduler; raises RunError if dask is not installed or nobody answers."""
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError as missing:
        raise errors.RunError(
            "--cluster needs the package 'distributed', which is not installed; "
            "install it with: pip install 'maabar[cluster]'"
        ) from missing
    try:
        client = distributed.Client(address, timeout="10s")
    except (OSError, ValueError, TimeoutError) as fault:
        raise errors.RunError(
            f"--cluster: no dask scheduler answers at '{address}'; "
            "start one with 'dask scheduler' and give its address, such as tcp://10.0.0.1:8786"
        ) from fault
    with client:
        threads = max(1, sum(client.nthreads().values()))
        yield Pool(client.get_executor(), 2 * threads, lambda shared: client.scatter(shared, broadcast=True))


@contextlib.contextmanager
def noted_interrupt() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets instead of breaking in; the second Ctrl-C breaks in. Main thread only."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def note(_signal: int, _frame: types.FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    before = signal.signal(signal.SIGINT, note)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def each(
    place: Pool,
    work: Callable[[Shared, Task], Result],
    shared: Shared,
    tasks: Iterable[Task],
    keep: Callable[[Task, Result], None],
    should_stop: Callable[[], bool],
) -> bool:
    """Do `work(shared, task)` for every task and `keep` each result as it comes; False if stopped before the end.

    When asked to stop, tasks under way are finished and kept, and no other is begun.
    """
    waiting, sent = iter(tasks), place.share(shared)
    under_way: dict[concurrent.futures.Future[Result], Task] = {}
    while True:
        stopped = should_stop()
        while not stopped and len(under_way) < place.width:
            task = next(waiting, None)
            if task is None:
                break
            under_way[place.executor.submit(work, sent, task)] = task
        if not under_way:
            return next(waiting, None) is None
        done, _ = concurrent.futures.wait(under_way, return_when=concurrent.futures.FIRST_COMPLETED)
        for future in done:
            keep(under_way.pop(future), future.result())
