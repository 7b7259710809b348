#!/usr/bin/env bash
# The real-server test on one command: Python environments, Kafka, MinIO and Alertmanager (once, kept under node_modules/.cache), then vitest.
#
#   HEADGATE_REAL_ROWS   rows that go through the gate (default: all 30000)
#   HEADGATE_REAL_DATA   the card holders' CSV (default: ../shared/data/credit-default.csv)
#   HEADGATE_REAL_KEEP   1: leave the working folder with models, logs and captures for a look afterwards
set -euo pipefail
cd "$(dirname "$0")/../.."

export HEADGATE_REAL_DATA="${HEADGATE_REAL_DATA:-../shared/data/credit-default.csv}"
if [ ! -f "$HEADGATE_REAL_DATA" ]; then
  # On a developer's machine the data may be absent; where everything must hold, a test that was left out is not green.
  if [ "${CI:-}" = true ]; then word=FAILED code=1; else word=SKIPPED code=0; fi
  echo "################################################################################"
  echo "# $word: the real-server test needs the credit-default data, and there is no file"
  echo "#   $HEADGATE_REAL_DATA"
  echo "# Nothing was tested. Set HEADGATE_REAL_DATA to the CSV of 30,000 card holders."
  echo "################################################################################"
  exit "$code"
fi
HEADGATE_REAL_DATA="$(realpath "$HEADGATE_REAL_DATA")"

# MLServer and KServe need 3.10 to 3.12.
python=""
for candidate in python3.11 python3.12 python3.10 python3; do
  if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' 2>/dev/null; then
    python="$candidate"
    break
  fi
done
if [ -z "$python" ]; then
  echo "The real-server test needs Python 3.10 to 3.12 with venv (Debian: apt-get install python3 python3-venv)." >&2
  exit 1
fi

cache=node_modules/.cache/headgate-real
mkdir -p "$cache"

# A registry that does not answer for a moment costs a wait, and not the run.
patiently() {
  local tried
  for tried in 1 2 3; do
    if "$@"; then return 0; fi
    echo "real: attempt $tried failed: $1" >&2
    sleep 10
  done
  return 1
}

# Make the environment of one requirements file, or use the one made earlier from the same file and interpreter.
environment() {
  local name="$1" file="test/real/requirements/$1.txt" key folder
  key="$({ "$python" -VV; cat "$file"; } | sha256sum | cut -c1-16)"
  folder="$PWD/$cache/$name-$key"
  if [ ! -f "$folder/complete" ]; then
    rm -rf "$cache/$name"-*
    echo "real: installing $name (about a minute)" >&2
    "$python" -m venv "$folder"
    patiently "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$file" >&2
    touch "$folder/complete"
  fi
  echo "$folder/bin"
}

HEADGATE_REAL_PYTHON="$(environment mlserver-mlflow)"
HEADGATE_REAL_KSERVE="$(environment kserve)"
HEADGATE_REAL_SINKS="$(environment sinks)"
export HEADGATE_REAL_PYTHON HEADGATE_REAL_KSERVE HEADGATE_REAL_SINKS

# Jars of Apache Kafka, from Maven Central.
kafka_jars() {
  local file=test/real/kafka/pom.xml folder
  folder="$PWD/$cache/kafka-$(sha256sum <"$file" | cut -c1-16)"
  if [ ! -f "$folder/complete" ]; then
    rm -rf "$cache"/kafka-*
    echo "real: fetching Kafka" >&2
    patiently mvn -q -B -f "$file" dependency:copy-dependencies -DoutputDirectory="$folder" -DincludeScope=runtime >&2
    touch "$folder/complete"
  fi
  echo "$folder"
}

# A server that speaks S3, built from source by Go: two or three minutes, once.
minio_server() {
  local version=v0.0.0-20260212201848-7aac2a2c5b7c folder
  folder="$PWD/$cache/minio-$version"
  if [ ! -x "$folder/minio" ]; then
    rm -rf "$cache"/minio-*
    echo "real: building MinIO (some minutes)" >&2
    GOBIN="$folder" patiently go install "github.com/minio/minio@$version" >&2
  fi
  echo "$folder/minio"
}

# Prometheus' Alertmanager, built from source by Go: a minute, once.
alertmanager_server() {
  local version=v0.28.1 folder
  folder="$PWD/$cache/alertmanager-$version"
  if [ ! -x "$folder/alertmanager" ]; then
    rm -rf "$cache"/alertmanager-*
    echo "real: building Alertmanager" >&2
    GOBIN="$folder" patiently go install "github.com/prometheus/alertmanager/cmd/alertmanager@$version" >&2
  fi
  echo "$folder/alertmanager"
}

HEADGATE_REAL_KAFKA="$(kafka_jars)"
HEADGATE_REAL_MINIO="$(minio_server)"
HEADGATE_REAL_ALERTMANAGER="$(alertmanager_server)"
export HEADGATE_REAL_KAFKA HEADGATE_REAL_MINIO HEADGATE_REAL_ALERTMANAGER

exec npx vitest run --config test/real/vitest.config.ts
