"""What other drift tools say to the cases that conventions-equal-their-tools.test.ts makes again: makes TOOL.json beside it.

Each in a venv of its own, since they pin different versions (the files name them). Made with Python 3.11.7 and:
    pip install evidently==0.7.23 pandas==2.3.3 && python record_tools.py evidently
    pip install nannyml==0.13.1 statsmodels && python record_tools.py nannyml
    pip install protobuf==4.25.8 numpy==1.26.4 pandas==1.5.3 scipy==1.15.3 &&
      pip install --no-deps tensorflow-data-validation==1.16.1 tensorflow-metadata==1.16.1 && python record_tools.py tfdv
    mvn dependency:get -Dartifact=com.amazon.deequ:deequ:2.0.7-spark-3.5 -Dtransitive=false, org.scala-lang:scala-library:2.12.18
      likewise; Java 17; DEEQU_CLASSPATH=both jars python record_tools.py deequ (in any of the venvs)
"""

import json
import math
import os
import platform
import subprocess
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from record import Random, sample_pair

NUMERIC, CATEGORICAL, BINS = 240, 120, 60
DEEQU = "2.0.7-spark-3.5"


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


def tfdv_comparison():
    """TFDV's own comparison (its compiled extension) of statistics made here: exact histograms, where it would sketch them.

    Returns a function of two feature statistics and the comparators to read. Its Python package is not imported, since that
    needs TensorFlow and Beam.
    """
    import importlib.util
    from importlib.metadata import files

    from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

    name = "tensorflow_data_validation_extension"
    path = next(f for f in files("tensorflow-data-validation") if f.name == f"{name}.so").locate()
    spec = importlib.util.spec_from_file_location(name, path)
    extension = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(extension)

    def statistics(feature, rows):
        made = statistics_pb2.DatasetFeatureStatistics(num_examples=rows, features=[feature])
        return made.SerializeToString()

    def compare(baseline, current, rows, comparators):
        kind = schema_pb2.BYTES if baseline.HasField("string_stats") else schema_pb2.FLOAT
        feature = schema_pb2.Feature(name="x", type=kind)
        for comparator in comparators:
            getattr(feature.drift_comparator, comparator).threshold = 0
        schema = schema_pb2.Schema(feature=[feature]).SerializeToString()
        before, now = statistics(baseline, rows[0]), statistics(current, rows[1])
        answer = extension.validation.ValidateFeatureStatistics(now, schema, b"", before, b"", b"", b"", b"", False)
        found = anomalies_pb2.Anomalies.FromString(answer)
        measured = [m for info in found.drift_skew_info for m in info.drift_measurements]
        kinds = {"infinity_norm": 1, "jensen_shannon_divergence": 2}
        return [next((m.value for m in measured if m.type == kinds[c]), math.nan) for c in comparators]

    return compare, statistics_pb2


def tfdv():
    compare, pb = tfdv_comparison()

    def numeric_feature(buckets, rows, nan=0):
        histogram = pb.Histogram(type=pb.Histogram.STANDARD, num_nan=nan)
        for low, high, count in buckets:
            histogram.buckets.add(low_value=low, high_value=high, sample_count=count)
        common = pb.CommonStatistics(num_non_missing=rows, min_num_values=1, max_num_values=1, avg_num_values=1)
        stats = pb.NumericStatistics(common_stats=common, histograms=[histogram])
        return pb.FeatureNameStatistics(path={"step": ["x"]}, type=pb.FeatureNameStatistics.FLOAT, num_stats=stats)

    def standard(values):
        low, high = float(values.min()), float(values.max())
        if low == high:
            return [(low, high, len(values))]
        counts, edges = np.histogram(values, np.linspace(low, high, 11))
        return list(zip(edges[:-1], edges[1:], counts))

    def of_numbers(a, b):
        features = numeric_feature(standard(a), len(a)), numeric_feature(standard(b), len(b))
        return compare(*features, (len(a), len(b)), ["jensen_shannon_divergence"])

    def categories(values):
        ranked = pb.RankHistogram()
        for name, count in pd.Series(values).value_counts().items():
            ranked.buckets.add(label=name, sample_count=count)
        common = pb.CommonStatistics(num_non_missing=len(values), min_num_values=1, max_num_values=1, avg_num_values=1)
        stats = pb.StringStatistics(common_stats=common, unique=len(ranked.buckets), rank_histogram=ranked)
        return pb.FeatureNameStatistics(path={"step": ["x"]}, type=pb.FeatureNameStatistics.STRING, string_stats=stats)

    def of_categories(a, b):
        comparators = ["jensen_shannon_divergence", "infinity_norm"]
        return [
            compare(categories(a), categories(b), (len(a), len(b)), [comparator])[0] for comparator in comparators
        ]

    def of_bins(index):
        """Both sides in the same bins, with rows out of range, infinite and NaN."""
        (baseline, current), infinity = bins_pair(index), math.inf

        def feature(counts):
            below, above, infinite, nan, *inside = counts
            buckets = [(i, i + 1, count) for i, count in enumerate(inside)]
            last = len(inside)
            outer = [(-infinity, 0, below), *buckets, (last, infinity, above + infinite)]
            return numeric_feature(outer, sum(counts), nan)

        return compare(feature(baseline), feature(current), (sum(baseline), sum(current)), ["jensen_shannon_divergence"])

    return of_numbers, of_categories, of_bins


def deequ():
    """By RecordDeequ.java, in one process of Java; its class path is DEEQU_CLASSPATH."""
    java = subprocess.Popen(
        ["java", "-cp", os.environ["DEEQU_CLASSPATH"], str(Path(__file__).with_name("RecordDeequ.java"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def ask(kind, baseline, current):
        sides = " | ".join(" ".join(repr(float(x)) for x in side) for side in (baseline, current))
        java.stdin.write(f"{kind} {sides}\n")
        java.stdin.flush()
        return [float(x) for x in java.stdout.readline().split()]

    def of_categories(a, b):
        names = sorted(set(a) | set(b))
        return ask("C", *([values.count(name) for name in names] for values in (a, b)))

    def of_bins(index):
        return ask("P", *(side[4:] for side in bins_pair(index)))

    return lambda a, b: ask("N", a, b), of_categories, of_bins


def bins_pair(index):
    """Counts below, above, infinite, NaN, and in bins 0 to 1, 1 to 2, ..."""
    random = Random(index * 7919 + 6)
    bins = 2 + math.floor(random() * 10)
    sides = []
    for _ in range(2):
        special = [max(0, math.floor(random() * 40) - 20) for _ in range(4)]
        sides.append(special + [1 + math.floor(random() * 200) for _ in range(bins)])
    return sides


def number(value):
    return None if math.isnan(value) or math.isinf(value) else value


def main(tool):
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    of_numbers, of_categories, *of_bins = {"evidently": evidently, "nannyml": nannyml, "tfdv": tfdv, "deequ": deequ}[tool]()
    package = {"tfdv": "tensorflow-data-validation"}.get(tool, tool)
    release = DEEQU if tool == "deequ" else version(package)
    recorded = {
        "tool": f"{package} {release}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "pandas": pd.__version__,
        "numeric": [[index, *map(number, of_numbers(a, b))] for index, a, b in numeric_pairs()],
        "categorical": [list(map(number, of_categories(*categorical_pair(i)))) for i in range(CATEGORICAL)],
        "bins": [list(map(number, of(i))) for of in of_bins for i in range(BINS)],
    }
    Path(__file__).with_name(f"{tool}.json").write_text(json.dumps(recorded, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
