"""The split: frozen numbers, uniform, independent of order and of how integers are stored."""

from __future__ import annotations

import numpy as np
import pytest

from hepdl.data.split import Split, uniform
from hepdl.errors import BadValues, ExpressionError, ParameterError, WiringError

EVENT = np.arange(20_000)
RUN = np.full_like(EVENT, 7)


def mix(state: int) -> int:
    """One step of SplitMix64 in Python integers, the slow twin."""
    state = (state + 0x9E3779B97F4A7C15) % 2**64
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    state = (state ^ (state >> 27)) * 0x94D049BB133111EB % 2**64
    return state ^ (state >> 31)


def test_mixing_is_splitmix64() -> None:
    assert [mix(0), mix(0x9E3779B97F4A7C15)] == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]


def test_numbers_agree_with_plain_integers() -> None:
    name = b"tt_pythia"
    words = [5, len(name), int.from_bytes(name[:8], "little"), int.from_bytes(name[8:], "little"), 7, -3 % 2**64]
    state = 0
    for word in words:
        state = mix(state ^ word)
    assert uniform([np.array([7]), np.array([-3])], "tt_pythia", salt=5).tolist() == [(state >> 11) / 2**53]


def test_numbers_are_frozen_for_ever() -> None:
    got = uniform([np.array([1, 1, 2, 363_000]), np.array([1, 2, 1, 2**40])], "qcd")
    assert got.tolist() == [0.49346337666849915, 0.08094129146624462, 0.3149897941396427, 0.1175974755562823]


def test_numbers_are_uniform_in_every_place() -> None:
    for identity in ([EVENT], [RUN, EVENT], [EVENT, RUN], [EVENT * 1000]):
        counts, _ = np.histogram(uniform(identity, "w"), 100, (0, 1))
        assert 60 < np.sum((counts - 200) ** 2 / 200) < 150


def test_datasets_salts_and_neighbours_are_independent() -> None:
    first = uniform([RUN, EVENT], "w")
    others = [uniform([RUN, EVENT], "qcd"), uniform([RUN, EVENT], "w", 1), uniform([RUN + 1, EVENT], "w")]
    for other in [*others, uniform([EVENT, RUN], "w"), np.roll(first, 1)]:
        assert abs(np.corrcoef(first, other)[0, 1]) < 0.03


def test_parts_do_not_depend_on_order_or_on_the_type_of_integers() -> None:
    split, order = Split(), np.random.default_rng(1).permutation(len(EVENT))
    part = split.assign([RUN, EVENT], "w", {})
    np.testing.assert_array_equal(split.assign([RUN[order], EVENT[order]], "w", {}), part[order])
    for dtype in (np.int32, np.uint32, np.uint64, ">i4"):
        np.testing.assert_array_equal(split.assign([RUN.astype(dtype), EVENT.astype(dtype)], "w", {}), part)


def test_fractions_divide_the_events() -> None:
    part = Split(train=0.75, validation=0, test=0.25).assign([EVENT], "w", {})
    assert part.dtype == np.int8
    assert np.bincount(part, minlength=3) / len(EVENT) == pytest.approx([0.75, 0, 0.25], abs=0.01)


def test_an_expression_claims_its_events_and_the_rest_is_divided() -> None:
    split = Split(train=0.75, validation=0.25, test="pool == 1")
    assert split.expressions() == ["pool == 1"]
    pool = EVENT % 4 == 0
    part = split.assign([EVENT], "w", {"pool == 1": pool})
    np.testing.assert_array_equal(part == 2, pool)
    assert np.mean(part[~pool] == 1) == pytest.approx(0.25, abs=0.01)


def test_three_expressions_may_divide_all_events() -> None:
    split = Split("k == 0", "k == 1", "k == 2")
    claims = {f"k == {k}": np.equal(EVENT % 3, k) for k in range(3)}
    np.testing.assert_array_equal(split.assign([EVENT], "w", claims), EVENT % 3)
    with pytest.raises(BadValues, match="6667 events belong to no part; give one part a fraction"):
        split.assign([EVENT], "w", claims | {"k == 0": np.zeros(len(EVENT), bool)})


def test_overlapping_expressions_are_counted() -> None:
    split = Split(train="a", validation="b", test=1.0)
    with pytest.raises(BadValues, match="10 events belong to two parts, one of them 'b'"):
        split.assign([EVENT], "w", {"a": EVENT < 10, "b": EVENT < 100})


def test_claims_must_be_yes_or_no() -> None:
    with pytest.raises(ExpressionError, match="Split: expression 'pool': gives int64, but yes or no is needed"):
        Split(train=0.5, validation=0.5, test="pool").assign([EVENT], "w", {"pool": EVENT % 2})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"train": -0.1}, r"Split.train.*not negative \(got -0.1\)"),
        ({"train": float("nan")}, "not negative"),
        ({"train": 0.8, "validation": 0.2}, r"'test': 0.2} add up to 1.2, should add up to 1"),
        ({"tset": 0.1}, "unknown parameter, did you mean 'test'?"),
    ],
)
def test_wrong_fractions_are_refused(wrong: dict, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Split(**wrong)


def test_a_wrong_expression_is_refused_where_it_is_written() -> None:
    with pytest.raises(ExpressionError, match="Split: expression 'pool =='"):
        Split(test="pool ==")


def test_identity_must_be_integers() -> None:
    with pytest.raises(WiringError, match="must be integers, got float64"):
        Split().assign([EVENT / 2], "w", {})
