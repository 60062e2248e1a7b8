"""Opens a run in polars: limits of the distance to stationarity, and the bias of truncation.

    python with_polars.py RUN
"""

import json
import sys
from pathlib import Path

import polars as pl

run = Path(sys.argv[1])
# `index` holds times and lengths in steps, and shares such as 0.1%: text, until it is known which.
kinds = {"case": str, "claim": str, "quantity": str, "index": str, "undefined": str}
kinds |= {"value": float, "lower": float, "upper": float, "level": float}
numbers = pl.read_csv(run / "measurements.csv", schema_overrides=kinds)
assert set(numbers.columns) == set(kinds), numbers.columns
claims = json.loads((run / "verdicts.json").read_text(encoding="utf-8"))["claims"]
assert numbers.height == sum(len(claim["numbers"]) for claim in claims) > 0
with_interval = numbers.drop_nulls("level")
assert with_interval.height > 0
assert with_interval.select((pl.col("value").is_between("lower", "upper")).all()).item()

# Limits of the 2-Wasserstein distance to stationarity, in units of the state, at times in steps.
limits = numbers.filter(pl.col("quantity").is_in(["w2_lower_joint", "w2_upper_joint"]))
limits = limits.with_columns(pl.col("index").cast(int).alias("time"))
limits = limits.pivot("quantity", index=["case", "time"], values="value").sort("case", "time")
assert limits.height >= 2, limits
assert limits.select((pl.col("w2_lower_joint") <= pl.col("w2_upper_joint")).all()).item()
print(limits)

# The squared bias of the gradient by truncation length in steps, and its interval.
bias = numbers.filter(quantity="bias_squared").with_columns(pl.col("index").cast(int))
bias = bias.select("case", pl.col("index").alias("length"), "value", "lower", "upper")
assert bias.height >= 4, bias
shortest = bias.sort("length").group_by("case").agg(pl.col("value").first().alias("shortest"))
assert bias.join(shortest, on="case").select((pl.col("value") <= pl.col("shortest")).all()).item()
print(bias)

# The figure draws its root relative to the gradient, where it can be told from zero.
claim = next(claim for claim in claims if claim["id"] == "truncation_bias")
drawn = pl.read_csv(run / "figures" / f"{claim['figures'][0]}.csv", infer_schema_length=None)
points = drawn.filter(form="points", role="measured").select(pl.col("x").cast(int), "y")
gradient = claim["numbers"]["recurrent_gradient_squared"]["value"]
points = points.join(bias.filter(case=claim["case"]), left_on="x", right_on="length")
relative = (pl.col("value") / gradient).sqrt()
agree = points.select(((pl.col("y") / relative - 1).abs() < 1e-9).all()).item()
assert points.height >= 4 and agree, points
print(points.select("case", pl.col("x").alias("length"), pl.col("y").alias("relative bias")))
