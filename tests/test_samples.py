"""Tables of samples."""

from __future__ import annotations

from pathlib import Path

import pytest

from hepdl import Sample, Samples
from hepdl.errors import HepdlError, InputError, ParameterError

TABLE = """\ufeff# made by hand
name, files, label, weight, xsec

w, w_*.root; more/w.root, 1, genWeight * pu, 12.5
# qcd_low, qcd.root, 0, 1, 3
"qcd", "/eos/qcd,1.root", 0, -0.5,
data, root://host//data.root, , ,
"""


def table(folder: Path, text: str) -> str:
    path = folder / "samples.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_table_becomes_samples(tmp_path: Path) -> None:
    assert Samples.from_csv(table(tmp_path, TABLE)) == [
        Sample("w", [f"{tmp_path}/w_*.root", f"{tmp_path}/more/w.root"], label=1, weight="genWeight * pu", xsec=12.5),
        Sample("qcd", ["/eos/qcd,1.root"], label=0, weight=-0.5),
        Sample("data", ["root://host//data.root"]),
    ]


def test_a_path_may_hold_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table(tmp_path, "name,files\na,$DATA/a.root\n")
    monkeypatch.setenv("TABLES", str(tmp_path))
    assert Samples.from_csv("$TABLES/samples.csv")[0].files == ["$DATA/a.root"]


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("name,file\n", InputError, r"samples.csv', line 1: a sample has no 'file', did you mean 'files'\?"),
        ("name,label\n", InputError, "line 1: column 'files' is missing; the columns are: name, label"),
        ("name,files,name\n", InputError, "a column stands twice"),
        ("", InputError, "column 'name' is missing; the columns are: none"),
        ("name,files\n", InputError, "holds no samples"),
        ("name,files\n\nw,a.root,1\n", InputError, "line 3: 3 cells for 2 columns"),
        ("name,files,xsec\nw,a.root,many\n", ParameterError, r"line 2: Sample.xsec: .*valid number.*'many'"),
        ("name,files,xsec\nw,a.root,-1\n", ParameterError, r"line 2: Sample.xsec: .*greater than 0"),
        ("name,files\nw,\n", ParameterError, "line 2: Sample.files: this parameter must be given"),
        ("name,files\nw,a.root\nw,b.root\n", ParameterError, "line 3, column 'name': there is a sample 'w' already"),
    ],
)
def test_errors_name_line_and_column(tmp_path: Path, text: str, kind: type[HepdlError], message: str) -> None:
    with pytest.raises(kind, match=message):
        Samples.from_csv(table(tmp_path, text))


def test_a_missing_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="table 'nowhere.csv' cannot be read: .*No such file"):
        Samples.from_csv("nowhere.csv")
