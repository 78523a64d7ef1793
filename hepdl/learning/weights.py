"""Event weights in a loss: policies for negative weights, classes in balance, batches without bias.

A batch's loss is Σ w l / (B ⟨w⟩) with B events in the batch and ⟨w⟩ the mean weight of the whole training part, a
constant. Dividing by the batch's own Σw would be biased, and without bound when weights are negative. Where the target
is a list with one value for each particle, every particle has the weight of its event and counts the same: the loss is
Σ w l over all particles of the batch / (B ⟨Σ w⟩), with ⟨Σ w⟩ the mean over the events of the training part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hepdl.data.mixture import TIMES
from hepdl.errors import BadValues
from hepdl.learning.examples import spread, values_of

if TYPE_CHECKING:
    import torch

    from hepdl.data.rows import Rows
    from hepdl.events import Events
    from hepdl.job import Job

NegativeWeights = Literal["keep", "absolute", "drop"]
"""What training does with negative weights: use them, use their absolute value, or leave such events out."""


def apply_policy(weight: torch.Tensor, policy: NegativeWeights) -> torch.Tensor:
    """Weights ``[N]`` as training uses them; a dropped event has weight 0."""
    if policy == "keep":
        return weight
    return weight.abs() if policy == "absolute" else weight.clamp_min(0)


def effective_size(weight: torch.Tensor) -> torch.Tensor:
    """Number of unit-weight events of equal statistical power, (Σw)² / Σw²."""
    return weight.sum().square() / weight.square().sum()


def weighted_mean(values: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Mean over a batch of values ``[N]`` with weights ``[N]`` that have mean 1 over the training part."""
    return (values * weight).mean()


class Weighting:
    """Weights of a training: policy, mask and balance applied, mean 1 over the training part."""

    def __init__(
        self, weight: str, policy: NegativeWeights = "keep", *, target: str = "", only: str = "", classes: int = 0
    ) -> None:
        """``only`` names a column that is true for events that count; ``classes`` > 0 gives each the same sum."""
        self.weight, self.policy, self.target, self.only, self.classes = weight, policy, target, only, classes
        self.names = list(dict.fromkeys(name for name in (weight, target, only) if name))
        self.share = 1.0
        """Share of the events in training batches that count, those whose weight is not 0."""
        self._scale: torch.Tensor | None = None

    def fit(self, rows: Rows, job: Job) -> Weighting:
        """Take normalisation and balance from the training part; :class:`BadValues` when a sum is not positive."""
        events = rows.everything([*self.names, *rows.mixing])
        raw, used = self._masked(events, "keep"), self._masked(events, self.policy)
        self._refuse_useless(float(used.sum()))
        self._tell(events, raw, used, job)
        self.share = float(_drawn((used != 0).float(), events).mean())
        scale = len(rows) / used.sum()
        self._scale = scale * self._balance(values_of(events[self.target]), used) if self.classes else scale
        return self

    def __call__(self, events: Events) -> torch.Tensor:
        """Weights ``[N]`` of a batch, or ``[n]`` of its particles when the target is a list."""
        assert self._scale is not None, "fit comes first"
        weight = self._masked(events, self.policy)
        weight = weight / events[TIMES] if TIMES in events else weight
        if not self.classes:
            return weight * self._scale
        return weight * self._scale[_class_of(values_of(events[self.target]), self.classes)]

    def packed(self, events: Events) -> Events:
        """As many events as count on average, those that count first; nobody needs to know how many they are."""
        import torch

        if self.share == 1:
            return events
        counts = (self(events) != 0).to(torch.uint8)
        most = max(1, round(self.share * len(events)))
        return events.take(counts.argsort(descending=True, stable=True)[:most])

    def _masked(self, events: Events, policy: NegativeWeights) -> torch.Tensor:
        import torch

        weight = apply_policy(events[self.weight].to(torch.get_default_dtype()), policy)
        if self.only:
            weight = weight * (events[self.only] != 0)
        if not self.target:
            return weight
        weight, target = spread(weight, events[self.target]), values_of(events[self.target])
        if target.is_floating_point() and target.dim() == 1:
            weight = torch.where(target.isfinite(), weight, 0)  # what has no label does not count
        return weight

    def _refuse_useless(self, total: float) -> None:
        if not total > 0:
            mask = f" where {self.only}" if self.only else ""
            raise BadValues(
                f"the sum of weights '{self.weight}' of the training part{mask} is {total:g}, it must be positive; "
                f"look at the samples' weights, the selection, or negative_weights (now '{self.policy}')"
            )

    def _balance(self, target: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """Factor of each class ``[classes]`` so that all have the same sum of weights."""
        sums = weight.new_zeros(self.classes).index_add(0, _class_of(target, self.classes), weight)
        if not bool((sums > 0).all()):
            raise BadValues(f"balance: the sums of weights of the classes are {sums.tolist()}, all must be positive")
        return sums.sum() / (self.classes * sums)

    def _tell(self, events: Events, raw: torch.Tensor, used: torch.Tensor, job: Job) -> None:
        import torch

        negative = float((raw < 0).float().mean())
        if not negative:
            return
        sums = [f"of all {_change(raw, used)}"]
        target = values_of(events[self.target]) if self.target else raw[:, None]
        if target.dim() == 1:
            labels = torch.unique(target[raw != 0]).tolist()
            masks = {label: target == label for label in labels[:MOST_LABELS]}
            sums += [f"of {self.target} {label:g} {_change(raw * mask, used * mask)}" for label, mask in masks.items()]
        text = (
            f"negative weights: {negative:.1%} of the training events, policy '{self.policy}'; sum of weights "
            f"{', '.join(sums)}; effective events {float(effective_size(used)):.0f} of {int((raw != 0).sum())}"
        )
        job.log.info(text)
        if job.ledger is not None:
            job.ledger.note(f"{job.step}: {text}" if job.step else text)


MOST_LABELS = 10
"""Labels for which the change of the sum of weights is told."""


def _change(before: torch.Tensor, after: torch.Tensor) -> str:
    old, new = float(before.sum()), float(after.sum())
    return f"{old:.6g} → {new:.6g} ({new / old - 1:+.1%})" if old else f"{old:.6g} → {new:.6g}"


def _drawn(values: torch.Tensor, events: Events) -> torch.Tensor:
    """Values of each event, as often as a mixed training draws it."""
    return values * events[TIMES] if TIMES in events else values


def _class_of(target: torch.Tensor, classes: int) -> torch.Tensor:
    return target.nan_to_num().long().clamp(0, classes - 1)
