"""ROOT files of samples: rounding, writing, checksums; and the AUC for their sanity tables."""

import hashlib

import awkward as ak
import numpy as np
import uproot


def trunc(array, bits=12):
    """float32 with `bits` bits of mantissa kept, rounded: compresses twice as well."""
    array = np.asarray(array, "f4")
    mask, half = np.uint32((0xFFFFFFFF << (23 - bits)) & 0xFFFFFFFF), np.uint32(1 << (22 - bits))
    return ((array.view("u4") + half) & mask).view("f4")


def jagged(array, convert):
    """A jagged array whose values `convert` has changed."""
    return ak.unflatten(convert(ak.to_numpy(ak.flatten(array))), ak.num(array))


def write(path, tree, basket):
    """Write the TTree `jets` into a temporary file and move it into place."""
    part = path.with_name(f".{path.name}.tmp")
    with uproot.recreate(part, compression=uproot.ZLIB(9)) as file:
        file.mktree("jets", {k: v.dtype if isinstance(v, np.ndarray) else ak.type(v).content for k, v in tree.items()})
        for i in range(0, len(tree["event"]), basket):
            file["jets"].extend({k: v[i : i + basket] for k, v in tree.items()})
    part.replace(path)


def write_checksums(folder):
    """SHA256SUMS of the ROOT files of a folder, and their number and size."""
    paths = sorted(folder.glob("*.root"))
    sums = "".join(f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n" for p in paths)
    (folder / "SHA256SUMS").write_text(sums)
    print(f"{len(paths)} files, {sum(p.stat().st_size for p in paths) / 1e6:.2f} MB")


def join(parts):
    """Flat tables behind each other."""
    return {k: np.concatenate([part[k] for part in parts]) for k in parts[0] if np.ndim(parts[0][k])}


def auc(background, signal, w_background=None, w_signal=None):
    """Area under the ROC curve for one number a jet, with weights; values below 0.5 are allowed."""
    x = np.concatenate([background, signal])
    w0 = np.ones(len(background)) if w_background is None else w_background
    w1 = np.ones(len(signal)) if w_signal is None else w_signal
    value, which = np.unique(x, return_inverse=True)
    b = np.bincount(which[: len(background)], w0, len(value))
    s = np.bincount(which[len(background) :], w1, len(value))
    return float(np.sum(s * (np.cumsum(b) - b / 2)) / b.sum() / s.sum())
