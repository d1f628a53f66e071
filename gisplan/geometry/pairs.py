"""Two ways from one node to many others that share no edge and are the shortest such pair."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Ways = tuple[list[int], list[int]]

_FAR = float("inf")


def shortest_pairs(
    tail: Rows,
    head: Rows,
    length: NDArray[np.float64],
    *,
    size: int,
    root: int,
    groups: Sequence[Sequence[int]],
) -> list[Ways | None]:
    """Find for each group of nodes the two ways, shortest together, that lead to any of them and share no edge.

    All groups are answered by one search: a second shortest-way tree over what the first leaves of the graph
    (J. W. Suurballe and R. E. Tarjan, A quick method for finding shortest pairs of disjoint paths, Networks 14, 1984).

    Parameters
    ----------
    tail, head, length
        The undirected graph; lengths are at least 0.
    size, root
        Number of nodes, and where all ways begin.
    groups
        Nodes at which a way may end, both at one or each at another.

    Returns
    -------
    list
        Edges of each way in walking order, for each group; None where there are no two such ways.
    """
    edges = len(tail)
    # Each edge is two arcs; each group is a node more, to which two arcs lead from each of its nodes.
    count = [len(g) for g in groups]
    ends = np.array([n for g in groups for n in g], dtype=np.int64)
    goal = size + np.repeat(np.arange(len(groups), dtype=np.int64), count)
    start = np.concatenate([tail, head, ends, ends])
    stop = np.concatenate([head, tail, goal, goal])
    weight = np.concatenate([length, length, np.zeros(2 * len(ends))])
    search = _Search(start, stop, weight, size=size + len(groups), root=root)
    search.label()
    return [([], []) if root in group else search.ways(size + i, edges) for i, group in enumerate(groups)]


class _Search:
    """The two trees: of shortest ways, and of what has to be added to each for a second way beside it."""

    def __init__(self, start: Rows, stop: Rows, weight: NDArray[np.float64], *, size: int, root: int) -> None:
        self._start, self._stop = start.tolist(), stop.tolist()
        self._weight: list[float] = weight.tolist()
        self._root, self._size = root, size
        self._out, self._in = _by(start, size), _by(stop, size)
        self._by = self._shortest()
        self._over = [-1] * size  # arc by which the second way enters a node
        self._past = [-1] * size  # node whose labelling told so

    def _shortest(self) -> list[int]:
        """Arc by which each node is reached soonest; weights become what an arc is longer than the soonest way."""
        far, by = [_FAR] * self._size, [-1] * self._size
        far[self._root] = 0.0
        heap, done = [(0.0, self._root)], [False] * self._size
        while heap:
            d, node = heapq.heappop(heap)
            if done[node]:
                continue
            done[node] = True
            for arc in self._out[node]:
                other, reach = self._stop[arc], d + self._weight[arc]
                if reach < far[other]:
                    far[other], by[other] = reach, arc
                    heapq.heappush(heap, (reach, other))
        self._weight = [
            max(w + far[a] - far[b], 0.0) if far[a] < _FAR else _FAR
            for w, a, b in zip(self._weight, self._start, self._stop, strict=True)
        ]
        return by

    def label(self) -> None:
        """Label nodes by what a second way costs; each one taken out of the tree of shortest ways splits it."""
        below: list[list[int]] = [[] for _ in range(self._size)]
        for node, arc in enumerate(self._by):
            if arc >= 0:
                below[self._start[arc]].append(node)
        cost = [_FAR] * self._size
        cost[self._root] = 0.0
        piece, fresh = [0] * self._size, 1
        labelled = [False] * self._size
        heap = [(0.0, self._root)]
        while heap:
            d, node = heapq.heappop(heap)
            if labelled[node]:
                continue
            labelled[node] = True
            own, first = piece[node], fresh
            moved: list[int] = []
            for child in below[node]:
                if not labelled[child]:
                    moved += self._moved(child, below, labelled, piece, fresh)
                    fresh += 1
            # Arcs that now lead from one piece of what hung together to another, and those of the node itself.
            arcs = list(self._out[node])
            for at in moved:
                arcs += self._out[at]
                arcs += self._in[at]
            for arc in arcs:
                a, b = self._start[arc], self._stop[arc]
                if self._by[b] == arc or labelled[b] or (a != node and labelled[a]):
                    continue
                to, since = piece[b], piece[a]
                if to != own and to < first:
                    continue
                if a != node and (since == to or (since != own and since < first)):
                    continue
                reach = d + self._weight[arc]
                if reach < cost[b]:
                    cost[b], self._over[b], self._past[b] = reach, arc, node
                    heapq.heappush(heap, (reach, b))

    @staticmethod
    def _moved(child: int, below: list[list[int]], labelled: list[bool], piece: list[int], number: int) -> list[int]:
        """Give what hangs below a node, as far as it is not labelled, a number of its own."""
        moved, walk = [], [child]
        while walk:
            at = walk.pop()
            piece[at] = number
            moved.append(at)
            walk += [n for n in below[at] if not labelled[n]]
        return moved

    def ways(self, node: int, edges: int) -> Ways | None:
        """Edges of both ways to a node; None where there is no second one."""
        if self._over[node] < 0:
            return None
        marked = set()
        at = node
        while at != self._root:
            marked.add(at)
            at = self._past[at]
        kept: dict[int, int] = {}
        lead: dict[int, int] = {}
        for _ in range(2):
            at = node
            while at != self._root:
                arc = self._over[at] if at in marked else self._by[at]
                marked.discard(at)
                at = self._start[arc]
                if arc >= 2 * edges:
                    lead[arc] = at
                elif arc % edges in kept:
                    del kept[arc % edges]  # gone along both ways: of no use to either
                else:
                    kept[arc % edges] = arc
        arcs: dict[int, list[tuple[int, int]]] = {}
        for edge, arc in kept.items():
            arcs.setdefault(self._start[arc], []).append((edge, self._stop[arc]))
        left = list(lead.values())
        return self._walked(arcs, left), self._walked(arcs, left)

    def _walked(self, arcs: dict[int, list[tuple[int, int]]], left: list[int]) -> list[int]:
        """Take one way out of the arcs that both leave, and its end out of the places where they end."""
        way, node = [], self._root
        while arcs.get(node):
            edge, node = arcs[node].pop()
            way.append(edge)
        left.remove(node)
        return way


def _by(node: Rows, size: int) -> list[list[int]]:
    """Arcs of each node."""
    order = np.argsort(node, kind="stable")
    first = np.searchsorted(node[order], np.arange(size + 1)).tolist()
    arcs = order.tolist()
    return [arcs[a:b] for a, b in pairwise(first)]
