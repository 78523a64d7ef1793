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
            "PivotReport",
            "hepdl_reports.pivot:PivotReport",
            "how much a score knows of a nuisance, and what its independence costs, beside the plain network",
        ),
        Offer(
            "RegressionReport",
            "hepdl_reports.regression:RegressionReport",
            "response, bias and resolution of a predicted number against the truth and other variables, pulls",
        ),
        Offer(
            "ClassesReport",
            "hepdl_reports.classes_report:ClassesReport",
            "many classes, of events or particles: confusion, efficiency and purity, ROC of each against the rest",
        ),
        Offer(
            "FlavourReport",
            "hepdl_reports.flavour:FlavourReport",
            "flavour tagging: discriminant, rejections against efficiency and pT, scan of the fraction, working points",
        ),
        Offer(
            "SculptingReport",
            "hepdl_reports.sculpting:SculptingReport",
            "whether cuts on scores shape the background in a mass: rejection against 1/JSD with its limit",
        ),
        Offer(
            "SequenceReport",
            "hepdl_reports.sequence:SequenceReport",
            "the next particle of a list against its prediction and a straight line, and lists gone on with",
        ),
    ]
