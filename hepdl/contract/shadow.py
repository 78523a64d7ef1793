"""The shadow device: GPU correctness without a GPU.

A tensor on the device ``shadow`` computes on a hidden CPU tensor and obeys CUDA's rules: operands on two devices are
an error, a device tensor does not become a numpy array, lengths of packed sequences stay on the CPU. What would make
the host wait for a GPU (``.item()``, ``if tensor``, ``x[mask]``, ``.cpu()``, ...) is counted with the line that did
it. Numbers are those of the CPU; speed, memory, kernels and streams of a real device are not tested.

    with Shadow() as shadow:
        net = net.to("shadow")
        ...
    print(shadow.waits)

It stands on a private part of torch (``torch.utils.backend_registration``) and is imported only on demand.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_leaves, tree_map

from hepdl.contract.shadow_rules import INDEXING, KERNELS, LENGTHS_ON_CPU, aten, waits
from hepdl.errors import ContractBroken

try:
    from torch.utils.backend_registration import _DummyBackendModule, _setup_privateuseone_for_python_backend
except ImportError:
    raise ContractBroken(
        f"the shadow device needs a torch that registers devices from Python (known to work: 2.13); this is torch "
        f"{torch.__version__}: update torch, or run the check with device='cuda' on a GPU"
    ) from None

NAME = "shadow"
MOVES = {aten._to_copy.default, aten.to.device}


@dataclass(frozen=True)
class Wait:
    """One moment at which the host would have waited for the device."""

    operation: str
    place: str
    """``file:line`` of the innermost line outside torch."""

    def __str__(self) -> str:
        return f"{self.operation} at {self.place}"


_waits: list[Wait] = []
_copies: list[Wait] = []


class _Backend(_DummyBackendModule):
    def get_rng_state(self, _device: Any = None) -> torch.Tensor:
        return torch.get_rng_state()

    def set_rng_state(self, state: torch.Tensor, _device: Any = None) -> None:
        torch.set_rng_state(state)

    def synchronize(self, _device: Any = None) -> None:
        """Nothing runs behind the host's back."""

    def set_device(self, _device: Any) -> None:
        """There is one device."""

    def _lazy_init(self) -> None:
        """Nothing to start."""


