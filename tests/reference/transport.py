"""Writes transport.json, the distances of SciPy and POT that tests/transport_reference.rs is held against.

    pip install numpy==2.4.6 scipy==1.17.1 POT==0.9.7.post1 && python tests/reference/transport.py

Samples come from an integer generator, so that the Rust test makes the same bits. Distances are W_p itself, never its power.
"""
import json
import os

import numpy as np
import ot
import scipy
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.stats import wasserstein_distance

MASK = (1 << 64) - 1


class Generator:
    """Knuth's multiplicative congruential generator; the high 53 bits over 2**53."""

    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & MASK
        return (self.state >> 11) / float(1 << 53)

    def flat(self, n, d):
        return np.array([[2.0 * self.uniform() - 1.0 for _ in range(d)] for _ in range(n)])

    def peaked(self, n, d):
        return np.array([[(self.uniform() + self.uniform() - 1.0) * 1.25 + 0.5 for _ in range(d)] for _ in range(n)])

    def directions(self, count, d):
        rows = []
        for _ in range(count):
            row = [2.0 * self.uniform() - 1.0 for _ in range(d)]
            square = 0.0
            for v in row:
                square += v * v
            rows.append([v / square**0.5 for v in row])
        return np.array(rows)


def exact(x, y, order):
    costs = cdist(x, y, "sqeuclidean" if order == 2 else "euclidean")
    value = costs[linear_sum_assignment(costs)].mean()
    if len(x) <= 1000:
        weights = np.full(len(x), 1 / len(x))
        other = ot.emd2(weights, weights, costs, numItermax=10**7)
        assert abs(other - value) < 1e-10 * value, (other, value)
    return float(value ** (1 / order))


def entropic(x, y, order, epsilon):
    """POT's plan, its cost with the entropy relative to the product, and its cost alone."""
    costs = cdist(x, y, "sqeuclidean" if order == 2 else "euclidean")
    a, b = np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y))
    plan = ot.sinkhorn(a, b, costs, epsilon, method="sinkhorn_log", numItermax=100000, stopThr=1e-12)
    product = np.outer(a, b)
    entropy = np.sum(np.where(plan > 0, plan * np.log(np.maximum(plan, 1e-300) / product), 0.0))
    return np.sum(plan * costs) + epsilon * entropy, np.sum(plan * costs)


numbers = {}
for n in (10, 200, 1000, 4000):
    for d in (2, 16):
        generator = Generator(1000 * n + d)
        x, y, directions = generator.flat(n, d), generator.peaked(n, d), generator.directions(20, d)
        for order in (1, 2):
            numbers[f"exact n={n} d={d} p={order}"] = exact(x, y, order)
            sliced = ot.sliced_wasserstein_distance(x, y, projections=directions.T, p=order)
            numbers[f"sliced n={n} d={d} p={order}"] = float(sliced)
            if n <= 200 or (n == 1000 and order == 2):
                epsilon = 0.1 * float(cdist(x, y, "sqeuclidean" if order == 2 else "euclidean").mean())
                parts = [entropic(p, q, order, epsilon) for p, q in ((x, y), (x, x), (y, y))]
                for name, part in (("sinkhorn", 0), ("sharp", 1)):
                    value = parts[0][part] - 0.5 * parts[1][part] - 0.5 * parts[2][part]
                    numbers[f"{name} n={n} d={d} p={order}"] = float(value)
        print(n, d, flush=True)
for n, m in ((10, 10), (1000, 1777), (100000, 100000), (30000, 50001)):
    generator = Generator(7 * n + m)
    x, y = generator.flat(n, 1)[:, 0], generator.peaked(m, 1)[:, 0]
    for order in (1, 2, 3):
        power = float(ot.wasserstein_1d(x, y, p=order))
        if order == 1:
            other = wasserstein_distance(x, y)
            assert abs(power - other) < 1e-9 * other, (power, other)
            power = other
        numbers[f"line n={n} m={m} p={order}"] = float(power ** (1 / order))

answer = {
    "versions": {"numpy": np.__version__, "scipy": scipy.__version__, "POT": ot.__version__},
    "checksum": float(Generator(1).flat(1000, 1).sum()),
    "numbers": numbers,
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "transport.json"), "w") as file:
    json.dump(answer, file, indent=1)
    file.write("\n")
