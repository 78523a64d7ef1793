from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hepdl_io.hdf5_reader import Hdf5Reader

from hepdl.columns import ColumnType
from hepdl.errors import BadValues, InputError
from hepdl.events import Events, Jagged
from hepdl.sources import Sample

from .conftest import equal, read

TRACK = np.dtype([("d0", "f2"), ("hits", ">i4"), ("valid", "?")])


def make(path: Path, **datasets: Any) -> Hdf5Reader:
    """Write datasets; double underscores stand for groups. A reader of that file."""
    with h5py.File(path, "w") as file:
        for name, data in datasets.items():
            file.create_dataset(name.replace("__", "/"), data=data)
    return Hdf5Reader(Sample("s", str(path)))


def tracks(n: int = 4, most: int = 3) -> np.ndarray:
    """Structured ``[n, most]``; the first elements are not always those that are valid."""
    data = np.zeros((n, most), TRACK)
    data["d0"] = np.arange(n * most).reshape(n, most)
    data["hits"] = -data["d0"]
    data["valid"] = (np.arange(n)[:, None] + np.arange(most)) % 3 == 1
    data["valid"][:1] = False
    return data


def test_atlas_datasets(tmp_path: Path) -> None:
    jets = np.zeros(4, [("pt", "f4"), ("label", "i4"), ("pair", "f8", (2,))])
    jets["pt"], jets["pair"] = np.arange(4), np.arange(8).reshape(4, 2)
    reader = make(tmp_path / "a.h5", jets=jets, tracks=tracks(), counts=np.zeros(3))
    assert reader.offers() == {
        "jets.pt": ColumnType(), "jets.label": ColumnType("int32"), "jets.pair": ColumnType("float64", (2,)),
        "tracks.d0": ColumnType(jagged=True), "tracks.hits": ColumnType("int32", jagged=True),
    }  # fmt: skip
    block = read(reader, ["tracks.hits", "jets.pair", "tracks.d0", "jets.pt"])
    assert equal(block["jets.pt"], np.arange(4, dtype=np.float32))
    assert equal(block["jets.pair"], jets["pair"])
    valid = tracks()["valid"]
    d0 = tracks()["d0"][valid].astype(np.float32)
    assert equal(block["tracks.d0"], Jagged.from_lengths(d0, valid.sum(axis=1)))
    assert equal(block["tracks.hits"].values, -d0.astype(np.int32))


def test_without_valid_lists_stay_padded(tmp_path: Path) -> None:
    reader = make(tmp_path / "a.h5", tracks=tracks()).replaced(valid="")
    assert reader.offers()["tracks.d0"] == ColumnType("float32", (3,))
    block = read(reader, ["tracks.d0", "tracks.valid"])
    assert equal(block["tracks.d0"], tracks()["d0"].astype(np.float32))
    assert equal(block["tracks.valid"], tracks()["valid"])


def test_arrays_images_and_groups(tmp_path: Path) -> None:
    images = np.arange(5 * 12, dtype=np.uint8).reshape(5, 1, 3, 4)
    reader = make(tmp_path / "a.h5", calo__images=images, x=np.arange(5.0), scalar=3.0, flag=np.arange(5) > 2)
    assert list(reader.offers()) == ["calo.images", "flag", "x"]
    assert equal(read(reader, ["calo.images"])["calo.images"], images)
    assert read(reader, ["flag"])["flag"].dtype == np.bool_


def test_lists_of_variable_length(tmp_path: Path) -> None:
    lists = np.empty(3, object)
    lists[:] = [np.array([1, 2], np.int16), np.array([], np.int16), np.array([3], np.int16)]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("pt", data=lists, dtype=h5py.vlen_dtype(np.int16))
    reader = Hdf5Reader(Sample("s", f"{tmp_path}/a.h5"))
    assert equal(read(reader, ["pt"])["pt"], Jagged(np.array([1, 2, 3], np.int16), np.array([0, 2, 2, 3])))


def test_text_as_categories(tmp_path: Path) -> None:
    fixed = np.array([b"ee", b"mumu", b"ee"])
    reader = make(tmp_path / "a.h5", channel=fixed, period=["B", "A", "C"], x=np.arange(3))
    assert list(reader.offers()) == ["x"]
    with pytest.raises(InputError, match=r"dataset 'channel' holds text; say categories=\{'channel': \['one', 'other'"):
        reader.check(["channel"])
    reader = reader.replaced(categories={"channel": ["mumu", "ee"], "period": ["A", "B", "C"]})
    block = read(reader, ["channel", "period"])
    assert equal(block["channel"], np.array([1, 0, 1]))
    assert equal(block["period"], np.array([1, 0, 2]))
    reader = reader.replaced(categories={"channel": ["mumu"], "period": ["A"]})
    with pytest.raises(BadValues, match=r"'channel', entries 0 to 3: 'ee' \(2 times\) not among its categories: mumu"):
        read(reader, ["channel"])


