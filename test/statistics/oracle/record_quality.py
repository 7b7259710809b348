"""What scikit-learn and NannyML say to the cases that quality-equals-scikit-learn-and-nannyml.test.ts makes again: quality.json.gz.

Made with Python 3.11.7 and (the file names the versions):
    python -m venv VENV && VENV/bin/pip install nannyml==0.13.1 scikit-learn==1.9.1 statsmodels && VENV/bin/python record_quality.py

A case is drawn from a seed by mulberry32 and by operations that IEEE 754 fixes to the bit, as in record.py.
"""

import gzip
import json
import math
import platform
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
from nannyml.performance_estimation.confidence_based.metrics import (
    estimate_accuracy,
    estimate_precision,
    estimate_recall,
    estimate_roc_auc,
)
from record import Random
from scipy import special
from sklearn import metrics
from sklearn.isotonic import IsotonicRegression

CASES, BETAS = 600, 400


def case(index):
    """Scores, labels and a threshold; sizes from 1, with ties, constants, single classes, zeros and ones."""
    random = Random(50_000 + index)
    n = 1 + math.floor(random() * (5 if index % 10 == 0 else 300 if index % 3 else 3000))
    kind, tilt, threshold = random(), random(), random()
    scores, labels = np.empty(n), np.empty(n)
    draws = random.many(3 * n)
    for i in range(n):
        a, b, c = draws[3 * i : 3 * i + 3]
        if kind < 0.5:
            scores[i] = a
        elif kind < 0.75:
            scores[i] = math.floor(a * 11) / 10 if a * 11 < 11 else 1.0
        elif kind < 0.9:
            scores[i] = a * a * b
        else:
            scores[i] = 0.25
        labels[i] = 1.0 if c < (scores[i] + tilt) / 2 else 0.0
    if kind < 0.04:
        labels[:] = 1.0
    return scores, labels, threshold


def plain(value):
    return None if value is None or not np.isfinite(value) else float(value)


def binary(scores, labels, threshold):
    predicted = (scores >= threshold).astype(float)
    both = 0 < labels.sum() < len(labels)
    edges = np.linspace(0.0, 1.0, 11)
    bins = np.searchsorted(edges[1:-1], scores)
    ece = sum(
        abs(labels[bins == b].mean() - scores[bins == b].mean()) * (bins == b).mean() for b in range(10) if (bins == b).any()
    )
    return [
        metrics.accuracy_score(labels, predicted),
        metrics.precision_score(labels, predicted, zero_division=np.nan),
        metrics.recall_score(labels, predicted, zero_division=np.nan),
        metrics.roc_auc_score(labels, scores) if both else None,
        metrics.log_loss(labels, scores, labels=[0.0, 1.0]),
        metrics.brier_score_loss(labels, scores),
        ece,
    ]


def estimated(scores, labels, threshold):
    """Calibrated on the first half, estimated on the second; NannyML rounds the points of its curve to five digits."""
    half = len(scores) // 2
    if half < 2:
        return None
    isotonic = IsotonicRegression(out_of_bounds="clip", increasing=True).fit(scores[:half], labels[:half])
    rest = scores[half:]
    p = isotonic.predict(rest)
    predicted = (rest >= threshold).astype(int)
    positives, negatives = p.sum(), (1 - p).sum()
    return [
        estimate_accuracy(predicted, p),
        estimate_precision(predicted, p) if predicted.any() else None,
        estimate_recall(predicted, p) if positives > 1e-3 else None,
        estimate_roc_auc(p, rest) if min(positives, negatives) > 1e-3 else None,
    ]


def classes(scores, labels):
    """Three classes, and errors of numbers, from the same draws."""
    predicted = np.floor(scores * 3).clip(0, 2)
    actual = np.where(labels > 0, np.floor(scores * 5) % 3, 1.0)
    return [
        metrics.accuracy_score(actual, predicted),
        metrics.precision_score(actual, predicted, average="macro", zero_division=0),
        metrics.recall_score(actual, predicted, average="macro", zero_division=0),
        metrics.mean_absolute_error(labels * 3, scores * 10),
        metrics.root_mean_squared_error(labels * 3, scores * 10),
    ]


def beta(index):
    random = Random(90_000 + index)
    a, b = 0.5 + random() * 10.0 ** math.floor(random() * 7), 0.5 + random() * 10.0 ** math.floor(random() * 7)
    return float(special.betaln(a, b)), float(special.gammaln(a))


def main():
    warnings.simplefilter("ignore")
    record = {
        "python": platform.python_version(),
        "sklearn": version("scikit-learn"),
        "nannyml": version("nannyml"),
        "scipy": version("scipy"),
        "numpy": np.__version__,
        "binary": [],
        "estimated": [],
        "classes": [],
        "beta": [beta(index) for index in range(BETAS)],
    }
    for index in range(CASES):
        scores, labels, threshold = case(index)
        record["binary"].append([plain(value) for value in binary(scores, labels, threshold)])
        figures = estimated(scores, labels, threshold)
        record["estimated"].append(None if figures is None else [plain(value) for value in figures])
        record["classes"].append([plain(value) for value in classes(scores, labels)])
    text = json.dumps(record).encode()
    Path(__file__).with_name("quality.json.gz").write_bytes(gzip.compress(text, 9, mtime=0))


main()
