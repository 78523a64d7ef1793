"""ParticleNet-Lite and ParticleNet: training steps a second on the jets of data/jets, in several forms of one network.

    python benchmarks/edge_convolution.py [--rounds 7] [--batch 128] [--full] [--weaver SITE_PACKAGES]

* hepdl: packed particles, first layer split into node products, as ``hepdl run`` trains it;
* textbook: features of each edge concatenated, 1×1 convolutions over ``[N, C, P, k]``, padded to the batch maximum;
* textbook, padded to 128: the same, as with inputs of fixed length;
* weaver: ParticleNet of weaver-core in the same loop, if its site-packages are named, padded to the batch maximum.

Forward, backward and one step of Adam on one thread, in CPU time; the forms take turns with the same jets, and the
median over the rounds counts.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import awkward as ak
import numpy as np
import torch
import uproot
from hepdl_networks.particle_net import ParticleNet, ParticleNetLite
from torch import nn

from hepdl.columns import Columns, ColumnType
from hepdl.data.packed import Packed
from hepdl.events import Events, Jagged

JETS = Path(__file__).parent.parent / "data" / "jets"
COLUMNS = Columns(particles=ColumnType(shape=(7,), jagged=True), angles=ColumnType(shape=(2,), jagged=True))


def jets() -> Events:
    """7 features and 2 angles of each constituent, and the label."""
    names = ["part_px", "part_py", "part_pz", "part_energy", "jet_pt", "jet_eta", "jet_phi", "label"]
    tree = uproot.concatenate([f"{path}:jets" for path in sorted(JETS.glob("*_particles_1.root"))], names)
    lengths = ak.num(tree.part_px).to_numpy()
    px, py, pz, energy = (ak.flatten(tree[name]).to_numpy() for name in names[:4])
    pt_jet, eta_jet, phi_jet = (np.repeat(tree[name].to_numpy(), lengths) for name in names[4:7])
    pt = np.hypot(px, py)
    eta = np.arcsinh(pz / pt) - eta_jet
    phi = (np.arctan2(py, px) - phi_jet + np.pi) % (2 * np.pi) - np.pi
    shares = [np.log(pt / pt_jet), np.log(energy / energy.max())]
    features = [eta, phi, np.log(pt), np.log(energy), *shares, np.hypot(eta, phi)]
    values = {"particles": np.stack(features, 1), "angles": np.stack([eta, phi], 1)}
    lists = {name: Jagged.from_lengths(value.astype(np.float32), lengths) for name, value in values.items()}
    return Events(lists | {"label": tree.label.to_numpy().astype(np.float32)}).sharing()


class Textbook(nn.Module):
    """Edge convolutions over padded particles, edge by edge."""

    def __init__(self, network: ParticleNet) -> None:
        super().__init__()
        self.k, self.norm = network.k, nn.BatchNorm1d(7)
        inputs = [7, *(widths[-1] for widths in network.blocks[:-1])]
        self.blocks, self.shortcuts = nn.ModuleList(), nn.ModuleList()
        for width, widths in zip(inputs, network.blocks, strict=True):
            layers = nn.Sequential()
            for before, after in zip([2 * width, *widths[:-1]], widths, strict=True):
                layers.extend([nn.Conv2d(before, after, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()])
            self.blocks.append(layers)
            shortcut = nn.Conv1d(width, widths[-1], 1, bias=False)
            self.shortcuts.append(nn.Sequential(shortcut, nn.BatchNorm1d(widths[-1])))
        last, hidden = network.blocks[-1][-1], network.head[0]
        self.head = nn.Sequential(nn.Linear(last, hidden), nn.ReLU(), nn.Dropout(0.1), nn.Linear(hidden, 1))

    def forward(self, points: torch.Tensor, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """``[N, 1]`` from ``[N, D, P]``, ``[N, F, P]`` and ``[N, 1, P]``."""
        x = self.norm(x) * mask
        for layers, shortcut in zip(self.blocks, self.shortcuts, strict=True):
            far = (points + 1e4 * (1 - mask)).transpose(1, 2)
            near = torch.cdist(far, far).topk(self.k + 1, largest=False).indices[:, None, :, 1:]
            rows = x.unsqueeze(2).expand(-1, -1, x.shape[2], -1)
            there = rows.gather(3, near.expand(-1, x.shape[1], -1, -1))
            here = x[..., None].expand_as(there)
            edges = layers(torch.cat([here, there - here], 1))
            points = x = torch.relu(edges.mean(3) + shortcut(x)) * mask
        return self.head(x.sum(2) / mask.sum(2).clamp_min(1))


def forms(network: ParticleNet, site: Path | None) -> dict[str, tuple[nn.Module, Callable[[Events], list[object]]]]:
    """Name → module and what it is called with for a batch."""
    made: dict[str, tuple[nn.Module, Callable[[Events], list[object]]]] = {
        "hepdl": (network.build(COLUMNS, 1), lambda batch: [batch["particles"], batch["angles"]]),
        "textbook": (Textbook(network), lambda batch: padded(batch, None)),
        "textbook, padded to 128": (Textbook(network), lambda batch: padded(batch, 128)),
    }
    if site is not None:
        sys.path.append(str(site))
        from weaver.nn.model.ParticleNet import ParticleNet as Theirs

        convolutions = [(network.k, tuple(widths)) for widths in network.blocks]
        theirs = Theirs(7, 1, convolutions, [(network.head[0], 0.1)], use_fusion=False)
        made["weaver"] = theirs, lambda batch: padded(batch, None)
    return made


def padded(batch: Events, most: int | None) -> list[object]:
    """Angles, features and mask, the particles along the last axis."""
    (angles, mask), (features, _) = (batch[name].padded(most) for name in ("angles", "particles"))
    return [angles.transpose(1, 2).contiguous(), features.transpose(1, 2).contiguous(), mask[:, None].float()]


def step(form: nn.Module, optimizer: torch.optim.Optimizer, inputs: list[object], label: torch.Tensor) -> None:
    """One step of a training."""
    optimizer.zero_grad()
    nn.functional.binary_cross_entropy_with_logits(form(*inputs)[:, 0], label).backward()
    optimizer.step()


def contest(network: ParticleNet, words: argparse.Namespace) -> dict[str, list[float]]:
    """Name of a form → its events a second in each round but the first."""
    table, contestants = Packed.of([jets()], "cpu"), forms(network, words.weaver)
    adam = {name: torch.optim.Adam(form.parameters(), 1e-3, fused=True) for name, (form, _) in contestants.items()}
    speeds: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(words.rounds + 1):
        rows = torch.randperm(len(table), generator=torch.Generator().manual_seed(number))[: words.batch]
        for name, (form, inputs) in contestants.items():
            began = time.process_time()
            batch = table.take(rows)
            step(form, adam[name], inputs(batch), batch["label"])
            speeds[name] += [words.batch / (time.process_time() - began)] if number else []
    return speeds


def main() -> None:
    """Print events a second, and how many times as fast hepdl is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--full", action="store_true", help="ParticleNet instead of ParticleNet-Lite")
    parser.add_argument("--weaver", type=Path)
    words = parser.parse_args()
    torch.set_num_threads(1)
    network = (ParticleNet if words.full else ParticleNetLite)(inputs=["particles"], coordinates="angles")
    particles = jets()["particles"]
    print(f"{type(network).__name__}, batches of {words.batch}; ", end="")
    print(f"{particles.lengths.mean():.1f} particles a jet, at most {particles.longest}")
    speeds = contest(network, words)
    first = statistics.median(speeds["hepdl"])
    for name, found in speeds.items():
        median = statistics.median(found)
        print(
            f"{name:25s} {median:8.1f} events/s ({min(found):.1f} to {max(found):.1f}); hepdl / it {first / median:.2f}"
        )


main()
