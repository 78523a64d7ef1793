"""Networks and densities: parts of steps that learn."""

from hepdl.hooks import Offer, hookimpl

OFFERS = {
    "dense": {"Dense": "Multilayer perceptron over flat columns."},
    "convolutional": {"Convolutional": "Convolutions and poolings over images, waveforms or volumes."},
    "image_network": {"ImageNetwork": "LeNet-5, AlexNet, ZFNet, VGG, GoogLeNet, Inception-v3 or ResNet by name."},
    "recurrent": {"Recurrent": "Recurrent layers (tanh, LSTM, GRU) over the particles in their order."},
    "deep_sets": {"DeepSets": "Deep sets over particles: the particle flow network, PFN."},
    "energy_flow": {"EnergyFlowNetwork": "Infrared and collinear safe deep sets, EFN."},
    "adaptive_computation": {"AdaptiveComputation": "Recurrent cell that repeats itself on what is hard."},
    "neural_turing_machine": {"NeuralTuringMachine": "LSTM with a memory that it reads and writes."},
    "neural_programmer": {"NeuralProgrammer": "Answers questions about tables by operations on their columns."},
    "sequence_to_sequence": {"SequenceToSequence": "Reads a list or an event and answers with a list, with attention."},
    "embedded": {"Embedded": "A network that gets learned vectors in place of categories."},
    "particle_transformer": {"ParticleTransformer": "Attention among particles that knows their pairs, ParT."},
    "lorentz_network": {"LorentzNetwork": "Messages from Minkowski products: the same answer in every frame."},
    "frames": {"Frames": "An image network on each frame, then a network over the sequence of frames."},
    "fusion": {"Fusion": "Networks on different inputs, joined by dense layers."},
    "particle_net": {
        "ParticleNet": "Edge convolutions over the nearest neighbours of each particle (arXiv:1902.08570).",
        "ParticleNetLite": "The small ParticleNet.",
    },
    "graph_network": {"GraphNetwork": "GCN, GAT, GATv2, EdgeConv, GIN or SAGE over a graph of particles."},
    "interaction_network": {"InteractionNetwork": "A function of each edge, then one of each node (arXiv:1612.00222)."},
    "mixture_density": {
        "MixtureDensity": "Conditional density as a sum of Gaussians; adversary for a continuous nuisance."
    },
    "categorical": {"Categorical": "Conditional probabilities of a few values; adversary for a discrete nuisance."},
}


@hookimpl
def hepdl_algorithms() -> list[Offer]:
    """What this pack offers."""
    return [
        Offer(name, f"hepdl_networks.{module}:{name}", text)
        for module, offers in OFFERS.items()
        for name, text in offers.items()
    ]
