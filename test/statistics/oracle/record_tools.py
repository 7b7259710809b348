"""What other drift tools say to the cases that conventions-equal-their-tools.test.ts makes again: makes TOOL.json beside it.

Each in a venv of its own, since they pin different versions (the files name them). Made with Python 3.11.7 and:
    pip install evidently==0.7.23 pandas==2.3.3 && python record_tools.py evidently
    pip install nannyml==0.13.1 statsmodels && python record_tools.py nannyml
    pip install tensorflow-data-validation==1.16.1 && python record_tools.py tfdv
"""

import json
import math
import platform
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from record import Random, sample_pair

NUMERIC, CATEGORICAL = 240, 120


def numeric_pairs():
    """Sample pairs of at least three rows each, at most 4000."""
    pairs, index = [], 100
    while len(pairs) < NUMERIC:
        baseline, current = sample_pair(index)
        if 3 <= len(baseline) <= 4000 and 3 <= len(current) <= 4000:
            pairs.append((index, baseline, current))
        index += 1
    return pairs


def categorical_pair(index):
    random = Random(index * 7919 + 5)
    n, m = 20 + math.floor(random() * 500), 20 + math.floor(random() * 500)
    of, other = 2 + math.floor(random() * 12), 2 + math.floor(random() * 12)
    draw = lambda count, kinds: ["c%d" % math.floor(u * u * kinds) for u in random.many(count)]
    return draw(n, of), draw(m, other)


def evidently():
    from evidently.legacy.calculations.stattests import jensenshannon_stat_test, psi_stat_test
    from evidently.legacy.core import ColumnType

    def of(baseline, current, kind):
        a, b = pd.Series(baseline), pd.Series(current)
        return [float(test(a, b, kind, None).drift_score) for test in (psi_stat_test, jensenshannon_stat_test)]

    return (
        lambda a, b: of(a, b, ColumnType.Numerical),
        lambda a, b: of(a, b, ColumnType.Categorical),
    )


def nannyml():
    from nannyml.chunk import SizeBasedChunker
    from nannyml.drift.univariate import methods
    from nannyml.thresholds import ConstantThreshold

    def of(kind, a, b):
        # Without fit, which would go on to work out thresholds from chunks.
        method = kind(chunker=SizeBasedChunker(100), threshold=ConstantThreshold())
        method._fit(a)
        return [float(method.calculate(b))]

    return (
        lambda a, b: of(methods.ContinuousJensenShannonDistance, pd.Series(a), pd.Series(b)),
        lambda a, b: of(
            methods.CategoricalJensenShannonDistance, pd.Series(a, dtype="object"), pd.Series(b, dtype="object")
        ),
    )


def tfdv():
    import tensorflow_data_validation as tfdv
    from tensorflow_metadata.proto.v0 import schema_pb2

    def measured(a, b, comparators):
        # Exact histograms: the sketch behind them keeps so few rows whole.
        options = tfdv.StatsOptions(num_histogram_buckets=10, num_values_histogram_buckets=10)
        statistics = [tfdv.generate_statistics_from_dataframe(pd.DataFrame({"x": each}), options, 1) for each in (a, b)]
        schema = tfdv.infer_schema(statistics[0])
        for name in comparators:
            getattr(tfdv.get_feature(schema, "x").drift_comparator, name).threshold = 0
        found = tfdv.validate_statistics(statistics[1], schema, previous_statistics=statistics[0])
        by_type = {}
        for info in found.drift_skew_info:
            for measurement in info.drift_measurements:
                by_type[measurement.type] = measurement.value
        return [by_type.get(kind, math.nan) for kind in (2, 1)][: len(comparators)]

    return (
        lambda a, b: measured(a, b, ["jensen_shannon_divergence"]),
        lambda a, b: measured(a, b, ["jensen_shannon_divergence", "infinity_norm"]),
    )


def number(value):
    return None if math.isnan(value) or math.isinf(value) else value


def main(tool):
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    of_numbers, of_categories = {"evidently": evidently, "nannyml": nannyml, "tfdv": tfdv}[tool]()
    package = {"tfdv": "tensorflow-data-validation"}.get(tool, tool)
    recorded = {
        "tool": f"{package} {version(package)}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "pandas": pd.__version__,
        "numeric": [[index, *map(number, of_numbers(a, b))] for index, a, b in numeric_pairs()],
        "categorical": [list(map(number, of_categories(*categorical_pair(i)))) for i in range(CATEGORICAL)],
    }
    Path(__file__).with_name(f"{tool}.json").write_text(json.dumps(recorded, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
