"""How a graph hangs from one node: what a single edge cuts off, and two ways that share no edge."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Hanging:
    """A graph walked from its root, depth first.

    Attributes
    ----------
    parent, parent_edge
        Node from which each was entered, and the edge; −1 at the root and where the root does not lead. Shape (nodes,).
    order
        Number of each node in the walk, −1 where the root does not lead.
    last
        Greatest number below each node, so that ``order[v] <= order[w] <= last[v]`` tells that w hangs below v.
    is_bridge
        Edges without which something is cut off from the root, shape (edges,); False where the root does not lead.
    cuts
        Number of bridges between the root and each node; 0 at nodes the root does not lead to.
    """

    parent: Rows
    parent_edge: Rows
    order: Rows
    last: Rows
    is_bridge: NDArray[np.bool_]
    cuts: Rows


def hang(tail: Rows, head: Rows, *, size: int, root: int) -> Hanging:
    """Walk an undirected graph from its root and find its bridges, in time that grows with its edges alone.

    Two ways from the root to a node that share no edge exist exactly where no single edge cuts it off (Menger), that is
    where no bridge lies between them. So ``cuts == 0`` says of every node at once what a maximum flow says of one.

    Parameters
    ----------
    tail, head
        Nodes of each edge, shape (edges,); edges may be parallel, or loops.
    size
        Number of nodes.
    root
        Where all ways begin.
    """
    near, edge, first = _around(tail, head, size)
    order, low, last = [-1] * size, [0] * size, [-1] * size
    parent, by, cuts = [-1] * size, [-1] * size, [0] * size
    at = first[:-1]
    stop = first[1:]
    bridges: list[int] = []
    walk = [root]
    order[root] = 0
    count = 1
    # A depth-first walk cannot be done on arrays.
    while walk:
        node = walk[-1]
        k = at[node]
        if k < stop[node]:
            at[node] = k + 1
            other = near[k]
            if order[other] < 0:
                order[other] = low[other] = count
                count += 1
                parent[other], by[other] = node, edge[k]
                walk.append(other)
            elif edge[k] != by[node] and order[other] < low[node]:
                low[node] = order[other]
            continue
        walk.pop()
        last[node] = count - 1
        if walk:
            above = parent[node]
            low[above] = min(low[above], low[node])
            if low[node] == order[node]:
                bridges.append(by[node])
    is_bridge = np.zeros(len(tail), dtype=bool)
    is_bridge[bridges] = True
    numbers = np.array(order, dtype=np.int64)
    flags = is_bridge.tolist()
    for node in np.argsort(numbers, kind="stable")[len(numbers) - count + 1 :].tolist():
        cuts[node] = cuts[parent[node]] + flags[by[node]]
    return Hanging(
        np.array(parent, dtype=np.int64),
        np.array(by, dtype=np.int64),
        numbers,
        np.array(last, dtype=np.int64),
        is_bridge,
        np.array(cuts, dtype=np.int64),
    )


def _around(tail: Rows, head: Rows, size: int) -> tuple[list[int], list[int], list[int]]:
    """Neighbours and edges of each node one after the other, and where those of each begin."""
    ends = np.concatenate([tail, head])
    order = np.argsort(ends, kind="stable")
    near = np.concatenate([head, tail])[order]
    edge = np.tile(np.arange(len(tail), dtype=np.int64), 2)[order]
    first = np.searchsorted(ends[order], np.arange(size + 1))
    return near.tolist(), edge.tolist(), first.tolist()


def meeting(hanging: Hanging, group: Rows, node: Rows, *, size: int) -> Rows:
    """Find the lowest node under which all reached nodes of each group hang.

    What cuts that node off from the root cuts the whole group off, and nothing else does.

    Parameters
    ----------
    hanging
        The graph.
    group, node
        Pairs, shape (k,): a node belongs to a group; a group may have any number of them.
    size
        Number of groups.

    Returns
    -------
    numpy.ndarray
        Node of each group, −1 where the root leads to none of its nodes; shape (size,).
    """
    number = hanging.order[node]
    known = number >= 0
    least = np.full(size, len(hanging.order), dtype=np.int64)
    most = np.full(size, -1, dtype=np.int64)
    np.minimum.at(least, group[known], number[known])
    np.maximum.at(most, group[known], number[known])
    has = most >= 0
    out = np.full(size, -1, dtype=np.int64)
    if not has.any():
        return out
    by_number = np.full(len(hanging.order), -1, dtype=np.int64)
    reached = hanging.order >= 0
    by_number[hanging.order[reached]] = np.flatnonzero(reached)
    here, far = by_number[least[has]], most[has]
    root = by_number[0]
    ups = [np.where(hanging.parent >= 0, hanging.parent, root)]
    while not (ups[-1] == root).all():
        ups.append(ups[-1][ups[-1]])
    # Leap up in halving powers of two as long as the farthest of the group does not hang below.
    for up in reversed(ups):
        above = up[here]
        here = np.where(hanging.last[above] < far, above, here)
    out[has] = np.where(hanging.last[here] < far, ups[0][here], here)
    return out


def hung(hanging: Hanging, node: Rows, amount: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum amounts over everything that hangs at or below each node.

    Parameters
    ----------
    node, amount
        Amounts and where they are, shape (k,); those at nodes the root does not lead to count nowhere.

    Returns
    -------
    numpy.ndarray
        Shape (nodes,), 0 where the root does not lead.
    """
    number = hanging.order[node]
    known = number >= 0
    at = np.bincount(number[known], weights=amount[known], minlength=len(hanging.order))
    before = np.concatenate([[0.0], np.cumsum(at)])
    reached = hanging.order >= 0
    return np.where(reached, before[hanging.last + 1] - before[np.maximum(hanging.order, 0)], 0.0)


