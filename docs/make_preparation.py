"""Draws the pictures of docs/preparation.md from the jets in data/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from hepdl_reports.style import BLUE, RED, figure, stamp, style

from hepdl import Chain, Sample
from hepdl.algorithm import Report
from hepdl.algorithms import (
    P4,
    Flatten,
    Group,
    JetImage,
    LogScale,
    MinMax,
    QuantileNormalize,
    RelativeTo,
    RobustScale,
    RootReader,
    RotateJet,
    Standardize,
)
from hepdl.description import Inputs
from hepdl.engine import run
from hepdl.events import Events
from hepdl.job import Job
from hepdl.noise import Noise, keys_of

DATA, PICTURES = Path(__file__).parents[1] / "data" / "jets", Path(__file__).parent / "pictures"
IDENTITY: dict[str, Any] = {"tree": "jets", "identity": ["run", "event"], "several_per_event": "jet_rank"}


class Seen(Report):
    """Keeps columns for the pictures."""

    columns: Inputs
    """Which."""

    def draw(self, events: Events) -> None:
        """Keep them."""
        COLLECTED.append(events)


COLLECTED: list[Events] = []


def events_of(names: tuple[str, str], *steps: Any, columns: list[str], limit: int) -> tuple[Events, list[Any]]:
    """The events behind some steps, and these as they were frozen."""
    samples = [Sample(name, str(DATA / name), label=label, weight="weight") for label, name in enumerate(names)]
    done = run(Chain(RootReader(*samples, **IDENTITY), *steps, Seen(columns=columns)), Job(), limit=limit)
    return COLLECTED.pop(), done.steps


def normalizers() -> None:
    """One column by each of them."""
    given = {"weighted": True, "columns": ["jet_mgroomed"]}
    steps = [Standardize(output="Standardize", **given), RobustScale(output="RobustScale", **given),
             MinMax(output="MinMax", **given), LogScale(output="LogScale", **given),
             QuantileNormalize(output="QuantileNormalize", **given),
             QuantileNormalize(output="uniform", distribution="uniform", name="uniform", **given)]  # fmt: skip
    names = [step.output for step in steps]
    events, _ = events_of(("qcd_1.root", "w_1.root"), Group(["jet_mgroomed"], "as it is"), *steps,
                          columns=["as it is", *names], limit=20000)  # fmt: skip
    picture = figure(figsize=(14, 3.2))
    for axes, name in zip(picture.subplots(1, 7), ["as it is", *names], strict=True):
        values = events[name][:, 0]
        axes.hist(values, np.linspace(*np.percentile(values, [0.1, 99.5]), 41), color=BLUE, histtype="stepfilled")
        axes.set_title("QuantileNormalize\nuniform" if name == "uniform" else name, fontsize=12)
        axes.tick_params(labelleft=False, labelsize=11)
    picture.savefig(PICTURES / "preparation_normalizers.png", dpi=80)


def flattened() -> None:
    """pT spectra before and after."""
    edges = np.linspace(470, 720, 26)
    step = Flatten(["jet_pt"], bins=[edges.tolist()])
    events, _ = events_of(("qcd_1.root", "w_1.root"), step, columns=["jet_pt", "flat_weight", "label"], limit=20000)
    picture = figure(figsize=(10, 4.2))
    for axes, weight in zip(picture.subplots(1, 2, sharey=True), ("weight", "flat_weight"), strict=True):
        for label, (name, colour) in enumerate((("QCD", BLUE), ("W", RED))):
            mine = events["label"] == label
            heights, _ = np.histogram(events["jet_pt"][mine], edges, weights=events[weight][mine])
            axes.stairs(heights / np.diff(edges), edges, color=colour, lw=2, label=name)
        axes.set(xlabel="jet_pt [GeV]", ylim=(0, None))
        stamp(axes, right=weight, left="")
    axes.legend()
    picture.axes[0].set_ylabel("weight / GeV")
    picture.savefig(PICTURES / "preparation_flatten.png", dpi=80)


def augmented() -> None:
    """A W jet as it is and in five epochs."""
    turn = RotateJet(["part_deta", "part_dphi"])
    image = JetImage(pt="part_ptrel", eta="part_deta_varied", phi="part_dphi_varied", rotate="none", flip=False)
    columns = ["part_ptrel", "part_deta", "part_dphi", "image"]
    particles = P4("part", px="part_px", py="part_py", pz="part_pz")
    events, steps = events_of(
        ("qcd_particles_1.root", "w_particles_1.root"), particles, P4("jet"), RelativeTo("part", "jet"),
        turn, image, columns=[*columns, "source", "entry"], limit=50,
    )  # fmt: skip
    turn, image = steps[-3], steps[-2]
    one = (
        events.where(events["label"] == 1).rows(4, 5).to("cpu") if "label" in events else events.rows(60, 61).to("cpu")
    )
    bare = one.only(columns[:3])
    varied = [turn.execute(bare)] + [turn.vary(bare, Noise(keys_of(one), epoch)) for epoch in range(5)]
    picture = figure(figsize=(14, 2.9))
    for number, (axes, columns) in enumerate(zip(picture.subplots(1, 6), varied, strict=True)):
        pixels = image.execute(bare.plus(columns))["image"][0, 0].numpy()
        axes.imshow(np.sqrt(pixels), origin="lower", cmap="viridis")
        axes.set_title(
            f"epoch {number}, ΣpT {pixels.sum():.4f}" if number else f"plain, ΣpT {pixels.sum():.4f}", fontsize=12
        )
        axes.tick_params(which="both", length=0, labelbottom=False, labelleft=False)
    picture.savefig(PICTURES / "preparation_augmented.png", dpi=80)


if __name__ == "__main__":
    with style():
        normalizers()
        flattened()
        augmented()
