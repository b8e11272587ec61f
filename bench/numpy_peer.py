# SPDX-License-Identifier: MIT
"""The reference's way of computing: whole-array NumPy expressions with np.roll.

The default simulation of mfn-v4.1 and its 18 features. The results equal ours, the fields bit by bit,
which the benchmarks check before they time anything."""
import math

import numpy as np

THRESHOLDS_V = (-0.060, -0.050, -0.040)
STABLE_WINDOW, STABLE_MV = 10, 0.001
FEATURES = ("D_box", "D_r2", "V_min", "V_max", "V_mean", "V_std", "V_skew", "V_kurt", "dV_mean",
            "dV_max", "T_stable", "E_trend", "f_active", "N_clusters_low", "N_clusters_med",
            "N_clusters_high", "max_cluster_size", "cluster_size_std")


def laplacian(field):
    up, down = np.roll(field, 1, axis=0), np.roll(field, -1, axis=0)
    left, right = np.roll(field, 1, axis=1), np.roll(field, -1, axis=1)
    return up + down + left + right - 4.0 * field


def draw(side, seed):
    """The generator and the three fields that a simulation begins with."""
    random = np.random.default_rng(seed)
    field = random.normal(-0.07, 0.005, size=(side, side))
    activator = random.uniform(0, 0.1, size=(side, side))
    inhibitor = random.uniform(0, 0.1, size=(side, side))
    return random, field, activator, inhibitor


def advance(random, field, activator, inhibitor):
    """One step with the default parameters; returns the new fields."""
    if random.random() < 0.25:
        i, j = random.integers(0, len(field)), random.integers(0, len(field))
        field[i, j] += random.normal(0.02, 0.005)
    field = field + 0.18 * laplacian(field)
    da = 0.1 * laplacian(activator)
    da = da + 0.01 * (activator * (1.0 - activator) - inhibitor)
    dh = 0.05 * laplacian(inhibitor)
    dh = dh + 0.02 * (activator - inhibitor)
    activator, inhibitor = activator + da, inhibitor + dh
    field[activator > 0.75] += 0.005
    activator, inhibitor = np.clip(activator, 0, 1), np.clip(inhibitor, 0, 1)
    return np.clip(field, -0.095, 0.040), activator, inhibitor


def simulate(side, steps, seed):
    """All frames, without the initial one."""
    random, *fields = draw(side, seed)
    history = np.empty((steps, side, side))
    for step in range(steps):
        fields = advance(random, *fields)
        history[step] = fields[0]
    return history


def box_dimension(binary):
    """Slope of log(boxes that hold something) over log(1 / side of a box), and its r2."""
    side = len(binary)
    largest = max(2, min(32, side // 2 if side >= 4 else side))
    points = []
    for size in np.unique(np.geomspace(2, largest, 5).astype(int)):
        boxes = side // size
        blocks = binary[:boxes * size, :boxes * size].reshape(boxes, size, boxes, size)
        count = np.count_nonzero(blocks.any(axis=(1, 3)))
        if count > 0:
            points.append((math.log(1.0 / size), math.log(count)))
    if len(points) < 2:
        return 0.0, 0.0
    x, y = np.array(points).T
    fit = np.polyfit(x, y, 1)
    total = np.sum((y - y.mean()) ** 2)
    r2 = 1.0 - np.sum((y - np.polyval(fit, x)) ** 2) / total if total > 0 else 0.0
    return fit[0], min(max(r2, 0.0), 1.0)


def cluster_sizes(binary):
    """Sizes of the areas that hang together by their edges."""
    left, sizes = set(map(tuple, np.argwhere(binary))), []
    while left:
        stack, size = [left.pop()], 0
        while stack:
            i, j = stack.pop()
            size += 1
            for near in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)):
                if near in left:
                    left.remove(near)
                    stack.append(near)
        sizes.append(size)
    return sizes


def temporal(history_mv):
    frames = len(history_mv)
    if frames < 2:
        return 0.0, 0.0, 0, 0.0
    changes = np.abs(np.diff(history_mv, axis=0))
    stable = frames
    for last in range(STABLE_WINDOW - 1, frames - 1):
        if np.std(changes[last - STABLE_WINDOW + 1:last + 1]) < STABLE_MV:
            stable = last - STABLE_WINDOW + 2
            break
    energy = np.sum(history_mv ** 2, axis=(1, 2))
    return np.mean(changes), np.max(changes), stable, np.polyfit(np.arange(frames), energy, 1)[0]


def features(history):
    """{name: value} in the order of FEATURES."""
    last = history[-1]
    field_mv = last * 1000.0
    mean, std = np.mean(field_mv), np.std(field_mv)
    skew = kurt = 0.0
    if std > 1e-10:
        skew = np.mean((field_mv - mean) ** 3) / std ** 3
        kurt = np.mean((field_mv - mean) ** 4) / std ** 4 - 3.0
    low, medium, high = (cluster_sizes(last > threshold) for threshold in THRESHOLDS_V)
    active = last > THRESHOLDS_V[0]
    values = [*box_dimension(active), np.min(field_mv), np.max(field_mv), mean, std, skew, kurt,
              *temporal(history * 1000.0), np.count_nonzero(active) / last.size,
              len(low), len(medium), len(high), max(low, default=0),
              np.std(low) if len(low) > 1 else 0.0]
    return dict(zip(FEATURES, map(float, values)))
