"""weaver-core's ParticleNet-Lite in a bare loop, padded tensors: weaver_particle_net.py ARRAYS BATCH EPOCHS EVENTS"""

from __future__ import annotations

import json
import statistics
import sys
import time

import numpy as np
import torch
from torch.nn import functional
from weaver.nn.model.ParticleNet import ParticleNet

arrays, batch, epochs, events = np.load(sys.argv[1]), *map(int, sys.argv[2:])
x = torch.from_numpy(arrays["x"][:events]).transpose(1, 2).contiguous()
mask = torch.from_numpy(arrays["mask"][:events]).transpose(1, 2).contiguous()
target = torch.from_numpy(arrays["y"][:events]).long()
network = ParticleNet(16, 2, use_fusion=False)
optimizer = torch.optim.Adam(network.parameters(), 1e-3, fused=True)
times = []
for _ in range(epochs):
    began = time.perf_counter()
    for rows in torch.randperm(len(target)).split(batch):
        optimizer.zero_grad(set_to_none=True)
        output = network(x[rows, 4:6], x[rows], mask[rows])
        functional.cross_entropy(output, target[rows]).backward()
        optimizer.step()
    times.append(time.perf_counter() - began)
print(json.dumps({"later": len(target) / statistics.median(times[1:]), "threads": torch.get_num_threads()}))
