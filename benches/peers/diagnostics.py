"""Times `rtrl-lab diagnose` and ArviZ on the same chains, in turn and in one run, and prints the ratio of medians and the largest difference.

    cargo build --release && python benches/peers/diagnostics.py [--repeats 7]

Four AR(1) chains with coefficient 0.9; R-hat by ranks, effective sample sizes of bulk, tails and mean, error of the mean. ArviZ is called once before it is timed, so that
what it compiles or imports on its first call is not counted. Of rtrl-lab there are two times: the first call in a new process, without start-up and reading (`seconds` of
`diagnose --json`), and repeated calls in one process as ArviZ's are (`bench --only diagnose`, chains of the same law, two threads as the first call has).
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time

import arviz
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--command", default=os.path.join(os.path.dirname(__file__), "..", "..", "target", "release", "rtrl-lab"))
parser.add_argument("--repeats", type=int, default=7)
parser.add_argument("--seed", type=int, default=20260101)
options = parser.parse_args()
DRAWS = 100_000  # as many as `bench` takes
random = np.random.default_rng(options.seed)
path = os.path.join(tempfile.mkdtemp(), "chains.npy")


def draw():
    noise = random.normal(size=(4, DRAWS))
    chains = np.zeros_like(noise)
    for t in range(1, DRAWS):
        chains[:, t] = 0.9 * chains[:, t - 1] + noise[:, t]
    return chains


def theirs(chains):
    return {
        "rhat": float(arviz.rhat(chains, method="rank")),
        "ess_bulk": float(arviz.ess(chains, method="bulk")),
        "ess_tail": float(arviz.ess(chains, method="tail")),
        "ess_mean": float(arviz.ess(chains, method="mean")),
        "mcse_mean": float(arviz.mcse(chains, method="mean")),
    }


theirs(draw())
ours, warm, peers, worst = [], [], [], 0.0
for _ in range(options.repeats):
    chains = draw()
    np.save(path, chains)
    told = json.loads(subprocess.run([options.command, "diagnose", path, "--json"], check=True, capture_output=True).stdout)
    rows = json.loads(subprocess.run([options.command, "bench", "--json", "--quick", "--only", "diagnose", "--threads", str(os.cpu_count())], check=True, capture_output=True).stdout)["rows"]
    warm.append(rows[0]["median_seconds"])
    start = time.perf_counter()
    expected = theirs(chains)
    peers.append(time.perf_counter() - start)
    ours.append(told["seconds"])
    worst = max([worst] + [abs(told[name] / value - 1) for name, value in expected.items()])
assert worst < 1e-6, worst
first, again, peer = (statistics.median(times) for times in (ours, warm, peers))
print(
    f"4 x {DRAWS} draws: ArviZ {arviz.__version__} {peer:.4f} s  rtrl-lab {again:.4f} s ({peer / again:.1f} x), "
    f"first call of a process {first:.4f} s ({peer / first:.1f} x); largest relative difference {worst:.1e}"
)
