"""FilterReport: a network with known filters, and a chain from training to pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hepdl_networks.convolutional import Convolutional
from hepdl_reports.activations import layers_of
from hepdl_reports.filters import FilterReport
from hepdl_training.supervised import Supervised
from torch import nn

from hepdl import Chain
from hepdl.columns import Columns, ColumnType
from hepdl.engine import run
from hepdl.errors import NothingLeft, ParameterError, WiringError
from hepdl.events import Events
from hepdl.job import Job
from tests.memory import FILES, MemoryReader, sample

COLUMNS = Columns({"image": ColumnType(shape=(1, 6, 6)), "x": ColumnType(), "label": ColumnType()})


def network() -> nn.Module:
    """The first filter gives the image back, the second its negative (so nothing, behind ReLU), the third its half."""
    first = nn.Conv2d(1, 3, 3, padding=1)
    with torch.no_grad():
        first.weight.zero_()
        first.bias.zero_()
        first.weight[:, 0, 1, 1] = torch.tensor([1.0, -1.0, 0.5])
    return nn.Sequential(first, nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(3, 2, 3), nn.Flatten(), nn.LazyLinear(1))


def events(n: int = 40) -> Events:
    random = np.random.default_rng(1)
    return Events({
        "image": random.random((n, 1, 6, 6)).astype(np.float32), "label": (np.arange(n) % 2).astype(np.float32),
        "part": np.full(n, 2, np.int8), "sample": np.arange(n) % 2, "weight": np.ones(n, np.float32),
        "x": np.zeros(n, np.float32),
    })  # fmt: skip


def reported(report: FilterReport, table: Events, folder: Path | None = None, module: nn.Module | None = None):
    module = (module or network()).eval()
    report = report.model_copy(deep=True)
    report.initialize(Job(folder, columns=COLUMNS, modules={"Fit": module}).for_step(report.label, COLUMNS))
    for start in range(0, len(table), 7):
        report.execute(table.rows(start, start + 7))
    report.finalize()
    return report


def test_layers_are_what_the_filters_answer() -> None:
    image = torch.from_numpy(events(2)["image"])
    first, second = layers_of(network(), [image], "report")
    np.testing.assert_allclose(first.answers[:, 0], image[:, 0], rtol=1e-6)
    np.testing.assert_allclose(first.answers[:, 2], image[:, 0] / 2, rtol=1e-6)
    assert first.silent.tolist() == [False, True, False]
    assert first.strongest(2).tolist() == [0, 2]
    assert second.answers.shape == (2, 2, 1, 1) and second.kernels.shape == (2, 3, 3, 3)


def test_numbers_and_pictures_of_the_chosen_event(tmp_path: Path) -> None:
    table = events()
    reported(FilterReport(step="Fit", inputs=["image"], event=3, most=2), table, tmp_path)
    numbers = json.loads((tmp_path / "plots" / "FilterReport.json").read_text())
    assert numbers["0"] | {"mean": 0} == {"filters": 3, "silent": 1, "shown": [0, 2], "mean": 0}
    for label, row in ((0, 6), (1, 7)):  # the fourth of each class
        assert numbers["0"]["mean"][f"label {label}"][0] == pytest.approx(table["image"][row].mean(), rel=1e-5)
        assert (tmp_path / "plots" / f"FilterReport_{label}.png").exists()
    assert (tmp_path / "plots" / "FilterReport_filters.png").exists()


def test_it_finds_the_network_that_a_chain_has_trained(tmp_path: Path) -> None:
    table = events(96)
    reader = MemoryReader(sample("a", 96, 1), identity=["event"])
    FILES["a.mem"] |= {"image": table["image"], "y": table["label"]}
    fit = Supervised(network=Convolutional(inputs=["image"], layers=[[4, 3], ["max", 2]]), target="y", epochs=1)
    run(Chain(reader, fit, FilterReport(step="Supervised", inputs=["image"], target="y")), Job(tmp_path))
    numbers = json.loads((tmp_path / "plots" / "FilterReport.json").read_text())
    assert [layer["filters"] for layer in numbers.values()] == [4]
    assert sorted(path.stem for path in (tmp_path / "plots").glob("*.png")) == [
        "FilterReport_0", "FilterReport_1", "FilterReport_filters",
    ]  # fmt: skip


def test_messages() -> None:
    with pytest.raises(ParameterError, match="FilterReport.step: no step 'Fi' has a network, did you mean 'Fit'"):
        reported(FilterReport(step="Fi", inputs=["image"]), events())
    with pytest.raises(ParameterError, match="FilterReport.part: 'Fit' has no module 'classifier'; there is: 0, 1"):
        reported(FilterReport(step="Fit", inputs=["image"], part="classifier"), events())
    with pytest.raises(NothingLeft, match="no class has more than 20 events in the test part"):
        reported(FilterReport(step="Fit", inputs=["image"], event=20), events())
    with pytest.raises(WiringError, match="the network has no convolution in two dimensions"):
        reported(FilterReport(step="Fit", inputs=["image"]), events(), module=nn.Flatten())
    with pytest.raises(WiringError, match=r"an image \[channels, height, width\] is needed, but 'x' is float32"):
        FilterReport(step="Fit", inputs=["x"]).declare(COLUMNS)
