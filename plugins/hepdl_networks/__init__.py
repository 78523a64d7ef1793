"""Networks and densities: parts of steps that learn."""

from hepdl.hooks import Offer, hookimpl


@hookimpl
def hepdl_algorithms() -> list[Offer]:
    """What this pack offers."""
    return [
        Offer("Dense", "hepdl_networks.dense:Dense", "Multilayer perceptron over flat columns."),
        Offer(
            "MixtureDensity",
            "hepdl_networks.mixture_density:MixtureDensity",
            "Conditional density as a sum of Gaussians; adversary for a continuous nuisance.",
        ),
        Offer(
            "Categorical",
            "hepdl_networks.categorical:Categorical",
            "Conditional probabilities of a few values; adversary for a discrete nuisance.",
        ),
    ]
