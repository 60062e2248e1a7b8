"""Writes the networks of torch.nn that tests/torch_networks.rs reads: weights, inputs, outputs, and gradients.

python tests/reference/torch_networks.py; PyTorch 2.15.0 wrote what is committed.
"""
import os
import numpy as np
import torch
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
LAYERS = {"elman": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
UNITS, INPUTS, OUTPUTS, STEPS = 4, 2, 2, 12


class Model(torch.nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.rnn, self.fc = layer(INPUTS, UNITS), torch.nn.Linear(UNITS, OUTPUTS)

    def forward(self, x):
        return self.fc(self.rnn(x)[0])


for name, layer in LAYERS.items():
    for bits, kind in ((32, torch.float32), (64, torch.float64)):
        torch.manual_seed(7)
        model = Model(layer).to(kind)
        with torch.no_grad():
            for weight in model.parameters():
                weight.mul_(2.0)
        x, y = torch.randn(STEPS, INPUTS, dtype=kind), torch.randn(STEPS, OUTPUTS, dtype=kind)
        out = model(x)
        (0.5 * ((out - y) ** 2).sum()).backward()
        state = {key: value.detach() for key, value in model.state_dict().items()}
        check = {"check_input": x, "check_output": out.detach()}
        network = {key: value.numpy() for key, value in {**state, **check}.items()}
        np.savez(os.path.join(HERE, f"torch_{name}_{bits}.npz"), **network)
        save_file({**state, **check}, os.path.join(HERE, f"torch_{name}_{bits}.safetensors"))
        gradients = {key: value.grad.numpy() for key, value in model.named_parameters()}
        np.savez(os.path.join(HERE, f"torch_{name}_{bits}_gradients.npz"), target=y.numpy(), **gradients)
