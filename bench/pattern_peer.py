# SPDX-License-Identifier: MIT
"""The models of two species in NumPy, as one writes them there. The results equal ours bit by bit."""
import numpy as np

NOISE = 0.01


def laplacian(x):
    return (np.roll(x, 1, 0) + np.roll(x, -1, 0) + np.roll(x, 1, 1) + np.roll(x, -1, 1)) - 4.0 * x


def gray_scott(u, v, feed=0.0545, kill=0.062):
    turnover = (u * v) * v
    return feed * (1.0 - u) - turnover, turnover - (feed + kill) * v


def gierer_meinhardt(u, v, decay_v=1.5):
    made = 1.0 * (u * u)
    return (made / v - 1.0 * u) + 0.0, made - decay_v * v


def schnakenberg(u, v):
    turnover = (u * u) * v
    return (0.1 - u) + turnover, 0.9 - turnover


def fitzhugh_nagumo(u, v):
    return (u - (u * u) * u) - v, 4.0 * ((u - 0.5 * v) - 0.0)


def logistic_inhibitor(u, v):
    return 1.5 * (u * (1.0 - u)) - v, 1.0 * (u - v)


# Reaction, D_u, D_v, time step, uniform state (None: patches), what is shown and from where to where.
MODELS = {
    "gray-scott": (gray_scott, 0.2, 0.1, 1.0, None, 1, 0.0, 0.4),
    "gierer-meinhardt": (gierer_meinhardt, 0.8, 20.0, 0.012, (1.5, 1.5), 0, 0.0, 6.0),
    "schnakenberg": (schnakenberg, 1.0, 30.0, 0.008, (1.0, 0.9), 0, 0.0, 4.0),
    "fitzhugh-nagumo": (fitzhugh_nagumo, 0.6, 9.0, 0.025, (0.0, 0.0), 0, -1.0, 1.0),
    "logistic-inhibitor": (logistic_inhibitor, 0.4, 12.0, 0.02, (1.0 - 1.0 / 1.5,) * 2, 0, 0.0, 1.0),
}


def patches(random, side):
    u, v = np.ones((side, side)), np.zeros((side, side))
    size = min(side // 4, 10)
    for _ in range(side * side // 4096 + 1):
        top, left = random.integers(0, side), random.integers(0, side)
        rows, columns = (top + np.arange(size)) % side, (left + np.arange(size)) % side
        u[np.ix_(rows, columns)], v[np.ix_(rows, columns)] = 0.5, 0.25
    return u, v


def draw(model, side, seed):
    random = np.random.default_rng(seed)
    state = MODELS[model][4]
    u, v = patches(random, side) if state is None else (np.full((side, side), x) for x in state)
    noise = NOISE * (2.0 * random.random((side, side, 2)) - 1.0)
    return u + noise[..., 0], v + noise[..., 1] * (v if state is None else 1.0)


def advance(model, u, v):
    reaction, diffusion_u, diffusion_v, time_step = MODELS[model][:4]
    f, g = reaction(u, v)
    u, v = (u + time_step * (diffusion_u * laplacian(u) + f),
            v + time_step * (diffusion_v * laplacian(v) + g))
    if model == "logistic-inhibitor":
        u, v = np.clip(u, 0.0, 1.0), np.clip(v, 0.0, 1.0)
    return u, v


def shown(model, u, v):
    """As a potential in volts."""
    which, low, high = MODELS[model][5:]
    return np.clip(-0.095 + 0.135 / (high - low) * ((u, v)[which] - low), -0.095, 0.040)


def simulate(model, side, steps, seed):
    u, v = draw(model, side, seed)
    for _ in range(steps):
        u, v = advance(model, u, v)
    return shown(model, u, v)
