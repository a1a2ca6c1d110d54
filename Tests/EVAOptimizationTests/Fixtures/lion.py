"""Six steps of lion-pytorch on a matrix: python lion.py lion.json (pip install torch lion-pytorch)."""
import json
import sys

import torch
from lion_pytorch import Lion

torch.manual_seed(3)
weights = torch.randn(2, 3)
gradients = torch.randn(6, 2, 3)
gradients[2, 0, 0] = 0
out = {
    "weights": weights.flatten().tolist(),
    "gradients": [x.flatten().tolist() for x in gradients],
    "rates": [0.02, 0.02, 0.01, 0.005, 0.02, 0.01],
}
for decay in (0.0, 0.3):
    parameter = torch.nn.Parameter(weights.clone())
    optimizer = Lion([parameter], lr=0.02, betas=(0.9, 0.99), weight_decay=decay)
    for rate, gradient in zip(out["rates"], gradients):
        optimizer.param_groups[0]["lr"] = rate
        parameter.grad = gradient.clone()
        optimizer.step()
    out[f"weights_decay_{decay}"] = parameter.detach().flatten().tolist()
    out["moment"] = optimizer.state[parameter]["exp_avg"].flatten().tolist()
out["source"] = (
    "lion-pytorch 0.2.3, torch " + torch.__version__
    + ", fp32, betas 0.9 and 0.99; six steps on a 2 x 3 matrix"
)
with open(sys.argv[1], "w") as file:
    json.dump(out, file, indent=1)
