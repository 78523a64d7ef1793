"""What the shadow device must know about single operations: which wait for the device, which may mix devices.

The tables follow CUDA's eager mode. The fused recurrent cells are here because torch takes them on every device but
the CPU, so that the CPU has no kernel for them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

aten = torch.ops.aten

WAITS = {
    aten._local_scalar_dense.default,
    aten.is_nonzero.default,
    aten.equal.default,
    aten.nonzero.default,
    aten.masked_select.default,
    aten._unique2.default,
    aten.unique_consecutive.default,
    aten.unique_dim.default,
    aten.bincount.default,
    aten._linalg_check_errors.default,
}
"""Operations whose result, or its shape, the host must wait for."""

INDEXING = {
    aten.index.Tensor,
    aten.index_put.default,
    aten.index_put_.default,
    aten._index_put_impl_.default,
}
"""Operations that take an index from the CPU too (and copy it), and that wait when an index is a mask."""

LENGTHS_ON_CPU = {aten._pack_padded_sequence.default: 1, aten._pack_padded_sequence_backward.default: 2}
"""Packing of sequences: the argument that must be on the CPU."""


def waits(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether CUDA would make the host wait for this operation."""
    if func is aten.repeat_interleave.Tensor:
        return kwargs.get("output_size") is None
    if func in INDEXING:
        masked = any(isinstance(index, torch.Tensor) and index.dtype == torch.bool for index in args[1])
        return masked and not _fills(*args[2:])
    return func in WAITS


def _fills(values: torch.Tensor | None = None, accumulate: bool = False, *_: Any) -> bool:
    """Whether a number of the host is assigned: torch then fills, and needs no positions."""
    return values is not None and not accumulate and values.numel() == 1 and values.device.type == "cpu"


def _lstm(
    from_input: torch.Tensor, from_hidden: torch.Tensor, cell: torch.Tensor,
    input_bias: torch.Tensor | None = None, hidden_bias: torch.Tensor | None = None,
) -> tuple[torch.Tensor, ...]:  # fmt: skip
    gates = _biased(from_input, input_bias) + _biased(from_hidden, hidden_bias)
    i, f, c, o = _lstm_gates(gates)
    new = f * cell + i * c
    return o * new.tanh(), new, torch.cat([i, f, c, o], 1)


def _lstm_gates(gates: torch.Tensor) -> tuple[torch.Tensor, ...]:
    i, f, c, o = gates.chunk(4, 1)
    return i.sigmoid(), f.sigmoid(), c.tanh(), o.sigmoid()


def _lstm_backward(
    hidden_gradient: torch.Tensor | None, cell_gradient: torch.Tensor | None,
    cell: torch.Tensor, new: torch.Tensor, saved: torch.Tensor, has_bias: bool,
) -> tuple[torch.Tensor | None, ...]:  # fmt: skip
    i, f, c, o = saved.chunk(4, 1)
    t = new.tanh()
    dh = torch.zeros_like(new) if hidden_gradient is None else hidden_gradient
    dc = dh * o * (1 - t * t) + (0 if cell_gradient is None else cell_gradient)
    gates = [dc * c * i * (1 - i), dc * cell * f * (1 - f), dc * i * (1 - c * c), dh * t * o * (1 - o)]
    gradient = torch.cat(gates, 1)
    return gradient, dc * f, gradient.sum(0) if has_bias else None


def _gru(
    from_input: torch.Tensor, from_hidden: torch.Tensor, hidden: torch.Tensor,
    input_bias: torch.Tensor | None = None, hidden_bias: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    ir, iz, i_new = _biased(from_input, input_bias).chunk(3, 1)
    hr, hz, h_new = _biased(from_hidden, hidden_bias).chunk(3, 1)
    r, z = (ir + hr).sigmoid(), (iz + hz).sigmoid()
    new = (i_new + r * h_new).tanh()
    return (1 - z) * new + z * hidden, torch.cat([r, z, new, hidden, h_new], 1)


def _gru_backward(gradient: torch.Tensor, saved: torch.Tensor, has_bias: bool) -> tuple[torch.Tensor | None, ...]:
    r, z, new, hidden, h_new = saved.chunk(5, 1)
    d_new = gradient * (1 - z) * (1 - new * new)
    dz = gradient * (hidden - new) * z * (1 - z)
    dr = d_new * h_new * r * (1 - r)
    to_input, to_hidden = torch.cat([dr, dz, d_new], 1), torch.cat([dr, dz, d_new * r], 1)
    biases = (to_input.sum(0), to_hidden.sum(0)) if has_bias else (None, None)
    return to_input, to_hidden, gradient * z, *biases


def _biased(values: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    return values if bias is None else values + bias


KERNELS: dict[Any, Callable[..., Any]] = {
    aten._thnn_fused_lstm_cell.default: _lstm,
    aten._thnn_fused_lstm_cell_backward_impl.default: _lstm_backward,
    aten._thnn_fused_gru_cell.default: _gru,
    aten._thnn_fused_gru_cell_backward.default: _gru_backward,
}
"""Operations without a CPU kernel, computed here."""
