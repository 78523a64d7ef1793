"""Networks and densities: parts of steps that learn."""

from hepdl.hooks import Offer, hookimpl


@hookimpl
def hepdl_algorithms() -> list[Offer]:
    """What this pack offers."""
    return [
        Offer("Dense", "hepdl_networks.dense:Dense", "Multilayer perceptron over flat columns."),
        Offer(
            "Convolutional",
            "hepdl_networks.convolutional:Convolutional",
            "Convolutions and poolings over images, waveforms or volumes.",
        ),
        Offer(
            "ImageNetwork",
            "hepdl_networks.image_network:ImageNetwork",
            "LeNet-5, AlexNet, ZFNet, VGG, GoogLeNet, Inception-v3 or ResNet by name.",
        ),
        Offer("Fusion", "hepdl_networks.fusion:Fusion", "Networks on different inputs, joined by dense layers."),
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
