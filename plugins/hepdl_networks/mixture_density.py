"""MixtureDensity: a sum of Gaussians whose parameters a network gives (Bishop, NCRG/94/004)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import model_validator

from hepdl.columns import Columns
from hepdl.description import parameter
from hepdl.learning.parts import Density
from hepdl_networks.choices import ActivationName, total_width

if TYPE_CHECKING:
    from torch import nn


class MixtureDensity(Density):
    """p(target | inputs) as a mixture of Gaussians: an adversary for a continuous nuisance.

    Written for high adversarial strength: log-sum-exp, widths within bounds, a smooth activation.
    """

    components: int = parameter(5, ge=1)
    """Number of Gaussians."""
    layers: list[int] = [32, 32]
    """Width of each hidden layer."""
    activation: ActivationName = "silu"
    """Activation of the hidden layers; a smooth one keeps an adversary alive."""
    min_log_width: float = -3.0
    """Smallest log σ, in standard deviations of the target."""
    max_log_width: float = 2.0
    """Largest log σ, in standard deviations of the target."""
    shift: float = 0.0
    """Subtracted from the inputs."""
    scale: float = 0.5
    """The shifted inputs are multiplied by this; the logit of a score has a width of about 2."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.min_log_width < self.max_log_width:
            raise ValueError(f"min_log_width {self.min_log_width} must be below max_log_width {self.max_log_width}")
        return self

    def build(self, columns: Columns) -> nn.Module:
        """A :class:`~hepdl_networks.gaussian_mixture.GaussianMixture`."""
        from hepdl_networks.gaussian_mixture import GaussianMixture

        inputs = total_width(columns, self.inputs, "MixtureDensity")
        return GaussianMixture(self, inputs)
