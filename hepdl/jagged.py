"""Jagged: a list of particles in each event, without padding, on the host or on the device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hepdl.errors import WiringError

if TYPE_CHECKING:
    import awkward as ak
    import torch

Array = Any
"""A numpy array (host) or a torch tensor (device)."""


@dataclass(frozen=True)
class Jagged:
    """A list of particles in each event: particles of event ``i`` are ``values[offsets[i]:offsets[i + 1]]``.

    ``values`` is ``[n]`` or ``[n, F]``, ``offsets`` is ``[N + 1]`` int64, starts at 0 and ends at ``n``.
    """

    values: Array
    offsets: Array
    known: Array | None = field(default=None, repr=False, compare=False)
    """The offsets once more, on the host, where they are known there: asking for a length then waits for no device."""

    def __len__(self) -> int:
        count: int = self.offsets.shape[0] - 1  # len(tensor) takes three times as long
        return count

    @property
    def lengths(self) -> Array:
        """Particles in each event, ``[N]``."""
        return self.offsets[1:] - self.offsets[:-1]

    @property
    def host_offsets(self) -> Array:
        """The offsets on the host; only where nobody knows them there, this waits for the device."""
        if isinstance(self.offsets, np.ndarray) or self.offsets.device.type == "cpu":
            return self.offsets
        return self.offsets.cpu() if self.known is None else self.known

    @property
    def longest(self) -> int:
        """The most particles in an event, 0 when there are no events; waits as :attr:`host_offsets` does."""
        offsets = self.host_offsets
        return int((offsets[1:] - offsets[:-1]).max()) if len(self) else 0

    def with_values(self, values: Array) -> Jagged:
        """Lists of the same lengths with these values ``[n]`` or ``[n, F]``."""
        return replace(self, values=values)

    def take(self, rows: Array) -> Jagged:
        """The events ``rows`` (integer indices ``[M]``), in that order, packed without padding."""
        index, offsets = particles_of(self.offsets, rows)
        return Jagged(self.values[index], offsets)

    def rows(self, start: int, stop: int) -> Jagged:
        """A contiguous run of events, its values a view."""
        if self.known is None:
            run, offsets = run_of(self.offsets, start, stop)
            return Jagged(self.values[run], offsets)
        run, known = run_of(self.known, start, stop)
        return Jagged(self.values[run], known.to(self.offsets.device), known)

    def to(self, device: Any) -> Jagged:
        """The same list on a torch device."""
        known = tensor_of(self.offsets, "cpu") if isinstance(self.offsets, np.ndarray) else self.known
        offsets = tensor_of(self.offsets if known is None else known, device)
        return Jagged(tensor_of(self.values, device), offsets, known)

    def host(self) -> Jagged:
        """The same list as numpy arrays."""
        return Jagged(numpy_of(self.values), numpy_of(self.offsets))

    def event_index(self) -> torch.Tensor:
        """The event of each particle, ``[n]`` int64 on the device: what segment sums and graph batches need."""
        import torch

        rows = torch.arange(len(self), device=self.offsets.device)
        return torch.repeat_interleave(rows, self.lengths, output_size=self.values.shape[0])

    def padded(self, most: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """``([N, P, ...] values, [N, P] mask)`` with ``P = most`` or the longest list; zeros where there is none.

        Longer lists are cut after ``most``. Without ``most`` the host must know the longest list, as :attr:`longest`.
        """
        import torch

        if most is None:
            most = self.longest
        place = torch.arange(most, device=self.offsets.device)
        mask = place[None, :] < self.lengths[:, None]
        if self.values.shape[0] == 0:
            return self.values.new_zeros((len(self), most, *self.values.shape[1:])), mask
        index = (self.offsets[:-1, None] + place[None, :]).clamp_(max=self.values.shape[0] - 1)
        values = self.values[index]
        return torch.where(mask.reshape(*mask.shape, *[1] * (values.dim() - 2)), values, values.new_zeros(())), mask

    def packed_sequence(self) -> Any:
        """A torch ``PackedSequence`` for recurrent networks; events without particles are an error."""
        from torch.nn.utils.rnn import pack_padded_sequence

        values, _ = self.padded()
        values = values[..., None] if values.dim() == 2 else values
        lengths = self.host_offsets[1:] - self.host_offsets[:-1]
        if len(lengths) and int(lengths.min()) == 0:
            raise WiringError("a packed sequence needs at least one particle in each event; use padded() and its mask")
        return pack_padded_sequence(values, lengths, batch_first=True, enforce_sorted=False)

    def graph(self, edge_index: torch.Tensor | None = None) -> Any:
        """A torch-geometric ``Batch`` whose nodes are the particles and whose graphs are the events."""
        from torch_geometric.data import Batch

        x = self.values if self.values.dim() > 1 else self.values[:, None]
        batch = Batch(x=x, edge_index=edge_index, batch=self.event_index(), ptr=self.offsets)
        batch._num_graphs = len(self)
        return batch

    def awkward(self) -> ak.Array:
        """The list as an awkward array that shares the memory."""
        import awkward as ak

        host = self.host()
        layout = ak.contents.ListOffsetArray(ak.index.Index64(host.offsets), ak.to_layout(host.values))
        return ak.Array(layout)

    @classmethod
    def from_awkward(cls, array: ak.Array) -> Jagged:
        """From an awkward array of one list an event; WiringError when it is something else."""
        import awkward as ak

        packed = ak.to_packed(array)
        try:
            lengths = ak.to_numpy(ak.num(packed, axis=1), allow_missing=False)
            return cls.from_lengths(ak.to_numpy(ak.flatten(packed, axis=1), allow_missing=False), lengths)
        except ValueError:
            raise WiringError(
                f"a jagged column needs one list an event, without missing values, but this is {array.type}"
            ) from None

    @classmethod
    def from_lengths(cls, values: np.ndarray, lengths: np.ndarray) -> Jagged:
        """From packed values and the number of particles in each event."""
        offsets = np.zeros(len(lengths) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        return cls(values, offsets)

    @classmethod
    def concatenate(cls, blocks: Sequence[Jagged]) -> Jagged:
        """Several host lists one after the other."""
        lengths = np.concatenate([block.lengths for block in blocks])
        return cls.from_lengths(np.concatenate([block.values for block in blocks]), lengths)


def particles_of(offsets: Array, rows: Array, device: Any = None) -> tuple[Array, Array]:
    """Where the particles of the events ``rows`` lie ``[n]``, and the offsets ``[M + 1]`` of a list of just them.

    With tensors, offsets that stay on the host let the device go on; ``device`` is then where the first result goes.
    The second stays where the offsets are.
    """
    if isinstance(offsets, np.ndarray):
        return _particles_on_host(offsets, rows)
    return _particles_on_device(offsets, rows, offsets.device if device is None else device)


def _particles_on_host(offsets: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    starts = offsets[rows]
    lengths = offsets[rows + 1] - starts
    taken = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(lengths, out=taken[1:])
    index = np.repeat(starts - taken[:-1], lengths)
    index += np.arange(taken[-1])
    return index, taken


def _particles_on_device(offsets: torch.Tensor, rows: torch.Tensor, device: Any) -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    starts = offsets[rows]
    lengths = offsets[rows + 1] - starts
    taken = lengths.new_zeros(len(rows) + 1)
    torch.cumsum(lengths, 0, out=taken[1:])
    total = int(taken[-1])
    shift, lengths = (starts - taken[:-1]).to(device), lengths.to(device)
    index = torch.repeat_interleave(shift, lengths, output_size=total)
    return index.add_(torch.arange(total, device=device)), taken


def run_of(offsets: Array, start: int, stop: int) -> tuple[slice, Array]:
    """The same for the events from ``start`` to ``stop``."""
    kept = offsets[min(start, len(offsets) - 1) : max(start, stop) + 1]
    first, last = int(kept[0]), int(kept[-1])
    return slice(first, last), kept - first


def tensor_of(array: Array, device: Any) -> torch.Tensor:
    """A numpy array or a tensor as a tensor on a device."""
    import torch

    if isinstance(array, np.ndarray):
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
        if not array.flags.writeable or not array.flags.c_contiguous:
            array = array.copy()
        array = torch.from_numpy(array)
    moved: torch.Tensor = array.to(device)
    return moved


def numpy_of(array: Array) -> np.ndarray:
    """A tensor or a numpy array as a numpy array."""
    if isinstance(array, np.ndarray):
        return array
    values: np.ndarray = array.detach().cpu().numpy()
    return values
