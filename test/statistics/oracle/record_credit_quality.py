"""What scikit-learn says of a fixed score over the 30,000 card holders of credit-default.csv: makes credit-quality.json beside it.

Made with Python 3.11.7 and scikit-learn 1.9.1 (the file names the version):
    python record_credit_quality.py PATH/credit-default.csv
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import metrics

rows = pd.read_csv(sys.argv[1])
labels = rows["default.payment.next.month"].to_numpy()
# Of operations that IEEE 754 fixes to the bit, so that both sides have the same ties.
z = (0.6 * rows["PAY_0"] + 0.15 * rows["PAY_2"] - 2e-6 * rows["LIMIT_BAL"] - 1.5).to_numpy()
scores = 0.5 + 0.5 * (z / (1 + np.abs(z)))


def figures(part):
    truth, score = labels[part], scores[part]
    predicted = (score >= 0.4).astype(int)
    return {
        "accuracy": metrics.accuracy_score(truth, predicted),
        "precision": metrics.precision_score(truth, predicted),
        "recall": metrics.recall_score(truth, predicted),
        "auc": metrics.roc_auc_score(truth, score),
        "logLoss": metrics.log_loss(truth, score),
        "brier": metrics.brier_score_loss(truth, score),
    }


record = {
    "sklearn": version("scikit-learn"),
    "all": figures(slice(None)),
    "days": [figures(slice(from_, from_ + 3000)) for from_ in range(0, 30_000, 3000)],
}
Path(__file__).with_name("credit-quality.json").write_text(json.dumps(record, indent=1) + "\n")
