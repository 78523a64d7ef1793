"""The shadow device computes as the CPU does, refuses what CUDA refuses and counts what makes the host wait."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from hepdl.contract.shadow import Shadow
from hepdl.contract.shadow_rules import KERNELS, aten
from tests.contract.operations import QUIET, REFUSED, WAITING

Feed = tuple[torch.Tensor, ...]
LENGTHS = torch.tensor([6, 2, 3, 5])
MASK = torch.arange(6)[None] < LENGTHS[:, None]
EVENT = torch.arange(12) // 3


class Net(nn.Module):
    """A linear layer between a user's ``head`` and the loss."""

    def __init__(self, head: Callable[..., torch.Tensor], **layers: nn.Module) -> None:
        super().__init__()
        self.head, self.layers, self.last = head, nn.ModuleDict(layers), nn.Linear(16, 2)

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return self.last(self.head(self.layers, *inputs))


def packed(layers: nn.ModuleDict, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    sequence = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
    return layers["lstm"](sequence)[1][0][-1]


def attention(layers: nn.ModuleDict, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    hidden = layers["encoder"](layers["first"](x), src_key_padding_mask=~mask)
    return torch.where(mask[..., None], hidden, 0.0).sum(1)


def scattered(layers: nn.ModuleDict, x: torch.Tensor, event: torch.Tensor) -> torch.Tensor:
    hidden = layers["first"](x)
    sums = torch.zeros(4, 16, device=x.device).index_add(0, event, hidden)
    return sums + sums.scatter_reduce(0, event[:, None].expand_as(hidden), hidden, "amax", include_self=False)


def flat() -> Feed:
    return (torch.randn(12, 8),)


def lists(*more: torch.Tensor) -> Callable[[], Feed]:
    return lambda: (torch.randn(4, 6, 8), *more)


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 16))


def encoder() -> nn.Module:
    return nn.TransformerEncoderLayer(16, 4, 32, dropout=0.0, batch_first=True)


GOOD: dict[str, tuple[Callable[[], nn.Module], Callable[[], Feed]]] = {
    "dense": (lambda: Net(lambda layers, x: layers["mlp"](x), mlp=mlp()), flat),
    "convolution": (
        lambda: nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.MaxPool2d(2), nn.Flatten()),
        lambda: (torch.randn(4, 1, 8, 8),),
    ),
    "lstm": (lambda: Net(lambda m, x: m["lstm"](x)[0][:, -1], lstm=nn.LSTM(8, 16, 2, batch_first=True)), lists()),
    "gru": (lambda: Net(lambda m, x: m["gru"](x)[0][:, -1], gru=nn.GRU(8, 16, batch_first=True)), lists()),
    "gru_without_bias": (
        lambda: Net(lambda m, x: m["gru"](x)[0][:, -1], gru=nn.GRU(8, 16, batch_first=True, bias=False)), lists(),
    ),
    "packed_lstm": (lambda: Net(packed, lstm=nn.LSTM(8, 16, batch_first=True)), lists(LENGTHS)),
    "attention": (lambda: Net(attention, first=nn.Linear(8, 16), encoder=encoder()), lists(MASK)),
    "scatter": (lambda: Net(scattered, first=nn.Linear(8, 16)), lambda: (*flat(), EVENT)),
}  # fmt: skip


def train(make: Callable[[], nn.Module], feed: Callable[[], Feed], device: str) -> dict[str, torch.Tensor]:
    """The state after three SGD steps."""
    torch.manual_seed(0)
    net, inputs = make().to(device), tuple(tensor.to(device) for tensor in feed())
    optimizer = torch.optim.SGD(net.parameters(), 0.05, momentum=0.9)
    torch.manual_seed(1)
    for _ in range(3):
        loss = net(*inputs).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return {name: value.cpu() for name, value in net.state_dict().items()}


@pytest.mark.parametrize("name", GOOD)
def test_trains_as_on_the_cpu(name: str) -> None:
    expected = train(*GOOD[name], "cpu")
    with Shadow() as shadow:
        state = train(*GOOD[name], "shadow")
    for key, value in expected.items():
        torch.testing.assert_close(state[key], value, rtol=1e-4, atol=1e-5)
    inside = [wait for wait in shadow.waits if "copy to the host" not in wait.operation]
    assert inside == []


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_what_cuda_refuses(name: str) -> None:
    with Shadow(), pytest.raises((RuntimeError, TypeError), match="same device|can't convert shadow|'lengths'"):
        REFUSED[name](torch.randn(3, 2).to("shadow"))


@pytest.mark.parametrize("name", WAITING)
def test_counts_waits_with_their_place(name: str) -> None:
    with Shadow() as shadow:
        WAITING[name](torch.randn(3, 2).to("shadow"))
    assert shadow.waits
    assert all("operations.py:" in wait.place for wait in shadow.waits)


@pytest.mark.parametrize("name", QUIET)
def test_leaves_in_peace_what_does_not_wait(name: str) -> None:
    with Shadow() as shadow:
        QUIET[name](torch.randn(3, 2).to("shadow"))
    assert shadow.waits == []


def test_small_copies_are_counted_apart() -> None:
    with Shadow() as shadow:
        x = torch.arange(4.0, device="shadow")
        x[torch.tensor([0, 2])]
        x.copy_(torch.ones(4))
    assert [copy.operation for copy in shadow.copies] == ["index on the CPU", "copy to the device"]
    assert shadow.waits == []


def test_state_travels_between_the_devices() -> None:
    net = nn.Linear(3, 2)
    with Shadow():
        on_shadow = copy.deepcopy(net).to("shadow")
        twin = copy.deepcopy(on_shadow)
        on_shadow.load_state_dict(net.state_dict())
        assert next(twin.parameters()).device.type == "shadow"
        torch.testing.assert_close(twin.weight.cpu(), net.weight)
        with pytest.raises(RuntimeError, match="move it to the CPU first"):
            twin.weight.__reduce_ex__(2)


@pytest.mark.parametrize("bias", [True, False])
def test_gru_kernel_against_torch(bias: bool) -> None:
    torch.manual_seed(0)
    cell = nn.GRUCell(3, 4, bias=bias)
    x, hidden = torch.randn(5, 3), torch.randn(5, 4)
    new, _ = KERNELS[aten._thnn_fused_gru_cell.default](
        x @ cell.weight_ih.T, hidden @ cell.weight_hh.T, hidden, *([cell.bias_ih, cell.bias_hh] if bias else [])
    )
    torch.testing.assert_close(new, cell(x, hidden))


def test_a_torch_without_the_private_part_is_named() -> None:
    program = (
        "import torch.utils.backend_registration as private; del private._setup_privateuseone_for_python_backend\n"
        "import hepdl.contract.shadow"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "the shadow device needs a torch that registers devices from Python" in done.stderr
    assert f"this is torch {torch.__version__}" in done.stderr
