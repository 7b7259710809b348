"""Trains the classifiers of the real-server test on 30,000 card holders and writes them where the servers read them.

usage: train.py CSV OUT REPORT

OUT/joblib/<name>.joblib   what MLServer's scikit-learn runtime loads
OUT/mlflow/<name>/         the same estimator in MLflow's format: MLServer's MLflow runtime and `mlflow models serve`
REPORT                     JSON: features, rows, and per name the area under the ROC curve on held-out rows

Everything is seeded: the same file gives the same models.
"""

import json
import sys
import warnings
from pathlib import Path

import joblib
import mlflow.sklearn
import pandas
from mlflow.models import infer_signature
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

UNIT = "ID"
OUTCOME = "default.payment.next.month"
SEED = 20050930

# Small on purpose: a call of one row should cost a model server little, and a checkout should train in seconds.
ESTIMATORS = {
    "logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=500, random_state=SEED)),
    "boosted": HistGradientBoostingClassifier(max_iter=60, max_leaf_nodes=15, random_state=SEED),
    # The champion once more, trained as if both outcomes were equally frequent: what a replay tells from it.
    "retrained": make_pipeline(
        StandardScaler(), LogisticRegression(max_iter=500, class_weight="balanced", random_state=SEED)
    ),
    "forest": RandomForestClassifier(n_estimators=20, max_depth=8, min_samples_leaf=25, random_state=SEED, n_jobs=1),
}


def main(csv: str, out: Path, report_file: Path) -> None:
    rows = pandas.read_csv(csv)
    features = rows.drop(columns=[UNIT, OUTCOME])
    outcome = rows[OUTCOME]
    train, held_out, train_outcome, held_out_outcome = train_test_split(
        features, outcome, test_size=0.3, stratify=outcome, random_state=SEED
    )
    (out / "joblib").mkdir(parents=True, exist_ok=True)
    report = {"features": list(features.columns), "rows": len(rows), "heldOutAuc": {}}
    for name, estimator in ESTIMATORS.items():
        estimator.fit(train, train_outcome)
        probability = estimator.predict_proba(held_out)
        report["heldOutAuc"][name] = round(float(roc_auc_score(held_out_outcome, probability[:, 1])), 4)
        joblib.dump(estimator, out / "joblib" / f"{name}.joblib", compress=3)
        mlflow.sklearn.save_model(
            estimator,
            str(out / "mlflow" / name),
            serialization_format="cloudpickle",  # these files are written and read by this test alone
            signature=infer_signature(held_out, probability),
            pip_requirements=[],
            pyfunc_predict_fn="predict_proba",
        )
    report_file.write_text(json.dumps(report))


if __name__ == "__main__":
    warnings.filterwarnings("ignore", message=".*integer column.*")
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