def test_blocks_end_where_chunks_end(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", data=np.arange(50), chunks=(8,))
    reader = Hdf5Reader(Sample("s", f"{tmp_path}/a.h5"), block=20)
    (source,) = reader.sources()
    blocks = list(reader.blocks(source, ["x"], 3, 49))
    assert [len(block) for block in blocks] == [13, 16, 16, 1]
    assert equal(Events.concatenate(blocks)["x"], np.arange(3, 49))
    assert [len(block) for block in reader.blocks(source, [], 5, 40)] == [20, 15]


def test_the_length_of_the_events(tmp_path: Path) -> None:
    reader = make(tmp_path / "a.h5", a=np.zeros(3), b=np.zeros(5))
    with pytest.raises(InputError, match=r"different lengths: a \(3\), b \(5\); say .* as events='a'"):
        reader.sources()
    reader = reader.replaced(events="b")
    assert reader.sources()[0].entries == 5
    with pytest.raises(InputError, match="dataset 'a' has 3 entries, but dataset 'b' has 5"):
        reader.check(["a"])
    with pytest.raises(InputError, match="no dataset 'bb', did you mean 'b'?"):
        reader.replaced(events="bb").sources()


def test_names_and_types_that_differ(tmp_path: Path) -> None:
    make(tmp_path / "a.h5", x=np.zeros(3, np.float32), n=np.zeros(3, np.int32))
    make(tmp_path / "b.h5", x=np.zeros(4, np.float64), n=np.zeros(4, np.int64))
    reader = Hdf5Reader(Sample("s", f"{tmp_path}/*.h5"))
    reader.check(["x"])
    assert read(reader, ["x"], 1)["x"].dtype == np.float32
    with pytest.raises(InputError, match=r"b.h5': dataset 'n' is int64, but in file '.*a.h5' it is int32"):
        reader.check(["n"])
    with pytest.raises(InputError, match=r"sample 's', file '.*a.h5': there is no dataset 'y'"):
        reader.check(["y"])


def test_a_filter_that_is_not_installed(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["y"] = np.arange(100.0)
        settings = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        settings.set_chunk((10,))
        settings.set_filter(32015, h5py.h5z.FLAG_OPTIONAL)
        space = h5py.h5s.create_simple((100,))
        h5py.h5d.create(file.id, b"x", h5py.h5t.NATIVE_DOUBLE, space, settings)
    reader = Hdf5Reader(Sample("s", f"{tmp_path}/a.h5"))
    if h5py.h5z.filter_avail(32015):
        pytest.skip("here it is installed")
    with pytest.raises(
        InputError,
        match=r"sample 's', file '.*a.h5': dataset 'x' is compressed with a filter that is not installed \(zstd, "
        r"number 32015\); pip install hdf5plugin",
    ):
        reader.check(["x"])
    assert list(reader.offers()) == ["y"]


def test_bad_files(tmp_path: Path) -> None:
    make(tmp_path / "a.h5", x=np.arange(5000.0))
    data = (tmp_path / "a.h5").read_bytes()
    (tmp_path / "b.h5").write_bytes(data[: len(data) // 2])
    (tmp_path / "c.h5").write_bytes(b"%PDF")
    with pytest.raises(InputError, match=r"sample 's': file '.*b.h5' cannot be read \(OSError: .*truncated file: eof"):
        Hdf5Reader(Sample("s", f"{tmp_path}/b.h5")).sources()
    with pytest.raises(InputError, match=r"c.h5' cannot be read \(OSError: .*file signature not found\)\); compare"):
        Hdf5Reader(Sample("s", f"{tmp_path}/c.h5")).sources()
    reader = Hdf5Reader(Sample("s", f"{tmp_path}/*.h5"), skip_bad_files=True)
    assert len(reader.sources()) == 1
    assert [Path(path).name for path, _, _ in reader.skipped()] == ["b.h5", "c.h5"]


def test_files_are_told_apart_by_their_bytes(tmp_path: Path) -> None:
    values = np.zeros(200_000)
    make(tmp_path / "a.h5", x=values)
    values[-1] = 1
    make(tmp_path / "b.h5", x=values)
    (tmp_path / "c.h5").write_bytes((tmp_path / "a.h5").read_bytes())
    one, other = Hdf5Reader(Sample("s", f"{tmp_path}/[ab].h5")).sources()
    assert one.uuid != other.uuid
    with pytest.raises(InputError, match=r"a.h5' .* and .*c.h5' .* are copies of one file"):
        Hdf5Reader(Sample("s", f"{tmp_path}/*.h5")).sources()


def test_two_hundred_thousand_empty_lists(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("tracks", (200_000, 2), TRACK, chunks=(10_000, 2), compression="gzip")
        file.create_dataset("lists", (200_000,), h5py.vlen_dtype(np.float32))
    block = read(Hdf5Reader(Sample("s", f"{tmp_path}/a.h5")), ["tracks.d0", "lists"])
    for name in block:
        assert equal(block[name], Jagged(np.zeros(0, np.float32), np.zeros(200_001, np.int64)))


def test_no_entries(tmp_path: Path) -> None:
    reader = make(tmp_path / "a.h5", tracks=tracks(0), x=np.zeros(0))
    assert len(read(reader, ["tracks.d0", "x"])) == 0


def test_mock_of_flavour_tagging(real: Callable[[str], str]) -> None:
    reader = Hdf5Reader(Sample("s", real("ftag/mock_1000.h5")))
    block = read(reader, ["jets.pt", "tracks.d0", "tracks.leptonID"])
    with h5py.File(real("ftag/mock_1000.h5")) as file:
        assert equal(block["jets.pt"], file["jets"]["pt"])
        assert equal(block["tracks.d0"].values, file["tracks"]["d0"][file["tracks"]["valid"]])
    assert (len(reader.offers()), block["tracks.leptonID"].values.dtype) == (47, np.int8)


def test_images_of_geant4(real: Callable[[str], str]) -> None:
    reader = Hdf5Reader(Sample("s", real("geant4/photons_1_20gev.h5")), block=100)
    block = read(reader, ["images", "layer_energy"])
    assert block["images"].shape == (700, 3, 12, 12)
    assert np.allclose(block["images"].sum(axis=(2, 3)), block["layer_energy"], rtol=0.05, atol=50)


def test_les_houches_events(real: Callable[[str], str]) -> None:
    reader = Hdf5Reader(Sample("s", real("scikit-hep/pylhe-testfile-hpcgen.hdf5")), events="events")
    assert read(reader, ["events"])["events"].shape == (100, 10)
