"""Writes the networks of Keras and Flax that tests/other_layouts.rs reads: weights, inputs and outputs, by the lines of docs/networks.md.

KERAS_BACKEND=jax python tests/reference/other_networks.py; Keras 3.15.1, Flax 0.12.8 and JAX 0.10.2 wrote what is committed.
"""
import os
os.environ["KERAS_BACKEND"] = "jax"
import jax
jax.config.update("jax_enable_x64", True)
import flax.linen as nn
import jax.numpy as jnp
import keras
import numpy as np
from flax.traverse_util import flatten_dict

HERE = os.path.dirname(os.path.abspath(__file__))
UNITS, INPUTS, OUTPUTS, STEPS = 4, 2, 3, 12
LAYERS = {"elman": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}
CELLS = {"elman": nn.SimpleCell, "gru": nn.GRUCell, "lstm": nn.OptimizedLSTMCell}
noise = np.random.default_rng(7)

for name, layer in LAYERS.items():
    model = keras.Sequential([keras.Input((None, INPUTS)), layer(UNITS, return_sequences=True), keras.layers.Dense(OUTPUTS)])
    model.set_weights([noise.normal(size=w.shape) for w in model.get_weights()])
    x = noise.normal(size=(1, STEPS, INPUTS)).astype("float32")                      # batch of one, steps, inputs
    state = {w.path: np.asarray(w) for w in model.weights}
    np.savez(os.path.join(HERE, f"keras_{name}_32.npz"), check_input=x[0], check_output=model(x)[0], **state)


class Model(nn.Module):
    cell: type

    @nn.compact
    def __call__(self, x):
        return nn.Dense(OUTPUTS, param_dtype=x.dtype)(nn.RNN(self.cell(UNITS, param_dtype=x.dtype))(x))


for name, cell in CELLS.items():
    for kind in ("float32", "float64"):
        model, x = Model(cell), jnp.asarray(noise.normal(size=(1, STEPS, INPUTS)), kind)
        params = model.init(jax.random.PRNGKey(1), x)["params"]
        params = jax.tree_util.tree_map(lambda w: jnp.asarray(noise.normal(size=w.shape), kind), params)
        state = {k: np.asarray(v) for k, v in flatten_dict(params, sep="/").items()}
        y = model.apply({"params": params}, x)
        np.savez(os.path.join(HERE, f"flax_{name}_{kind[5:]}.npz"), check_input=x[0], check_output=y[0], **state)