class ShadowTensor(torch.Tensor):
    """A tensor on the shadow device; ``hidden`` is the CPU tensor that it computes on."""

    hidden: torch.Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    @staticmethod
    def __new__(cls, hidden: torch.Tensor, requires_grad: bool = False) -> ShadowTensor:
        made: ShadowTensor = torch.Tensor._make_wrapper_subclass(
            cls, hidden.size(), strides=hidden.stride(), storage_offset=hidden.storage_offset(), dtype=hidden.dtype,
            layout=hidden.layout, device=DEVICE, requires_grad=requires_grad,
        )  # fmt: skip
        made.hidden = hidden
        return made

    def __repr__(self, **_: Any) -> str:  # type: ignore[override]
        return f"shadow {self.hidden!r}"

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise RuntimeError("a tensor of the shadow device cannot be pickled: move it to the CPU first")

    def __deepcopy__(self, memo: dict[int, Any]) -> ShadowTensor:
        if id(self) in memo:
            found: ShadowTensor = memo[id(self)]
            return found
        copy = ShadowTensor(self.hidden.detach().clone(), self.requires_grad)
        if getattr(self, "_is_param", False):
            copy._is_param = True
        memo[id(self)] = copy
        return copy

    def tolist(self) -> Any:
        """The values as Python numbers: the host waits."""
        _note(_waits, "tolist")
        return self.hidden.tolist()

    def numpy(self, **_: Any) -> Any:
        """Refused, as for a CUDA tensor."""
        raise TypeError(
            f"can't convert {DEVICE} device type tensor to numpy. Use Tensor.cpu() to copy the tensor first."
        )

    @classmethod
    def __torch_dispatch__(cls, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:  # type: ignore[override]
        return _run(func, args, kwargs or {})


class Shadow(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Inside this context the device ``shadow`` exists; ``waits`` and ``copies`` list what happened in it."""

    waits: list[Wait] = _waits
    """Where the host would have waited."""
    copies: list[Wait] = _copies
    """Where something small was copied from the host to the device."""

    def __enter__(self) -> Shadow:
        self.forget()
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __torch_dispatch__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})

    def forget(self) -> None:
        """Start counting anew."""
        _waits.clear()
        _copies.clear()


def _run(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    on_shadow = any(isinstance(leaf, ShadowTensor) for leaf in tree_leaves((args, kwargs)))
    if not on_shadow and not _is_shadow(kwargs.get("device")):
        return func(*args, **kwargs)
    if func is aten.scalar_tensor.default:  # a number in an assignment; CUDA keeps it on the host too
        return func(*args, **{**kwargs, "device": "cpu"})
    if func in MOVES:
        return _move(args[0], **kwargs)
    if func is aten.copy_.default:
        return _copy(*args[:2])
    if on_shadow:
        _refuse_mixture(func, args, kwargs)
    if waits(func, args, kwargs):
        _note(_waits, str(func))
    return _compute(func, args, kwargs)


def _compute(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    stays = kwargs.get("device") is None or _is_shadow(kwargs["device"])
    hidden = kwargs | ({"device": "cpu"} if "device" in kwargs else {})
    with torch.no_grad():
        result = KERNELS.get(func, func)(*tree_map(_bare, args), **tree_map(_bare, hidden))
    if not stays:
        return result
    if func is aten._pack_padded_sequence.default:
        return _wrapped(result[0]), result[1]
    wrapped = tree_map(_wrapped, result)
    if func in KERNELS:
        return wrapped
    return return_and_correct_aliasing(func, args, kwargs, wrapped)  # type: ignore[no-untyped-call]


def _move(tensor: torch.Tensor, device: Any = None, non_blocking: bool = False, **how: Any) -> torch.Tensor:
    moved: torch.Tensor = aten._to_copy.default(_bare(tensor), **how)
    if _is_shadow(tensor.device if device is None else device):
        if not isinstance(tensor, ShadowTensor):
            _note(_copies, "copy to the device")
        return ShadowTensor(moved)
    _note(_copies if non_blocking else _waits, "copy to the host")
    return moved


def _copy(target: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
    _bare(target).copy_(_bare(source))
    if isinstance(target, ShadowTensor) != isinstance(source, ShadowTensor) and not _is_number(source):
        to_device = isinstance(target, ShadowTensor)
        _note(_copies if to_device else _waits, f"copy to the {'device' if to_device else 'host'}")
    return target


def _refuse_mixture(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    lengths = LENGTHS_ON_CPU.get(func)
    if lengths is not None and isinstance(args[lengths], ShadowTensor):
        raise RuntimeError("'lengths' argument should be a 1D CPU int64 tensor, but got 1D shadow:0 Long tensor")
    for place, argument in enumerate([*args, *kwargs.values()]):
        if place == lengths or not any(_stranger(leaf) for leaf in tree_leaves(argument)):
            continue
        if func not in INDEXING or place != 1:
            raise RuntimeError(
                f"Expected all tensors to be on the same device, but found at least two devices, {DEVICE} and cpu! "
                f"({func}, argument {place} is on the cpu)"
            )
        _note(_copies, "index on the CPU")


def _stranger(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and not isinstance(value, ShadowTensor) and value.dim() > 0


def _is_number(value: torch.Tensor) -> bool:
    return value.dim() == 0 and not isinstance(value, ShadowTensor)


def _bare(value: Any) -> Any:
    return value.hidden if isinstance(value, ShadowTensor) else value


def _wrapped(value: Any) -> Any:
    return ShadowTensor(value) if isinstance(value, torch.Tensor) and not isinstance(value, ShadowTensor) else value


def _is_shadow(device: Any) -> bool:
    return device is not None and torch.device(device).type == NAME


def _note(log: list[Wait], operation: str) -> None:
    log.append(Wait(operation, next(_places(), "backward")))


def _places() -> Iterator[str]:
    torch_folder, here = str(Path(torch.__file__).parent), str(Path(__file__).parent / "shadow")
    for frame, line in traceback.walk_stack(None):
        file = frame.f_code.co_filename
        if not file.startswith((torch_folder, here)):
            yield f"{file}:{line}"


def _empty_strided(size: Any, stride: Any, *, dtype: Any = None, **_: Any) -> ShadowTensor:
    return ShadowTensor(torch.empty_strided(size, stride, dtype=dtype))


def _empty(size: Any, *, dtype: Any = None, **_: Any) -> ShadowTensor:
    return ShadowTensor(torch.empty(size, dtype=dtype))


def _copy_from(source: torch.Tensor, target: torch.Tensor, _non_blocking: bool = False) -> torch.Tensor:
    return _copy(target, source)


_setup_privateuseone_for_python_backend(NAME, backend_module=_Backend())
DEVICE = torch.device(NAME, 0)
_library = torch.library.Library("aten", "IMPL")  # type: ignore[no-untyped-call]
for _name, _kernel in (("empty_strided", _empty_strided), ("empty.memory_format", _empty), ("_copy_from", _copy_from)):
    _library.impl(_name, _kernel, "PrivateUse1")  # type: ignore[no-untyped-call]
