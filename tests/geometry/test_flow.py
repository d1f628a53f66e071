"""What a single edge cuts off, held against networkx's maximum flow and minimum-cost flow on random graphs."""

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gisplan.geometry.flow import hang, hung, meeting
from gisplan.geometry.pairs import shortest_pairs

GRAPHS = st.integers(2, 12).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1), st.integers(0, 9)), max_size=26),
        st.lists(st.lists(st.integers(0, n - 1), min_size=1, max_size=4), min_size=1, max_size=5),
    )
)


def arrays(edges: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    table = np.array(edges, dtype=np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2].astype(float)


def flow(n: int, edges: list[tuple[int, int, int]], targets: list[int]) -> int:
    """Most ways from node 0 to any of the targets that share no edge, by networkx; 9 stands for any number."""
    graph = nx.DiGraph()
    graph.add_nodes_from([*range(n), "end"])
    for a, b, _ in edges:
        for u, v in ((a, b), (b, a)) if a != b else ():
            graph.add_edge(u, v, capacity=graph.get_edge_data(u, v, {"capacity": 0})["capacity"] + 1)
    for t in set(targets):
        graph.add_edge(t, "end", capacity=9)
    return int(nx.maximum_flow_value(graph, 0, "end"))


@given(GRAPHS)
def test_no_bridge_between_means_a_flow_of_two(given: tuple) -> None:
    n, edges, groups = given
    tail, head, _ = arrays(edges)
    found = hang(tail, head, size=n, root=0)
    group = np.repeat(np.arange(len(groups)), [len(g) for g in groups])
    place = meeting(found, group, np.concatenate(groups).astype(np.int64), size=len(groups))
    for i, targets in enumerate(groups):
        most = flow(n, edges, targets)
        got = 0 if place[i] < 0 else 2 if found.cuts[place[i]] == 0 else 1
        assert got == min(most, 2), (targets, most)


@given(GRAPHS)
def test_a_bridge_is_an_edge_without_which_something_is_cut_off(given: tuple) -> None:
    n, edges, _ = given
    tail, head, _ = arrays(edges)
    found = hang(tail, head, size=n, root=0)

    def reached(left: list[tuple[int, int, int]]) -> set[int]:
        graph = nx.Graph()
        graph.add_nodes_from(range(n))
        graph.add_edges_from((a, b) for a, b, _ in left)
        return nx.node_connected_component(graph, 0)

    whole = reached(edges)
    assert {int(v) for v in np.flatnonzero(found.order >= 0)} == whole
    weight = np.arange(1.0, n + 1)
    behind = hung(found, np.arange(n), weight)
    for e in range(len(edges)):
        lost = whole - reached(edges[:e] + edges[e + 1 :])
        assert found.is_bridge[e] == bool(lost)
        if lost:
            (below,) = np.flatnonzero(found.parent_edge == e)
            assert behind[below] == sum(weight[v] for v in lost)


@given(GRAPHS)
def test_the_two_ways_are_the_shortest_pair_that_shares_no_edge(given: tuple) -> None:
    n, edges, groups = given
    tail, head, length = arrays(edges)
    pairs = shortest_pairs(tail, head, length, size=n, root=0, groups=groups)
    for targets, found in zip(groups, pairs, strict=True):
        if 0 in targets:
            assert found == ([], [])
            continue
        assert (found is not None) == (flow(n, edges, targets) >= 2)
        if found is None:
            continue
        one, other = found
        assert not set(one) & set(other)
        assert len(one) == len(set(one))
        for way in found:
            node = 0
            for e in way:
                assert node in (tail[e], head[e])
                node = int(head[e] if tail[e] == node else tail[e])
            assert node in targets
        assert length[one].sum() + length[other].sum() == cheapest(n, edges, targets)


def cheapest(n: int, edges: list[tuple[int, int, int]], targets: list[int]) -> float:
    """Cost of sending two units from node 0 to any of the targets, by networkx."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n))
    graph.nodes[0]["demand"] = -2
    graph.add_node("end", demand=2)
    for k, (a, b, w) in enumerate(edges):
        for u, v, side in ((a, b, "there"), (b, a, "back")) if a != b else ():
            graph.add_edge(u, (k, side), capacity=1, weight=w)
            graph.add_edge((k, side), v, capacity=1, weight=0)
    for t in set(targets):
        graph.add_edge(t, "end", capacity=2, weight=0)
    return float(nx.min_cost_flow_cost(graph))


def test_a_long_chain_is_walked_without_recursion() -> None:
    n = 100_001
    tail, head = np.arange(n - 1), np.arange(1, n)
    found = hang(tail, head, size=n, root=0)
    assert found.is_bridge.all()
    assert found.cuts[-1] == n - 1
    assert meeting(found, np.zeros(2, dtype=np.int64), np.array([70_000, n - 1]), size=1)[0] == 70_000
    assert hung(found, np.array([n - 1]), np.array([5.0]))[1] == 5.0
