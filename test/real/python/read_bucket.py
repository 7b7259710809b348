"""Every object of a bucket into a folder, its checksum verified by boto3; names go to stdout. Usage: ENDPOINT BUCKET KEY SECRET FOLDER
With CREATE for a folder the bucket is made instead, with DELETE it is taken away."""

import pathlib
import sys

import boto3
from botocore.config import Config

endpoint, bucket, key, secret, folder = sys.argv[1:]
s3 = boto3.client(
    "s3",
    endpoint_url=endpoint,
    aws_access_key_id=key,
    aws_secret_access_key=secret,
    region_name="us-east-1",
    config=Config(s3={"addressing_style": "path"}),
)
if folder == "CREATE":
    s3.create_bucket(Bucket=bucket)
    sys.exit()
if folder == "DELETE":
    s3.delete_bucket(Bucket=bucket)
    sys.exit()
for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
    for entry in page.get("Contents", []):
        answer = s3.get_object(Bucket=bucket, Key=entry["Key"], ChecksumMode="ENABLED")
        assert answer["ContentType"] == "application/zstd", answer
        assert "ChecksumSHA256" in answer, answer
        path = pathlib.Path(folder) / entry["Key"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(answer["Body"].read())
        print(entry["Key"])
