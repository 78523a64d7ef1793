"""What particle networks share: features side by side, particles collected, answers for events or for particles."""

from __future__ import annotations

import pytest
import torch
from hepdl_networks.on_particles import OnParticles, collected
from hepdl_networks.particle_network import ParticleNetwork
from torch import nn

from hepdl.columns import Columns, ColumnType
from hepdl.errors import WiringError
from hepdl.events import Jagged

LIST = Jagged(torch.tensor([[1.0, 5.0], [3.0, -2.0], [-4.0, -1.0]]), torch.tensor([0, 2, 2, 3]))


@pytest.mark.parametrize(
    ("how", "first"), [("sum", [4.0, 3.0]), ("mean", [2.0, 1.5]), ("max", [3.0, 5.0])]
)  # fmt: skip
def test_particles_are_collected(how: str, first: list[float]) -> None:
    got = collected(LIST, how)
    assert got.tolist() == [first, [0.0, 0.0], [-4.0, -1.0]]


def test_flat_inputs_join_behind_the_collection() -> None:
    module = OnParticles(nn.Identity(), _Beside(), "sum", [0], [1], 2)
    assert module(LIST, torch.tensor([7.0, 8.0, 9.0])).tolist() == [[4, 3, 7], [0, 0, 8], [-4, -1, 9]]


def test_an_answer_for_each_particle() -> None:
    module = OnParticles(nn.Identity(), _Beside(), None, [0], [1], 2)
    answer = module(LIST, torch.tensor([7.0, 8.0, 9.0]))
    assert answer.values.tolist() == [[1, 5, 7], [3, -2, 7], [-4, -1, 9]]
    assert answer.offsets.equal(LIST.offsets)


def test_a_flat_column_alone_is_refused() -> None:
    class Plain(ParticleNetwork):
        """A body that does nothing."""

    with pytest.raises(WiringError, match=r"Plain: the first input must be a list of particles.*x \(float32\)"):
        Plain(inputs=["x"]).build(Columns(x=ColumnType()), 1)


class _Beside(nn.Module):
    def forward(self, *columns: torch.Tensor) -> torch.Tensor:
        return torch.cat([column.reshape(len(column), -1) for column in columns], 1)
