"""Times `rtrl-lab distance` and what a user would call instead, in turn and in one run, and prints ratios of medians.

    cargo build --release && python benches/peers/transport.py [--repeats 5] [--sizes 1000,2000,4000] [--only exact,sliced,line,sinkhorn]

The command's seconds are its own `seconds`: the solve without start-up and reading. The peers' are POT's and SciPy's calls with the cost matrix counted, as the command
computes costs too; `solver only` leaves the matrix out. Every repeat draws new samples, and the values are compared.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time

import numpy as np
import ot
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.stats import wasserstein_distance

parser = argparse.ArgumentParser()
parser.add_argument("--command", default=os.path.join(os.path.dirname(__file__), "..", "..", "target", "release", "rtrl-lab"))
parser.add_argument("--repeats", type=int, default=5)
parser.add_argument("--sizes", default="1000,2000,4000")
parser.add_argument("--only", default="exact,sliced,line,sinkhorn")
parser.add_argument("--seed", type=int, default=20260101)
options = parser.parse_args()
random = np.random.default_rng(options.seed)
only = options.only.split(",")
folder = tempfile.mkdtemp()


def ours(x, y, *arguments):
    paths = [os.path.join(folder, name) for name in ("x.npy", "y.npy")]
    np.save(paths[0], x), np.save(paths[1], y)
    told = json.loads(subprocess.run([options.command, "distance", *paths, "--json", *arguments], check=True, capture_output=True).stdout)
    assert told["status"] == "defined", told
    return told["seconds"], told["value"]


def timed(call):
    start = time.perf_counter()
    value = call()
    return time.perf_counter() - start, value


def table(title, rows):
    """Medians of each column and their ratio to the first, the command's."""
    names = list(rows[0])
    medians = {name: statistics.median(row[name] for row in rows) for name in names}
    peers = "  ".join(f"{name} {medians[name]:.4f} s ({medians[name] / medians[names[0]]:.2f} x)" for name in names[1:])
    print(f"{title:<28} rtrl-lab {medians[names[0]]:.4f} s  {peers}", flush=True)


def draw(n, d):
    return random.normal(size=(n, d)), random.normal(size=(n, d)) * 1.3 + 0.5


sizes = [int(size) for size in options.sizes.split(",")]
for n, d, order in [(n, d, order) for n in sizes for d in (2, 16) for order in (1, 2)] if "exact" in only else []:
    rows = []
    for _ in range(options.repeats):
        x, y = draw(n, d)
        weights = np.full(n, 1 / n)
        seconds, value = ours(x, y, "--order", str(order))
        matrix, costs = timed(lambda: cdist(x, y, "sqeuclidean" if order == 2 else "euclidean"))
        pot, pot_value = timed(lambda: ot.emd2(weights, weights, costs, numItermax=10**7))
        scipy, scipy_value = timed(lambda: costs[linear_sum_assignment(costs)].mean())
        for other in (pot_value, scipy_value):
            assert abs(other ** (1 / order) / value - 1) < 1e-9, (value, other)
        rows.append({"ours": seconds, "POT": matrix + pot, "SciPy": matrix + scipy, "POT solver only": pot, "SciPy solver only": scipy})
    table(f"exact W{order} n={n} d={d}", rows)
for n, d in [(n, d) for n in sizes for d in (2, 16)] if "sliced" in only else []:
    rows = []
    for repeat in range(options.repeats):
        x, y = draw(n, d)
        seconds, value = ours(x, y, "--method", "sliced", "--seed", str(repeat))
        pot, other = timed(lambda: ot.sliced_wasserstein_distance(x, y, n_projections=500, seed=repeat))
        assert abs(value / other - 1) < 0.3, (value, other)
        rows.append({"ours": seconds, "POT": pot})
    table(f"sliced W2 n={n} d={d}", rows)
for n in (10**4, 10**5, 10**6) if "line" in only else []:
    rows = []
    for _ in range(options.repeats):
        x, y = (sample[:, 0] for sample in draw(n, 1))
        seconds, value = ours(x, y, "--order", "1", "--method", "sorted")
        scipy, other = timed(lambda: wasserstein_distance(x, y))
        pot, _ = timed(lambda: ot.wasserstein_1d(x, y, p=1))
        assert abs(value / other - 1) < 1e-9, (value, other)
        rows.append({"ours": seconds, "SciPy": scipy, "POT": pot})
    table(f"line W1 n={n}", rows)
for n in [size for size in sizes if size <= 1000] if "sinkhorn" in only else []:
    rows = []
    for _ in range(options.repeats):
        x, y = draw(n, 2)
        costs = [cdist(p, q, "sqeuclidean") for p, q in ((x, y), (x, x), (y, y))]
        weights, epsilon = np.full(n, 1 / n), 0.1 * costs[0].mean()
        seconds, _ = ours(x, y, "--method", "sinkhorn", "--epsilon", "0.1", "--tolerance", "1e-9")
        solve = lambda: [ot.sinkhorn(weights, weights, c, epsilon, method="sinkhorn_log", numItermax=10**5, stopThr=1e-9) for c in costs]
        rows.append({"ours": seconds, "POT log domain": timed(solve)[0]})
    table(f"sinkhorn n={n} d=2", rows)
