"""Graph networks: the graphs they build, the published forms, answers for edges, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hepdl_networks.edges import Edges, everyone, given, with_loops
from hepdl_networks.graph_network import GraphNetwork
from hepdl_networks.interaction_network import InteractionNetwork
from hepdl_networks.neighbours import nearest, within
from hepdl_networks.over_graph import OverGraph
from torch_geometric import nn as geometric

from hepdl.columns import Columns, ColumnType
from hepdl.contract.shadow import Shadow
from hepdl.errors import BadValues, ParameterError, WiringError
from hepdl.events import Jagged
from tests.networks.graphs import LENGTHS, particles, starts
from tests.networks.test_neighbours import of_each

COLUMNS = Columns(
    x=ColumnType(shape=(3,), jagged=True), angles=ColumnType(shape=(2,), jagged=True),
    edges=ColumnType("int64", (2,), jagged=True),
)  # fmt: skip
KINDS = ["GCN", "GAT", "GATv2", "EdgeConv", "GIN", "SAGE"]


def ring(lengths: list[int] = LENGTHS) -> Jagged:
    """Edges from each particle to the next one of its event, from the last to the first."""
    pairs = [[i, (i + 1) % n] for n in lengths for i in range(n)]
    offsets = torch.tensor([0, *lengths]).cumsum(0)
    return Jagged(torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2), offsets)


@pytest.mark.parametrize("radius", [0.01, 0.7, 9.0])
@pytest.mark.parametrize("k", [2, 50])
def test_within_is_what_the_slow_twin_finds(radius: float, k: int) -> None:
    points = particles(2)
    expected = []
    for begin, end in starts(points):
        for i in range(begin, end):
            gaps = {j: float((points.values[i] - points.values[j]).norm()) for j in range(begin, end) if j != i}
            near = sorted((j for j, gap in gaps.items() if gap <= radius), key=gaps.__getitem__)
            expected.append(set(near[:k]))
    edges = within(points, radius, k)
    inside = edges.target < len(expected)
    assert edges.n == len(expected) + 1
    assert edges.source[~inside].eq(len(expected)).all()
    assert of_each(Edges(edges.source[inside], edges.target[inside], len(expected))) == expected


def test_given_edges_are_shifted_to_their_event() -> None:
    points = particles(2)
    edges = given(points, ring())
    expected = [(a + i, a + (i + 1) % (b - a)) for a, b in starts(points) for i in range(b - a)]
    assert list(zip(edges.source.tolist(), edges.target.tolist(), strict=True)) == expected


@pytest.mark.parametrize("place", [-1, 2])
def test_an_edge_outside_its_event_is_named(place: int) -> None:
    points, edges = particles(2, [3, 2]), Jagged(torch.tensor([[0, 1], [1, place]]), torch.tensor([0, 1, 2]))
    with pytest.raises(BadValues, match=rf"edge \[1, {place}\] in row 1 of a batch .* has 2 particles.*EdgeList"):
        given(points, edges)
    with Shadow() as shadow:
        there = points.to("shadow"), edges.to("shadow")
        with pytest.raises(RuntimeError, match="an edge points outside its event"):
            given(*there)
        assert shadow.waits == []


@pytest.mark.parametrize("kind", ["GCN", "GAT", "GATv2"])
def test_loops_are_those_of_torch_geometric(kind: str) -> None:
    """Ours are put in without waiting, theirs by the convolution itself."""
    torch.manual_seed(1)
    points = particles(3)
    edges = nearest(points, 3)
    makers = {"GCN": geometric.GCNConv, "GAT": geometric.GATConv, "GATv2": geometric.GATv2Conv}
    theirs, ours = makers[kind](3, 4), makers[kind](3, 4, add_self_loops=False)
    ours.load_state_dict(theirs.state_dict())
    looped = with_loops(edges)
    mine = ours(points.values, torch.stack([looped.source, looped.target]))
    torch.testing.assert_close(mine, theirs(points.values, torch.stack([edges.source, edges.target])))


def test_gcn_is_the_published_formula() -> None:
    """D^(-1/2) (A + 1) D^(-1/2) X W (arXiv:1609.02907, equation 2)."""
    torch.manual_seed(2)
    module = GraphNetwork(inputs=["x"], graph="edges", edges="edges", widths=[4], head=[]).build(COLUMNS, 1).eval()
    points, list_of_edges = (
        particles(3, [4]),
        Jagged(torch.tensor([[0, 1], [1, 0], [1, 2], [2, 1]]), torch.tensor([0, 4])),
    )
    adjacency = torch.tensor([[1.0, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 1]])
    scale = adjacency.sum(1).rsqrt()
    layer = module.body.body.layers.convolutions[0]
    expected = (scale[:, None] * adjacency * scale) @ (points.values @ layer.lin.weight.T) + layer.bias
    torch.testing.assert_close(module.body(points, list_of_edges).values, expected.relu())


def test_interaction_is_the_published_formula() -> None:
    """phi_O(x_i, sum of phi_R(x_i, x_j)), pair by pair."""
    torch.manual_seed(3)
    module = InteractionNetwork(inputs=["x"], edge_layers=[6, 5], node_layers=[4], steps=2, head=[]).build(COLUMNS, 1)
    points = particles(3, [4, 0, 1, 3])
    expected = points.values
    for step in module.body.body.layers.steps:
        expected = torch.stack([
            _interaction(step, expected, i, [j for j in range(a, b) if j != i])
            for a, b in starts(points) for i in range(a, b)
        ])  # fmt: skip
    torch.testing.assert_close(module.body(points).values, expected, rtol=1e-5, atol=1e-5)


def _interaction(step: Any, x: torch.Tensor, i: int, others: list[int]) -> torch.Tensor:
    effect = torch.zeros(5)
    for j in others:
        hidden = torch.cat([x[i], x[j]])
        for layer in step.edge_layers:
            hidden = layer(hidden).relu()
        effect = effect + hidden
    hidden = torch.cat([x[i], effect])
    for layer in step.node_layers:
        hidden = layer(hidden).relu()
    return hidden


@pytest.mark.parametrize("kind", KINDS)
def test_the_particle_that_is_nowhere_is_not_seen(kind: str) -> None:
    torch.manual_seed(4)
    network = GraphNetwork(inputs=["x"], kind=kind, coordinates="angles", graph="radius", radius=0.5, k=50)
    module = network.build(COLUMNS, 2).eval()
    points, angles = particles(3), particles(2, seed=2)
    edges = within(angles, 0.5, 50)
    inside = edges.target < len(points.values)
    real = Edges(edges.source[inside], edges.target[inside], len(points.values))
    torch.testing.assert_close(module.body(points, angles).values, module.body.body.layers(points.values, real))


@pytest.mark.parametrize("network", [
    *(GraphNetwork(inputs=["x"], graph="edges", edges="edges", kind=kind, answers="edge") for kind in KINDS),
    InteractionNetwork(inputs=["x"], graph="edges", edges="edges", answers="edge"),
], ids=lambda network: getattr(network, "kind", "interaction"))  # fmt: skip
def test_an_answer_for_each_edge(network: OverGraph) -> None:
    torch.manual_seed(5)
    assert network.per_particle == "edges"
    module, points, edges = network.build(COLUMNS, 2).eval(), particles(3), ring()
    answer = module(points, edges)
    assert answer.offsets.equal(edges.offsets)
    ends = given(points, edges)
    hidden = module.body.body.layers(points.values, ends)
    pairs = zip(ends.source.tolist(), ends.target.tolist(), strict=True)
    expected = torch.stack([module.head(torch.cat([hidden[i], hidden[j]])[None])[0] for i, j in pairs])
    torch.testing.assert_close(answer.values, expected)


def test_full_graph_has_every_pair() -> None:
    module = InteractionNetwork(inputs=["x"]).build(COLUMNS, 2)
    points = particles(3)
    assert (
        len(module.body.body._build(points).source) == len(everyone(points).source) == sum(n * (n - 1) for n in LENGTHS)
    )


NETWORK = GraphNetwork(inputs=["x"], coordinates="angles")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"k": 0}, "GraphNetwork.k"),
        ({"radius": 0.0}, "GraphNetwork.radius"),
        (
            {"coordinates": ""},
            "coordinates must be given for graph 'knn' and 'radius' and for no other; graph is 'knn'",
        ),
        ({"graph": "full"}, "coordinates must be given .* for no other; graph is 'full'"),
        ({"edges": "edges"}, "edges must be given for graph 'edges' and for no other; graph is 'knn'"),
        ({"answers": "edge"}, "answers='edge' needs graph='edges'"),
        ({"kind": "GAT", "widths": [6]}, "the 4 heads of GAT must share each width evenly, but one is 6"),
        ({"kind": "GNN"}, "GraphNetwork.kind"),
        ({"widths": []}, "GraphNetwork.widths"),
        ({"widths": [0]}, "at least one feature"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        NETWORK.replaced(**parameters)


def test_interaction_needs_layers() -> None:
    with pytest.raises(ParameterError, match="each layer needs at least one unit"):
        InteractionNetwork(inputs=["x"], edge_layers=[0])


def test_edges_that_are_no_pairs_are_refused() -> None:
    network = InteractionNetwork(inputs=["x"], graph="edges", edges="angles")
    with pytest.raises(WiringError, match=r"edges 'angles' is jagged float32\[2\]; a list of two integers .*EdgeList"):
        network.build(COLUMNS, 1)
