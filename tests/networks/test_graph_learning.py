"""Graph networks learn what only the graph tells, for edges and for events."""

from __future__ import annotations

import pytest
import torch
from hepdl_networks.graph_network import GraphNetwork
from hepdl_networks.interaction_network import InteractionNetwork
from hepdl_networks.over_graph import OverGraph

from hepdl.columns import Columns, ColumnType
from hepdl.events import Jagged
from tests.networks.graphs import particles
from tests.networks.test_graph_network import ring

COLUMNS = Columns(x=ColumnType(shape=(1,), jagged=True), edges=ColumnType("int64", (2,), jagged=True))
LENGTHS = [0, 1, 3, 8, 5] * 20


def trained(network: OverGraph, columns: list[Jagged], target: torch.Tensor) -> torch.Tensor:
    """What the network answers to the events that it was trained on."""
    torch.manual_seed(1)
    module = network.build(COLUMNS, 1)
    optimizer = torch.optim.Adam(module.parameters(), 0.01)
    for _ in range(150):
        answer = module(*columns)
        values = (answer.values if isinstance(answer, Jagged) else answer)[:, 0]
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(values, target).backward()
        optimizer.step()
    return values.detach()


@pytest.mark.parametrize("network", [
    InteractionNetwork(inputs=["x"], graph="edges", edges="edges", answers="edge"),
    GraphNetwork(inputs=["x"], graph="edges", edges="edges", answers="edge", kind="SAGE"),
], ids=["interaction", "graph"])  # fmt: skip
def test_edges_between_particles_of_one_sign(network: OverGraph) -> None:
    x, edges = particles(1, LENGTHS), ring(LENGTHS)
    ends = edges.values + x.offsets[edges.event_index()][:, None]
    target = (x.values[ends[:, 0], 0] * x.values[ends[:, 1], 0] > 0).float()
    assert ((trained(network, [x, edges], target) > 0) == target.bool()).float().mean() > 0.95


def test_events_with_a_product_of_neighbours() -> None:
    """A sum over single particles cannot tell: the target is the sign of the sum of products along the ring."""
    x, edges = particles(1, LENGTHS), ring(LENGTHS)
    ends = edges.values + x.offsets[edges.event_index()][:, None]
    products = x.values[ends[:, 0], 0] * x.values[ends[:, 1], 0]
    target = (torch.zeros(len(LENGTHS)).index_add(0, edges.event_index(), products) > 0).float()
    network = InteractionNetwork(inputs=["x"], graph="edges", edges="edges", collect="sum")
    assert ((trained(network, [x, edges], target) > 0) == target.bool()).float().mean() > 0.9