class Pairs:
    """Shortest pairs of ways from a root that share no edge.

    Parameters
    ----------
    tail, head, length
        The undirected graph; lengths are at least 0.
    size, root
        Number of nodes, and where all ways begin.
    """

    def __init__(self, tail: Rows, head: Rows, length: NDArray[np.float64], *, size: int, root: int) -> None:
        self._near, self._edge, self._first = _around(tail, head, size)
        self._length = length.tolist()
        self._root = root
        self._distance, self._by = self._shortest(size)
        self._tail: list[int] = tail.tolist()
        self._head: list[int] = head.tolist()

    def _shortest(self, size: int) -> tuple[list[float], list[int]]:
        """Distance of each node from the root, and the edge by which it is reached."""
        far, by = [float("inf")] * size, [-1] * size
        far[self._root] = 0.0
        heap = [(0.0, self._root)]
        done = [False] * size
        while heap:
            d, node = heapq.heappop(heap)
            if done[node]:
                continue
            done[node] = True
            for k in range(self._first[node], self._first[node + 1]):
                other, reach = self._near[k], d + self._length[self._edge[k]]
                if reach < far[other]:
                    far[other], by[other] = reach, self._edge[k]
                    heapq.heappush(heap, (reach, other))
        return far, by

    def _other(self, edge: int, node: int) -> int:
        return self._head[edge] if self._tail[edge] == node else self._tail[edge]

    def between(self, targets: Sequence[int]) -> tuple[list[int], list[int]] | None:
        """Edges of the two ways, shortest together, to any of some nodes (both to one, or each to another).

        The second way is sought in what the first leaves (Suurballe): against the first it goes for nothing, and
        where the two meet head on they exchange their ends.

        Parameters
        ----------
        targets
            Nodes at which a way may end.

        Returns
        -------
        tuple or None
            Edges of each way in walking order; None where there are no two such ways.
        """
        far, root = self._distance, self._root
        ends = [t for t in dict.fromkeys(targets) if far[t] < float("inf")]
        if not ends:
            return None
        if root in ends:
            return [], []
        goal = min(ends, key=lambda t: (far[t], t))
        used: dict[int, int] = {}  # edge → node from which the first way enters it
        node = goal
        while node != root:
            edge = self._by[node]
            node = self._other(edge, node)
            used[edge] = node
        second = self._second(used, {t: far[t] - far[goal] for t in ends})
        if second is None:
            return None
        arcs: dict[int, list[int]] = {}
        kept = dict(used)
        for edge, start in second:
            if edge in kept:
                del kept[edge]  # walked both ways: of no use to either
            else:
                kept[edge] = start
        for edge, start in kept.items():
            arcs.setdefault(start, []).append(edge)
        return self._walked(arcs, set(ends)), self._walked(arcs, set(ends))

    def _second(self, used: dict[int, int], left: dict[int, float]) -> list[tuple[int, int]] | None:
        """Edges of the shortest way in what the first leaves, each with the node from which it is entered."""
        far, root = self._distance, self._root
        best: dict[int, float] = {root: 0.0}
        by: dict[int, tuple[int, int]] = {}
        done: set[int] = set()
        heap = [(0.0, root)]
        goal, reach = -1, float("inf")
        while heap:
            d, node = heapq.heappop(heap)
            if d >= reach:
                break
            if node in done:
                continue
            done.add(node)
            if node in left and d + left[node] < reach:
                goal, reach = node, d + left[node]
            for k in range(self._first[node], self._first[node + 1]):
                edge, other = self._edge[k], self._near[k]
                if edge in used:
                    if used[edge] == node:  # the first way goes here
                        continue
                    step = 0.0
                else:
                    step = max(self._length[edge] + far[node] - far[other], 0.0)
                if d + step < best.get(other, float("inf")):
                    best[other], by[other] = d + step, (edge, node)
                    heapq.heappush(heap, (d + step, other))
        if goal < 0:
            return None
        way = []
        while goal != root:
            edge, start = by[goal]
            way.append((edge, start))
            goal = start
        return way[::-1]

    def _walked(self, arcs: dict[int, list[int]], ends: set[int]) -> list[int]:
        """Take one way out of the arcs that both leave, and out of them."""
        way, node = [], self._root
        while arcs.get(node):
            edge = arcs[node].pop()
            way.append(edge)
            node = self._other(edge, node)
            if node in ends and not arcs.get(node):
                break
        return way
