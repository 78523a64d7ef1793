"""The torch module of :class:`hepdl_networks.neural_programmer.NeuralProgrammer`."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from hepdl.events import Jagged
from hepdl_networks.collectors import Ends, softmax
from hepdl_networks.layers import side_by_side
from hepdl_networks.on_particles import collected
from hepdl_networks.recurrence import Recurrence

OPERATIONS = ("sum", "count", "difference", "greater", "less", "and", "or", "reset")


class Programmer(nn.Module):
    """Choice among operations on the columns of a table (arXiv:1511.04834, section 2)."""

    def __init__(self, columns: int, tokens: int, width: int, steps: int, sharpness: float) -> None:
        super().__init__()
        self.steps, self.sharpness = steps, sharpness
        self.reader, self.last = Recurrence("LSTM", tokens, [width], False, 0.0), Ends(width)
        self.history = nn.RNNCell(len(OPERATIONS) + columns, width)
        self.operation = nn.Sequential(nn.Linear(2 * width, width), nn.Tanh(), nn.Linear(width, len(OPERATIONS)))
        self.column = nn.Sequential(nn.Linear(2 * width, width), nn.Tanh(), nn.Linear(width, columns))
        self.pivot = nn.Linear(width, 2)

    def forward(self, table: Jagged, question: Jagged, number: Jagged) -> torch.Tensor:
        """The answer ``[N, 1]``: the scalar result of the last step."""
        rows = side_by_side([table.values])
        read = self.reader(question.with_values(side_by_side([question.values])))
        asked, pivots = self.last(read), self.pivots(read, side_by_side([number.values]))
        chosen, results = [torch.ones_like(rows[:, :1])] * 2, [asked.new_zeros(len(asked), 1)] * 3
        history = torch.zeros_like(asked)
        above = self.compared(table, rows, pivots)
        for _ in range(self.steps):
            seen = torch.cat([asked, history], 1)
            operation, column = self.choice(self.operation(seen)), self.choice(self.column(seen))
            history = self.history(torch.cat([operation, column], 1), history)
            share = dict(zip(OPERATIONS, operation.split(1, 1), strict=True))
            results.append(_result(table, rows, share, column, chosen[-1], results))
            chosen.append(_chosen(table, above, share, column, chosen))
        return results[-1]

    def choice(self, scores: torch.Tensor) -> torch.Tensor:
        """Shares of the choices ``[N, choices]``: soft in training, afterwards all for the best one."""
        return scores.softmax(1) if self.training else functional.one_hot(scores.argmax(1), scores.shape[1]).to(scores)

    def pivots(self, read: Jagged, number: torch.Tensor) -> torch.Tensor:
        """The numbers ``[N, 2]`` for greater and for less: means over the question's, with learned weights (eq. 11)."""
        there = number.isfinite()
        scores = self.pivot(read.values).masked_fill(~there, -1e9).split(1, 1)
        number = number.nan_to_num() * there
        return torch.cat(
            [collected(read.with_values(softmax(read.with_values(score)) * number), "sum") for score in scores], 1
        )

    def compared(self, table: Jagged, rows: torch.Tensor, pivots: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """How much each value ``[n, C]`` is greater than the first pivot, and less than the second."""
        greater, less = pivots[table.event_index()].split(1, 1)
        if not self.training:
            return (rows > greater).to(rows), (rows < less).to(rows)
        return ((rows - greater) * self.sharpness).sigmoid(), ((less - rows) * self.sharpness).sigmoid()


def _result(
    table: Jagged, rows: torch.Tensor, share: dict[str, torch.Tensor], column: torch.Tensor, chosen: torch.Tensor,
    results: list[torch.Tensor],
) -> torch.Tensor:  # fmt: skip
    """The scalar of a step ``[N, 1]``: of the rows chosen before, and of the results before."""
    sums = collected(table.with_values(chosen * rows), "sum")
    count = collected(table.with_values(chosen), "sum")
    total = (column * sums).sum(1, keepdim=True)
    return share["sum"] * total + share["count"] * count + share["difference"] * (results[-3] - results[-1])


def _chosen(
    table: Jagged, above: tuple[torch.Tensor, torch.Tensor], share: dict[str, torch.Tensor], column: torch.Tensor,
    chosen: list[torch.Tensor],
) -> torch.Tensor:  # fmt: skip
    """How much each row ``[n, 1]`` is chosen in a step."""
    event = table.event_index()
    share = {name: each[event] for name, each in share.items()}
    greater, less = ((column[event] * each).sum(1, keepdim=True) for each in above)
    both, one = torch.minimum(chosen[-1], chosen[-2]), torch.maximum(chosen[-1], chosen[-2])
    compared = share["greater"] * greater + share["less"] * less
    return compared + share["and"] * both + share["or"] * one + share["reset"]
