from __future__ import annotations

import re
from pathlib import Path

import pytest
from hepdl_io.paths import expand

from hepdl.errors import InputError
from hepdl.sources import Sample


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("w_1.root", "w_2.root", "w_10.root", "qcd.root", "sub/w_3.root"):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_bytes(b"root")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def paths(*samples: Sample) -> list[str]:
    return [place.path for place in expand(samples)]


def test_globs_come_in_natural_order(folder: Path) -> None:
    assert paths(Sample("w", "data/w_*.root")) == ["data/w_1.root", "data/w_2.root", "data/w_10.root"]


def test_several_patterns_keep_their_order(folder: Path) -> None:
    found = paths(Sample("q", ["data/qcd.root", "data/w_?.root"]), Sample("s", "data/**/w_3.root"))
    assert found == ["data/qcd.root", "data/w_1.root", "data/w_2.root", "data/sub/w_3.root"]


def test_home_and_variables_are_expanded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("JETS", "data")
    assert paths(Sample("w", ["~/data/w_1.root", "${JETS}/w_2.root"])) == [f"{folder}/data/w_1.root", "data/w_2.root"]


def test_a_name_with_brackets_is_taken_as_it_is(folder: Path) -> None:
    (folder / "a[1].root").write_bytes(b"root")
    assert paths(Sample("w", "a[1].root")) == ["a[1].root"]


def test_a_pattern_may_name_its_tree(folder: Path) -> None:
    places = expand([Sample("s", "data/qcd.root:sig"), Sample("b", "data/qcd.root:dir/bkg")])
    assert [(place.path, place.tree) for place in places] == [("data/qcd.root", "sig"), ("data/qcd.root", "dir/bkg")]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("data/w_1.rot", "sample 'w': file 'data/w_1.rot' does not exist .*no file 'w_1.rot' in 'data', did you"),
        ("dta/w_1.root", "there is no folder 'dta' in '.', did you mean 'data'?"),
        ("data/v_*.root", "sample 'w': no file matches 'data/v_*.root' (current folder "),
        ("data/zzz*", "there is: qcd.root, sub, w_1.root, w_2.root, w_10.root"),
        ("$NOWHERE/w.root", "the environment variable 'NOWHERE' is not set"),
        ("data", "'data' is a folder; write 'data/*.root'"),
    ],
)
def test_nothing_found_says_what_there_is(folder: Path, pattern: str, message: str) -> None:
    expected = ".*".join(re.escape(part) for part in message.split(".*"))
    with pytest.raises(InputError, match=expected):
        expand([Sample("w", pattern)])


def test_one_missing_pattern_of_several_is_an_error(folder: Path) -> None:
    with pytest.raises(InputError, match=r"w_7\.root"):
        expand([Sample("w", ["data/w_1.root", "data/w_7.root"])])


def test_a_file_is_not_read_twice(folder: Path) -> None:
    with pytest.raises(InputError, match=r"sample 'w' as 'data/w_1.root' and in sample 'w' as 'data/../data/w_1"):
        expand([Sample("w", ["data/w_*.root", "data/../data/w_1.root"])])
    (folder / "link.root").symlink_to(folder / "data" / "qcd.root")
    with pytest.raises(InputError, match="would be read twice: in sample 'a' as .* and in sample 'b' as 'link.root'"):
        expand([Sample("a", "data/qcd.root"), Sample("b", "link.root")])


RUCIO = """\
+-------+----------+----------+-----------+----------------------------------------+
| SCOPE | NAME     | FILESIZE | ADLER32   | RSE: REPLICA                           |
|-------+----------+----------+-----------+----------------------------------------|
| mc20  | w_2.root | 1.2 GB   | ad:1234   | SITE_DISK: file://{0}/data/w_2.root    |
| mc20  | w_1.root | 1.2 GB   | ad:1234   | SITE_DISK: file://{0}/data/w_1.root    |
+-------+----------+----------+-----------+----------------------------------------+
"""


def test_lists_of_files(folder: Path) -> None:
    (folder / "das.txt").write_text("# Run 2\ndata/w_2.root\n\n  data/w_1.root:jets \n")
    (folder / "rucio.txt").write_text(RUCIO.format(folder))
    places = expand([Sample("w", ["@das.txt", "data/qcd.root"])])
    assert [(p.path, p.tree) for p in places] == [
        ("data/w_2.root", ""),
        ("data/w_1.root", "jets"),
        ("data/qcd.root", ""),
    ]
    assert paths(Sample("w", "@rucio.txt")) == [f"{folder}/data/w_2.root", f"{folder}/data/w_1.root"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# nothing\n", "sample 'w': the list 'list.txt' names no file"),
        ("data/w_7.root\n", "sample 'w': file 'data/w_7.root' does not exist"),
        (
            "root://eos.cern.ch//eos/w.root\n",
            r"is on a server, .* copy it \(xrdcp 'root://eos.cern.ch//eos/w.root' .\)",
        ),
    ],
)
def test_bad_lists(folder: Path, text: str, message: str) -> None:
    (folder / "list.txt").write_text(text)
    with pytest.raises(InputError, match=message):
        expand([Sample("w", "@list.txt")])


def test_a_list_that_is_not_there(folder: Path) -> None:
    with pytest.raises(InputError, match="file 'list.txt' does not exist"):
        expand([Sample("w", "@list.txt")])
    (folder / "list.txt").write_bytes(b"root\x80\xff")
    with pytest.raises(InputError, match="'list.txt' is no list of files; write its name without @"):
        expand([Sample("w", "@list.txt")])
