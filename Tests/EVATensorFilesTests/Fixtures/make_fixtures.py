"""Writes the fixtures of these tests with the original programs.

Made with torch 2.15.0, paddlepaddle 3.3.1, numpy 2.4.6, safetensors 0.8.0, ml_dtypes 0.6.0. The files
paddle26-*.pdparams were written by Paddle 2.6.2 and are not made here.
"""

import os
import pickle

import ml_dtypes
import numpy as np
import paddle
import safetensors.numpy
import safetensors.torch
import torch

os.chdir(os.path.dirname(os.path.abspath(__file__)))

# safetensors
safetensors.numpy.save_file(
    {
        "half": np.array([0.5, -2, 65504], np.float16),
        "brain": np.array([0.5, -2, 3.140625], ml_dtypes.bfloat16),
        "matrix": np.arange(1, 7, dtype=np.float32).reshape(2, 3),
        "scalar": np.array(2.5),
        "empty": np.zeros((0, 4), np.float32),
        "ids": np.array([-1, 1 << 40], np.int64),
        "mask": np.array([True, False, True]),
    },
    "python.safetensors",
    {"format": "pt", "umlaut": "\u00e4\n\"\U0001F600"},
)

# PyTorch: views of one storage, transposed, offset, expanded and empty ones.
matrix = torch.arange(12, dtype=torch.float32).reshape(3, 4)
state = {
    "logit_scale": torch.tensor(2.5),
    "matrix": matrix,
    "transposed": matrix.t(),
    "window": matrix[1:, 1:3],
    "row": matrix[1],
    "cube": torch.arange(24, dtype=torch.int16).reshape(2, 3, 4).permute(2, 0, 1),
    "repeated": torch.tensor([7.0, 8.0])[:1].expand(2),
    "half": torch.tensor([0.5, -2, 65504], dtype=torch.float16),
    "brain": torch.tensor([0.5, -2, 3.140625], dtype=torch.bfloat16),
    "double": torch.tensor([0.1], dtype=torch.float64),
    "ids": torch.tensor([-1, 1 << 40]),
    "mask": torch.tensor([True, False, True]),
    "empty": torch.zeros(0, 4),
}
safetensors.torch.save_file({k: v.clone().contiguous() for k, v in state.items()}, "torch.safetensors")
torch.save(state, "torch-root.pt")
torch.save(
    {
        "epoch": 3,
        "name": "x",
        "model": state,
        "optimizer": {"state": {0: {"exp_avg": matrix}}, "param_groups": [{"lr": 0.1, "params": [0]}]},
    },
    "torch-model.pt",
)
torch.save({"module": {"module." + k: v for k, v in state.items()}}, "torch-module.pt")
torch.save({"state_dict": state}, "torch-state_dict.pt")
linear = torch.nn.Linear(3, 2)
with torch.no_grad():
    linear.weight.copy_(torch.arange(6).reshape(2, 3))
    linear.bias.copy_(torch.tensor([1.0, -1.0]))
torch.save(linear.state_dict(), "torch-linear.pt")
torch.save(dict(linear.named_parameters()), "torch-parameters.pt")
torch.save(linear.state_dict(), "torch-legacy.pt", _use_new_zipfile_serialization=False)


class Evil:
    def __reduce__(self):
        return os.system, ("echo this must never run",)


torch.save({"weight": Evil()}, "torch-evil.pt")

# PaddlePaddle
layer = paddle.nn.Linear(3, 2)
layer.weight.set_value(np.arange(6, dtype=np.float32).reshape(3, 2))
layer.bias.set_value(np.array([200.5, -1], np.float32))
for protocol in (2, 3, 4):
    paddle.save(layer.state_dict(), f"paddle-{protocol}.pdparams", protocol=protocol)
paddle.save(
    {
        "float": paddle.to_tensor([0.5, -2.0, 3.140625]),
        "brain": paddle.to_tensor([0.5, -2.0, 3.140625]).astype("bfloat16"),
        "half": paddle.to_tensor([0.5, -2.0, 65504.0]).astype("float16"),
        "ids": paddle.to_tensor([-1, 1 << 40]),
        "mask": paddle.to_tensor([True, False]),
        "scalar": paddle.to_tensor(2.5),
        "step": 7,
        "list": [paddle.to_tensor([1.0]), {"rate": 0.25}],
    },
    "paddle-types.pdparams",
)
scheduler = paddle.optimizer.lr.LinearWarmup(0.5, 4, 0.0, 0.5)
optimizer = paddle.optimizer.AdamW(scheduler, parameters=layer.parameters())
layer(paddle.ones([1, 3])).sum().backward()
optimizer.step()
scheduler.step()
paddle.save(optimizer.state_dict(), "paddle.pdopt")
big = np.arange(10, dtype=np.float32)
with open("paddle-slices.pdparams", "wb") as file:
    content = {
        "before": np.array([1.5], np.float32),
        "big@@.0": big[:4],
        "big@@.1": big[4:8],
        "big@@.2": big[8:],
        "after": np.array([2.5], np.float32),
        "UnpackBigParamInfor@@": {
            "big": {"OriginShape": (2, 5), "slices": ["big@@.0", "big@@.1", "big@@.2"]}
        },
    }
    pickle.dump(content, file, protocol=2)
assert paddle.load("paddle-slices.pdparams", return_numpy=True)["big"].shape == (2, 5)
for protocol in (2, 5):
    with open(f"numpy-{protocol}.pdparams", "wb") as file:
        content = {
            "column": np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3) + 126),
            "row": np.arange(6, dtype=np.int32).reshape(2, 3),
            "scalar": np.float64(2.5),
            "bytes": np.arange(256, dtype=np.uint8),
        }
        pickle.dump(content, file, protocol=protocol)
with open("objects.pdparams", "wb") as file:
    pickle.dump({"w": np.array([Evil()], dtype=object)}, file, protocol=4)

# NumPy
rows = np.arange(6, dtype=np.float32).reshape(2, 3)
np.save("rows.npy", rows)
np.save("columns.npy", np.asfortranarray(rows))
np.save("scalar.npy", np.array(7, np.int64))
np.save("vector.npy", np.array([True, False]))
np.save("big-endian.npy", rows.astype(">f4"))
np.savez("arrays.npz", rows=rows, ids=np.array([1, 2], np.int64))
np.savez_compressed("compressed.npz", rows=rows)
