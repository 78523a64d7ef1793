"""Noise: uniform, normal, independent, and the same for an event whatever block it comes in."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hepdl.events import Events, Jagged
from hepdl.noise import Noise, keys_of

N = 50_000
MASK = 2**64 - 1


def keys(n: int = N, source: int = 3) -> torch.Tensor:
    return keys_of(Events({"source": torch.full((n,), source, dtype=torch.int32), "entry": torch.arange(n)}))


def mixed(state: int) -> int:
    """SplitMix64 with Python's integers."""
    state = (state + 0x9E3779B97F4A7C15) & MASK
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & MASK
    return state ^ (state >> 31)


def test_a_number_is_the_hash_that_it_is_said_to_be() -> None:
    key = mixed(mixed(3) ^ 5)
    draw = mixed(mixed(key + 17) ^ 2)
    expected = [(mixed((draw + j * 0x9E3779B97F4A7C15) & MASK) >> 40) * 2.0**-24 for j in range(3)]
    noise = Noise(keys(), 17)
    noise.uniform()
    assert noise.uniform(3)[5].tolist() == expected


def test_uniform_fills_the_interval() -> None:
    values = Noise(keys(), 1).uniform().numpy()
    assert values.dtype == np.float32 and values.min() >= 0 and values.max() < 1
    counts = np.histogram(values, 100, (0, 1))[0]
    assert ((counts - N / 100) ** 2 / (N / 100)).sum() < 99 + 5 * np.sqrt(2 * 99)


def test_normal_has_the_moments_of_a_normal() -> None:
    values = Noise(keys(), 1).normal().double()
    for power, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert (values**power).mean().item() == pytest.approx(moment, abs=5 * np.sqrt(variance / N))


@pytest.mark.parametrize("other", ["seed", "draw", "place", "event", "file"])
def test_numbers_are_independent(other: str) -> None:
    noise = Noise(keys(), 1)
    first = noise.normal(2)
    pairs = {
        "seed": lambda: (first[:, 0], Noise(keys(), 2).normal(2)[:, 0]),
        "draw": lambda: (first[:, 0], noise.normal(2)[:, 0]),
        "place": lambda: (first[:, 0], first[:, 1]),
        "event": lambda: (first[1:, 0], first[:-1, 0]),
        "file": lambda: (first[:, 0], Noise(keys(source=4), 1).normal(2)[:, 0]),
    }
    one, two = pairs[other]()
    assert abs(np.corrcoef(one, two)[0, 1]) < 5 / np.sqrt(N)


def test_particles_have_numbers_of_their_own() -> None:
    lengths = torch.tensor([2, 0, 3])
    pt = Jagged(torch.arange(5.0), torch.tensor([0, 2, 2, 5]))
    whole = Noise(keys(3), 1).uniform(2, particles=pt)
    assert whole.shape == (5, 2) and len(whole.unique()) == 10
    alone = Noise(keys(3)[2:], 1).uniform(2, particles=Jagged(torch.arange(3.0), torch.tensor([0, 3])))
    assert torch.equal(whole[int(lengths[:2].sum()) :], alone)


def test_no_events_and_no_particles() -> None:
    noise = Noise(keys(0), 1)
    assert noise.normal(3).shape == (0, 3)
    assert noise.uniform(particles=Jagged(torch.zeros(0), torch.zeros(1, dtype=torch.int64))).shape == (0,)


def test_objects_of_one_entry_differ() -> None:
    same = {"source": torch.zeros(4, dtype=torch.int32), "entry": torch.zeros(4, dtype=torch.int64)}
    assert len(keys_of(Events(same)).unique()) == 1
    assert len(keys_of(Events(same | {"object": torch.arange(4, dtype=torch.int32)})).unique()) == 4
