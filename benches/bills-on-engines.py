#!/usr/bin/env python3
"""Times `bursar import` of many Parquet files: read here, added up by Sail, added up by Apache Spark.

    cargo build --release --features spark --bin bursar --example generate-cur
    pip install duckdb pysail
    python3 benches/bills-on-engines.py [MILLIONS] [FOLDER] [sc://HOST:PORT of Spark]

Writes ten files for every ten million rows (a seed each, 30 columns of CUR 2.0) below FOLDER (target/bench/many),
unless they are there; then imports them by each engine, and compares the demand byte by byte. BURSAR and GENERATE
name other binaries.
"""

import filecmp
import os
import subprocess
import sys
import tempfile
import time

BURSAR = os.environ.get("BURSAR", "target/release/bursar")
GENERATE = os.environ.get("GENERATE", "target/release/examples/generate-cur")


def prepare(folder, millions):
    """The folder of so many rows; a part is whole when its folder has its last name."""
    import duckdb

    for seed in range(1, max(1, millions // 10) + 1):
        part = f"{folder}/part-{seed}"
        if os.path.exists(part):
            continue
        os.makedirs(folder, exist_ok=True)
        csv = f"{folder}/part-{seed}.csv"
        subprocess.run([GENERATE, str(min(millions, 10) * 1_000_000), csv, str(seed)], check=True)
        duckdb.sql("set threads to 2; set memory_limit = '3GB'")
        duckdb.sql(f"copy (from read_csv('{csv}')) to '{part}.new' (format parquet, compression zstd, "
                   "file_size_bytes '50MB', row_group_size 100_000)")
        os.remove(csv)
        os.rename(f"{part}.new", part)


def run(bill, out, *options):
    """Seconds and peak memory in MiB of an import."""
    start = time.perf_counter()
    process = subprocess.Popen([BURSAR, "import", bill, "--quiet", "--fill-gaps", "zero", "--out", out, *options],
                               stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"import {' '.join(options)} failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def sail():
    """Starts Sail with two workers; its URL and its process."""
    code = ("import time\nfrom pysail.spark import SparkConnectServer\n"
            "server = SparkConnectServer(ip='127.0.0.1', port=0)\nserver.start(background=True)\n"
            "print(server.listening_address[1], flush=True)\ntime.sleep(36000)")
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                               env={**os.environ, "SAIL_MODE": "local-cluster",
                                    "SAIL_CLUSTER__WORKER_INITIAL_COUNT": "2", "SAIL_CLUSTER__WORKER_MAX_COUNT": "2"})
    return f"sc://127.0.0.1:{process.stdout.readline().strip()}", process


def main():
    millions, folder, spark = (sys.argv[1:] + [None] * 3)[:3]
    millions = int(millions or 10)
    folder = os.path.abspath(folder or "target/bench/many")
    prepare(folder, millions)
    bill = f"{folder}/**/*.parquet" if millions > 10 else f"{folder}/part-1/*.parquet"
    there = f"{folder}/part-*/*.parquet" if millions > 10 else f"{folder}/part-1/"
    url, process = sail()
    try:
        with tempfile.TemporaryDirectory() as scratch:
            here = f"{scratch}/here.csv"
            print("local %.1f s, %.0f MiB" % run(bill, here), flush=True)
            for name, remote in [("Sail", url), ("Spark", spark)]:
                if remote is None:
                    continue
                out = f"{scratch}/{name}.csv"
                seconds, memory = run(there, out, "--engine", "spark", "--remote", remote)
                same = "the same demand" if filecmp.cmp(here, out, shallow=False) else "ANOTHER DEMAND"
                print(f"{name} {seconds:.1f} s, {memory:.0f} MiB, {same}", flush=True)
    finally:
        process.kill()


if __name__ == "__main__":
    main()
