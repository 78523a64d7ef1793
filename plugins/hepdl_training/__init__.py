"""Training schemes, and the losses, optimisers and schedules they use."""

from hepdl.hooks import Offer, hookimpl

OFFERS = {
    "supervised": {"Supervised": "A network learns a target column."},
    "next_in_sequence": {"NextInSequence": "A network learns what comes next in a list, and goes on with it."},
    "image_to_list": {"ImageToList": "A network says which particles are in an image, one after the other."},
    "siamese": {"Siamese": "One network on both events of a pair: like events close, unlike ones apart."},
    "multi_task": {
        "MultiTask": "One network learns several targets: of events, of their particles and of pairs of these.",
        "Task": "Task: one target of a MultiTask, with its loss and its own layers.",
    },
    "pivot": {"Pivot": "A classifier whose score does not depend on a nuisance, by an adversary (arXiv:1611.01046)."},
    "decorrelate": {"Decorrelate": "A network whose score does not depend on nuisances, by a penalty."},
    "penalties": {
        "DistanceCorrelation": "Penalty: distance correlation of score and nuisance, DisCo (arXiv:2001.05310).",
        "MomentDecomposition": "Penalty: moments of the score along the nuisance, MoDe (arXiv:2010.09745).",
        "GradientReversal": "Penalty: an adversary behind a reversed gradient (arXiv:1505.07818).",
    },
    "losses": {
        "CrossEntropy": "Loss: -log of the probability of the true class.",
        "MeanSquaredError": "Loss: squared distance to the target.",
        "MeanAbsoluteError": "Loss: absolute distance to the target.",
        "BinaryCrossEntropy": "Loss: several yes-or-no questions at once.",
        "KullbackLeibler": "Loss: relative entropy to a target distribution.",
    },
    "regression": {
        "Huber": "Loss: squared distance that becomes absolute for outliers.",
        "LogCosh": "Loss: a smooth distance, absolute for outliers.",
        "Quantiles": "Loss: quantiles of the target, by the pinball loss.",
        "GaussianLikelihood": "Loss: mean and width of a Gaussian, an uncertainty for each event.",
    },
    "mixture_likelihood": {"MixtureLikelihood": "Loss: a target distributed as a sum of Gaussians."},
    "calibration": {"TemperatureScaling": "Probabilities made honest by a temperature fitted on the validation part."},
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
