"""Accuracy against operations, weights and speed, for every network on the same quark and gluon jets.

    python data/quark_gluon/make_quark_gluon.py make --out DIR --files 17
    python benchmarks/networks.py --data DIR --out RESULTS [--picture docs/pictures/networks.png]
    python benchmarks/networks.py --data DIR --out RESULTS --shapes      # depth against width at equal weights

The picture of Canziani, Paszke and Culurciello (arXiv:1605.07678) for our field. Operations are multiplications and
additions of a forward pass, counted by torch (matrix products and convolutions alone); speed is that of training steps
(forward, backward, optimiser) on batches of 256 jets in memory, on as many threads as are asked for. Trainings are kept
and found again; they are short and the same for all, so that the table compares networks, not recipes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import torch
from pydantic import PrivateAttr
from torch.utils.flop_counter import FlopCounterMode

from hepdl import Chain
from hepdl.algorithms import (
    P4,
    Convolutional,
    DeepSets,
    Define,
    Dense,
    EnergyFlowNetwork,
    GraphNetwork,
    InteractionNetwork,
    JetImage,
    LorentzNetwork,
    ParticleNetLite,
    Particles,
    ParticleTransformer,
    Recurrent,
    Standardize,
    Supervised,
)  # fmt: skip
from hepdl.data.cache import Cache
from hepdl.data.rows import Rows
from hepdl.engine import run
from hepdl.events import Events
from hepdl.job import Job
from hepdl.learning.parts import Network

sys.path.insert(0, str(Path(__file__).parent / "physics"))

from tagging import Model, arguments, judged, reader, trained

OBSERVABLES = ["jet_multiplicity", "jet_mass", "jet_width", "jet_lha", "jet_ptd", "jet_z1"]
BATCH = 256
PARTICLES: list[Any] = [
    Define("share", "part_pt / sum(part_pt)"),
    Define("log_share", "log(share)"),
    Define("distance", "hypot(part_y, part_phi)"),
    Particles("angles", ["part_y", "part_phi"], name="angles"),
    Particles("kinematics", ["share", "log_share", "part_y", "part_phi", "distance"], name="kinematics"),
    Standardize(["kinematics"], output="scaled"),
]
MOMENTA = [
    P4("p", pt="share", eta="part_y", phi="part_phi", mass="0 * part_pt"),
    *(Define(f"p_{name}", f"p.{name}") for name in ("px", "py", "pz", "energy")),
    Particles("momenta", ["p_px", "p_py", "p_pz", "p_energy"], name="momenta"),
]
IMAGE = [JetImage("image", pt="share", eta="part_y", phi="part_phi", pixels=25)]


def on_particles(network: Network, more: list[Any] | None = None, epochs: int = 8, rate: float = 1e-3) -> Model:
    """A model on the kinematics of particles."""
    return Model([*PARTICLES, *(more or [])], network, epochs, rate=rate)


MODELS = {
    "dense on observables": Model(
        [Standardize(OBSERVABLES, output="features")], Dense(inputs=["features"], layers=[64, 64]), 20
    ),
    "EFN": on_particles(EnergyFlowNetwork(inputs=["angles"], weight="share")),
    "PFN": on_particles(DeepSets(inputs=["scaled"])),
    "GRU": on_particles(Recurrent(inputs=["scaled"], cell="GRU")),
    "LSTM": on_particles(Recurrent(inputs=["scaled"], cell="LSTM")),
    "CNN on images": Model(
        [PARTICLES[0], *IMAGE], Convolutional(inputs=["image"], batch_norm=True, dropout=0.3), 8, rate=2e-3
    ),
    "GAT": on_particles(GraphNetwork(inputs=["scaled"], coordinates="angles", kind="GAT"), epochs=5),
    "interaction network": on_particles(
        InteractionNetwork(inputs=["scaled"], coordinates="angles", graph="knn"), epochs=5
    ),
    "ParticleNet-Lite": on_particles(ParticleNetLite(inputs=["scaled"], coordinates="angles"), epochs=5, rate=2e-3),
    "transformer": on_particles(
        ParticleTransformer(inputs=["scaled"], momenta=["momenta"], width=32, heads=4, blocks=2, embed=[32]),
        MOMENTA,
        epochs=5,
    ),
    "Lorentz network": on_particles(
        LorentzNetwork(inputs=["scaled"], momenta=["momenta"], width=24, blocks=2), MOMENTA, epochs=5
    ),
}
SHAPES = {1: 570, 2: 168, 3: 125, 4: 104, 6: 82, 10: 62}
"""Depth of the network of each particle → a width that gives about 40,000 weights in all."""


class Costed(Supervised):
    """Measures its network on one batch instead of training it."""

    _cost: dict[str, float] = PrivateAttr(default_factory=dict)

    def fit(self, train: Rows, validate: Rows) -> None:
        """Operations of a forward pass and the time of a training step."""
        objective = self.objective().fit(train, validate, self.job)
        batch = next(train.batches(objective.names, BATCH))
        counter = FlopCounterMode(display=False)
        with counter, torch.no_grad():
            objective.predict(self.module.eval(), batch)
        self._cost["flop"] = counter.get_total_flops() / len(batch)
        self._cost["jets_per_second"] = len(batch) / self._step_time(objective, batch)
        self._cost["weights"] = sum(each.numel() for each in self.module.parameters())

    def _step_time(self, objective: Any, batch: Events) -> float:
        optimizer, times = torch.optim.Adam(self.module.train().parameters(), 1e-4, fused=True), []
        for _ in range(12):
            began = time.perf_counter()
            optimizer.zero_grad(set_to_none=True)
            objective.mean(objective.predict(self.module, batch), batch).backward()
            optimizer.step()
            times.append(time.perf_counter() - began)
        return statistics.median(times[2:])


def cost(name: str, model: Model, options: argparse.Namespace) -> dict[str, float]:
    """Kept beside the trainings."""
    stored: Path = options.out / f"{name}_cost.json"
    if not stored.exists():
        torch.set_num_threads(options.threads)
        first = reader(options.data, ["gluon", "quark"], options, identity=["event"])
        chain = Chain(first, *model.steps, Costed(network=model.network))
        outcome = run(chain, Job(cache=Cache(options.out / "cache")), limit=2000)
        stored.write_text(json.dumps(outcome.steps[-1]._cost, indent=1) + "\n")
    known: dict[str, float] = json.loads(stored.read_text())
    return known


def table(models: dict[str, Model], options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Print a row a network, and give its figures."""
    print(
        "| network | weights | MFLOP a jet | jets/s in training | epochs | AUC | R50 |\n|---|---|---|---|---|---|---|"
    )
    rows = {}
    for name in options.models or models:
        first = reader(options.data, ["gluon", "quark"], options, identity=["event"])
        costs = cost(name, models[name], options)
        results = judged([trained(name, models[name], first, seed, options) for seed in options.seeds])
        auc, rejection = results["AUC"], results["R50"]
        rows[name] = costs | {"auc": auc.median, "error": auc.error}
        print(
            f"| {name} | {costs['weights']:,.0f} | {costs['flop'] / 1e6:.3g} | {costs['jets_per_second']:,.0f} | "
            f"{options.epochs or models[name].epochs} | {auc.median:.4f} ± {auc.error:.4f} | "
            f"{rejection.median:.1f} ± {rejection.error:.1f} |",
            flush=True,
        )
    return rows


