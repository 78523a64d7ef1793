"""The hepdl_reports pack: what physicists look at."""

from hepdl.hooks import Offer, hookimpl


@hookimpl
def hepdl_algorithms() -> list[Offer]:
    """What this pack offers."""
    return [
        Offer(
            "TaggerReport",
            "hepdl_reports.tagger:TaggerReport",
            "ROC with background rejection, scores in training and test, loss curves, confusion",
        ),
        Offer(
            "FilterReport",
            "hepdl_reports.filters:FilterReport",
            "filters of a convolutional network and what they answer to an event of each class",
        ),
        Offer(
            "LatentReport",
            "hepdl_reports.latent:LatentReport",
            "where classes and physics variables lie in a learned space",
        ),
        Offer(
            "PivotReport",
            "hepdl_reports.pivot:PivotReport",
            "how much a score knows of a nuisance, and what its independence costs, beside the plain network",
        ),
        Offer(
            "SculptingReport",
            "hepdl_reports.sculpting:SculptingReport",
            "whether cuts on scores shape the background in a mass: rejection against 1/JSD with its limit",
        ),
    ]
