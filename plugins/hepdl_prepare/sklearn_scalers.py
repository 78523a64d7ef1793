"""Fitted scalers of scikit-learn as plain numbers: ``(x - mean) / width``, or quantiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Plain = dict[str, Any]


def plain(scaler: Any) -> Plain:
    """The numbers of a fitted scaler; ``ValueError`` for one that is not fitted, or of another kind."""
    kind = type(scaler).__name__
    if kind not in CONVERSIONS:
        raise ValueError(f"a fitted scaler of scikit-learn is needed, one of {', '.join(CONVERSIONS)}, not a {kind}")
    if not hasattr(scaler, "n_features_in_"):
        raise ValueError(f"the {kind} has learned nothing yet: call its fit() before")
    names = [str(name) for name in getattr(scaler, "feature_names_in_", [])]
    return {"kind": kind, "names": names, "clip": []} | CONVERSIONS[kind](scaler, scaler.n_features_in_)


def _affine(mean: Any, width: Any, features: int) -> Plain:
    shift = np.zeros(features) if mean is None else np.asarray(mean, float)
    factor = np.ones(features) if width is None else np.asarray(width, float)
    return {"mean": shift.tolist(), "width": factor.tolist()}


def _standard(scaler: Any, features: int) -> Plain:
    return _affine(scaler.mean_ if scaler.with_mean else None, scaler.scale_, features)


def _min_max(scaler: Any, features: int) -> Plain:
    bounds = [float(end) for end in scaler.feature_range] if scaler.clip else []
    return _affine(-scaler.min_ / scaler.scale_, 1 / scaler.scale_, features) | {"clip": bounds}


def _robust(scaler: Any, features: int) -> Plain:
    return _affine(scaler.center_, scaler.scale_, features)


def _max_abs(scaler: Any, features: int) -> Plain:
    return _affine(None, scaler.scale_, features) | {"clip": [-1.0, 1.0] if getattr(scaler, "clip", False) else []}


def _quantiles(scaler: Any, _: int) -> Plain:
    return {"knots": scaler.quantiles_.T.tolist(), "distribution": scaler.output_distribution}


CONVERSIONS: dict[str, Callable[[Any, int], Plain]] = {
    "StandardScaler": _standard,
    "MinMaxScaler": _min_max,
    "RobustScaler": _robust,
    "MaxAbsScaler": _max_abs,
    "QuantileTransformer": _quantiles,
}
