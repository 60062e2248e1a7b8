"""The parts of the main job beside a plain JAX script, in turn on one core, medians over rounds.

    cargo build --release
    python benches/peers/main_job.py [--sizes 8,16,32,64] [--only learn,norm,pairs,moments] [--rounds 3] [--lab target/release/rtrl-lab]

learn: exact online RTRL of a tanh network, all parameters moving; JAX steps 12 seeds side by side, rtrl-lab one run after the other.
pairs: two copies of the joint chain with their derivatives on the same noise, distances of every block after every step; JAX carries 64 pairs
       side by side, rtrl-lab a population of a claim, with its choices.
moments: chains with their derivatives; JAX has |V|^2 and |V|^4 after every step, rtrl-lab |V| every tenth, as derivative_moments asks for it.
norm:  the stationary gradient at frozen parameters from 32 stretches of 405 + 1500 steps. JAX is given its noise; rtrl-lab draws it.
"""
import argparse, json, os, subprocess, time
# Before JAX starts its threads: on one core it would start one for each and be slower.
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
import jax
import jax.numpy as jnp
jax.config.update("jax_enable_x64", True)

parser = argparse.ArgumentParser()
parser.add_argument("--sizes", default="8,16,32,64")
parser.add_argument("--only", default="learn,norm,pairs,moments")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--lab", default="target/release/rtrl-lab")
parser.add_argument("--seeds", type=int, default=12)
arguments = parser.parse_args()

D = 2
PHI, TARGET, NOISE = jnp.array([[0.7, 0.1], [0.0, 0.5]]), jnp.array([0.3, -1.0]), 0.1


def draw(key, n):
    """Recurrent, input and readout weights, and both biases."""
    one, two, three = jax.random.split(key, 3)
    b = jax.random.normal(one, (n, n)) * 0.6 / n**0.5
    return b, jax.random.normal(two, (n, D)) / D**0.5, jnp.zeros(n), jax.random.normal(three, (n,)) / n**0.5, jnp.zeros(())


def learn(n):
    steps, seeds = max(4, 200_000 // n**2), arguments.seeds

    def one(theta, s, v, x, key):
        b, w, bias, c, c0 = theta
        innovation, observation = jax.random.split(key)
        y = TARGET @ x + NOISE * jax.random.normal(observation)
        z = jnp.concatenate([s, x, jnp.ones(1)])
        after = jnp.tanh(b @ s + w @ x + bias)
        slope = 1.0 - after * after
        v = ((slope[:, None] * b) @ v.reshape(n, -1)).reshape(v.shape)
        v = v.at[jnp.arange(n), jnp.arange(n), :].add(slope[:, None] * z[None, :])
        error = c @ after + c0 - y
        g = error * jnp.tensordot(c, v, 1)
        a = 1e-3
        theta = (b - a * g[:, :n], w - a * g[:, n:n + D], bias - a * g[:, n + D], c - a * error * after, c0 - a * error)
        return theta, after, v, PHI @ x + jax.random.normal(innovation, (D,))

    keys = jax.random.split(jax.random.PRNGKey(0), seeds)
    start = (jax.vmap(lambda key: draw(key, n))(keys), jnp.zeros((seeds, n)), jnp.zeros((seeds, n, n, n + D + 1)), jnp.zeros((seeds, D)))
    noise = jax.random.split(jax.random.PRNGKey(1), (steps, seeds))
    go = jax.jit(lambda: jax.lax.scan(lambda c, k: (jax.vmap(one)(*c, k), None), start, noise)[0])
    return go, steps * seeds


def norm(n):
    burn_in, steps, stretches = 405, 1500, 32
    theta = draw(jax.random.PRNGKey(2), n)
    innovations = jax.random.normal(jax.random.PRNGKey(3), (stretches, burn_in + steps, D))
    etas = NOISE * jax.random.normal(jax.random.PRNGKey(4), (stretches, burn_in + steps))

    def loss(theta, innovations, etas):
        b, w, bias, c, c0 = theta

        def step(carry, noise):
            s, x = carry
            s = jnp.tanh(b @ s + w @ x + bias)
            return (s, PHI @ x + noise[0]), 0.5 * (c @ s + c0 - TARGET @ x - noise[1]) ** 2

        return jax.lax.scan(step, (jnp.zeros(n), jnp.zeros(D)), (innovations, etas))[1][burn_in:].mean()

    go = jax.jit(lambda: jax.vmap(jax.grad(loss), (None, 0, 0))(theta, innovations, etas))
    return go, stretches * (burn_in + steps)


def influence(theta, s, x, v):
    """One step of the state and of its derivatives, N x N x (N + d + 1)."""
    b, w, bias = theta[:3]
    n = s.shape[0]
    after = jnp.tanh(b @ s + w @ x + bias)
    slope = 1.0 - after * after
    z = jnp.concatenate([s, x, jnp.ones(1)])
    v = ((slope[:, None] * b) @ v.reshape(n, -1)).reshape(v.shape)
    return after, v.at[jnp.arange(n), jnp.arange(n), :].add(slope[:, None] * z[None, :])


def joint(n, count, steps, copies, observed):
    theta = draw(jax.random.PRNGKey(5), n)
    one = jax.vmap(lambda s, x, v: influence(theta, s, x, v))

    def step(carry, noise):
        chains = []
        for s, v, x in carry:
            s, v = one(s, x, v)
            chains.append((s, v, x @ PHI.T + noise))
        return chains, observed(chains)

    def start(key):
        return jax.random.normal(key, (count, n)), jnp.zeros((count, n, n, n + D + 1)), 3 * jax.random.normal(key, (count, D))

    noise = jax.random.normal(jax.random.PRNGKey(6), (steps, count, D))
    go = jax.jit(lambda: jax.lax.scan(step, [start(jax.random.PRNGKey(7 + k)) for k in range(copies)], noise)[1])
    return go, steps * count


def square(a):
    return (a.reshape(a.shape[0], -1) ** 2).sum(1)


def pairs(n):
    apart = lambda chains: jnp.stack([square(a - b) for a, b in zip(*chains)])
    return joint(n, 64, max(3, 40_000 // n**2), 2, apart)


def moments(n):
    def observed(chains):
        q = square(chains[0][1])
        return jnp.stack([q, q * q])
    return joint(n, 128, max(3, 40_000 // n**2), 1, observed)


def of_lab(work, n):
    """Seconds a step of the median sample."""
    command = [arguments.lab, "bench", "--json", "--only", work, "--sizes", str(n), "--threads", "1"]
    row = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["rows"][0]
    return row["median_seconds"] / row["steps"] / row["chains"]


def median(values):
    return sorted(values)[len(values) // 2]


print(f"one core, jax {jax.__version__}, medians of {arguments.rounds} rounds; microseconds a step")
for n in map(int, arguments.sizes.split(",")):
    for work in arguments.only.split(","):
        go, count = {"learn": learn, "norm": norm, "pairs": pairs, "moments": moments}[work](n)
        jax.block_until_ready(go())
        theirs, ours = [], []
        for _ in range(arguments.rounds):
            start = time.process_time()
            jax.block_until_ready(go())
            theirs.append((time.process_time() - start) / count)
            ours.append(of_lab(work, n))
        jax_time, lab_time = median(theirs), median(ours)
        print(f"{work:7} N = {n:4}  jax {1e6 * jax_time:10.3f}  rtrl-lab {1e6 * lab_time:10.3f}  ratio {jax_time / lab_time:6.2f}", flush=True)
