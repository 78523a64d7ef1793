"""The hepdl_reports pack: what physicists look at."""

from hepdl.hooks import Offer, hookimpl

OFFERS = {
    "tagger": {"TaggerReport": "ROC with background rejection, scores in training and test, loss curves, confusion"},
    "regression": {
        "RegressionReport": "response, bias and resolution of a predicted number against truth and variables, pulls"
    },
    "classes_report": {
        "ClassesReport": "many classes, of events or particles: confusion, efficiency and purity, ROC of each"
    },
    "flavour": {"FlavourReport": "flavour tagging: discriminant, rejections against efficiency and pT, working points"},
    "pivot": {"PivotReport": "how much a score knows of a nuisance, and what its independence costs"},
    "sculpting": {"SculptingReport": "whether cuts on scores shape the background in a mass: rejection against 1/JSD"},
    "filters": {"FilterReport": "filters of a convolutional network and what they answer to an event of each class"},
    "latent": {"LatentReport": "where classes and physics variables lie in a learned space"},
    "sequence": {
        "SequenceReport": "the next particle of a list against its prediction and a straight line, and continuations"
    },
}


@hookimpl
def hepdl_algorithms() -> list[Offer]:
    """What this pack offers."""
    return [
        Offer(name, f"hepdl_reports.{module}:{name}", text)
        for module, offers in OFFERS.items()
        for name, text in offers.items()
    ]
