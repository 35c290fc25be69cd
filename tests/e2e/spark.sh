#!/usr/bin/env bash
# Segments built on Spark are those of one machine, and a build that fails publishes nothing. Installs pyspark, and Java if
# there is none.
source "$(dirname "$0")/common.sh"

python_tools spark 'pyspark>=4,<5' 'pandas>=2.2,<3' 'pyarrow>=15'
debian java default-jre-headless
PYTHONPATH=$root/python/source BIRTHMARK=$BIRTHMARK PYSPARK_PYTHON=$(command -v python3) SPARK_LOCAL_IP=127.0.0.1 \
    python3 "$root/tests/e2e/spark.py" "$work"
