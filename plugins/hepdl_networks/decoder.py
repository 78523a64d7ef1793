"""The torch modules of :class:`hepdl_networks.sequence_to_sequence.SequenceToSequence`."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from hepdl.events import Column, Jagged
from hepdl.learning.equal_lengths import need_equal_lengths
from hepdl_networks.layers import side_by_side
from hepdl_networks.on_particles import collected
from hepdl_networks.recurrence import Places, Recurrence
from hepdl_networks.stepping import Memory


class EncoderDecoder(nn.Module):
    """Reads with an encoder, if there are lists, and speaks with a decoder; as long as the last argument."""

    def __init__(
        self, encoder: Recurrence | None, decoder: Decoder, lists: Sequence[int], flat: Sequence[int], teacher: bool
    ) -> None:
        super().__init__()
        self.encoder, self.decoder, self.teacher = encoder, decoder, teacher
        self._lists, self._flat = list(lists), list(flat)

    def forward(self, *columns: Column) -> Jagged:
        """A list of ``[n, outputs]``."""
        like: Jagged = columns[-1]
        teacher = like.with_values(side_by_side([like.values]).nan_to_num()) if self.teacher and self.training else None
        flat = [columns[place] for place in self._flat]
        beside = side_by_side(flat) if flat else like.offsets.new_zeros(len(like), 0, dtype=torch.get_default_dtype())
        if self.encoder is None:
            return self.decoder(like, None, beside, teacher)  # type: ignore[no-any-return]
        lists = [columns[place] for place in self._lists]
        need_equal_lengths(lists)
        read = self.encoder(lists[0].with_values(side_by_side([each.values for each in lists])))
        return self.decoder(like, read, beside, teacher)  # type: ignore[no-any-return]


class Decoder(nn.Module):
    """Says one particle after the other; each from its state and from what it attends to."""

    def __init__(self, cell: str, read: int, beside: int, width: int, outputs: int) -> None:
        """``read`` features of each particle that was read (0 for none), ``beside`` flat ones."""
        super().__init__()
        self.outputs, self.width = outputs, width
        self.memory = Memory(cell, outputs + read, width)
        self.begin = nn.Linear(read + beside, self.memory.numbers)
        self.attention = Attended(read, width) if read else None
        self.answer = nn.Linear(width + read, outputs)

    def forward(self, like: Jagged, read: Jagged | None, beside: torch.Tensor, teacher: Jagged | None) -> Jagged:
        """A list of ``[n, outputs]``, as long as ``like``."""
        places = Places(like)
        given = places.padded(teacher.values) if teacher is not None else None
        known = self.attention.known(read) if self.attention is not None and read is not None else None
        start = [beside] if read is None else [collected(read, "mean"), beside]
        state = self.begin(torch.cat(start, 1)).tanh()
        said = state.new_zeros(len(like), self.outputs)
        answers = []
        for step in range(places.steps):
            seen = [self.attention(state[:, : self.width], *known)] if self.attention is not None and known else []
            state = self.memory(torch.cat([said, *seen], 1), state)
            answers.append(self.answer(torch.cat([state[:, : self.width], *seen], 1)))
            said = answers[-1] if given is None else given[:, step]
        return like.with_values(places.packed(torch.stack(answers, 1)))


class Attended(nn.Module):
    """Additive attention (arXiv:1409.0473, equations 5 and 6) of a state to all particles of its event."""

    def __init__(self, read: int, width: int) -> None:
        super().__init__()
        self.key, self.query, self.score = nn.Linear(read, width), nn.Linear(width, width, False), nn.Linear(width, 1)

    def known(self, read: Jagged) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """What is the same in all steps: particles ``[N, P, F]``, their keys, and a mask ``[N, P]``."""
        places = Places(read)
        block = places.padded(read.values)
        mask = torch.arange(places.steps, device=block.device) < read.lengths[:, None]
        return block, self.key(block), mask

    def forward(self, state: torch.Tensor, block: torch.Tensor, keys: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The weighted mean ``[N, F]``; 0 for an event without particles."""
        score = self.score((keys + self.query(state)[:, None]).tanh())[:, :, 0].masked_fill(~mask, -1e9)
        weight = score.softmax(1) * mask
        return (weight[:, :, None] * block).sum(1)
