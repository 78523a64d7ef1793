from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hepdl_io.csv_reader import CsvReader

from hepdl.columns import ColumnType
from hepdl.errors import InputError
from hepdl.sources import Sample

from .conftest import equal, read


def make(path: Path, *lines: str) -> CsvReader:
    path.write_text("\n".join(lines) + "\n")
    return CsvReader(Sample("s", str(path)))


def test_types_come_from_the_values(tmp_path: Path) -> None:
    reader = make(tmp_path / "a.csv", "pt,n,channel,ok", "1.5,3,ee,true", "nan,-4,mumu,false", "1e3,5,ee,true")
    assert reader.offers() == {"pt": ColumnType("float64"), "n": ColumnType("int64"), "ok": ColumnType("bool")}
    block = read(reader.replaced(categories={"channel": ["mumu", "ee"]}), ["channel", "n", "pt", "ok"])
    assert equal(block["pt"], np.array([1.5, np.nan, 1e3]))
    assert equal(block["channel"], np.array([1, 0, 1]))


def test_the_first_file_decides(tmp_path: Path) -> None:
    make(tmp_path / "a_1.csv", "pt,n", "1.5,3")
    make(tmp_path / "a_2.csv", "n,pt", "4,2")
    reader = CsvReader(Sample("s", f"{tmp_path}/a_*.csv"))
    assert equal(read(reader, ["pt", "n"], 1)["pt"], np.array([2.0]))
    make(tmp_path / "a_2.csv", "pt,n", "2,4", "2,4.5")
    with pytest.raises(InputError, match=r"a_2.csv' cannot be read \(.*Row #3: CSV conversion error to int64: .*'4.5'"):
        reader.sources()
    wide = reader.replaced(types={"n": "float32"})
    assert equal(read(wide, ["n"], 1)["n"], np.array([4, 4.5], np.float32))


def test_delimiter_and_compression(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"x;y\n1;2\n3;4\n"))
    assert equal(read(CsvReader(Sample("s", str(path)), delimiter=";"), ["y"])["y"], np.array([2, 4]))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("x,y", "1,2", "3", "4,5"), r"Row #3: Expected 2 columns, got 1: 3"),
        (("1.5,2", "3,4"), r"the first line must hold the names of the columns, not 1\.5,2"),
        (("x,y,x", "1,2,3"), "the first line names 'x' twice"),
        ((), r"cannot be read \(ArrowInvalid: .*Empty CSV file"),
    ],
)
def test_bad_files(tmp_path: Path, lines: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make(tmp_path / "a.csv", *lines).sources()


def test_missing_and_foreign_values(tmp_path: Path) -> None:
    reader = make(tmp_path / "a.csv", "x,y", "1,2", ",3", "4,n/a?")
    with pytest.raises(InputError, match=r"column 'x', entries 0 to 3, cannot be read .*: 1 missing values \(null\)"):
        read(reader, ["x"])
    with pytest.raises(InputError, match=r"column 'y' is of type 'string'; say categories="):
        reader.check(["y"])


def test_part_of_a_file(tmp_path: Path) -> None:
    reader = make(tmp_path / "a.csv", "x", *map(str, range(100)))
    (source,) = reader.sources()
    (block,) = reader.blocks(source, ["x"], 10, 20)
    assert equal(block["x"], np.arange(10, 20))
