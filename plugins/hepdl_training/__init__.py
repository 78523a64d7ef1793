"""Training schemes, and the losses, optimisers and schedules they use."""

from hepdl.hooks import Offer, hookimpl

OFFERS = {
    "supervised": {"Supervised": "A network learns a target column."},
    "siamese": {"Siamese": "One network on both events of a pair: like events close, unlike ones apart."},
    "pivot": {"Pivot": "A classifier whose score does not depend on a nuisance, by an adversary (arXiv:1611.01046)."},
    "losses": {
        "CrossEntropy": "Loss: -log of the probability of the true class.",
        "MeanSquaredError": "Loss: squared distance to the target.",
        "MeanAbsoluteError": "Loss: absolute distance to the target.",
        "KullbackLeibler": "Loss: relative entropy to a target distribution.",
    },
    "optimizers": {
        "SGD": "Optimiser: gradient descent with momentum and decay.",
        "Adam": "Optimiser: Adam.",
        "AdamW": "Optimiser: Adam with weight decay apart from the gradient.",
        "LBFGS": "Optimiser: limited-memory BFGS on all events at once.",
    },
    "schedules": {
        "Constant": "Schedule: the learning rate stays.",
        "Cosine": "Schedule: constant, then down along a cosine.",
        "Warmup": "Schedule: up from 0, then another one.",
        "Stairs": "Schedule: down by a factor at given places.",
    },
}


@hookimpl
def hepdl_algorithms() -> list[Offer]:
    """What this pack offers."""
    return [
        Offer(name, f"hepdl_training.{module}:{name}", text)
        for module, offers in OFFERS.items()
        for name, text in offers.items()
    ]
