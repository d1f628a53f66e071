"""Chunks over a pool of workers, joined in a fixed order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

#: Chunks a job is cut into: enough to keep workers busy, few enough that each is large.
CHUNKS = 32


def chunk_rows(count: int, *, least: int = 1) -> list[NDArray[np.int64]]:
    """Row numbers of each chunk; see `in_chunks`."""
    pieces = max(1, min(CHUNKS, count // max(1, least)))
    return np.array_split(np.arange(count, dtype=np.int64), pieces)


def in_chunks(
    work: Callable[[NDArray[np.int64]], T], count: int, *, executor: Executor | None = None, least: int = 1
) -> list[T]:
    """Call ``work`` on consecutive ranges of row numbers and return the answers in order.

    Parameters
    ----------
    work
        Takes the row numbers of one chunk. Threads run it at the same time, so it must not touch a prepared
        geometry or a spatial index that another chunk may be preparing.
    count
        Number of rows.
    executor
        Where to run; a pool of threads by default (shapely lets go of Python's lock).
    least
        Rows below which a chunk is not worth its overhead.
    """
    ranges = chunk_rows(count, least=least)
    if len(ranges) == 1:
        return [work(r) for r in ranges]
    if executor is not None:
        return list(executor.map(work, ranges))
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        return list(pool.map(work, ranges))


def side_by_side(tasks: Sequence[Callable[[], T]]) -> list[T]:
    """Do some independent tasks, two at a time, and return their answers in order.

    While one task sorts or joins what its threads have found, which only keeps one processor busy, another goes on.
    """
    with ThreadPoolExecutor(2) as pool:
        return [task.result() for task in [pool.submit(task) for task in tasks]]


def each(tasks: Sequence[Callable[[], T]]) -> Iterator[T]:
    """Do some independent tasks, a few at a time, and yield their answers in order.

    Few answers wait at any time, so that what they hold does not add up.
    """
    workers = min(8, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[T]] = deque()
        for task in tasks:
            waiting.append(pool.submit(task))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def ahead(tasks: Sequence[Callable[[], T]]) -> Iterator[T]:
    """Do tasks one after the other and yield their answers in order, each while the next one is being done.

    What a task raises is raised where its answer is due.
    """
    with ThreadPoolExecutor(1) as pool:
        waiting = [pool.submit(task) for task in tasks[:1]]
        for task in [*tasks[1:], None][: len(tasks)]:
            answer = waiting.pop().result()
            if task is not None:
                waiting.append(pool.submit(task))
            yield answer


def sum_by(place: NDArray[np.int64], amount: NDArray[np.float64] | None = None, *, size: int) -> NDArray[np.float64]:
    """Sum amounts (or count, without any) by the row number they belong to.

    Parameters
    ----------
    place
        Row numbers below ``size``, shape (n,).
    amount
        Shape (n,); 1 each by default.
    size
        Length of the answer.
    """
    return np.bincount(place, weights=amount, minlength=size).astype(np.float64, copy=False)


def map_chunks(
    function: Callable[..., Any], *arrays: NDArray[Any], executor: Executor | None = None, least: int = 2000
) -> NDArray[Any]:
    """Apply an element-wise function to arrays of one length, chunk by chunk."""
    count = len(arrays[0])
    if count == 0:
        return np.asarray(function(*arrays))
    return np.concatenate(
        in_chunks(lambda rows: function(*(a[rows] for a in arrays)), count, executor=executor, least=least)
    )
