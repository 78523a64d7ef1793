"""Examples of steps that change what an event is."""

from __future__ import annotations

from hepdl.algorithms import Regroup
from tests.contract.examples import Example

EXAMPLES = [Example(Regroup())]
