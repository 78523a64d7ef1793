"""Impact parameters of lines whose distance is known."""

import numpy as np
import pytest
from generation.impact import closest, lifetime_signs, resolution


def test_closest_point_by_hand():
    d0, z0 = closest(0.0, 2.0, 5.0, 1.0, 0.0, 1.0)  # along x and z at 45°, 2 mm to its left
    assert d0 == pytest.approx(2.0)
    assert z0 == pytest.approx(5.0 * np.sqrt(0.5))


def test_it_is_a_property_of_the_line_not_of_the_point():
    random = np.random.default_rng(1)
    point, momentum = random.normal(size=(3, 50)), random.normal(size=(3, 50))
    there = closest(*point, *momentum)
    further = closest(*(point + 3 * momentum), *momentum)
    assert np.allclose(there, further)


def test_distance_is_the_least_over_the_line():
    random = np.random.default_rng(2)
    point, momentum = random.normal(size=3), random.normal(size=3)
    steps = np.linspace(-50, 50, 200_001)
    line = point[:, None] + momentum[:, None] * steps
    distance = np.hypot(line[0], line[1])
    d0, z0 = closest(*point, *momentum)
    assert abs(d0) == pytest.approx(distance.min(), abs=1e-4)
    sin_theta = np.hypot(*momentum[:2]) / np.linalg.norm(momentum)
    assert z0 == pytest.approx(line[2][distance.argmin()] * sin_theta, abs=1e-3)


@pytest.mark.parametrize("flight", [3.0, -3.0])
def test_tracks_of_a_decay_ahead_are_positive_behind_negative(flight):
    random = np.random.default_rng(3)
    jet_phi, jet_eta = 0.7, -0.4
    phi, eta = jet_phi + random.normal(0, 0.1, 200), jet_eta + random.normal(0, 0.1, 200)
    place = flight * np.array([np.cos(jet_phi), np.sin(jet_phi), np.sinh(jet_eta)])
    d0, z0 = closest(*place, np.cos(phi), np.sin(phi), np.sinh(eta))
    signs = lifetime_signs(phi, eta, jet_phi, jet_eta)
    assert np.all(d0 * signs[0] * flight > 0)
    assert np.all(z0 * signs[1] * flight > 0)


def test_a_track_on_the_axis_keeps_its_size():
    assert lifetime_signs(0.3, 1.0, 0.3, 1.0) == (1, 1)


def test_resolution():
    assert resolution(np.array([1.0, 1e9]), 0.03, 0.04) == pytest.approx([0.05, 0.03])
