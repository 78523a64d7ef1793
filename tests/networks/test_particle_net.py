"""ParticleNet: published number of weights, the textbook form, few particles, what is refused."""

from __future__ import annotations

import pytest
import torch
from hepdl_networks import in_runs
from hepdl_networks.edge_convolution import EdgeConvolution
from hepdl_networks.neighbours import nearest
from hepdl_networks.particle_net import ParticleNet, ParticleNetLite
from torch import nn

from hepdl.columns import Columns, ColumnType
from hepdl.contract.shadow import Shadow
from hepdl.errors import BadValues, ParameterError, WiringError
from hepdl.events import Jagged
from tests.networks.graphs import FULL, LENGTHS, particles, slow_neighbours

COLUMNS = Columns(particles=ColumnType(shape=(7,), jagged=True), angles=ColumnType(shape=(2,), jagged=True))
SMALL = ParticleNetLite(inputs=["particles"], coordinates="angles", k=4)


def textbook(block: EdgeConvolution, x: torch.Tensor, neighbours: list[list[int]]) -> torch.Tensor:
    """The edge convolution edge by edge: concatenate, linear, batch norm over the edges, activation; then the mean."""
    edges = [(i, j) for i, found in enumerate(neighbours) for j in found]
    hidden = torch.stack([torch.cat([x[i], x[j] - x[i]]) for i, j in edges])
    for layer, norm in zip(block.layers, block.norms, strict=True):
        hidden = torch.relu(norm(hidden @ layer.weight.T))
    rows = []
    for i, found in enumerate(neighbours):
        mine = [hidden[place] for place, (target, _) in enumerate(edges) if target == i]
        rows.append(torch.stack(mine).mean(0) if found else hidden.new_zeros(hidden.shape[1]))
    return torch.relu(torch.stack(rows) + block.shortcut_norm(x @ block.shortcut.weight.T))


def weights(module: nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters())


@pytest.mark.parametrize(("kind", "count"), [(ParticleNet, 366_160), (ParticleNetLite, 26_416)])
def test_number_of_weights_is_the_published_one(kind: type[ParticleNet], count: int) -> None:
    with torch.device("meta"):
        assert weights(kind(inputs=["particles"], coordinates="angles").build(COLUMNS, 2)) == count


@pytest.mark.parametrize("lengths", [LENGTHS, FULL])
@pytest.mark.parametrize("training", [True, False])
def test_split_first_layer_is_the_textbook_form(lengths: list[int], training: bool) -> None:
    torch.manual_seed(1)
    block = EdgeConvolution(5, [8, 6]).train(training)
    values = particles(5, lengths)
    points = particles(2, lengths, seed=2)
    results, gradients = [], []
    for form in (lambda x: block(x, nearest(points, 4)), lambda x: textbook(block, x, slow_neighbours(points, 4))):
        x = values.values.clone().requires_grad_()
        block.zero_grad()
        results.append(form(x))
        (results[-1] * torch.linspace(-1, 2, 6)).sum().backward()
        gradients.append([x.grad, *(weight.grad.clone() for weight in block.parameters())])
    torch.testing.assert_close(results[0], results[1], rtol=1e-5, atol=1e-5)
    for mine, slow in zip(*gradients, strict=True):
        torch.testing.assert_close(mine, slow, rtol=1e-4, atol=1e-4)


def test_the_second_graph_is_that_of_learned_features() -> None:
    torch.manual_seed(2)
    values, angles = particles(7), particles(2, seed=2)
    module = SMALL.build(COLUMNS, 2).eval()
    body = module.body.body
    first = textbook(body.blocks[0], body.norm(values.values), slow_neighbours(angles, 4))
    second = textbook(body.blocks[1], first, slow_neighbours(values.with_values(first), 4))
    torch.testing.assert_close(module.body(values, angles).values, second, rtol=1e-5, atol=1e-5)


def test_few_particles_train() -> None:
    torch.manual_seed(3)
    for lengths in ([0, 0], [1], [0, 1, 0], [1, 1], [2], [0, 2, 1]):
        module = SMALL.build(COLUMNS, 2).train()
        answer = module(particles(7, lengths), particles(2, lengths, seed=2))
        answer.square().mean().backward()
        assert answer.shape == (len(lengths), 2)
        state = [*module.state_dict().values(), *(weight.grad for weight in module.parameters())]
        assert all(value.isfinite().all() for value in [answer, *state] if value is not None)


def test_an_event_gets_the_same_in_any_company() -> None:
    torch.manual_seed(4)
    module = SMALL.build(COLUMNS, 2).eval()
    values, angles = particles(7), particles(2, seed=2)
    whole = module(values, angles)
    alone = [module(values.rows(i, i + 1), angles.rows(i, i + 1)) for i in range(len(values))]
    torch.testing.assert_close(torch.cat(alone), whole, rtol=1e-5, atol=1e-5)


def test_runs_are_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(5)
    module = SMALL.replaced(answers="particle").build(COLUMNS, 3).eval()
    host = particles(7).host(), particles(2, seed=2).host()
    whole = module(*(each.to("cpu") for each in host))
    monkeypatch.setattr(in_runs, "PARTICLES", 7)
    with Shadow() as shadow:
        parts = module.to("shadow")(*(each.to("shadow") for each in host))
        assert shadow.waits == []
        torch.testing.assert_close(parts.values.cpu(), whole.values, rtol=1e-5, atol=1e-5)
        assert parts.offsets.cpu().equal(whole.offsets)


def test_coordinates_may_be_an_input() -> None:
    network = ParticleNetLite(inputs=["angles", "particles"], coordinates="angles")
    assert network.arguments == ["angles", "particles"]
    torch.manual_seed(6)
    module = network.build(COLUMNS, 2).eval()
    values, angles = particles(7), particles(2, seed=2)
    beside = torch.cat([angles.values, values.values], 1)
    hidden = module.body(values.with_values(beside), angles)
    torch.testing.assert_close(module(angles, values), module.head(module.collect(hidden)))


def test_lists_of_other_lengths_are_refused() -> None:
    module = SMALL.build(COLUMNS, 2)
    with pytest.raises(BadValues, match="in row 1 of a batch of 2 events the first has 3 .* number 2 has 2"):
        module(particles(7, [2, 3]), particles(2, [2, 2]))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"k": 0}, r"ParticleNetLite.k: .*greater than or equal to 1 \(got 0\)"),
        ({"blocks": [[32], []]}, "each block needs at least one layer"),
        ({"blocks": []}, "each block needs at least one layer"),
        ({"blocks": [[32, 0]]}, "each layer one unit"),
        ({"dropout": 1.0}, "ParticleNetLite.dropout"),
    ],
)
def test_parameters_out_of_bounds_are_refused(parameters: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        SMALL.replaced(**parameters)


@pytest.mark.parametrize("kind", [ColumnType(), ColumnType(shape=(2, 2), jagged=True)])
def test_coordinates_that_are_no_list_are_refused(kind: ColumnType) -> None:
    with pytest.raises(WiringError, match="ParticleNetLite: coordinates 'angles' is .*Particles"):
        SMALL.build(COLUMNS.plus({"angles": kind}), 2)


def test_no_list_at_all() -> None:
    empty = Jagged(torch.zeros(0, 7), torch.zeros(1, dtype=torch.int64))
    assert SMALL.build(COLUMNS, 2).eval()(empty, empty.with_values(torch.zeros(0, 2))).shape == (0, 2)
