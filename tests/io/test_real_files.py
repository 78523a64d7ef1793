"""Files that experiments and ROOT itself wrote, read where they are at hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import uproot
from hepdl_io.root_reader import RootReader

from hepdl.columns import ColumnType
from hepdl.errors import BadValues, InputError
from hepdl.events import Jagged
from hepdl.sources import Sample

from .conftest import equal, read

Real = Callable[[str], str]


def reader(path: str, tree: str = "") -> RootReader:
    return RootReader(Sample("s", path), tree=tree)


def test_hzz_is_the_same_in_six_compressions(real: Real) -> None:
    names = ["NJet", "Jet_Px", "Jet_ID", "MET_px", "MClepton_px", "triggerIsoMu24"]
    kinds = ("lz4", "lzma", "uncompressed", "zlib", "zstd")
    first = read(reader(real("scikit-hep/uproot-HZZ.root")), names)
    assert (len(first), len(first["Jet_Px"].values)) == (2421, 2773)
    assert first["Jet_ID"].values.dtype == np.bool_
    for kind in kinds:
        other = read(reader(real(f"scikit-hep/uproot-HZZ-{kind}.root")), names)
        assert all(equal(first[name], other[name]) for name in names)


def test_objects_give_their_members(real: Real) -> None:
    plain = read(reader(real("scikit-hep/uproot-HZZ.root")), ["Jet_Px", "MET_px"])
    block = read(reader(real("scikit-hep/uproot-HZZ-objects.root")), ["jetp4.fP.fX", "jetid", "MET.fX"])
    assert block["jetp4.fP.fX"].values.dtype == np.float64
    assert np.array_equal(block["jetp4.fP.fX"].values.astype(np.float32), plain["Jet_Px"].values)
    assert np.array_equal(block["MET.fX"].astype(np.float32), plain["MET_px"])


def test_nanoaod_all_branches(real: Real) -> None:
    nano = reader(real("scikit-hep/nanoAOD_2015_CMS_Open_Data_ttbar.root"))
    offers = nano.offers()
    assert len(offers) == 947
    assert sum(kind.jagged for kind in offers.values()) == 344
    block = read(nano, ["event", "nJet", "Jet_pt"])
    assert block["event"].dtype == np.uint64
    assert np.array_equal(block["Jet_pt"].lengths, block["nJet"])


@pytest.mark.slow
def test_nanoaod_tree_and_rntuple_are_twins(real: Real) -> None:
    names = ["event", "nMuon", "Muon_pt", "Muon_charge", "MET_pt"]
    tree = read(reader(real("coffea/nano_dy.root"), "Events"), names)
    ntuple = read(reader(real("coffea/nano_dy_rntuple.root")), names)
    assert len(tree) == len(ntuple) == 40
    for name in ("event", "MET_pt", "Muon_pt", "Muon_charge"):
        assert equal(tree[name], ntuple[name])


def test_rntuple(real: Real) -> None:
    muons = reader(real("scikit-hep/Run2012BC_DoubleMuParked_Muons_1000evts_rntuple_v1-0-0-0.root"))
    block = read(muons, ["nMuon", "Muon_pt", "_collection0.Muon_eta"])
    assert (len(block), len(block["_collection0.Muon_eta"])) == (1000, 1000)
    assert np.array_equal(block["Muon_pt"].lengths, block["nMuon"])
    staff = reader(real("scikit-hep/ntpl001_staff_rntuple_v1-0-1-0.root"))
    assert read(staff, ["Age"])["Age"].dtype == np.int32
    with pytest.raises(InputError, match="branch 'Nation' is of type 'std::string'; say categories="):
        staff.check(["Nation"])
    assert staff.sources()[0].uuid.strip("0-")


def test_all_types_of_root(real: Real) -> None:
    for name in ("6.20.04-zlib", "6.20.04-lz4", "5.23.02-zlib"):
        sample = reader(real(f"scikit-hep/uproot-sample-{name}.root"))
        block = read(sample, ["n", "b", "ai2", "u8", "f4", "Af8", "i8"])
        assert block["ai2"].shape == (30, 3)
        assert (block["b"].dtype, block["i8"].dtype, block["u8"].dtype) == (np.bool_, np.int64, np.uint64)
        assert np.array_equal(block["Af8"].lengths, block["n"])
        assert np.allclose(block["f4"], np.arange(30) - 14.9)


def test_truncated_floats(real: Real) -> None:
    small = reader(real("scikit-hep/uproot-double32-float16.root"))
    assert small.offers()["array_30"] == ColumnType("float64", (3,))
    assert read(small, ["array_10"])["array_10"].shape == (17, 3)


def test_leaf_list(real: Real) -> None:
    block = read(reader(real("scikit-hep/uproot-leaflist.root")), ["leaflist.x", "leaflist.y", "leaflist.z"])
    assert block["leaflist.x"].tolist() == [1.1, 2.2, 3.3, 4.0, 5.5]
    assert (block["leaflist.y"].dtype, block["leaflist.z"].dtype) == (np.int32, np.int8)


def test_vectors(real: Real) -> None:
    stl = reader(real("scikit-hep/uproot-stl_containers.root"))
    assert list(stl.offers()) == ["vector_int32"]
    assert equal(
        read(stl, ["vector_int32"])["vector_int32"],
        Jagged(np.array([1, 1, 2, 1, 2, 3, 1, 2, 3, 4, 1, 2, 3, 4, 5], np.int32), np.array([0, 1, 3, 6, 10, 15])),
    )
    with pytest.raises(InputError, match=r"'map_int32_int16' is of type 'std::map<int32_t, int16_t>'; only numbers"):
        stl.check(["map_int32_int16"])


def test_vectors_of_vectors(real: Real) -> None:
    path = real("scikit-hep/uproot-vectorVectorDouble.root")
    with pytest.raises(InputError, match=r"'x' is of type 'std::vector<std::vector<double>>'; say flatten=\['x'\]"):
        reader(path).check(["x"])
    flat = RootReader(Sample("s", path), flatten=["x"])
    assert flat.offers() == {"x": ColumnType("float64", jagged=True)}
    x = read(flat, ["x"])["x"]
    assert x.lengths.tolist() == [0, 0, 3, 3, 3]
    assert x.values.tolist()[3:] == [20, -21, -22, 200, -201, 202]


def test_text_as_categories(real: Real) -> None:
    path = real("scikit-hep/ntpl001_staff_rntuple_v1-0-1-0.root")
    nations = ["DE", "CH", "FR", "IT", "GB", "ES", "SE", "NL", "BE", "NO", "AT", "DK", "US", "GR", "PT", "ZZ"]
    staff = RootReader(Sample("s", path), categories={"Nation": nations})
    assert read(staff, ["Nation"])["Nation"][:5].tolist() == [0, 1, 2, 2, 0]
    few = RootReader(Sample("s", path), categories={"Nation": ["DE", "CH", "FR"]})
    with pytest.raises(
        BadValues, match=r"branch 'Nation', entries 0 to 3354: .*'IT' \(\d+ times\).* not among its cat"
    ):
        read(few, ["Nation"])
    wrong = RootReader(Sample("s", path), categories={"Age": ["old", "young"]})
    with pytest.raises(InputError, match="branch 'Age' is int32, so it has no place in categories="):
        wrong.check(["Age"])
    vectors = real("scikit-hep/uproot-stl_containers.root")
    words = RootReader(
        Sample("s", vectors), categories={"vector_string": ["one", "two", "three", "four", "five"], "string": ["one"]}
    )
    (source,) = words.sources()
    block = next(words.blocks(source, ["vector_string"], 0, 3))
    assert equal(block["vector_string"], Jagged(np.array([0, 0, 1, 0, 1, 2]), np.array([0, 1, 3, 6])))


def test_empty_and_treeless_files(real: Real) -> None:
    empty = reader(real("scikit-hep/uproot-empty.root"))
    assert empty.sources()[0].entries == 0
    assert len(read(empty, ["x", "y"])) == 0
    assert reader(real("coffea/nano_dy_empty.root")).sources()[0].entries == 0
    with pytest.raises(InputError, match="uproot-histograms.root' holds no tree; it holds: TH1F"):
        reader(real("scikit-hep/uproot-histograms.root")).sources()


def test_trees_in_folders(real: Real) -> None:
    path = real("scikit-hep/uproot-nesteddirs.root")
    with pytest.raises(InputError, match="several trees, .*: one/two/tree, one/tree, three/tree"):
        reader(path).sources()
    assert reader(path, "one/two/tree").sources()[0].entries == 100


def test_a_million_rows(real: Real) -> None:
    path = real("scikit-hep/uproot-issue79.root")
    million = RootReader(Sample("s", path), block=10_000)
    (source,) = million.sources()
    name = next(iter(million.offers()))
    blocks = list(million.blocks(source, [name], 0, source.entries))
    assert sum(map(len, blocks)) == 1_000_000
    with uproot.open(path) as file:
        whole = file[source.tree][name].array(library="np")
    assert equal(np.concatenate([block[name] for block in blocks]), whole)


def test_xaod_and_edm4hep(real: Real) -> None:
    block = read(reader(real("coffea/PHYSLITE_example.root")), ["AnalysisElectronsAuxDyn.pt"])
    assert len(block["AnalysisElectronsAuxDyn.pt"]) == 100
    names = ["MCParticleCollection.mass", "MCParticleCollection/MCParticleCollection.PDG"]
    events = read(reader(real("coffea/edm4hep.root"), "events"), names)
    assert np.array_equal(*(events[name].lengths for name in events))


def test_a_compression_of_root_3(real: Real) -> None:
    with pytest.raises(
        InputError, match=r"mlpHiggs.root' cannot be read \(ValueError: unsupported compression algorithm"
    ):
        reader(real("root/mlpHiggs.root"), "sig_filtered").sources()


def test_lists_without_offsets(real: Real) -> None:
    names = ["nJet", "Jet_pt", "Jet_jetId", "Muon_pt", "event"]
    there = read(reader(real("scikit-hep/uproot-small-dy-withoffsets.root")), names)
    derived = reader(real("scikit-hep/uproot-small-dy-nooffsets.root"))
    (source,) = derived.sources()
    blocks = list(derived.blocks(source, names, 150, 450))
    for name in names:
        assert equal(read(derived, names)[name], there[name])
        assert equal(blocks[0][name], there.rows(150, 450)[name])
