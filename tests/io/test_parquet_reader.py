from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
from hepdl_io.parquet_reader import ParquetReader
from hepdl_io.root_reader import RootReader

from hepdl.columns import ColumnType
from hepdl.errors import InputError
from hepdl.events import Events, Jagged
from hepdl.sources import Sample

from .conftest import equal, read

TABLE = pa.table({
    "x": pa.array([1.5, 2.5, 3.5], pa.float32()),
    "flag": [True, False, True],
    "pt": pa.array([[1, 2], [], [3]], pa.list_(pa.int16())),
    "pair": pa.array([[1.0, 2], [3, 4], [5, 6]], pa.list_(pa.float64(), 2)),
    "channel": pa.array(["ee", "mumu", "ee"]).dictionary_encode(),
    "deep": pa.array([[[1], [2, 3]], [], [[4]]], pa.list_(pa.list_(pa.int32()))),
    "jet": [{"eta": 0.5}, {"eta": 1.5}, {"eta": 2.5}],
    "day": pa.array([1, 2, 3], pa.date32()),
})  # fmt: skip


def make(path: Path, table: pa.Table, **options: Any) -> ParquetReader:
    pa.parquet.write_table(table, path, **options)
    return ParquetReader(Sample("s", str(path)))


def test_kinds_of_columns(tmp_path: Path) -> None:
    reader = make(tmp_path / "a.parquet", TABLE)
    assert reader.offers() == {
        "x": ColumnType(), "flag": ColumnType("bool"), "pt": ColumnType("int16", jagged=True),
        "pair": ColumnType("float64", (2,)), "jet.eta": ColumnType("float64"),
    }  # fmt: skip
    block = read(reader, ["jet.eta", "pt", "x", "flag", "pair"])
    assert equal(block["pt"], Jagged(np.array([1, 2, 3], np.int16), np.array([0, 2, 2, 3])))
    assert equal(block["pair"], np.arange(1.0, 7).reshape(3, 2))
    assert equal(block["flag"], np.array([True, False, True]))
    assert equal(block["jet.eta"], np.array([0.5, 1.5, 2.5]))


def test_what_must_be_declared(tmp_path: Path) -> None:
    reader = make(tmp_path / "a.parquet", TABLE)
    with pytest.raises(InputError, match=r"column 'channel' is of type 'dictionary<.*>'; say categories="):
        reader.check(["channel"])
    with pytest.raises(
        InputError, match=r"column 'deep' is of type 'list<.*>'; say flatten=\['deep'\] to read all inn"
    ):
        reader.check(["deep"])
    with pytest.raises(InputError, match=r"column 'day' is of type 'date32\[day\]'; only numbers"):
        reader.check(["day"])
    reader = reader.replaced(categories={"channel": ["mumu", "ee"]}, flatten=["deep"])
    block = read(reader, ["channel", "deep"])
    assert equal(block["channel"], np.array([1, 0, 1]))
    assert equal(block["deep"], Jagged(np.array([1, 2, 3, 4], np.int32), np.array([0, 3, 3, 4])))


@pytest.mark.parametrize("block", [1, 7, 25, 1000])
@pytest.mark.parametrize("group", [5, 20, 100])
def test_any_range_of_any_row_groups(tmp_path: Path, block: int, group: int) -> None:
    lists = Jagged.from_lengths(np.arange(99, dtype=np.int32), np.arange(100) % 3)
    table = pa.table({"x": np.arange(100), "pt": pa.array(lists.awkward().to_list(), pa.list_(pa.int32()))})
    reader = make(tmp_path / "a.parquet", table, row_group_size=group).replaced(block=block)
    (source,) = reader.sources()
    for start, stop in ((0, 100), (13, 14), (20, 85), (99, 100), (40, 40)):
        blocks = list(reader.blocks(source, ["x", "pt"], start, stop))
        whole = Events.concatenate(blocks)
        assert equal(whole["x"], np.arange(start, stop))
        assert equal(whole["pt"], lists.take(np.arange(start, stop)))
        assert max(map(len, blocks)) <= max(4 * block, group)


@pytest.mark.parametrize("compression", ["uncompressed", "zstd"])
def test_feather(tmp_path: Path, compression: str) -> None:
    pa.feather.write_feather(TABLE.select(["x", "pt"]), tmp_path / "a.arrow", compression, chunksize=2)
    block = read(ParquetReader(Sample("s", f"{tmp_path}/a.arrow")), ["pt", "x"])
    assert equal(block["pt"], Jagged(np.array([1, 2, 3], np.int16), np.array([0, 2, 2, 3])))


