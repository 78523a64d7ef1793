"""The cache: the same numbers cold, warm and without; what changes is decoded again, what is cut short is not used."""

import numpy as np
import pytest

from hepdl import Chain, Sample, Split
from hepdl.data.cache import Cache
from hepdl.data.store import ColumnWriter, has_column, open_column
from hepdl.engine import run
from hepdl.errors import InputError, TamperedFile
from hepdl.events import Events, Jagged
from hepdl.job import Job
from tests.memory import FILES, Above, Centre, Collect, MemoryReader, Twice, sample

READS: list[list[str]] = []


class Counting(MemoryReader):
    """Notes which branches are read."""

    def blocks(self, source, names, start, stop):
        READS.append(names)
        yield from super().blocks(source, names, start, stop)


@pytest.fixture
def cache(tmp_path):
    READS.clear()
    return Cache(tmp_path / "cache")


def go(cache, *steps, limit=None, **parameters):
    samples = sample("a", 40, 1, label=1, weight=parameters.pop("weight", 1.0)), sample("b", 25, 2, label=0)
    steps = steps or (Above("pt", 20.0), Twice(column="x"), Centre(column="twice"))
    reader = Counting(*samples, identity=["event"], **parameters)
    outcome = run(Chain(reader, *steps, Collect(columns=["centred"])), Job(cache=cache), limit=limit)
    return outcome, Collect.seen[0]


def same(one, other):
    assert one.names == other.names
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


def test_cold_warm_and_none_are_bit_identical(cache):
    (none, without), (cold, first), (warm, second) = go(None), go(cache), go(cache)
    same(without, first)
    same(without, second)
    assert none.ledger.to_json() == cold.ledger.to_json() == warm.ledger.to_json()
    assert len(READS) == 4  # two files without, two cold, none warm


def test_a_new_column_reads_what_it_needs(cache):
    go(cache)
    READS.clear()
    go(cache, Above("pt", 20.0), Twice(column="event", output="other"), Centre(column="other"))
    assert READS == [["pt", "event"]] * 2


@pytest.mark.parametrize("change", [{"limit": 30}, {"weight": 2.0}, {"split": Split(salt=1)}])
def test_what_acted_is_part_of_the_key(cache, change):
    go(cache)
    reference = go(None, **change)
    changed = go(cache, **change)
    same(reference[1], changed[1])
    assert reference[0].ledger.to_json() == changed[0].ledger.to_json()


def test_a_selection_is_part_of_the_key(cache):
    go(cache)
    _, other = go(cache, Above("pt", 60.0), Twice(column="x"), Centre(column="twice"))
    assert len(other) == sum((FILES[f]["pt"] > 60).sum() for f in ("a.mem", "b.mem"))


def test_a_truncated_column_is_made_again(cache):
    _, first = go(cache)
    for file in cache.folder.rglob("*.values"):
        file.write_bytes(file.read_bytes()[:-1])
    READS.clear()
    same(first, go(cache)[1])
    assert len(READS) == 2


def test_flipped_bytes_are_an_error(cache):
    go(cache)
    file = max(cache.folder.rglob("*.values"), key=lambda path: path.stat().st_size)
    content = bytearray(file.read_bytes())
    content[5] ^= 1
    file.write_bytes(content)
    with pytest.raises(TamperedFile, match="does not match its checksum.*remove the folder"):
        go(cache)


def test_half_written_columns_are_not_seen(cache, monkeypatch):
    class Broken(Counting):
        def blocks(self, source, names, start, stop):
            yield from super().blocks(source, names, start, min(stop, 7))
            raise InputError("the disk went away")

    reader = Broken(sample("a", 40, 1, label=1), identity=["event"])
    with pytest.raises(InputError, match="went away"):
        run(Chain(reader, Centre(column="x")), Job(cache=cache))
    assert not list(cache.folder.rglob("*.json"))
    assert not list(cache.folder.rglob("*.values"))


def test_a_full_cache_disk_is_said_once_and_training_goes_on(cache, monkeypatch):
    def full(self, column):
        raise OSError(28, "No space left on device")

    _, reference = go(None)
    monkeypatch.setattr(ColumnWriter, "append", full)
    outcome, events = go(cache)
    same(reference, events)
    assert [note for note in outcome.ledger.notes if "going on without" in note] == [
        f"the cache in '{cache.folder}' cannot be written (No space left on device): going on without"
    ]


def test_least_recently_used_parts_go_first(cache):
    go(cache)
    parts = cache.parts()
    assert len(parts) == 2
    removed = cache.prune(limit=parts[1].bytes)
    assert [part.source for part in removed] == ["a.mem"]
    assert [part.source for part in cache.parts()] == ["b.mem"]


def test_a_file_that_changed_since_is_read_again(cache, tmp_path):
    path = tmp_path / "x.mem"
    reader = Counting(Sample("a", str(path), label=1), identity=["event"])
    for value in (1.0, 1.0, 2.0):
        FILES[str(path)] = {"x": np.full(20, value), "event": np.arange(20)}
        if not path.exists() or path.read_text() != str(value):
            path.write_text(str(value))
        run(Chain(reader, Collect(columns=["x"])), Job(cache=cache))
        assert set(Collect.seen[0]["x"]) == {value}
    assert len(READS) == 2


def test_a_cache_of_another_version_is_not_looked_at(cache, monkeypatch):
    _, first = go(cache)
    READS.clear()
    monkeypatch.setattr("hepdl.data.cache.VERSION", "v0")
    other = Cache(cache.folder.parent)
    same(first, go(other)[1])
    assert len(READS) == 2 and other.folder != cache.folder


def test_a_description_of_another_version_is_made_again(cache):
    """Fields that this version does not know, or lacks."""
    _, first = go(cache)
    for number, file in enumerate(cache.folder.rglob("*.json")):
        if file.name != "rows.json":
            file.write_text('{"dtype": "<f4", "layout": 7}' if number % 2 else "no json")
    READS.clear()
    same(first, go(cache)[1])
    assert len(READS) == 2


def test_a_file_that_changes_while_it_is_read(cache, tmp_path):
    path = tmp_path / "x.mem"
    path.write_text("1")
    FILES[str(path)] = {"x": np.arange(10.0), "event": np.arange(10)}

    class Touching(MemoryReader):
        def blocks(self, source, names, start, stop):
            yield from super().blocks(source, names, start, stop)
            path.write_text("22")

    reader = Touching(Sample("a", str(path), label=1), identity=["event"])
    with pytest.raises(InputError, match="changed while it was read"):
        run(Chain(reader, Centre(column="x")), Job(cache=cache))


def test_jagged_and_image_columns_come_back(tmp_path):
    rng = np.random.default_rng(0)
    lengths = rng.integers(0, 4, 20)
    columns = {
        "tracks": Jagged.from_lengths(rng.normal(size=(lengths.sum(), 3)).astype("f4"), lengths),
        "image": rng.normal(size=(20, 2, 3, 3)),
        "none": Jagged.from_lengths(np.zeros(0, "f4"), np.zeros(20, int)),
    }
    for name, column in columns.items():
        writer = ColumnWriter(tmp_path / name)
        for start in (0, 13):
            writer.append(Events({name: column}).rows(start, 20 if start else 13)[name])
        writer.close()
        assert has_column(tmp_path / name)
        back = open_column(tmp_path / name)
        if isinstance(column, Jagged):
            np.testing.assert_array_equal(back.values, column.values)
            np.testing.assert_array_equal(back.offsets, column.offsets)
        else:
            np.testing.assert_array_equal(back, column)
