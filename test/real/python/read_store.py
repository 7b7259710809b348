# Reads a store as people do, with pandas and with pyarrow alone, and says in JSON what is in it. argv: folder of the Parquet files

import json
import sys

import pandas as pd
import pyarrow.dataset as ds

root = sys.argv[1]

calls = pd.read_parquet(root).sort_values("sequence")
# Lists of one column become rows; columns that a call does not have would not match in length.
rows = calls.explode("f_amount")
first = calls[calls["unit"] == "ünit"].iloc[0]

# The folders are hive partitions; `_store` is skipped for its underscore.
dataset = ds.dataset(root, format="parquet", partitioning="hive")
table = dataset.to_table(filter=ds.field("model") == "credit-default", columns=["decision_id", "f_amount", "at"])

ids = dataset.to_table(columns=["f_id"])["f_id"].to_pylist()

print(
    json.dumps(
        {
            "calls": len(calls),
            "models": sorted(str(model) for model in calls["model"].unique()),
            "dates": sorted(str(date) for date in calls["date"].unique()),
            "rows": len(rows),
            "amounts": sorted(value for value in rows["f_amount"] if not pd.isna(value)),
            "ids": [None if one is None else str(one) for row in ids if row is not None for one in row],
            "request": first["request"].decode("utf-8"),
            "at": first["at"].isoformat(),
            "types": {name: str(dataset.schema.field(name).type) for name in ["at", "f_amount", "f_id", "request", "slot"]},
            "of_one_model": table.num_rows,
        }
    )
)
