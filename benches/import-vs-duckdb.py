#!/usr/bin/env python3
"""Times `bursar import` against DuckDB: the same file, the same filter, the same hourly groups, in turns.

    cargo build --release --bin bursar --example generate-cur
    pip install duckdb
    python3 benches/import-vs-duckdb.py [ROWS] [RUNS] [FOLDER]

Writes ROWS (10,000,000) rows of 30 columns as CSV, CSV.gz and Parquet below FOLDER (target/bench), unless they
are there, and prints the median of RUNS (5) runs each, taken in turns, and the highest peak memory.
"""

import os
import statistics
import subprocess
import sys
import time

QUERY = """
import duckdb, sys
file = sys.argv[1]
source = f"read_parquet('{file}')" if file.endswith("parquet") else f"read_csv('{file}')"
print(duckdb.sql(f'''
    select count(*), sum(hours), sum(cost) from (
        select line_item_usage_account_id, line_item_availability_zone, product_region_code,
               line_item_usage_type, line_item_operation, line_item_usage_start_date,
               sum(line_item_usage_amount) as hours, sum(line_item_unblended_cost) as cost
        from {source}
        where line_item_product_code = 'AmazonEC2' and line_item_line_item_type = 'Usage'
          and line_item_usage_type like '%BoxUsage:%'
        group by all)''').fetchall())
"""
TARGETS = {"csv": 0.8, "csv.gz": 0.6, "parquet": 1.3}


def run(command):
    """Seconds, and peak memory in MiB, of a command."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{command} failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def prepare(folder, rows):
    """The three files, made when they are not there."""
    os.makedirs(folder, exist_ok=True)
    csv, packed, parquet = (f"{folder}/cur-{rows}.{ending}" for ending in TARGETS)
    generate = "target/release/examples/generate-cur"
    for file in (csv, packed):
        if not os.path.exists(file):
            subprocess.run([generate, str(rows), file], check=True)
    if not os.path.exists(parquet):
        import duckdb

        duckdb.sql(f"copy (from read_csv('{csv}')) to '{parquet}' (format parquet, compression zstd)")
    return {"csv": csv, "csv.gz": packed, "parquet": parquet}


def main():
    rows, runs, folder = (sys.argv[1:] + [None] * 3)[:3]
    files = prepare(folder or "target/bench", int(rows or 10_000_000))
    bursar = os.environ.get("BURSAR", "target/release/bursar")
    print(f"{'file':8} {'bursar s':>9} {'MiB':>6} {'DuckDB s':>9} {'MiB':>6} {'ratio':>6} {'target':>6}")
    for kind, file in files.items():
        ours, theirs = [], []
        for _ in range(int(runs or 5)):
            ours.append(run([bursar, "import", file, "--quiet", "--fill-gaps", "zero"]))
            theirs.append(run([sys.executable, "-c", QUERY, file]))
        seconds = [statistics.median(times for times, _ in side) for side in (ours, theirs)]
        memory = [max(peak for _, peak in side) for side in (ours, theirs)]
        print(
            f"{kind:8} {seconds[0]:9.2f} {memory[0]:6.0f} {seconds[1]:9.2f} {memory[1]:6.0f}"
            f" {seconds[0] / seconds[1]:6.2f} {TARGETS[kind]:6.2f}"
        )


if __name__ == "__main__":
    main()
