"""Opens trajectories in ArviZ, and holds its diagnostics against those of `rtrl-lab diagnose`.

    rtrl-lab simulate STUDY --no-derivative --out sim.npz
    python with_arviz.py RUN sim.npz [RTRL-LAB]

R-hat is that of split chains, rank-normalised. Effective sample sizes (ESS), in draws, are those of
bulk and tails; the tails are the quantiles of 5 % and 95 %. Both programs have the same
definitions, so their numbers agree. ArviZ from version 1 on takes other tails unless it is told.
"""

import json
import subprocess
import sys
from pathlib import Path

import arviz as az
import numpy as np

run, file = Path(sys.argv[1]), sys.argv[2]
program = sys.argv[3] if len(sys.argv) > 3 else "rtrl-lab"
TOLERANCE = 1e-6  # relative

hidden = np.load(file)["hidden"]  # (chains, draws, units), dimensionless
assert hidden.ndim == 3 and np.isfinite(hidden).all(), hidden.shape
# The group "posterior" of ArviZ: an xarray.Dataset with the dimensions chain, draw and unit.
trajectories = az.convert_to_dataset({"hidden": hidden}, dims={"hidden": ["unit"]})
assert trajectories["hidden"].dims == ("chain", "draw", "unit"), trajectories

command = [program, "diagnose", file, "--array", "hidden", "--json"]
told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
assert (told["chains"], told["draws"]) == hidden.shape[:2], told
theirs = {
    "rhat": az.rhat(trajectories, method="rank"),
    "ess_bulk": az.ess(trajectories, method="bulk"),
    "ess_tail": az.ess(trajectories, method="tail", prob=(0.05, 0.95)),
}
print(f"{'':10}{'unit':>5}{'ArviZ':>18}{'rtrl-lab':>18}")
for name, values in theirs.items():
    ours = np.array([unit[name] for unit in told["coordinates"]], dtype=float)
    values = values["hidden"].to_numpy()
    for unit, (a, b) in enumerate(zip(values, ours, strict=True)):
        print(f"{name:10}{unit:>5}{a:>18.10f}{b:>18.10f}")
    np.testing.assert_allclose(ours, values, rtol=TOLERANCE, err_msg=name)

# R-hat is near 1 where chains forget their start; the run says how fast the hidden state does.
claims = json.loads((run / "verdicts.json").read_text(encoding="utf-8"))["claims"]
found = next(claim for claim in claims if claim["id"] == "hidden_contraction")
print(f"{found['case']}: {found['verdict']}: {found['reason']}")
