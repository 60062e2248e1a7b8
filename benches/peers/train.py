"""What `rtrl-lab train` waits for, as a user would write it today: JAX, float64, lax.scan and vmap, one thread.

Works, on a network of N units (d = 2, one output, squared loss) that learns by plain SGD from streams of a VAR(1) of two coordinates:
  snap      SnAp-1 of a tanh Elman cell: each unit carries the derivatives by its own weights
  tbptt     block TBPTT(25) of a tanh Elman cell: 25 steps forward, reverse mode back, one update
  tbptt-gru the same of a gated recurrent unit, by PyTorch's equations

Prints microseconds of a step of all lanes, the best of three runs after compilation. With `--ours PATH`, a built rtrl-lab, the same
works by `train --time` in turn, run by run.

usage: taskset -c 0 python train.py [--sizes 16,32,64] [--lanes 1,8] [--only snap,tbptt,tbptt-gru] [--ours PATH]
"""
import argparse, json, os, subprocess, tempfile, time
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
import jax, jax.numpy as jnp
jax.config.update("jax_enable_x64", True)

D, RATE, LENGTH = 2, 1e-3, 25
PHI, TARGET, NOISE = jnp.array([[0.7, 0.1], [0.0, 0.5]]), jnp.array([0.3, -1.0]), 0.1


def elman(key, n):
    k = jax.random.split(key, 3)
    cell = {"b": jax.random.normal(k[0], (n, n)) * 0.4 / n**0.5, "w": jax.random.normal(k[1], (n, D)) / D**0.5, "a": jnp.zeros(n)}
    return cell, {"c": jax.random.normal(k[2], (n,)) / n**0.5, "o": jnp.zeros(())}


def gru(key, n):
    k = jax.random.split(key, 3)
    cell = {"b": jax.random.normal(k[0], (3 * n, n)) * 0.4 / n**0.5, "w": jax.random.normal(k[1], (3 * n, D)) / D**0.5,
            "a": jnp.zeros(3 * n), "bn": jnp.zeros(n)}
    return cell, {"c": jax.random.normal(k[2], (n,)) / n**0.5, "o": jnp.zeros(())}


def elman_step(p, h, x):
    return jnp.tanh(h @ p["b"].T + x @ p["w"].T + p["a"])


def gru_step(p, h, x):
    n = h.shape[-1]
    own, given = h @ p["b"].T, x @ p["w"].T + p["a"]
    r, z = jax.nn.sigmoid(own[..., :n] + given[..., :n]), jax.nn.sigmoid(own[..., n:2 * n] + given[..., n:2 * n])
    new = jnp.tanh(given[..., 2 * n:] + r * (own[..., 2 * n:] + p["bn"]))
    return (1 - z) * new + z * h


def streams(key, steps, lanes):
    k1, k2 = jax.random.split(key)
    return jax.random.normal(k1, (steps, lanes, D)), NOISE * jax.random.normal(k2, (steps, lanes))


def descend(p, g):
    return jax.tree_util.tree_map(lambda a, b: a - RATE * b, p, g)


def snap(n, lanes, steps):
    key = jax.random.PRNGKey(0)
    def step(carry, noise):
        cell, out, h, v, x = carry
        x = x @ PHI.T + noise[0]
        y = x @ TARGET + noise[1]
        z = jnp.concatenate([h, x, jnp.ones((lanes, 1))], 1)
        h = elman_step(cell, h, x)
        slope = 1 - h * h
        v = (slope * jnp.diag(cell["b"]))[:, :, None] * v + slope[:, :, None] * z[:, None, :]
        e = (h @ out["c"] + out["o"] - y) / lanes
        g = jnp.einsum("l,i,lij->ij", e, out["c"], v)
        cell = descend(cell, {"b": g[:, :n], "w": g[:, n:n + D], "a": g[:, n + D]})
        return (cell, descend(out, {"c": e @ h, "o": e.sum()}), h, v, x), None
    cell, out = elman(key, n)
    start = (cell, out, jnp.zeros((lanes, n)), jnp.zeros((lanes, n, n + D + 1)), jnp.zeros((lanes, D)))
    run = jax.jit(lambda noise: jax.lax.scan(step, start, noise)[0])
    noise = streams(key, steps, lanes)
    return lambda: run(noise)


