"""FromSklearn: a scaler that scikit-learn has fitted, as a torch module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import field_validator

from hepdl.algorithm import DeviceAlgorithm
from hepdl.columns import Columns, ColumnType
from hepdl.description import Inputs, Output, parameter
from hepdl.errors import WiringError
from hepdl.events import Column, Events
from hepdl_prepare.normalizer import needs_double, scaled_type
from hepdl_prepare.sklearn_scalers import plain

if TYPE_CHECKING:
    from torch import nn


class FromSklearn(DeviceAlgorithm):
    """Scales columns as a fitted scaler of scikit-learn does: ``FromSklearn(scaler, ["pt", "eta"], "features")``.

    StandardScaler, MinMaxScaler, RobustScaler, MaxAbsScaler and QuantileTransformer are converted where the step is
    written, so that the run's record holds plain numbers and needs no scikit-learn to be read back. On one list of
    particles the scaler works on each particle.
    """

    positional: ClassVar[tuple[str, ...]] = ("scaler", "columns", "output")

    scaler: dict[str, str | list[str] | list[float] | list[list[float]]]
    """The fitted scaler; from then on its numbers by name."""
    columns: Inputs = parameter(min_length=1)
    """Columns in the order in which the scaler has learned them; or a single jagged column."""
    output: Output
    """Name of the group."""

    @field_validator("scaler", mode="before")
    @classmethod
    def _converted(cls, scaler: Any) -> Any:
        return scaler if isinstance(scaler, dict) else plain(scaler)

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """The group ``[N, F]`` float32; raises ``WiringError`` when the scaler has learned other columns."""
        kind = scaled_type(self.columns, columns, self.label)
        learned, names = len(self.scaler.get("mean") or self.scaler["knots"]), self.scaler.get("names")
        if learned != kind.width:
            raise WiringError(f"{self.label}: the scaler has {learned} features, but columns={self.columns} have "
                              f"{kind.width}")  # fmt: skip
        if names and names != list(kind.members):
            raise WiringError(
                f"{self.label}: the scaler has learned {names}, in this order, but the columns are "
                f"{list(kind.members)}; give them in its order"
            )
        return {self.output: kind}

    def build(self, columns: Columns) -> nn.Module:
        """A :class:`hepdl_prepare.scaling.Scaling` that holds the numbers."""
        import torch

        from hepdl_prepare.scaling import Affine, Quantiles

        numbers: Any = self.scaler
        double, clip = needs_double(self.columns, columns), numbers["clip"]
        if "knots" in numbers:
            knots = torch.tensor(numbers["knots"], dtype=torch.float64)
            module: Any = Quantiles(*knots.shape, double, clip, numbers["distribution"] == "normal", ends=True)
            module.knots.copy_(knots)
            return module  # type: ignore[no-any-return]
        module = Affine(len(numbers["mean"]), double, clip)
        module.mean.copy_(torch.tensor(numbers["mean"], dtype=torch.float64))
        module.width.copy_(torch.tensor(numbers["width"], dtype=torch.float64))
        return module  # type: ignore[no-any-return]

    def execute(self, events: Events) -> dict[str, Column]:
        """The scaled group."""
        return {self.output: self.module(*(events[name] for name in self.columns))}
