"""What every network over particles owes: the order, the other events of its batch and emptiness do not matter.

A network is added to ``CLAIMS`` and nothing else is written. Columns are made by name: those of
:func:`momenta` are on their mass shell, ``MAKERS`` has some more, any other name is a list of normal numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from hepdl_networks.adaptive_computation import AdaptiveComputation
from hepdl_networks.deep_sets import DeepSets
from hepdl_networks.energy_flow import EnergyFlowNetwork
from hepdl_networks.graph_network import GraphNetwork
from hepdl_networks.interaction_network import InteractionNetwork
from hepdl_networks.lorentz_network import LorentzNetwork
from hepdl_networks.neural_turing_machine import NeuralTuringMachine
from hepdl_networks.particle_net import ParticleNet, ParticleNetLite
from hepdl_networks.particle_transformer import ParticleTransformer
from hepdl_networks.recurrent import Recurrent

from hepdl.columns import Columns, ColumnType
from hepdl.events import Jagged
from hepdl.learning.parts import Network

Lists = dict[str, Jagged]


@dataclass(frozen=True)
class Claim:
    """A network and what it claims; each of its columns is one number a particle."""

    network: Network
    ordered: bool = False
    """The order of the particles matters."""
    zero: str = ""
    """Column in which a particle without meaning has 0."""
    tolerance: float = 1e-5

    def __str__(self) -> str:
        answers = getattr(self.network, "answers", "event")
        return f"{type(self.network).__name__}{'' if answers == 'event' else '-' + answers}-{CLAIMS.index(self)}"

    def module(self) -> torch.nn.Module:
        """The same weights on each call, none of them 0."""
        torch.manual_seed(3)
        module = self.network.build(Columns({n: ColumnType(jagged=True) for n in self.network.arguments}), 2)
        for weight in module.parameters():
            weight.data += 0.02 * torch.randn_like(weight)
        return module.eval()

    def answer(self, module: torch.nn.Module, lists: Lists) -> torch.Tensor:
        """``[N, 2]``, or ``[n, 2]`` when it answers for each particle."""
        answer = module(*[lists[name] for name in self.network.arguments])
        return answer.values if isinstance(answer, Jagged) else answer


CARTESIAN, POLAR = ["px", "py", "pz", "energy"], ["pt", "eta", "phi", "mass"]
CLAIMS = [
    Claim(DeepSets(inputs=["a", "b"])),
    Claim(DeepSets(inputs=["a", "b"], collect="mean", batch_norm=True)),
    Claim(DeepSets(inputs=["a", "b"], collect="max", layers=[8])),
    Claim(DeepSets(inputs=["a", "b"], collect="attention", layers=[8])),
    Claim(DeepSets(inputs=["a", "b"], answers="particle")),
    Claim(DeepSets(inputs=["a", "b"], answers="particle", collect="attention", layers=[8])),
    Claim(EnergyFlowNetwork(inputs=["eta", "phi"], weight="share"), zero="share"),
    Claim(ParticleNet(inputs=["a", "eta"], coordinates="eta")),
    Claim(ParticleNetLite(inputs=["a", "b"], coordinates="eta")),
    Claim(ParticleNetLite(inputs=["a", "b"], coordinates="eta", answers="particle")),
    Claim(GraphNetwork(inputs=["a", "b"], coordinates="eta")),
    Claim(GraphNetwork(inputs=["a", "b"], coordinates="eta", kind="GAT", graph="radius")),
    Claim(GraphNetwork(inputs=["a", "b"], kind="GIN", graph="full", answers="particle")),
    Claim(InteractionNetwork(inputs=["a", "b"], steps=2, effects="mean")),
    Claim(ParticleTransformer(inputs=["a", "px"], momenta=CARTESIAN, width=16, heads=4, blocks=2, embed=[8])),
    Claim(ParticleTransformer(inputs=["a"], momenta=POLAR, components="polar", width=8, heads=2, blocks=1)),
    Claim(ParticleTransformer(inputs=["a", "b"], width=8, heads=2, blocks=2, collect="mean")),
    Claim(ParticleTransformer(inputs=["a"], momenta=CARTESIAN, width=8, heads=2, blocks=1, answers="particle")),
    Claim(LorentzNetwork(inputs=["mass"], momenta=CARTESIAN, width=8, blocks=3)),
    Claim(LorentzNetwork(inputs=["a"], momenta=POLAR, components="polar", width=8, blocks=2, answers="particle")),
    Claim(Recurrent(inputs=["a", "b"], layers=[8]), ordered=True, tolerance=1e-6),
    Claim(Recurrent(inputs=["a"], cell="tanh", layers=[8, 4], bidirectional=True), ordered=True, tolerance=1e-6),
    Claim(Recurrent(inputs=["a", "b"], cell="GRU", layers=[8], answers="particle"), ordered=True, tolerance=1e-6),
    Claim(AdaptiveComputation(inputs=["a", "b"], width=8, most=3), ordered=True),
    Claim(NeuralTuringMachine(inputs=["a", "b"], width=8, slots=4, cells=3), ordered=True),
]
LENGTHS = [4, 0, 1, 9, 2, 30]


def momenta(n: int) -> dict[str, torch.Tensor]:
    """Massive particles of a jet."""
    pt, mass = torch.rand(n) * 50 + 1, torch.rand(n)
    eta, phi = torch.randn(n) * 0.4 + 1, torch.randn(n) * 0.4 + 2
    px, py, pz = pt * phi.cos(), pt * phi.sin(), pt * eta.sinh()
    energy = (px**2 + py**2 + pz**2 + mass**2).sqrt()
    return {"pt": pt, "eta": eta, "phi": phi, "mass": mass, "px": px, "py": py, "pz": pz, "energy": energy}


MAKERS: dict[str, Callable[[int], torch.Tensor]] = {"share": torch.rand}


def made(claim: Claim, lengths: list[int], seed: int = 1) -> Lists:
    """Random particles."""
    torch.manual_seed(seed)
    offsets = torch.tensor([0, *lengths]).cumsum(0)
    n = int(offsets[-1])
    known = momenta(n)
    columns = {name: known[name] if name in known else MAKERS.get(name, torch.randn)(n) for name in names(claim)}
    return {name: Jagged(values, offsets) for name, values in columns.items()}


def names(claim: Claim) -> list[str]:
    return claim.network.arguments


def only(lists: Lists, event: int) -> Lists:
    """One event alone."""
    return {name: column.rows(event, event + 1) for name, column in lists.items()}


def reordered(lists: Lists) -> tuple[Lists, torch.Tensor]:
    """The particles of each event in another order, and which ones they are."""
    column = next(iter(lists.values()))
    order = torch.cat([a + torch.randperm(b - a) for a, b in column.offsets.unfold(0, 2, 1).tolist()])
    return {name: Jagged(column.values[order], column.offsets) for name, column in lists.items()}, order


def longer(lists: Lists, others: Lists) -> Lists:
    """Each event of some lists, then that of others."""
    joined = {}
    for name, one in lists.items():
        events = [[column.rows(i, i + 1).values for column in (one, others[name])] for i in range(len(one))]
        offsets = one.offsets + others[name].offsets
        joined[name] = Jagged(torch.cat([values for pair in events for values in pair]), offsets)
    return joined


each_claim = pytest.mark.parametrize("claim", CLAIMS, ids=str)


@each_claim
def test_order_of_particles(claim: Claim) -> None:
    lists, module = made(claim, LENGTHS), claim.module()
    other, order = reordered(lists)
    before, after = claim.answer(module, lists), claim.answer(module, other)
    if claim.ordered:
        assert not torch.allclose(before, after, atol=1e-4), "the order has no effect: claim ordered=False"
        return
    expected = before[order] if getattr(claim.network, "answers", "event") == "particle" else before
    torch.testing.assert_close(after, expected, atol=claim.tolerance, rtol=claim.tolerance)


@each_claim
def test_alone_as_among_longer_ones(claim: Claim) -> None:
    lists, module = made(claim, LENGTHS), claim.module()
    alone = torch.cat([claim.answer(module, only(lists, event)) for event in range(len(LENGTHS))])
    torch.testing.assert_close(
        alone, claim.answer(module, lists), atol=claim.tolerance, rtol=claim.tolerance, msg=lambda m: f"{claim}: {m}"
    )


@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if claim.zero], ids=str)
def test_particles_without_meaning(claim: Claim) -> None:
    lists, module, nothing = made(claim, LENGTHS), claim.module(), made(claim, [20] * len(LENGTHS), 2)
    nothing[claim.zero] = Jagged(torch.zeros(20 * len(LENGTHS)), nothing[claim.zero].offsets)
    both = claim.answer(module, longer(lists, nothing))
    torch.testing.assert_close(both, claim.answer(module, lists), atol=claim.tolerance, rtol=claim.tolerance)


@pytest.mark.parametrize("lengths", [[1], [0], [0, 0, 0], [7], [], [1, 1], LENGTHS], ids=str)
@each_claim
def test_few_particles_in_training(claim: Claim, lengths: list[int]) -> None:
    lists, module = made(claim, lengths), claim.module().train()
    answer = claim.answer(module, lists)
    rows = sum(lengths) if getattr(claim.network, "answers", "event") == "particle" else len(lengths)
    assert answer.shape == (rows, 2)
    assert answer.isfinite().all()
    answer.square().sum().backward()
    for name, weight in module.named_parameters():
        assert weight.grad is None or weight.grad.isfinite().all(), name
    if max(lengths, default=0) > 1:
        assert all(weight.grad is not None for weight in module.parameters())


@each_claim
def test_particles_matter(claim: Claim) -> None:
    module = claim.module()
    one, other = (claim.answer(module, made(claim, LENGTHS, seed)) for seed in (1, 2))
    assert not torch.allclose(one, other, atol=1e-3)