def tbptt(n, lanes, steps, parameters=elman, cell_step=elman_step):
    key = jax.random.PRNGKey(0)
    def block(carry, noise):
        p, h, x = carry
        def loss(p):
            def step(c, u):
                h, x, total = c
                x = x @ PHI.T + u[0]
                h = cell_step(p[0], h, x)
                return (h, x, total + 0.5 * ((h @ p[1]["c"] + p[1]["o"] - x @ TARGET - u[1]) ** 2).mean()), None
            (last, x2, total), _ = jax.lax.scan(step, (h, x, 0.0), noise)
            return total / LENGTH, (last, x2)
        g, (h, x) = jax.grad(loss, has_aux=True)(p)
        return (descend(p, g), h, x), None
    start = (parameters(key, n), jnp.zeros((lanes, n)), jnp.zeros((lanes, D)))
    run = jax.jit(lambda noise: jax.lax.scan(block, start, noise)[0])
    blocks = steps // LENGTH
    normals, eta = streams(key, blocks * LENGTH, lanes)
    noise = (normals.reshape(blocks, LENGTH, lanes, D), eta.reshape(blocks, LENGTH, lanes))
    return lambda: run(noise)


WORKS = {"snap": (snap, "elman", "snap(1)"), "tbptt": (tbptt, "elman", "block-tbptt(25)"),
         "tbptt-gru": (lambda n, lanes, steps: tbptt(n, lanes, steps, gru, gru_step), "gru", "block-tbptt(25)")}

STUDY = """[study]
name = "peer"
seed = 1
[data]
kind = "var"
transition = [[0.7, 0.1], [0.0, 0.5]]
target = [0.3, -1.0]
target_noise = 0.1
[network]
cell = "{cell}"
hidden = {n}
[learning]
schedule = {{ kind = "constant", initial = 0.001 }}
steps = {steps}
projection = 0
[compare]
methods = ["{method}"]
lanes = {lanes}
"""


def ours(path, cell, method, n, lanes, steps):
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(STUDY.format(cell=cell, method=method, n=n, lanes=lanes, steps=steps))
        file.flush()
        told = subprocess.run([path, "train", file.name, "--time", "--json"], check=True, capture_output=True, text=True)
    return json.loads(told.stdout)[0]["microseconds_a_step"]


def main():
    given = argparse.ArgumentParser()
    given.add_argument("--sizes", default="16,32,64")
    given.add_argument("--lanes", default="1,8")
    given.add_argument("--only", default=",".join(WORKS))
    given.add_argument("--ours")
    given = given.parse_args()
    print(f"{'work':10} {'N':>4} {'lanes':>5} {'JAX µs':>9}" + (f" {'ours µs':>9} {'ratio':>6}" if given.ours else ""))
    for work in given.only.split(","):
        build, cell, method = WORKS[work]
        for n in map(int, given.sizes.split(",")):
            for lanes in map(int, given.lanes.split(",")):
                steps = max(2000, 4_000_000 // (n * (n + 16) * lanes) * LENGTH // LENGTH)
                run = build(n, lanes, steps)
                jax.block_until_ready(run())
                theirs, own = [], []
                for _ in range(3):
                    begun = time.perf_counter()
                    jax.block_until_ready(run())
                    theirs.append(1e6 * (time.perf_counter() - begun) / steps)
                    if given.ours:
                        own.append(ours(given.ours, cell, method, n, lanes, steps))
                line = f"{work:10} {n:4} {lanes:5} {min(theirs):9.2f}"
                if own:
                    line += f" {min(own):9.2f} {min(theirs) / min(own):6.2f}"
                print(line, flush=True)


main()
