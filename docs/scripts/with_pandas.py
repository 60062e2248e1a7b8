"""Opens a run in pandas: estimates with their intervals by case, and the decay curve of a claim.

    python with_pandas.py RUN [PICTURE.png]
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

run = Path(sys.argv[1])
claims = json.loads((run / "verdicts.json").read_text(encoding="utf-8"))["claims"]
numbers = pd.read_csv(run / "measurements.csv")

# All numbers of the verdicts are rows, and every interval holds its value.
columns = ["case", "claim", "quantity", "index", "value", "lower", "upper", "level", "undefined"]
assert list(numbers.columns) == columns, list(numbers.columns)
assert len(numbers) == sum(len(claim["numbers"]) for claim in claims) > 0
with_interval = numbers.dropna(subset=["level"])
assert len(with_interval) > 0
assert with_interval["value"].between(with_interval["lower"], with_interval["upper"]).all()
assert (numbers["value"].isna() == numbers["undefined"].notna()).all()

# A table of the estimates, a row a claim and a group of columns a case.
verdicts = pd.json_normalize(claims).set_index(["id", "case"])
ends = verdicts[["estimate.value", "estimate.lower", "estimate.upper"]].astype(float)
table = ends.map("{:.4g}".format).agg(lambda row: "{} [{}, {}]".format(*row), axis=1)
table = (verdicts["verdict"] + " " + table).unstack("case")
assert table.size >= len(claims) and table.notna().to_numpy().sum() == len(claims)
print(table.to_string())

# The decay of the joint chain: root mean square distance over time in steps, with the fit.
claim = next(claim for claim in claims if claim["id"] == "geometric_ergodicity")
drawn = pd.read_csv(run / "figures" / f"{claim['figures'][0]}.csv")
first = drawn[drawn["panel"] == drawn["panel"].iloc[0]]
curve = first[first["layer"] == "joint block"].set_index("x")["y"]
fit = first[first["layer"].str.startswith("fit")].set_index("x")["y"]
assert len(curve) == len(fit) > 10 and curve.iloc[-1] < 0.1 * curve.max()
rate = float(np.exp(np.diff(np.log(fit.iloc[-2:]))[0]))
assert abs(rate / claim["estimate"]["value"] - 1) < 1e-3, (rate, claim["estimate"])
print(f"\n{claim['case']}: the distance falls by {rate:.4f} a step, from {curve.iloc[0]:.3g} on")
if len(sys.argv) > 2:
    axes = curve.plot(logy=True, xlabel="time in steps", ylabel="distance")  # needs matplotlib
    axes.figure.savefig(sys.argv[2])
