"""Group: several columns side by side as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hepdl.algorithm import DeviceAlgorithm
from hepdl.columns import Columns, ColumnType
from hepdl.description import Inputs, Output, parameter
from hepdl.errors import WiringError
from hepdl.events import Column, Events

if TYPE_CHECKING:
    from torch import nn


class Group(DeviceAlgorithm):
    """Puts columns side by side, unchanged, as one group ``[N, F]``: ``Group(["pt", "eta"], output="features")``."""

    positional: ClassVar[tuple[str, ...]] = ("columns", "output")

    columns: Inputs = parameter(min_length=1)
    """Columns with one number, or one group of numbers, an event."""
    output: Output
    """Name of the group."""

    def declare(self, columns: Columns) -> dict[str, ColumnType]:
        """The group ``[N, F]`` float32 with the names of its members."""
        return {self.output: group_type(self.columns, columns, self.label)}

    def build(self, columns: Columns) -> nn.Module:
        """A module without parameters."""
        from hepdl_prepare.side_by_side import SideBySide

        return SideBySide()

    def execute(self, events: Events) -> dict[str, Column]:
        """The group."""
        return {self.output: self.module(*(events[name] for name in self.columns))}


def group_type(names: list[str], columns: Columns, reader: str) -> ColumnType:
    """The type of the group of these columns; raises :class:`WiringError` when they cannot be grouped."""
    members = [member for name in names for member in _members(name, columns.need_flat(name, reader), reader)]
    return ColumnType("float32", (len(members),), members=tuple(members))


def _members(name: str, kind: ColumnType, reader: str) -> tuple[str, ...]:
    if len(kind.shape) > 1:
        raise WiringError(f"{reader}: column '{name}' is {kind}; only numbers and groups of numbers can be grouped")
    return kind.members or (tuple(f"{name}[{i}]" for i in range(kind.width)) if kind.shape else (name,))
