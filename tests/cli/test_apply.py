"""hepdl apply: the scores of a run for other files, bit by bit, without labels, and every refusal."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest
import uproot

from hepdl.cli import main
from tests.cli.conftest import Command

LEARNS = '''"""A network on two columns; the target and the weight are branches."""

from hepdl import Chain, Sample
from hepdl.algorithms import Balance, Define, Dense, Filter, RootReader, RootWriter, Standardize, Supervised
from hepdl.algorithms import TaggerReport

chain = Chain(
    RootReader(
        Sample("signal", "signal.root", label="truth", weight="mc_weight"),
        Sample("background", "background.root", label="truth", weight="mc_weight"),
        tree="events",
        identity=["event"],
    ),
    Filter("x > -2"),
    Define("twice", "2 * x"),
    Define("is_signal", "where(truth > 0, 1, 0)"),
    Standardize(["x", "twice"], output="features"),
    Balance("is_signal", output="balanced"),
    Supervised(network=Dense(inputs=["features"], layers=[4]), target="is_signal", weight="balanced", epochs=1),
    TaggerReport(score="score"),
    RootWriter(columns=["score"]),
)
'''
WRITER = '    RootWriter(columns=["score"]),\n'


def write(path: Path, events: int, first: int = 0, **more: Any) -> None:
    """A file of real data: no label, no weight."""
    random = np.random.default_rng(first)
    path.parent.mkdir(exist_ok=True)
    with uproot.recreate(path) as file:
        columns = {"x": random.normal(0.5, 1, events), "event": np.arange(events) + first}
        file["events"] = {name: kind for name, kind in (columns | more).items() if kind is not None}


def friend(path: Path) -> dict[str, np.ndarray]:
    with uproot.open(path) as file:
        return {name: branch.array(library="np") for name, branch in file["hepdl"].items()}


def words(answer: Any) -> str:
    return " ".join((answer.out + answer.err).split())


@pytest.fixture
def run(place: Path, hepdl: Command) -> Path:
    """A finished run."""
    for number, name in enumerate(("background", "signal")):
        truth, weight = np.full(200, number), np.linspace(0.5, 1.5, 200)
        write(place / f"{name}.root", 200, 1000 * number, truth=truth, mc_weight=weight)
    (place / "learns.py").write_text(LEARNS)
    assert hepdl("run", "learns.py", "-o", "run").code == 0
    return place / "run"


def test_the_same_files_have_the_same_scores(hepdl: Command, run: Path, place: Path) -> None:
    answer = hepdl("apply", "run", "-i", "signal=signal.root", "-i", "background=background.root", "-o", "new")
    assert answer.code == 0, answer.err
    for name in ("signal", "background"):
        here, there = friend(place / f"new/scores/{name}/{name}.root"), friend(run / f"scores/{name}/{name}.root")
        assert list(here) == list(there)
        assert all(here[key].tobytes() == there[key].tobytes() for key in there)
    assert f'events->AddFriend("hepdl", "{place.resolve()}/new/scores/signal/signal.root");' in answer.out
    assert not (place / "new/plots").exists()


def test_data_need_no_label_no_weight_and_keep_their_order(hepdl: Command, run: Path, place: Path) -> None:
    write(place / "data/a.root", 70, 5000)
    with uproot.open(place / "signal.root") as file:
        same = file["events"].arrays(["x", "event"], library="np")
    with uproot.recreate(place / "data/b.root") as file:  # the signal in another order, under other numbers
        file["events"] = {"x": same["x"][::-1], "event": same["event"][::-1] + 90_000}
    answer = hepdl("apply", "run", "-i", "data=data/*.root", "-o", "new")
    assert answer.code == 0, answer.err
    assert "new to the run: data (it has: signal, background)" in answer.out
    assert len(friend(place / "new/scores/data/a.root")["score"]) == 70
    found, wanted = friend(place / "new/scores/data/b.root"), friend(run / "scores/signal/signal.root")
    np.testing.assert_array_equal(found["score"], wanted["score"][::-1])
    np.testing.assert_array_equal(found["event"], same["event"][::-1] + 90_000)
    ledger = json.loads((place / "new/ledger.json").read_text())
    assert ledger["totals"]["read"] == 270
    assert ledger["totals"]["rejected"] + ledger["totals"]["selected"] == 270
    with uproot.open(place / "data/a.root") as data, uproot.open(place / "new/scores/data/a.root") as file:
        parent = json.loads(str(file["hepdl_parent"]))
        assert parent["uuid"] == str(data.file.uuid) and parent["entries"] == 70


def test_events_that_were_trained_on_are_marked(hepdl: Command, run: Path, place: Path) -> None:
    assert hepdl("apply", "run", "-i", "signal=signal.root", "-o", "new").code == 0
    marks = [friend(folder / "scores/signal/signal.root")["hepdl_split"] for folder in (place / "new", run)]
    np.testing.assert_array_equal(*marks)
    answer = hepdl("apply", "run", "-i", "data=signal.root", "-o", "other")
    assert answer.code == 1
    assert "was read by the run as sample 'signal'" in words(answer)


def test_says_which_run_it_was(hepdl: Command, run: Path, place: Path) -> None:
    from hepdl.record import Record

    assert hepdl("apply", "run", "-i", "signal=signal.root", "-o", "new").code == 0
    applied = json.loads((place / "new/apply.json").read_text())
    assert applied["run"] == str(run.resolve())
    assert applied["checksum"] == Record(run).checksum
    assert applied["files"][0]["account"]["path"] == "signal.root"
    assert not (place / "new/.columns").exists()


def test_goes_on_file_by_file(hepdl: Command, run: Path, place: Path) -> None:
    for number in (1, 2, 3):
        write(place / f"data/{number}.root", 10, 100 * number)
    write(place / "data/2.root", 10, 200, x=None)
    answer = hepdl("apply", "run", "-i", "data=data/1.root", "-i", "data=data/3.root", "-o", "new")
    assert answer.code == 0, answer.err
    first, third = (place / f"new/scores/data/{n}.root" for n in (1, 3))
    before = first.stat().st_mtime_ns
    third.write_bytes(third.read_bytes()[:-1])  # damaged
    write(place / "data/2.root", 10, 200)
    answer = hepdl("apply", "run", "-i", "data=data/*.root", "-o", "new")
    assert answer.code == 0, answer.err
    assert "1 of 3 files are done already" in answer.out
    assert first.stat().st_mtime_ns == before
    assert len(friend(third)["score"]) == len(friend(place / "new/scores/data/2.root")["score"]) == 10
    assert json.loads((place / "new/ledger.json").read_text())["totals"]["entries"] == 30


def test_a_file_of_nothing_and_one_of_rejected_events(hepdl: Command, run: Path, place: Path) -> None:
    write(place / "data/none.root", 0)
    write(place / "data/out.root", 5, x=np.full(5, -9.0))
    answer = hepdl("apply", "run", "-i", "data=data/*.root", "-o", "new")
    assert answer.code == 0, answer.err
    assert len(friend(place / "new/scores/data/none.root")["score"]) == 0
    found = friend(place / "new/scores/data/out.root")
    assert (found["score"] == -999).all() and (found["event"] == np.arange(5)).all()


def test_files_of_one_name_stay_apart(hepdl: Command, run: Path, place: Path) -> None:
    write(place / "left/a.root", 5)
    write(place / "right/a.root", 6, 50)
    assert hepdl("apply", "run", "-i", "data=left/a.root", "-i", "data=right/a.root", "-o", "new").code == 0
    assert [len(friend(place / f"new/scores/data/{side}/a.root")["score"]) for side in ("left", "right")] == [5, 6]


def test_a_run_without_a_writer_gets_one(hepdl: Command, run: Path, place: Path) -> None:
    (place / "learns.py").write_text(LEARNS.replace(WRITER, ""))
    assert hepdl("run", "learns.py", "-o", "silent").code == 0
    assert hepdl("apply", "silent", "-i", "signal=signal.root", "-o", "new").code == 0
    here, there = friend(place / "new/scores/signal/signal.root"), friend(run / "scores/signal/signal.root")
    np.testing.assert_array_equal(here["score"], there["score"])


def test_a_label_that_is_written_is_asked_for(hepdl: Command, run: Path, place: Path) -> None:
    (place / "learns.py").write_text(LEARNS.replace(WRITER, WRITER.replace("]", '], also=["label"]', 1)))
    assert hepdl("run", "learns.py", "-o", "more").code == 0
    write(place / "data/a.root", 5)
    answer = hepdl("apply", "more", "-i", "data=data/a.root", "-o", "new")
    assert answer.code == 1
    assert "needs 'label', which sample 'data' has not" in words(answer)
    assert hepdl("apply", "more", "-i", "data=data/a.root", "-o", "new", "--set", "RootWriter.also=[]").code == 0
    assert hepdl("apply", "more", "-i", "signal=signal.root", "-o", "other").code == 0
    assert (friend(place / "other/scores/signal/signal.root")["label"] == 1).sum() > 150
    answer = hepdl("apply", "more", "-i", "data=data/a.root", "-o", "third", "--set", "Filter.selection='x > 0'")
    assert "Filter is as it was when it learned" in words(answer)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"x": None, "xx": np.zeros(5)}, "there is no branch 'x', did you mean 'xx'?"),
        ({"event": None}, "there is no branch 'event'"),
        ({"x": np.zeros((5, 2))}, "column 'x' is float64[2] in these files, but the run learned from float64"),
    ],
)
def test_refuses_files_of_another_form(
    hepdl: Command, run: Path, place: Path, columns: dict[str, Any], said: str
) -> None:
    write(place / "data/a.root", 5, **columns)
    answer = hepdl("apply", "run", "-i", "data=data/a.root", "-o", "new")
    assert answer.code == 1
    assert said in words(answer)
    assert not (place / "new").exists()


def test_single_precision_is_told(hepdl: Command, run: Path, place: Path) -> None:
    write(place / "data/a.root", 5, x=np.linspace(0, 1, 5, dtype=np.float32))
    answer = hepdl("apply", "run", "-i", "data=data/a.root", "-o", "new")
    assert answer.code == 0, answer.err
    assert "column 'x' is float32 in these files, the run learned from float64" in answer.out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x: 1000 * x, "MeV and GeV?"),
        (lambda x: 0 * x, "column 'x' is 0 throughout"),
        (lambda x: np.where(x > 0.5, 99.0, x), "beyond the range"),
    ],
)
def test_refuses_columns_that_look_like_none_of_the_run(
    hepdl: Command, run: Path, place: Path, change: Any, said: str
) -> None:
    write(place / "data/a.root", 200, x=change(np.abs(np.random.default_rng(5).normal(0.5, 1, 200))))
    answer = hepdl("apply", "run", "-i", "data=data/a.root", "-o", "new")
    assert answer.code == 1
    assert said in words(answer)
    assert not list(place.glob("new/scores/**/*.root"))
    assert hepdl("apply", "run", "-i", "data=data/a.root", "-o", "new", "--strange").code == 0


def test_tells_of_values_beyond_the_range(hepdl: Command, run: Path, place: Path) -> None:
    x = np.where(np.arange(200) < 20, 99.0, np.linspace(0, 1, 200))
    write(place / "data/a.root", 200, x=x)
    answer = hepdl("apply", "run", "-i", "data=data/a.root", "-o", "new")
    assert answer.code == 0, answer.err
    assert "column 'x': 10% of the values lie beyond" in words(answer)


def test_every_reader_of_files_has_a_writer() -> None:
    from hepdl import plugins
    from hepdl.algorithm import Reader

    kinds = [plugins.load(name) for name in plugins.registry()]
    names = [kind.writer for kind in kinds if issubclass(kind, Reader) and hasattr(kind, "writer")]
    assert len(names) >= 4
    assert all(plugins.load(name).__name__ == name for name in names)


def test_refuses_what_is_no_finished_run(hepdl: Command, run: Path, place: Path) -> None:
    def said(folder: str) -> str:
        return words(hepdl("apply", folder, "-i", "signal=signal.root", "-o", "new"))

    assert "there is no run folder" in said("nowhere")
    shutil.copytree(run, place / "begun")
    (place / "begun/status.json").write_text('{"state": "interrupted", "reason": "Ctrl-C"}')
    assert "is interrupted (Ctrl-C), so it has no scores yet" in said("begun")
    shutil.copytree(run, place / "old")
    (place / "old/columns.json").unlink()
    assert "run its script again" in said("old")
    shutil.copytree(run, place / "bare")
    (place / "bare/state/Supervised.safetensors").unlink()
    assert "has no learned state of step 'Supervised'" in said("bare")


def test_refuses_a_folder_that_is_not_its_own(hepdl: Command, run: Path, place: Path) -> None:
    def said(folder: str, files: str = "data/a.root") -> str:
        return words(hepdl("apply", "run", "-i", f"data={files}", "-o", folder))

    write(place / "data/a.root", 5)
    assert "exists and holds something else" in said("run")
    assert "lies in the output folder" in said("data")
    assert "file 'data/b.root' does not exist" in said("new", "data/b.root")
    assert "data/a.root" in said("new")
    assert hepdl("run", "learns.py", "-o", "again", "--seed", "2").code == 0
    answer = hepdl("apply", "again", "-i", "data=data/a.root", "-o", "new")
    assert "this is another one, so name another folder" in words(answer)


def test_help_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(("apply", "--help"))
    assert "nothing is trained" in " ".join(capsys.readouterr().out.split())


OBJECTS = '''"""A number for each jet, and the event again behind it."""

from hepdl import Chain, Sample
from hepdl.algorithms import Define, Dense, Filter, ForEach, Regroup, RootReader, RootWriter, Standardize, Supervised

chain = Chain(
    RootReader(Sample("jets", "jets.root"), tree="events", identity=["event"]),
    ForEach("jet", columns=["jet_pt", "jet_truth"]),
    Filter("jet_pt > 0.1", name="hard"),
    Standardize(["jet_pt"], output="scaled"),
    Supervised(network=Dense(inputs=["scaled"], layers=[2]), target="jet_truth", epochs=1),
    Regroup(),
    Define("most", "max(score)"),
    RootWriter(columns=["most"]),
)
'''


def test_objects_and_events_again(hepdl: Command, place: Path) -> None:
    random = np.random.default_rng(3)
    lengths = random.integers(1, 4, 300)
    pt = ak.unflatten(random.uniform(0, 1, lengths.sum()), lengths)
    with uproot.recreate(place / "jets.root") as file:
        file["events"] = {"event": np.arange(300), "jet_pt": pt, "jet_truth": ak.values_astype(pt > 0.5, np.int32)}
    with uproot.recreate(place / "data.root") as file:
        file["events"] = {"event": np.arange(300), "jet_pt": pt}
    with uproot.recreate(place / "soft.root") as file:
        file["events"] = {"event": np.arange(300), "jet_pt": pt * 0.01}
    (place / "objects.py").write_text(OBJECTS)
    assert hepdl("run", "objects.py", "-o", "run").code == 0
    answer = hepdl("apply", "run", "-i", "data=data.root", "-i", "data=soft.root", "-o", "new")
    assert answer.code == 0, answer.err
    found, wanted = friend(place / "new/scores/data/data.root"), friend(place / "run/scores/jets/jets.root")
    np.testing.assert_array_equal(found["most"], wanted["most"])
    assert (friend(place / "new/scores/data/soft.root")["most"] == -999).all()
