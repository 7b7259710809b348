"""Says for some rows whether two estimators name different classes, as JSON: {"flips": n, "mean": d, "max": d}, the differences those
of the probability of the second class. Usage: CSV ESTIMATOR ESTIMATOR, row numbers as JSON on the standard input.
"""

import json
import sys

import joblib
import pandas

csv, one, other = sys.argv[1:]
rows = pandas.read_csv(csv).drop(columns=["ID", "default.payment.next.month"]).iloc[json.load(sys.stdin)]
before, after = (joblib.load(path).predict_proba(rows)[:, 1] for path in (one, other))
difference = abs(before - after)
print(
    json.dumps(
        {
            "flips": int(((before > 0.5) != (after > 0.5)).sum()),
            "mean": float(difference.mean()),
            "max": float(difference.max()),
        }
    )
)
