from __future__ import annotations

import pytest
import torch
from hepdl_networks.mixture_density import MixtureDensity

from hepdl.columns import Columns, ColumnType
from hepdl.errors import BadValues, ParameterError

COLUMNS = Columns(score=ColumnType(), pt=ColumnType())


def test_published_number_of_parameters() -> None:
    """arXiv:1611.01046, its code: toy r has 775."""
    module = MixtureDensity(inputs=["score"], layers=[20, 20]).build(COLUMNS)
    assert sum(parameter.numel() for parameter in module.parameters()) == 775


def test_it_is_a_density_in_natural_units() -> None:
    torch.manual_seed(1)
    module = MixtureDensity(inputs=["score", "pt"]).build(COLUMNS)
    mu = 30 + 17 * torch.randn(1000)
    module.prepare(mu, torch.ones(1000))
    grid = torch.linspace(-400, 460, 20_001)
    density = module.log_prob(grid, torch.full_like(grid, 0.7), torch.zeros_like(grid)).exp()
    assert float(torch.trapezoid(density, grid).detach()) == pytest.approx(1, abs=1e-3)


def test_it_learns_the_entropy_of_a_gaussian() -> None:
    torch.manual_seed(1)
    module = MixtureDensity(inputs=["score"], components=2, layers=[8]).build(COLUMNS)
    score = torch.rand(2000)
    z = 5 + 2 * torch.randn(2000)
    module.prepare(z, torch.ones(2000))
    optimizer = torch.optim.Adam(module.parameters(), 0.02)
    for _ in range(150):
        optimizer.zero_grad()
        loss = -module.log_prob(z, score).mean()
        loss.backward()
        optimizer.step()
    assert loss.item() == pytest.approx(1.4189 + 0.6931, abs=0.06)


def test_extreme_values_stay_finite() -> None:
    module = MixtureDensity(inputs=["score"]).build(COLUMNS)
    with torch.no_grad():
        module.network.layers[-1].bias.copy_(torch.linspace(-1e4, 1e4, 15))
    score = torch.tensor([0.0, 1.0, 1e6], requires_grad=True)
    value = module.log_prob(torch.tensor([0.0, 1e4, -1e4]), score)
    value.sum().backward()
    assert value.isfinite().all() and score.grad is not None and score.grad.isfinite().all()


def test_weights_say_what_counts() -> None:
    module = MixtureDensity(inputs=["score"]).build(COLUMNS)
    module.prepare(torch.tensor([1.0, 3.0, float("nan")]), torch.tensor([1.0, 1.0, 0.0]))
    assert float(module.centre) == 2 and float(module.width) == 1


def test_mistakes() -> None:
    module = MixtureDensity(inputs=["score"]).build(COLUMNS)
    with pytest.raises(BadValues, match="the same value, 3, in all events"):
        module.prepare(torch.full((4,), 3.0), torch.ones(4))
    with pytest.raises(BadValues, match="1 values of its target are NaN or infinite"):
        module.prepare(torch.tensor([1.0, float("inf")]), torch.ones(2))
    with pytest.raises(ParameterError, match=r"min_log_width 3.0 must be below max_log_width 2.0"):
        MixtureDensity(inputs=["score"], min_log_width=3.0)
