"""Examples of augmentations."""

from __future__ import annotations

from hepdl.algorithms import DropSoft, FlipImage, RotateJet, RotatePhi, Smear
from tests.contract.examples import FLOAT, IMAGE, JAGGED, Example
from tests.contract.examples_prepare import JETS, jets

TWO = {"deta": JAGGED, "dphi": JAGGED}
LISTS = {"events": jets()}

EXAMPLES = [
    Example(RotatePhi(["part.phi", "met_phi"]), {"part.phi": JAGGED, "met_phi": FLOAT}),
    Example(RotateJet(["part.eta", "part.phi"]), JETS, LISTS),
    Example(Smear(["part.pt", "part.energy"]), JETS, LISTS),
    Example(Smear(["met", "pt"], width=0.3), {"met": FLOAT, "pt": JAGGED}),
    Example(DropSoft(["part.pt", "part.eta"], pt="part.pt", below=1.0, probability=0.5), JETS, LISTS),
    Example(FlipImage(["image"]), IMAGE),
]
