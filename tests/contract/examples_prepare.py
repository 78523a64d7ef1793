"""Examples of the steps that prepare columns."""

from __future__ import annotations

from sklearn.preprocessing import QuantileTransformer, StandardScaler

from hepdl.algorithms import FromSklearn, LogScale, MinMax, QuantileNormalize, RobustScale
from hepdl.columns import ColumnType
from tests.contract.examples import Example

LIST = {"particles": ColumnType(shape=(3,), jagged=True)}
NUMBERS = [[0.0, 1.0], [1.0, 5.0], [2.0, 3.0]]

EXAMPLES = [
    Example(QuantileNormalize(["x", "y"], output="features", quantiles=20)),
    Example(QuantileNormalize(["particles"], output="features", distribution="uniform", quantiles=11), LIST),
    Example(RobustScale(["x", "y"], output="features", clip=[-3.0, 3.0])),
    Example(RobustScale(["particles"], output="features", weighted=False), LIST),
    Example(MinMax(["x", "t"], output="features", clip=[0.0, 1.0]), {"x": ColumnType(), "t": ColumnType("float64")}),
    Example(LogScale(["x", "y"], output="features")),
    Example(LogScale(["particles"], output="features", unit=0.5, standardize=False), LIST),
    Example(FromSklearn(StandardScaler().fit(NUMBERS), ["x", "y"], "features")),
    Example(FromSklearn(QuantileTransformer(n_quantiles=3).fit(NUMBERS), ["x", "y"], "features")),
]
