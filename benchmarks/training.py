"""Later epochs of small trainings from ROOT files: hepdl, its peers and a bare PyTorch loop, side by side.

    python benchmarks/training.py --scratch FOLDER [--weaver PYTHON] [--lightning PYTHON] [--repeats 5] [--quick]

Three networks: dense 20-64-64-64-1 on 20 features, batch 1024; deep sets (PFN, 3 x 128 for each of at most 64
particles, 3 x 128 for their sum), batch 256, packed with hepdl, padded in the bare loop; ParticleNet-Lite, batch 128,
hepdl's own beside weaver's module without fusion, in weaver and in a bare loop over padded tensors. All on one thread
with fused Adam (weaver: its own Adam).
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import awkward as ak
import numpy as np
import torch
import uproot
from side_by_side import contest, ours
from side_by_side.contest import Contestant, Mark, report
from side_by_side.jets import FEATURES, LISTS, flat_files, jet_files
from torch import nn

DENSE, PFN, NET = 1024, 256, 128
MOST = 64


def hepdl_run(words: argparse.Namespace, chain: object) -> None:
    """Train through the engine; speeds are those of metrics.jsonl."""
    from hepdl.engine import run
    from hepdl.job import Job

    with tempfile.TemporaryDirectory(dir=words.scratch) as folder:
        run(chain, Job(folder=Path(folder), cache=ours.cache_in(words.scratch)))
        lines = [json.loads(line) for line in (Path(folder) / "metrics.jsonl").read_text().splitlines()]
    lines = [line for line in lines if "seconds" in line]
    seconds = statistics.median(line["seconds"] for line in lines[1:])
    waiting = statistics.median(line["waiting"] for line in lines[1:])
    report(later=words.events / seconds, waiting=waiting, threads=1.0)


def dense(words: argparse.Namespace) -> None:
    """hepdl, dense."""
    hepdl_run(words, ours.dense_chain(words.flat, DENSE, words.epochs))


def pfn(words: argparse.Namespace) -> None:
    """hepdl, packed deep sets."""
    hepdl_run(words, ours.pfn_chain(words.jet, PFN, 3))


def particle_net(words: argparse.Namespace) -> None:
    """hepdl, ParticleNet-Lite."""
    hepdl_run(words, ours.particle_net_chain(words.jet[:2], NET, 2))


def bare(network: nn.Module, columns: Sequence[torch.Tensor], target: torch.Tensor, batch: int, epochs: int) -> None:
    """The limit: a loop with nothing in it but the training."""
    optimizer = torch.optim.Adam(network.parameters(), 1e-3, fused=True)
    times = []
    for _ in range(epochs):
        began = time.perf_counter()
        for rows in torch.randperm(len(target)).split(batch):
            optimizer.zero_grad(set_to_none=True)
            output = network(*[column.index_select(0, rows) for column in columns])
            nn.functional.binary_cross_entropy_with_logits(output[:, 0], target.index_select(0, rows)).backward()
            optimizer.step()
        times.append(time.perf_counter() - began)
    report(later=len(target) / statistics.median(times[1:]), threads=float(torch.get_num_threads()))


def bare_dense(words: argparse.Namespace) -> None:
    """The limit of the dense network: standardised tensors in memory."""
    arrays = np.load(words.scratch / "flat.npz")
    bare(ours.perceptron([20, 64, 64, 64, 1]), [torch.from_numpy(arrays["x"])], torch.from_numpy(arrays["y"]), DENSE,
         words.epochs)  # fmt: skip


class PaddedSets(nn.Module):
    """The function of :func:`ours.deep_sets` on padded particles."""

    def __init__(self) -> None:
        super().__init__()
        self.each, self.all = ours.perceptron([16, 128, 128, 128]), ours.perceptron([128, 128, 128, 1])

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """``[N, P, F]`` and ``[N, P, 1]`` → ``[N, 1]``."""
        result: torch.Tensor = self.all((self.each(x).relu() * mask).sum(1))
        return result


def bare_pfn(words: argparse.Namespace) -> None:
    """The limit as the peers see it: padded tensors in memory."""
    arrays = np.load(words.scratch / "padded.npz")
    columns = [torch.from_numpy(arrays["x"]), torch.from_numpy(arrays["mask"])]
    bare(PaddedSets(), columns, torch.from_numpy(arrays["y"]), PFN, 3)


def bare_packed(words: argparse.Namespace) -> None:
    """The limit of packed deep sets: the same gather and network without a framework."""
    arrays = np.load(words.scratch / "padded.npz")
    columns = [torch.from_numpy(arrays["x"]), torch.from_numpy(arrays["mask"])]
    bare(PackedInLoop(), columns, torch.from_numpy(arrays["y"]), PFN, 3)


class PackedInLoop(PaddedSets):
    """Padded particles are left out before Φ; their number is asked for, which a GPU would wait for."""

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The same."""
        place = mask[..., 0].nonzero()
        latent = self.each(x[place[:, 0], place[:, 1]]).relu()
        sums = latent.new_zeros(len(x), latent.shape[1]).index_add(0, place[:, 0], latent)
        result: torch.Tensor = self.all(sums)
        return result