def draw(rows: dict[str, dict[str, float]], path: Path) -> None:
    """AUC against operations and against speed; the area of a disc goes with the number of weights."""
    from hepdl_reports.labels import label_points
    from hepdl_reports.style import COLOURS, figure, log_axis, stamp, style

    with style():
        picture = figure(figsize=(14, 6.4))
        panels = picture.subplots(1, 2, sharey=True)
        titles = {"flop": "Operations of a forward pass [FLOP a jet]", "jets_per_second": "Jets a second in training"}
        for axes, (key, title) in zip(panels, titles.items(), strict=True):
            for colour, row in zip(COLOURS * 2, rows.values(), strict=False):
                axes.errorbar(row[key], row["auc"], row["error"], color=colour, fmt="none")
                axes.scatter(row[key], row["auc"], 30 + row["weights"] / 150, color=colour, alpha=0.6)
            log_axis(axes, "x")
            axes.margins(0.16)
            points = [(row[key], row["auc"], row["error"]) for row in rows.values()]
            label_points(axes, torch.tensor(points).numpy(), list(rows), 12)
            axes.set_xlabel(title)
        panels[0].set_ylabel("AUC, quark against gluon")
        stamp(panels[0])
        picture.savefig(path, dpi=80)


def main() -> None:
    """Train what is missing, print, draw."""
    extra = argparse.ArgumentParser(add_help=False)
    extra.add_argument("--picture", type=Path)
    extra.add_argument("--shapes", action="store_true", help="depth against width instead")
    own, sys.argv[1:] = extra.parse_known_args()
    shapes = {
        f"depth {depth}, width {width}": on_particles(DeepSets(inputs=["scaled"], layers=[width] * depth, head=[64]))
        for depth, width in SHAPES.items()
    }
    models = shapes if own.shapes else MODELS
    options = arguments(__doc__, list(models))
    options.out.mkdir(parents=True, exist_ok=True)
    rows = table(models, options)
    if own.picture:
        draw(rows, own.picture)


if __name__ == "__main__":
    main()
