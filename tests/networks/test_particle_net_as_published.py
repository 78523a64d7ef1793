"""ParticleNet gives what the implementation of its authors gives with the same weights (where that is installed).

For events with more particles than neighbours; with fewer, theirs takes padding for neighbours.
"""

from __future__ import annotations

import pytest
import torch
from hepdl_networks.particle_net import ParticleNet, ParticleNetLite
from torch import nn

from hepdl.columns import Columns, ColumnType
from tests.networks.graphs import particles

theirs = pytest.importorskip("weaver.nn.model.ParticleNet", reason="needs weaver-core")

COLUMNS = Columns(particles=ColumnType(shape=(7,), jagged=True), angles=ColumnType(shape=(2,), jagged=True))
LENGTHS = [17, 30, 64, 21, 18]


def hand_over(mine: nn.Module, other: nn.Module) -> None:
    """Copy weights and running means of a network of ours into one of theirs."""
    body = mine.body.body
    pairs = [(body.norm, other.bn_fts), (mine.head.layers[0], other.fc[0][0]), (mine.head.layers[-1], other.fc[1])]
    for block, conv in zip(body.blocks, other.edge_convs, strict=True):
        pairs += [*zip(block.layers, conv.convs, strict=True), *zip(block.norms, conv.bns, strict=True)]
        pairs += [(block.shortcut, conv.sc), (block.shortcut_norm, conv.sc_bn)]
    for source, target in pairs:
        state = source.state_dict()
        target.load_state_dict({name: state[name].reshape(value.shape) for name, value in target.state_dict().items()})


@pytest.mark.parametrize("kind", [ParticleNet, ParticleNetLite])
def test_the_same_weights_give_the_same_answer(kind: type[ParticleNet]) -> None:
    torch.manual_seed(1)
    network = kind(inputs=["particles"], coordinates="angles")
    mine, values, angles = network.build(COLUMNS, 2), particles(7, LENGTHS), particles(2, LENGTHS, seed=2)
    mine.train()(values, angles)  # running means that are not 0
    convolutions, head = [(network.k, tuple(widths)) for widths in network.blocks], [(network.head[0], 0.1)]
    other = theirs.ParticleNet(7, 2, convolutions, head, use_fusion=False, use_fts_bn=True, use_counts=True)
    hand_over(mine.eval(), other.eval())
    assert sum(weight.numel() for weight in other.parameters()) == sum(w.numel() for w in mine.parameters())
    padded = [each.padded()[0].transpose(1, 2).contiguous() for each in (angles, values)]
    mask = values.padded()[1][:, None].float()
    with torch.no_grad():
        torch.testing.assert_close(mine(values, angles), other(*padded, mask), rtol=1e-5, atol=1e-5)