def test_missing_values(tmp_path: Path) -> None:
    reader = make(tmp_path / "a.parquet", pa.table({"x": [1.0, None, None], "pt": [[1.0], None, [None]]}))
    with pytest.raises(InputError, match=r"column 'x', entries 0 to 3, cannot be .*: 2 missing values \(null\)"):
        read(reader, ["x"])
    with pytest.raises(InputError, match=r"column 'pt', entries 0 to 3, cannot be read"):
        read(reader, ["pt"])


def test_types_that_differ(tmp_path: Path) -> None:
    make(tmp_path / "a.parquet", pa.table({"x": [1.0], "y": ["a"]}))
    make(tmp_path / "b.parquet", pa.table({"x": [[1.0]], "y": [1]}))
    reader = ParquetReader(Sample("s", f"{tmp_path}/*.parquet"), categories={"y": ["a"]})
    with pytest.raises(
        InputError, match=r"b.parquet': column 'x' is jagged float64, but in file '.*a.par.*' it is float"
    ):
        reader.check(["x"])
    with pytest.raises(InputError, match=r"b.parquet': column 'y' is int64, so it has no place in categories="):
        reader.check(["y"])


def test_bad_files(tmp_path: Path) -> None:
    make(tmp_path / "a.parquet", TABLE)
    data = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "b.parquet").write_bytes(data[: len(data) // 2])
    (tmp_path / "c.parquet").write_bytes(b"")
    with pytest.raises(
        InputError, match=r"sample 's': file '.*b.parquet' cannot be read \(ArrowInvalid: Parquet magic"
    ):
        ParquetReader(Sample("s", f"{tmp_path}/b.parquet")).sources()
    with pytest.raises(InputError, match=r"c.parquet' is neither Parquet nor Arrow: it starts with b''; compare"):
        ParquetReader(Sample("s", f"{tmp_path}/c.parquet")).sources()
    reader = ParquetReader(Sample("s", f"{tmp_path}/*.parquet"), skip_bad_files=True)
    assert (len(reader.sources()), len(reader.skipped())) == (1, 2)


def test_flipped_bytes_in_a_page(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    path = tmp_path / "a.parquet"
    reader = make(path, pa.table({"x": rng.normal(size=20_000)}), compression="zstd", write_page_checksum=True)
    (source,) = reader.sources()
    data = bytearray(path.read_bytes())
    data[100:5000] = bytes(4900)
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"column 'x', entries 0 to 20000, cannot be read"):
        list(reader.blocks(source, ["x"], 0, 20_000))


@pytest.mark.parametrize("offsets", [[0, 3, 1, 4], [2, 0, 3, 4]])
def test_lists_that_do_not_fit_their_values(tmp_path: Path, offsets: list[int]) -> None:
    buffers = [None, pa.py_buffer(np.array(offsets, np.int32))]
    lists = pa.ListArray.from_buffers(pa.list_(pa.float64()), 3, buffers, children=[pa.array([1.0] * 7)]).slice(0, 3)
    with pa.OSFile(f"{tmp_path}/a.arrow", "wb") as file, pa.ipc.new_file(file, pa.schema({"pt": lists.type})) as out:
        out.write_batch(pa.RecordBatch.from_arrays([lists], ["pt"]))
    with pytest.raises(InputError, match=r"a.arrow': column 'pt', entries 0 to 3.* fit their values"):
        read(ParquetReader(Sample("s", f"{tmp_path}/a.arrow")), ["pt"])


def test_two_hundred_thousand_empty_lists(tmp_path: Path) -> None:
    empty = pa.ListArray.from_arrays(np.zeros(200_001, np.int32), pa.array([], pa.float32()))
    block = read(make(tmp_path / "a.parquet", pa.table({"pt": empty})), ["pt"])
    assert equal(block["pt"], Jagged(np.zeros(0, np.float32), np.zeros(200_001, np.int64)))


def test_no_entries(tmp_path: Path) -> None:
    reader = make(tmp_path / "a.parquet", TABLE.slice(0, 0))
    assert len(read(reader, ["x", "pt"])) == 0


def test_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = make(tmp_path / "a.parquet", TABLE)
    monkeypatch.delitem(__import__("sys").modules, "hepdl_io.arrow", raising=False)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"Parquet .* need the package pyarrow, .*: pip install hepdl\[parquet\]"):
        reader.sources()


def test_nanoaod_tree_and_parquet_are_twins(real: Callable[[str], str]) -> None:
    parquet = ParquetReader(Sample("s", real("coffea/nano_dy.parquet")))
    tree = RootReader(Sample("s", real("coffea/nano_dy.root")), tree="Events")
    offers = parquet.offers()
    assert dict(offers) == dict(tree.offers())
    names = list(offers)[::8]
    one, other = read(parquet, names), read(tree, names)
    assert [name for name in names if not equal(one[name], other[name])] == []
