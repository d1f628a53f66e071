"""How a graph hangs from one node, and what a single edge cuts off from it."""

from __future__ import annotations

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
