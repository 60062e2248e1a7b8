"""The frozen-parameter ensemble against NumPy and JAX, in turn in one run: medians, and the ratio to the faster of the two.

The peers do the same work in two layouts each, of which the faster counts: V of shape (M, N, P), one small product a chain, and
V of shape (N, M P), one large product for all chains. All hold M chains whose derivatives fill 32 MB and take T steps.

    python benches/peers/ensemble.py [--sizes 4,8,16,32,64,128,256] [--threads 1] [--rounds 5] [--lab target/release/rtrl-lab]
"""
import argparse
import json
import os
import subprocess
import time

parser = argparse.ArgumentParser()
parser.add_argument("--sizes", default="4,8,16,32,64,128,256")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--inputs", type=int, default=2)
parser.add_argument("--lab", default=os.path.join(os.path.dirname(__file__), "..", "..", "target", "release", "rtrl-lab"))
arguments = parser.parse_args()
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(arguments.threads)
if arguments.threads == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
d = arguments.inputs


def numpy_by_chain(B, W, b, S, V, X):
    M, N = S.shape
    i, one = np.arange(N), np.ones((M, 1))
    for x in X:
        z = np.concatenate([S, x, one], 1)
        S = np.tanh(S @ B.T + x @ W.T + b)
        D = 1.0 - S * S
        V = np.matmul(B, V)
        V *= D[:, :, None]
        V.reshape(M, N, N, -1)[:, i, i, :] += D[:, :, None] * z[:, None, :]
    return S, V


def numpy_side_by_side(B, W, b, S, V, X):
    M, N = S.shape
    i, one = np.arange(N), np.ones((M, 1))
    V = np.ascontiguousarray(V.transpose(1, 0, 2)).reshape(N, -1)
    for x in X:
        z = np.concatenate([S, x, one], 1)
        S = np.tanh(S @ B.T + x @ W.T + b)
        D = 1.0 - S * S
        V = (B @ V).reshape(N, M, N, -1)
        V *= D.T[:, :, None, None]
        V[i, :, i, :] += D.T[:, :, None] * z[None, :, :]
        V = V.reshape(N, -1)
    return S, V.reshape(N, M, -1).transpose(1, 0, 2)


@jax.jit
def jax_by_chain(B, W, b, S, V, X):
    N = S.shape[1]
    i = jnp.arange(N)

    def one(S, V, x):
        z = jnp.concatenate([S, x, jnp.ones(1)])
        S = jnp.tanh(B @ S + W @ x + b)
        D = 1.0 - S * S
        V = D[:, None] * (B @ V)
        return S, V.reshape(N, N, -1).at[i, i, :].add(D[:, None] * z[None, :]).reshape(N, -1)

    return jax.lax.scan(lambda c, x: (jax.vmap(one)(*c, x), None), (S, V), X)[0]


@jax.jit
def jax_side_by_side(B, W, b, S, V, X):
    M, N = S.shape
    i = jnp.arange(N)

    def step(c, x):
        S, V = c
        z = jnp.concatenate([S, x, jnp.ones((M, 1))], 1)
        S = jnp.tanh(S @ B.T + x @ W.T + b)
        D = (1.0 - S * S).T
        V = (D[:, :, None] * (B @ V.reshape(N, -1)).reshape(N, M, -1)).reshape(N, M, N, -1)
        return (S, V.at[i, :, i, :].add(D[:, :, None] * z[None]).reshape(N, M, -1)), None

    S, V = jax.lax.scan(step, (S, V.transpose(1, 0, 2)), X)[0]
    return S, V.transpose(1, 0, 2)


def gflops_of_lab(N, M, T):
    """The median sample of `rtrl-lab bench` in nominal and in executed flops, and the peak it measured beside it."""
    command = [arguments.lab, "bench", "--json", "--only", "ensemble", "--sizes", str(N), "--chains", str(M), "--steps", str(T), "--threads", str(arguments.threads), "--inputs", str(d)]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    row = answer["rows"][0]
    median_of_best = row["seconds"] / row["median_seconds"]
    return row["gflops"] * median_of_best, row["executed_gflops"] * median_of_best, answer["machine"]["fma_gflops"]


def median(values):
    return sorted(values)[len(values) // 2]


print(f"{arguments.threads} threads, d = {d}, numpy {np.__version__}, jax {jax.__version__}; medians of {arguments.rounds} rounds")
print("GFLOP/s of 2 N^2 P a chain and step, the work of the plain recursion; `executed` are the flops that rtrl-lab's algorithm takes, `of peak` their part of it")
print(f"{'N':>4} {'M':>6} | {'numpy':>8} {'jax':>8} {'rtrl-lab':>9} | {'ratio':>6} | {'executed':>8} {'of peak':>7}")
for N in map(int, arguments.sizes.split(",")):
    P = N * (N + d + 1)
    M = max(1, int(32e6 / (8 * N * P)))
    T = max(4, int(2e8 / (2 * N * N * P * M)))
    flops = 2e-9 * N * N * P * M * T
    r = np.random.default_rng(0)
    B, W, b = r.normal(size=(N, N)) * 0.6 / np.sqrt(N), r.normal(size=(N, d)) / np.sqrt(d), r.normal(size=N) * 0.1
    S, V, X = r.normal(size=(M, N)) * 0.1, np.zeros((M, N, P)), r.normal(size=(T, M, d))
    on_device = [jnp.asarray(v) for v in (B, W, b, S, V, X)]
    peers = {
        "numpy by chain": lambda: numpy_by_chain(B, W, b, S, V, X),
        "numpy side by side": lambda: numpy_side_by_side(B, W, b, S, V, X),
        "jax by chain": lambda: jax.block_until_ready(jax_by_chain(*on_device)),
        "jax side by side": lambda: jax.block_until_ready(jax_side_by_side(*on_device)),
    }
    results = [np.asarray(peer()[1]) for peer in peers.values()]
    assert all(np.allclose(results[0], other, atol=1e-10) for other in results), "the peers disagree"
    del results
    rates, ours, executed, peaks = {name: [] for name in peers}, [], [], []
    for _ in range(arguments.rounds):
        for name, peer in peers.items():
            start = time.perf_counter()
            peer()
            rates[name].append(flops / (time.perf_counter() - start))
        rate, executed_rate, peak = gflops_of_lab(N, M, T)
        ours.append(rate)
        executed.append(executed_rate)
        peaks.append(peak)
    best = {library: max(median(rates[name]) for name in peers if name.startswith(library)) for library in ("numpy", "jax")}
    ratio = median(ours) / max(best.values())
    print(f"{N:>4} {M:>6} | {best['numpy']:>8.2f} {best['jax']:>8.2f} {median(ours):>9.2f} | {ratio:>6.2f} | {median(executed):>8.2f} {median(executed) / (median(peaks) * arguments.threads):>6.0%}", flush=True)
