"""What scipy says to the cases that statistics-equal-scipy.test.ts makes again from the same seeds: makes scipy.json.gz beside it.

Made with Python 3.11.7, numpy 2.4.4, scipy 1.17.1 (the file names its versions):
    python -m venv VENV && VENV/bin/pip install numpy==2.4.4 scipy==1.17.1 && VENV/bin/python record.py

Cases are made by mulberry32 and by operations that IEEE 754 fixes to the bit (+ - * / sqrt floor), so that both sides see the same data.
"""

import gzip
import json
import math
import platform
import warnings
from pathlib import Path

import numpy as np
import scipy
from scipy import stats
from scipy.spatial.distance import jensenshannon

SAMPLES, HISTOGRAMS, KOLMOGOROV, CHI_SQUARE = 5000, 4000, 2500, 1500
POWERS = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]


class Random:
    """mulberry32, many at a time: its state is a counter."""

    def __init__(self, seed):
        self.state = seed % 2**32

    def __call__(self):
        return float(self.many(1)[0])

    def many(self, count):
        steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x6D2B79F5)
        t = ((steps + np.uint64(self.state)) & np.uint64(0xFFFFFFFF)).astype(np.uint32)
        self.state = (self.state + count * 0x6D2B79F5) % 2**32
        t = (t ^ (t >> np.uint32(15))) * (t | np.uint32(1))
        t = t ^ (t + (t ^ (t >> np.uint32(7))) * (t | np.uint32(61)))
        return (t ^ (t >> np.uint32(14))) / 2.0**32


def size(random):
    kind, u = random(), random()
    if kind < 0.7:
        return 1 + math.floor(u * 200)
    if kind < 0.95:
        return 1 + math.floor(u * 1000)
    if kind < 0.985:
        return 1 + math.floor(u * 4000)
    return 10_001 + math.floor(u * 30_000)


def sizes(index, random):
    """The first cases are the edges."""
    edges = [(1, 1), (1, 2), (2, 2), (10_000, 10_000), (9999, 10_000), (10_001, 3), (300_000, 200_000), (1, 10_000)]
    drawn = size(random), size(random)
    return edges[index] if index < len(edges) else drawn


def values(random, count, kind, shift, scale):
    u = random.many(3 * count)
    a, b, c = u[0::3], u[1::3], u[2::3]
    if kind < 0.4:
        return (a + b - c) * scale + shift
    if kind < 0.7:  # ties
        return np.floor((a + b) * scale * 10 + shift * 4)
    if kind < 0.8:  # skew
        return a * a * a * a * scale * 1e6 + shift
    if kind < 0.9:  # disjoint, where shifted
        return a + (10 if shift > 0 else 0)
    return np.zeros(count) + (7 if shift < 0.3 else 8)  # constant


def sample_pair(index):
    random = Random(index * 7919 + 1)
    n, m = sizes(index, random)
    kind, u, v, w, x = random(), random(), random(), random(), random()
    shift = 0 if u < 0.4 else v * 0.5
    scale = 1 if w < 0.7 else 0.5 + x
    return values(random, n, kind, 0, 1), values(random, m, kind, shift, scale)


def histogram_pair(index):
    random = Random(index * 7919 + 2)
    bins = 1 + math.floor(random() * 40)
    high = POWERS[math.floor(random() * 7)]
    other = POWERS[math.floor(random() * 7)]
    related = random() < 0.5
    zeros = random() * 0.5
    baseline, current = [], []
    for _ in range(bins):
        u, v, w, x = random(), random(), random(), random()
        baseline.append(0 if w < zeros else math.floor(u * u * high * 10))
        current.append(0 if x < zeros else math.floor((u * u if related else v * v) * other * (9 + v)))
    return np.array(baseline, dtype=float), np.array(current, dtype=float)


def kolmogorov_point(index):
    random = Random(index * 7919 + 3)
    n = 1 + math.floor(random() * POWERS[1 + math.floor(random() * 6)])
    kind, u = random(), random()
    if kind < 0.6:
        return n, (0.2 + u * 3) / math.sqrt(n)
    if kind < 0.8:
        return n, (u * 18) / math.sqrt(n)
    if kind < 0.9:
        return n, (0.4 + u * 1.2) / n
    return n, u


def chi_square_point(index):
    random = Random(index * 7919 + 4)
    df = 1 + math.floor(random() * POWERS[1 + math.floor(random() * 4)])
    u, v = random(), random()
    return df, df * u * u * (4 if v < 0.7 else 60)


def number(value):
    return None if math.isnan(value) else float(value)


def of_samples(index):
    baseline, current = sample_pair(index)
    ks = stats.ks_2samp(baseline, current)
    return [number(ks.statistic), number(ks.pvalue), number(stats.wasserstein_distance(baseline, current))]


def of_histograms(index):
    baseline, current = histogram_pair(index)
    with np.errstate(all="ignore"):
        p, q = baseline / baseline.sum(), current / current.sum()
        met = baseline + current > 0
        if baseline.sum() == 0 or current.sum() == 0:
            chi, chi_p = math.nan, math.nan
        else:
            chi, chi_p, _, _ = stats.chi2_contingency(np.array([baseline[met], current[met]]))
        hellinger = np.sqrt(np.sum((np.sqrt(p) - np.sqrt(q)) ** 2) / 2)
        a, b = (baseline + 0.5)[met], (current + 0.5)[met]
        empty = baseline.sum() == 0 or current.sum() == 0
        a, b = a / a.sum(), b / b.sum()
        psi = math.nan if empty else np.sum((b - a) * np.log(b / a))
        return [number(x) for x in (chi, chi_p, jensenshannon(baseline, current), jensenshannon(baseline, current, 2),
                                    hellinger, np.sum(np.abs(p - q)) / 2, np.max(np.abs(p - q)), psi)]


def main():
    warnings.simplefilter("ignore")
    recorded = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "samples": [of_samples(i) for i in range(SAMPLES)],
        "histograms": [of_histograms(i) for i in range(HISTOGRAMS)],
        "kolmogorov": [float(stats.kstwo.sf(d, n)) for n, d in map(kolmogorov_point, range(KOLMOGOROV))],
        "chiSquare": [float(stats.chi2.sf(x, df)) for df, x in map(chi_square_point, range(CHI_SQUARE))],
    }
    text = json.dumps(recorded, separators=(",", ":")).encode()
    with gzip.GzipFile(Path(__file__).with_name("scipy.json.gz"), "wb", mtime=0) as file:
        file.write(text)


if __name__ == "__main__":
    main()
