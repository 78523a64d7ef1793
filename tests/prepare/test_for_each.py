"""ForEach: objects in order, with their event's columns, in their event's part, and every one accounted for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hepdl_prepare.define import Define
from hepdl_prepare.filter import Filter
from hepdl_prepare.for_each import ForEach
from hepdl_prepare.p4 import P4

from hepdl import Chain, Sample
from hepdl.algorithm import Step
from hepdl.columns import Columns, ColumnType
from hepdl.contract import cases, check_algorithm
from hepdl.data.cache import Cache
from hepdl.engine import run
from hepdl.errors import (
    BadValues,
    ColumnClash,
    ContractBroken,
    MissingColumn,
    NothingLeft,
    ParameterError,
    UnaccountedEntries,
    WiringError,
)  # fmt: skip
from hepdl.events import Column, Events, Jagged
from hepdl.job import Job
from tests.memory import FILES, Centre, Collect, MemoryReader, sample

N = 40
READS: list[list[str]] = []
KINDS = Columns({name: ColumnType(jagged=True) for name in ("J_pt", "J_eta", "K_pt")} | {"met": ColumnType()})


class Noting(MemoryReader):
    """Notes which branches are decoded."""

    def blocks(self, source, names, start, stop):
        READS.append(names)
        yield from super().blocks(source, names, start, stop)


def lists(lengths: np.ndarray, *names: str, seed: int = 3) -> dict[str, Jagged]:
    random = np.random.default_rng(seed)
    return {name: Jagged.from_lengths(random.exponential(50, lengths.sum()).astype("f4"), lengths) for name in names}


def reader(*lengths: np.ndarray, **parameters) -> Noting:
    """Two samples of events with jets J, some without, and other objects K."""
    random = np.random.default_rng(1)
    READS.clear()
    samples = [sample("a", N, 1, label=1), sample("b", 25, 2, label=0)]
    given = lengths or (random.integers(0, 4, N), random.integers(0, 3, 25))
    for one, n in zip(("a.mem", "b.mem"), given, strict=True):
        FILES[one] |= lists(n, "J_pt", "J_eta") | lists(random.integers(0, 5, len(n)), "K_pt", seed=4)
    return Noting(*samples, identity=["event"], **parameters)


def go(*steps: Step, columns: list[str], cache: Cache | None = None, source: Noting | None = None, **limits):
    chain = Chain(source or reader(), *steps, Collect(columns=columns))
    outcome = run(chain, Job(cache=cache), **limits)
    return outcome, Collect.seen[0]


def one_by_one(path: str, *names: str) -> list[tuple]:
    """The slow twin: entry, place and values of each object, with those of its event."""
    file = FILES[path]
    return [
        (entry, place, *(_value(file[name], entry, place) for name in names))
        for entry in range(len(file["J_pt"]))
        for place in range(int(file["J_pt"].lengths[entry]))
    ]


def _value(column: Column, entry: int, place: int) -> float:
    if isinstance(column, Jagged):
        return float(column.values[column.offsets[entry] + place])
    return float(column[entry])


def rows(events: Events, *names: str) -> list[tuple]:
    return list(zip(*(events[name].tolist() for name in ("entry", "object", *names)), strict=True))


def test_each_object_is_a_row_with_the_columns_of_its_event() -> None:
    outcome, events = go(ForEach("J"), columns=["J_pt", "J_eta", "x", "K_pt"])
    expected = one_by_one("a.mem", "J_pt", "J_eta", "x") + one_by_one("b.mem", "J_pt", "J_eta", "x")
    assert rows(events, "J_pt", "J_eta", "x") == expected
    kept = FILES["a.mem"]["K_pt"].take(events["entry"][events["source"] == 0])
    np.testing.assert_array_equal(events["K_pt"].values[: len(kept.values)], kept.values)
    account = outcome.ledger.files[0]
    assert (account.read, account.expanded, account.objects) == (N, N, {"ForEach(J)": account.selected})
    assert outcome.ledger.totals()["objects"] == len(events)


def test_siblings_share_a_part() -> None:
    _, events = go(ForEach("J"), columns=[])
    _, whole = go(columns=[])
    part = {(s, e): p for s, e, p in zip(whole["source"], whole["entry"], whole["part"], strict=True)}
    assert [part[key] for key in zip(events["source"], events["entry"], strict=True)] == events["part"].tolist()
    assert len(set(part.values())) > 1


def test_steps_on_both_sides() -> None:
    steps = (
        Filter("x > -1"), Define("J_ratio", "J_pt / sum(J_pt)"),
        ForEach("J"), Filter("J_pt > 20 and object < 2", name="hard"), Define("twice", "2 * J_ratio"),
        Centre(column="J_eta"),
    )  # fmt: skip
    outcome, events = go(*steps, columns=["twice", "centred"])
    expected = []
    for path in ("a.mem", "b.mem"):
        for entry, place, pt, x in one_by_one(path, "J_pt", "x"):
            if x > -1 and pt > 20 and place < 2:
                jets = FILES[path]["J_pt"]
                total = jets.values[jets.offsets[entry] : jets.offsets[entry + 1]].sum(dtype="f8")
                expected.append((entry, place, 2 * pt / total))
    assert [row[:2] for row in rows(events)] == [row[:2] for row in expected]
    np.testing.assert_allclose(events["twice"], [row[2] for row in expected], rtol=1e-5)
    account = outcome.ledger.files[0]
    assert account.rejected["Filter"] == int((FILES["a.mem"]["x"] <= -1).sum()) == N - account.expanded
    assert account.unaccounted == 0


def test_a_selection_behind_a_learning_step_counts_objects() -> None:
    outcome, events = go(
        ForEach("J"), Centre(column="J_pt"), Filter("centred > 0", name="above"), columns=["J_pt", "object"]
    )
    totals = outcome.ledger.totals()
    assert totals["rejected"] == 0
    assert totals["rejected_objects"] == totals["objects"] - len(events) > 0


def test_only_what_is_needed_is_decoded() -> None:
    go(ForEach("J"), columns=["J_eta"])
    assert READS[0] == ["event", "J_pt", "J_eta"]


def test_four_vectors_before_and_behind() -> None:
    source = reader()
    for path in ("a.mem", "b.mem"):
        FILES[path] |= lists(FILES[path]["J_pt"].lengths, "J_phi", "J_mass", seed=5)
    before = go(P4("J"), ForEach("J"), columns=["J.px"], source=source)[1]
    behind = go(ForEach("J"), P4("J"), columns=["J.px"], source=source)[1]
    np.testing.assert_array_equal(before["J.px"], behind["J.px"])


def test_cold_warm_and_none_are_bit_identical(tmp_path: Path) -> None:
    hard = Filter("J_pt > 20", name="hard")
    steps = Filter("x > -1"), Define("y", "J_pt * 2"), ForEach("J"), hard, Define("z", "J_pt * 2")
    cache = Cache(tmp_path / "cache")
    runs = [go(*steps, columns=["J_eta", "y", "z", "K_pt"], cache=each) for each in (None, cache, cache)]
    for outcome, events in runs[1:]:
        assert outcome.ledger.to_json() == runs[0][0].ledger.to_json()
        for name in events:
            for one, other in zip(_arrays(events[name]), _arrays(runs[0][1][name]), strict=True):
                np.testing.assert_array_equal(one, other)
    assert READS == []


def _arrays(column: Column) -> list[np.ndarray]:
    return [column.values, column.offsets] if isinstance(column, Jagged) else [column]


def test_the_same_definition_before_and_behind_is_another_column(tmp_path: Path) -> None:
    cache, twice = Cache(tmp_path / "cache"), Define("y", "J_pt * 2")
    behind = go(ForEach("J"), twice, columns=["y"], cache=cache)[1]
    before = go(twice, ForEach("J"), columns=["y"], cache=cache)[1]
    assert isinstance(before["y"], Jagged)
    assert not isinstance(behind["y"], Jagged)
    assert len(before) == len(behind)


def test_limit_and_skip_count_entries() -> None:
    outcome, events = go(ForEach("J"), columns=["J_pt"], limit=10, skip=5)
    expected = [row for path in ("a.mem", "b.mem") for row in one_by_one(path, "J_pt") if 5 <= row[0] < 15]
    assert rows(events, "J_pt") == expected
    assert [account.read for account in outcome.ledger.files] == [10, 10]


def test_events_without_objects() -> None:
    few = np.zeros(25, int)
    few[7] = 1
    outcome, events = go(ForEach("J"), columns=["J_pt"], source=reader(np.zeros(N, int), few))
    assert rows(events) == [(7, 0)]
    assert outcome.ledger.files[0].objects == {"ForEach(J)": 0}
    with pytest.raises(NothingLeft, match=r"all 65 events .*: no selection did \(65 entries gave 0 objects\)"):
        go(ForEach("J"), columns=[], source=reader(np.zeros(N, int), np.zeros(25, int)))


def test_all_objects_rejected() -> None:
    with pytest.raises(NothingLeft, match=r"all 65 events .*: Filter rejected \d+ \(65 entries gave \d+ obj"):
        go(ForEach("J"), Filter("J_pt < 0"), columns=[])


def test_hundreds_of_thousands_of_empty_lists() -> None:
    n = 200_000
    lengths = np.zeros(n, int)
    lengths[-1] = 2
    FILES["c.mem"] = {"event": np.arange(n), **lists(lengths, "J_pt")}
    source = Noting(Sample("c", "c.mem", label=1), identity=["event"], block=70_000)
    assert rows(go(ForEach("J"), columns=["J_pt"], source=source)[1]) == [(n - 1, 0), (n - 1, 1)]


def test_lists_of_unequal_lengths() -> None:
    with pytest.raises(
        BadValues, match=r"ForEach\(J\): entry \d+ has \d elements in 'K_pt', but \d in 'J_pt'; .*leave it out.*'!K_pt'"
    ):
        go(ForEach("J", columns=["J_pt", "K_pt"]), columns=["K_pt"])


def test_an_earlier_step_that_changes_the_number_of_objects() -> None:
    steps = Define("J_pt", "J_pt[J_pt > 20]", replace=True), ForEach("J", columns=["J_pt"])
    with pytest.raises(BadValues, match=r"entry \d+ has \d objects in its file, but \d here.*selection behind For"):
        go(*steps, columns=["J_pt"])


class Losing(ForEach):
    """Loses an object."""

    def execute(self, events: Events) -> Events:
        """All but the last object."""
        found = super().execute(events)
        return found.rows(0, len(found) - 1)


def test_a_label_that_is_a_list() -> None:
    reader()
    source = Noting(Sample("a", "a.mem", label="J_pt > 50"), identity=["event"])
    with pytest.raises(BadValues, match="sample 'a': label 'J_pt > 50' is a list for each entry.* define a column"):
        go(ForEach("J"), columns=[], source=source)
    source = Noting(Sample("a", "a.mem"), identity=["event"])
    _, events = go(ForEach("J"), Define("hard", "J_pt > 50"), columns=["hard", "J_pt"], source=source)
    np.testing.assert_array_equal(events["hard"], events["J_pt"] > 50)


def test_a_lost_object_is_noticed() -> None:
    with pytest.raises(ContractBroken, match=r"breaks the rule 'objects': lengths\(\) promises \d+ objects"):
        check_algorithm(Losing("J", columns=["J_pt"]), KINDS)
    with pytest.raises(WiringError, match="columns of one block must have equal length"):
        go(Losing("J"), columns=["J_pt"])
    outcome, _ = go(ForEach("J"), columns=["J_pt"])
    outcome.ledger.files[0].objects["ForEach(J)"] += 1
    with pytest.raises(UnaccountedEntries, match=r"a.mem: 1"):
        outcome.ledger.verify()


def wired(*steps: Step, offers: Columns = KINDS) -> Columns:
    chain = Chain(MemoryReader(Sample("a", "a.mem")), *steps)
    return chain.wire(offers)[-1][1]


def test_types_are_known_before_a_file_is_opened() -> None:
    columns = wired(ForEach("J"))
    assert columns["J_pt"] == ColumnType()
    assert columns["K_pt"].jagged
    assert columns["object"] == columns["objects"] == ColumnType("int32")
    dotted = wired(ForEach("jets"), offers=Columns({"jets.pt": ColumnType(jagged=True)}))
    assert dotted["jets.pt"] == ColumnType()


def test_a_chain_that_does_not_fit() -> None:
    with pytest.raises(MissingColumn, match=r"ForEach\(Jt\).columns: no column matches 'Jt\[._\]\*'"):
        wired(ForEach("Jt"))
    with pytest.raises(WiringError, match=r"column 'met' is one float32 an event, not a list.*=\['J_\*', '!met'\]"):
        wired(ForEach("J", columns=["J_pt", "met"]))
    with pytest.raises(WiringError, match=r"ForEach\(K\): ForEach\(J\) has made objects of the events already"):
        wired(ForEach("J"), ForEach("K"))
    with pytest.raises(WiringError, match=r"ForEach\(J\) changes what an event is; put it before Centre"):
        wired(Centre(column="met"), ForEach("J"))
    with pytest.raises(WiringError, match=r"ForEach\(J\) changes what Collect would see"):
        wired(Collect(), ForEach("J"))
    with pytest.raises(WiringError, match=r"counts the objects with column 'J_two', which a step makes; it must be"):
        wired(Define("J_two", "2 * J_pt"), ForEach("J", columns=["J_two"]))
    with pytest.raises(ColumnClash, match=r"would add column 'object', which exists already"):
        wired(ForEach("J"), offers=KINDS.plus({"object": ColumnType()}))
    with pytest.raises(ParameterError, match=r"ForEach.collection: .*at least 1 character"):
        ForEach("")


def test_a_single_number_among_the_lists_is_said() -> None:
    with pytest.raises(WiringError, match=r"column 'J_max' is one float32 an event"):
        wired(Define("J_max", "max(J_pt)"), ForEach("J"))
    assert wired(Define("J_max", "max(J_pt)"), ForEach("J", columns=["J_*", "!J_max"]))["J_max"] == ColumnType()


@pytest.mark.parametrize("case", cases(ForEach("J", columns=["J_pt"]), KINDS), ids=str)
def test_contract(case) -> None:
    case()


def test_the_end_of_the_job_counts_objects() -> None:
    from hepdl.cli.ending import last_line, ledger_table

    outcome, _ = go(Filter("x > -1"), ForEach("J"), Filter("J_pt > 20", name="hard"), columns=[])
    table = ledger_table(outcome.ledger, ["Filter", "ForEach(J)", "hard"])
    assert "- Filter" in table
    assert "= objects of ForEach(J)" in table
    assert "- hard" in table
    objects = outcome.ledger.totals()["objects"]
    line = last_line(outcome, "cpu", Path("run"))
    assert f"65 entries read, 65 accounted for; {objects:,} objects in them, {objects:,} accounted for" in line
