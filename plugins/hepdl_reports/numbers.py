"""Numbers for a JSON file."""

from __future__ import annotations

from typing import Any

import numpy as np


def plain_numbers(value: Any) -> Any:
    """The same tree of plain Python values; NaN and infinities, which JSON does not know, become null."""
    if isinstance(value, dict):
        return {str(key): plain_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain_numbers(inner) for inner in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value
