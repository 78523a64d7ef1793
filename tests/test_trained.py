"""Trained: which steps and branches of a chain are left when nothing is learned any more."""

from __future__ import annotations

import pytest

from hepdl import Chain, Sample
from hepdl.algorithm import Writer
from hepdl.algorithms import (
    Balance,
    Define,
    Dense,
    Filter,
    ForEach,
    MixtureDensity,
    Pivot,
    RootReader,
    RootWriter,
    Standardize,
    Supervised,
)
from hepdl.columns import Columns, ColumnType
from hepdl.errors import WiringError
from hepdl.trained import Application, Trained, last_outputs

OFFERS = Columns(
    {name: ColumnType("float32") for name in ("x", "mass", "truth", "mc_weight")}
    | {"event": ColumnType("int64"), "jet_pt": ColumnType("float32", jagged=True)}
    | {"jet_truth": ColumnType("int32", jagged=True)}
)
READER = RootReader(
    Sample("signal", "s.root", label=1, weight="mc_weight"), Sample("data", "d.root"), tree="t", identity=["event"]
)
SCALED = Standardize(["x"], output="scaled")


def network(output: str, name: str, target: str = "label", weight: str = "weight") -> Supervised:
    return Supervised(name=name, network=Dense(inputs=["scaled"], output=output), target=target, weight=weight)


def applied(chain: Chain, *columns: str, sample: str = "new") -> Application:
    writer = RootWriter(columns=list(columns))
    assert isinstance(writer, Writer)
    return Application.of(chain, OFFERS, {sample: ["n.root"]}, [writer])


def labels(application: Application) -> list[str]:
    return [step.label for step in application.chain.steps]


def test_targets_weights_and_what_makes_them_are_not_asked_for() -> None:
    chain = Chain(
        READER, Filter("x > 0"), Define("is_signal", "truth > 0"), SCALED, Balance("label", output="balanced"),
        network("score", "first", "is_signal", "balanced"), network("other", "second"),
    )  # fmt: skip
    one = applied(chain, "score")
    assert one.branches == ["x", "event"]
    assert labels(one)[-3:] == ["Standardize", "first", "RootWriter"]  # no Balance
    assert labels(applied(chain, "other"))[-2:] == ["second", "RootWriter"]


def test_no_step_is_left_that_could_learn() -> None:
    steps = applied(Chain(READER, SCALED, network("score", "first")), "score").chain.steps
    assert [type(step) for step in steps[1:3]] == [Trained, Trained]


def test_conditions_and_nuisances_of_a_training_are_not_asked_for() -> None:
    pivot = Pivot(
        classifier=Dense(inputs=["scaled"]), adversary=MixtureDensity(inputs=["score"]), nuisance="mass",
        only="label == 0",
    )  # fmt: skip
    assert applied(Chain(READER, SCALED, pivot), "score", "score_plain").branches == ["x", "event"]


def test_what_is_cut_on_or_written_is_asked_for() -> None:
    chain = Chain(READER, Filter("mass > 0"), SCALED, network("score", "first"))
    assert applied(chain, "score", "truth").branches == ["x", "mass", "truth", "event"]


def test_weights_are_one_unless_they_are_written() -> None:
    chain = Chain(READER, SCALED, network("score", "first"))
    assert applied(chain, "score", sample="signal").chain.reader.samples[0].weight == 1
    known = applied(chain, "score", "weight", sample="signal")
    assert known.chain.reader.samples[0].weight == "mc_weight" and "mc_weight" in known.branches
    assert "mc_weight" not in applied(chain, "score", "weight").branches


def test_a_weight_that_belongs_to_all_files_is_refused() -> None:
    reader = RootReader(Sample("signal", "s.root", label=1, xsec=2.0), tree="t", identity=["event"])
    with pytest.raises(WiringError, match="scaled to its cross-section over all its files"):
        applied(Chain(reader, SCALED, network("score", "first")), "score", "weight", sample="signal")


@pytest.mark.parametrize("sample", ["new", "data"])
def test_a_label_that_is_needed_must_be_known(sample: str) -> None:
    chain = Chain(READER, SCALED, network("score", "first"), Filter("label == 1", name="late"))
    with pytest.raises(WiringError, match=f"needs 'label', which sample '{sample}' has not; name a sample of the run"):
        applied(chain, "score", sample=sample)
    assert applied(chain, "score", sample="signal").chain.reader.samples[0].label == 1


def test_a_sample_of_the_run_keeps_what_the_split_goes_by() -> None:
    reader = RootReader(Sample("up", "s.root", label=1, dataset="nominal"), tree="t", identity=["event"])
    made = applied(Chain(reader, SCALED, network("score", "first")), "score", sample="up")
    assert made.chain.reader.samples[0].key == "nominal"


def test_of_a_collection_only_what_is_used_is_asked_for() -> None:
    each = ForEach("jet", columns=["jet_pt", "jet_truth"])
    scaled = Standardize(["jet_pt"], output="scaled")
    chain = Chain(READER, each, scaled, network("score", "first", target="jet_truth"))
    assert applied(chain, "score").branches == ["event", "jet_pt"]


def test_the_last_step_that_learns_says_what_there_is() -> None:
    assert last_outputs(Chain(READER, SCALED, network("score", "first"))) == ["score"]
    with pytest.raises(WiringError, match="no step of this run learns"):
        last_outputs(Chain(READER))
