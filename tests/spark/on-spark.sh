#!/usr/bin/env bash
# The checks of check.py on Apache Spark itself: a master, two workers and the Connect server on this machine, and a
# worker that is killed while it works. The server ends every stream of answers after three seconds or 50 KB (two minutes
# or a gigabyte by default), so that most answers come in many pieces. Needs Java 17 and pyspark 4.2 (`pip install wheel && pip install pyspark==4.2.0`).
#
#     cargo build --features spark
#     tests/spark/on-spark.sh target/debug/bursar [PYTHON]
set -euo pipefail
bursar=$(realpath "$1")
python=${2:-python3}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SPARK_HOME=$("$python" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))')
export SPARK_HOME SPARK_LOCAL_IP=127.0.0.1 SPARK_NO_DAEMONIZE=1
logs=$(mktemp -d)
processes=()
trap 'kill "${processes[@]}" 2>/dev/null || true; rm -rf "$logs"' EXIT

run() {
    local name=$1
    shift
    "$@" >"$logs/$name" 2>&1 &
    processes+=($!)
}

class() {
    "$SPARK_HOME/bin/spark-class" "$@"
}

listening() {
    for _ in $(seq 480); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
            return 0
        fi
        sleep 0.5
    done
    echo "nobody listens on port $1" >&2
    tail -n 40 "$logs"/* >&2 2>/dev/null
    return 1
}

master=$((20000 + RANDOM % 9000))
connect=$((master + 1))
run master class org.apache.spark.deploy.master.Master --host 127.0.0.1 --port "$master" --webui-port 0
listening "$master"
for number in 1 2; do
    run "worker-$number" class org.apache.spark.deploy.worker.Worker "spark://127.0.0.1:$master" \
        --host 127.0.0.1 --cores 1 --memory 2g --webui-port 0 --work-dir "$logs/work-$number"
done
run connect "$SPARK_HOME/bin/spark-submit" --master "spark://127.0.0.1:$master" \
    --conf "spark.connect.grpc.binding.address=127.0.0.1" --conf "spark.connect.grpc.binding.port=$connect" \
    --conf spark.executor.memory=1g --conf spark.sql.shuffle.partitions=4 \
    --conf spark.connect.execute.reattachable.senderMaxStreamDuration=3s \
    --conf spark.connect.execute.reattachable.senderMaxStreamSize=50k \
    --conf spark.connect.grpc.arrow.maxBatchSize=20k \
    --class org.apache.spark.sql.connect.service.SparkConnectServer spark-internal
listening "$connect"

"$python" "$here/check.py" "$bursar" "sc://127.0.0.1:$connect" ends

# One worker dies: Spark gives its part to the other, and the import finishes with the same rows.
bill=$logs/bill
PYTHONPATH=$here "$python" -c "import bills; bills.cur2('$bill', 60_000, seed=9, files=16)"
"$bursar" import "$bill" --out "$logs/here.csv" >/dev/null
"$bursar" import "$bill" --engine spark --remote "sc://127.0.0.1:$connect" --out "$logs/there.csv" >/dev/null &
import=$!
sleep 1
pkill -9 -f "deploy.worker.Worker.*$logs/work-1" || true
pkill -9 -f "CoarseGrainedExecutorBackend.*$logs/work-1" || true
if wait "$import"; then
    cmp "$logs/here.csv" "$logs/there.csv"
    echo "ok      a worker that dies: the same rows"
else
    [ ! -e "$logs/there.csv" ]
    echo "ok      a worker that dies: an error and no output"
fi
