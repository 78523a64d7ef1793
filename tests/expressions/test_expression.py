"""Parsing: what is allowed, what is refused and how the refusal reads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hepdl.columns import Columns, ColumnType
from hepdl.errors import ExpressionError, MissingColumn
from hepdl.events import Events, Jagged
from hepdl.expressions import need_mask, parse

EVENTS = Events(
    {
        "pt": np.array([10, 20, 30], np.float32),
        "n": np.array([1, 2, 3], np.int8),
        "jet_id": np.array([1, 2, 6], np.int32),
        "part_pt": Jagged.from_lengths(np.array([3, 2, 1, 4], np.float32), np.array([3, 0, 1])),
    }
)
COLUMNS = Columns(
    pt=ColumnType(), n=ColumnType("int8"), jet_id=ColumnType("int32"), part_pt=ColumnType(jagged=True),
    features=ColumnType(shape=(4,)),
)  # fmt: skip


def value(text: str) -> list:
    return parse(text).evaluate(EVENTS).tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pt > 15 and n < 3", [False, True, False]),
        ("pt > 15 && n < 3", [False, True, False]),
        ("(pt > 15) & (n < 3)", [False, True, False]),
        ("pt < 15 or n == 3", [True, False, True]),
        ("pt < 15 || n == 3", [True, False, True]),
        ("not pt > 15", [True, False, False]),
        ("!(pt > 15) && n != 2", [True, False, False]),
        ("  ! (pt > 15)\n  || n != 1", [True, True, True]),
        ("~(pt > 15)", [True, False, False]),
        ("15 < pt <= 30", [False, True, True]),
        ("jet_id & 2", [0, 2, 2]),
        ("(jet_id & 2) != 0", [False, True, True]),
        ("(jet_id >> 1) & 1 == 1", None),
        ("(pt > 15) + (n > 2)", [0, 1, 2]),
        ("n * 1000", [1000, 2000, 3000]),
        ("n / 2", [0.5, 1.0, 1.5]),
        ("n // 2", [0, 1, 1]),
        ("-n % 2", [1, 0, 1]),
        ("n ** -1 * 6", [6, 3, 2]),
        ("where(pt > 15, n, -1)", [-1, 2, 3]),
        ("sqrt(pt * 10) / TeV", [0.01, np.float32(np.sqrt(200)) / 1e3, np.float32(np.sqrt(300)) / 1e3]),
        ("hypot(3, 4) + n", [6, 7, 8]),
        ("clip(n, 2, 300)", [2, 2, 3]),
        ("7", [7, 7, 7]),
        ("pt == inf", [False] * 3),
        ("TMath::Abs(-n) + std::max(n, 2)", [3, 4, 6]),
        ("TMath::Pi() > fabs(n) && TMath::Power(n, 2) > 1", [False, True, True]),
        ("pow(n, 2) + atan2(0 * n, 1)", [1, 4, 9]),
        ("wrap(n * 2 * pi + 1)", [1, 1, 1]),
        ("take(part_pt, where(n == 1, 2, n - 3))", [1, np.nan, 4]),
    ],
)
def test_values(text: str, expected: list | None) -> None:
    if expected is None:
        with pytest.raises(ExpressionError, match="parentheses around each comparison"):
            parse(text)
    else:
        assert value(text) == pytest.approx(expected, rel=1e-6, nan_ok=True)


def test_division_by_zero_is_silent_and_left_to_the_run() -> None:
    assert value("pt / (n - 2)") == [-10, np.inf, 30]
    assert np.isnan(value("log(-pt)")).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pt >", r"Filter: expression 'pt >': invalid syntax \(at character 4: 'pt >' ←\)"),
        ("pt && (n >) || n", r"at character 11: 'pt && \(n >\)'"),
        ("", "invalid syntax"),
        ("sqr(pt)", "there is no function 'sqr', did you mean 'sqrt'?"),
        ("pt > 1 & n < 2", r"this compares '1 & n'; put parentheses around each comparison"),
        ("pt > 1 | n < 2", "parentheses around each comparison"),
        ("!n == 1", r"put parentheses behind '!', as in !\(n == 1\)"),
        ("np.sqrt(pt)", r"'np.sqrt' is not allowed: .*as in sqrt\(x\)"),
        ("TMath::Abz(pt)", "'TMath::Abz' is not known, did you mean 'abs'?"),
        ("boost::abs(pt)", r"'boost::abs' is not allowed: .*as in sqrt\(x\)"),
        ("deltaR(pt)", "deltaR takes 2 arguments, got 1"),
        ("(n * 2).pt", r"'n \* 2' is no four-vector: write FatJet, FatJet\[0\], a \+ b"),
        ("(n + n).ptt", "no component 'ptt', did you mean 'pt'?"),
        ("__import__('os')", "there is no function '__import__'"),
        ("(lambda: 1)()", "is not allowed"),
        ("[x for x in pt]", "is not allowed"),
        ("pt if n else 1", "write where"),
        ("pt^2", r"write \*\* for a power"),
        ("n == 'w'", "only numbers"),
        ("pt[1, 2]", r"'\[1, 2\]' is not allowed: write \[0\], \[:3\] or \[condition\]"),
        ("pt[::2]", "without gaps"),
        ("pt[:, n]", "a whole number must stand"),
        ("sum(part_pt, axis=1)", "by position"),
        ("clip(pt, 1)", "clip takes 3 arguments, got 2"),
        ("max(pt, n)", r"max takes 1 argument, got 2; of two values use maximum\(a, b\)"),
        ("pt # > 5", "'#' is not allowed"),
        ("9" * 30, "larger than a 64-bit integer"),
        ("(" * 300 + "pt" + ")" * 300, "too many nested parentheses"),
        ("-" * 200 + "pt", "nested more than 100 levels"),
        ("pt" + " + pt" * 2000, "longer than 4000 characters"),
    ],
)
def test_refusals_name_the_expression_and_the_reason(text: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message) as caught:
        parse(text, "Filter")
    assert str(caught.value).startswith("Filter: expression '")
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("9**9**9", "64-bit"),
        ("10**18 * 10", "64-bit"),
        ("pt & 2", "'&' takes two conditions or two integers; use 'and' or add '!= 0'"),
        ("(pt > 1) & jet_id", "use 'and' or add '!= 0'"),
        ("n // (n - 2)", "integer division by zero in 1 places"),
        ("pt[:, 0]", "a list of particles or a group"),
        ("pt[0]", "a list of particles or a group"),
        ("sum(pt)", "sum works on a list of particles, but its argument has one value an event"),
        ("part_pt[:, :2] + part_pt", "lists of different lengths meet: 2 and 3 particles in row 0"),
        ("part_pt[part_pt]", "events are not numbered"),
        ("leading(part_pt, n)", "whole number"),
        ("take(part_pt, pt)", r"take\(x, index\) needs whole numbers, .* not float32"),
        ("take(part_pt, n)", r"behind the last particle in 2 places: to number 2 of 0 in row 1"),
        ("take(pt, n)", "take works on a list of particles"),
    ],
)
def test_failures_on_data_name_the_expression(text: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message) as caught:
        parse(text, "Define").evaluate(EVENTS)
    assert f"Define: expression '{text}'" in str(caught.value)


def test_unknown_columns_are_named_with_the_likely_one() -> None:
    with pytest.raises(MissingColumn, match=r"Filter: expression 'pt > 1 and nn': .*'nn', did you mean 'n'\?"):
        parse("pt > 1 and nn", "Filter").result_type(COLUMNS)
    with pytest.raises(MissingColumn, match=r"expression 'part_p': .* did you mean 'part_pt'\?"):
        parse("part_p").evaluate(EVENTS)


def test_a_dotted_name_is_a_column() -> None:
    events = Events({"jet.pt": EVENTS["pt"], "a.b.c": EVENTS["n"], "part.pt": EVENTS["part_pt"]})
    assert parse("jet.pt * a.b.c").names == ["jet.pt", "a.b.c"]
    assert parse("jet.pt * a.b.c").evaluate(events).tolist() == [10, 40, 90]
    assert parse("part[0].pt").evaluate(events).tolist() == pytest.approx([3, np.nan, 4], nan_ok=True)
    with pytest.raises(MissingColumn, match="there is no column 'pt.__class__'"):
        parse("pt.__class__").evaluate(EVENTS)


def test_names_are_the_columns_in_order_without_functions_and_constants() -> None:
    assert parse("sum(part_pt) + pt * pi / pt < n * GeV").names == ["part_pt", "pt", "n"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pt > 1", ColumnType("bool")),
        ("pt * 2 / pi", ColumnType("float32")),
        ("n + n", ColumnType("int64")),
        ("n / n", ColumnType("float64")),
        ("sum(part_pt)", ColumnType("float32")),
        ("part_pt / sum(part_pt)", ColumnType("float32", jagged=True)),
        ("part_pt > 1", ColumnType("bool", jagged=True)),
        ("count(part_pt > 1)", ColumnType("int64")),
        ("features * pt", ColumnType("float32", (4,))),
        ("features[:, 1]", ColumnType("float32")),
        ("1", ColumnType("int64")),
    ],
)
def test_result_types_are_known_without_data(text: str, expected: ColumnType) -> None:
    assert parse(text).result_type(COLUMNS) == expected


def test_a_selection_must_be_yes_or_no_for_each_event() -> None:
    need_mask(parse("pt > 1").result_type(COLUMNS), "Filter")
    with pytest.raises(ExpressionError, match="Filter: gives float32, but yes or no is needed"):
        need_mask(parse("pt").result_type(COLUMNS), "Filter")
    with pytest.raises(ExpressionError, match=r"one for each particle; reduce it with any\(...\)"):
        need_mask(parse("part_pt > 1").result_type(COLUMNS), "Filter")


WORDS = [
    "pt", "n", "jet_id", "part_pt", "nothing", "and", "or", "not ", "&", "|", "&&", "||", "!", "!=", "==", "<", ">=",
    "+", "-", "*", "/", "//", "%", "**", "~", "(", ")", "[", "]", ":", ",", "1", "0", "2.5", "1e400", "9" * 20, "sum(",
    "where(", "leading(", "clip(", ".", "__class__", "lambda", "if", "else", "for", "in", "'", '"', "\\", "\n", "\t",
    "#", "=", ":=", "@", "{", "}", "é", "\x00", "\ud800", "ﬁ", "0x", "1j", "None", "True", "import os", "await", "f'",
    "::", "TMath::", "deltaR(", "take(", ".pt", "[0]", "[-1].", "sum(part).",
]  # fmt: skip


@settings(deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)))
@example("!!pt")
@example("(" * 3000)
@example("-" * 3999)
@example("pt**" * 90 + "2")
@example("((((((((9**9)**9)**9)**9)**9)**9)**9)**9)")
@example("1 // 0 % 0")
def test_any_text_gives_a_column_or_a_named_error(text: str) -> None:
    try:
        column = parse(text, "Define").evaluate(EVENTS)
    except (ExpressionError, MissingColumn):
        return
    assert isinstance(column, np.ndarray | Jagged)
    assert len(column) == len(EVENTS)