def prepare(words: argparse.Namespace) -> None:
    """Arrays for those who do not read ROOT files."""
    table = uproot.concatenate(dict.fromkeys(words.flat, "events"), [*FEATURES, "label"], library="np")
    x = np.stack([table[name] for name in FEATURES], 1)
    np.savez(words.scratch / "flat.npz", x=(x - x.mean(0)) / x.std(0), y=table["label"].astype("f4"))
    jets = uproot.concatenate(dict.fromkeys(words.jet, "events"), [*LISTS, "label"])
    padded = [ak.to_numpy(ak.fill_none(ak.pad_none(jets[name], MOST, clip=True), 0)) for name in LISTS]
    mask = np.arange(MOST)[None, :, None] < ak.to_numpy(ak.num(jets[LISTS[0]]))[:, None, None]
    target = ak.to_numpy(jets["label"]).astype("f4")
    np.savez(words.scratch / "padded.npz", x=np.stack(padded, 2).astype("f4"), mask=mask.astype("f4"), y=target)
    report(events=float(len(x)))


PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    each.__name__: each for each in (dense, pfn, particle_net, bare_dense, bare_pfn, bare_packed, prepare)
}


def parsed() -> argparse.Namespace:
    """The words of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=Path, help="folder for files; a temporary one by default")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="small files, one repeat: to see that it runs")
    parser.add_argument("--weaver", type=Path, help="Python of weaver's environment")
    parser.add_argument("--lightning", type=Path, help="Python of lightning's environment")
    parser.add_argument("--one", choices=PARTS, help="run one contestant in this process")
    return parser.parse_args()


def sized(words: argparse.Namespace) -> argparse.Namespace:
    """The files, made when missing."""
    words.files, words.each, words.jets = (2, 500, 150) if words.quick else (10, 20_000, 2000)
    words.epochs, words.repeats = (2, 1) if words.quick else (6, words.repeats)
    words.flat = [str(path) for path in flat_files(words.scratch, words.files, words.each)]
    words.jet = [str(path) for path in jet_files(words.scratch, 4 if not words.quick else 2, words.jets, MOST)]
    seen = {"pfn": words.jets * len(words.jet), "particle_net": words.jets * 2}
    words.events = seen.get(words.one, words.each * words.files)
    return words


def contestants(words: argparse.Namespace) -> dict[str, Contestant]:
    """All that take part."""
    here = ["--scratch", words.scratch, *(["--quick"] if words.quick else [])]
    own = {name: [sys.executable, __file__, "--one", name, *here] for name in PARTS}
    entries = {
        "hepdl, dense": own["dense"], "bare loop, dense": own["bare_dense"], "hepdl, PFN": own["pfn"],
        "bare loop, padded PFN": own["bare_pfn"], "bare loop, packed PFN": own["bare_packed"],
        "hepdl, ParticleNet-Lite": own["particle_net"],
    }  # fmt: skip
    peers = Path(__file__).parent / "peers"
    if words.weaver:
        train = [words.weaver, peers / "weaver_training.py", words.scratch]
        entries["weaver, dense"] = [*train, "dense", DENSE, 2, *words.flat[:4]]
        entries["weaver, ParticleNet-Lite"] = [*train, "particle_net", NET, 2, *words.jet[:2]]
        loop = [words.weaver, peers / "weaver_particle_net.py", words.scratch / "padded.npz"]
        entries["bare loop, ParticleNet-Lite"] = [*loop, NET, 2, 2 * words.jets]
        entries["weaver, PFN"] = [*train, "pfn", PFN, 2, *words.jet]
    if words.lightning:
        trainer = [words.lightning, peers / "lightning_training.py", words.scratch / "flat.npz"]
        entries["lightning, dense"] = [*trainer, DENSE, 3]
    return {name: Contestant(name, command) for name, command in entries.items()}


def marks(found: dict[str, Contestant]) -> list[str]:
    """What the issue asks for."""
    missing = (
        "weaver, dense",
        "weaver, PFN",
        "lightning, dense",
        *(f"{who}, ParticleNet-Lite" for who in ("weaver", "bare loop")),
    )
    others = [*found.values(), *(Contestant(name, []) for name in missing if name not in found)]
    flat = [
        Mark("bare loop, dense", "later", "later", 0.85, 0.97), Mark("weaver, dense", "later", "later", 20, 20),
        Mark("lightning, dense", "later", "later", 5, 5),
    ]  # fmt: skip
    sets = [Mark("bare loop, padded PFN", "later", "later", 1.5, 2.3), Mark("weaver, PFN", "later", "later", 1.5, 2.3)]
    lines = contest.marks_table("dense 20-64-64-64, batch 1024", found["hepdl, dense"], others, flat)
    lines += contest.marks_table("PFN, 64 particles, batch 256", found["hepdl, PFN"], others, sets)
    graphs = [
        Mark(f"{who}, ParticleNet-Lite", "later", "later", least, 2)
        for who, least in (("bare loop", 1), ("weaver", 1.5))
    ]
    return lines + contest.marks_table("ParticleNet-Lite, batch 128", found["hepdl, ParticleNet-Lite"], others, graphs)


def main() -> None:
    """Run everything in turn and print the tables."""
    words = parsed()
    temporary = None if words.scratch else tempfile.mkdtemp()
    words.scratch = Path(words.scratch or temporary).resolve()
    words = sized(words)
    if words.one:
        torch.set_num_threads(1)
        PARTS[words.one](words)
        return
    try:
        found = contestants(words)
        here = ["--scratch", words.scratch, *(["--quick"] if words.quick else [])]
        contest.contest([Contestant("prepare", [sys.executable, __file__, "--one", "prepare", *here])], 1)
        contest.contest(list(found.values()), words.repeats)
        print(contest.machine(), f"{words.repeats} repeats", sep="; ", end="\n\n")
        print(*contest.figures_table(list(found.values()), ["later", "waiting", "threads"]), "", sep="\n")
        print(*contest.MARKS_HEAD, *marks(found), sep="\n")
    finally:
        if temporary:
            shutil.rmtree(temporary)


if __name__ == "__main__":
    main()
