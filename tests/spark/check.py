#!/usr/bin/env python3
"""Imports the same bills here and through Spark Connect, and compares every row; then breaks things.

    cargo build --features spark
    pip install wheel setuptools
    pip install pysail pyspark-client pyarrow grpcio
    python3 tests/spark/check.py target/debug/bursar [sc://HOST:PORT] [ends]

Without a server it starts Sail, which speaks the protocol (no JVM). With one, that server must see this machine's
files; `ends` says that it is set to end its streams of answers early. Ends with the number of checks that passed and failed.
"""

import difflib
import json
import os
import subprocess
import sys
import tempfile

import bills
import proxy

HERE = os.path.dirname(os.path.abspath(__file__))
TOKEN = "not-for-logs-7f3a"
passed, failed = 0, []


def check(name, holds, shown=""):
    global passed
    if holds:
        passed += 1
        print(f"ok      {name}")
    else:
        failed.append(name)
        print(f"FAILED  {name}\n{shown}")


def bursar(*arguments, remote=None, env=None, timeout=300):
    engine = ["--engine", "spark", "--remote", remote] if remote else []
    return subprocess.run([BINARY, *arguments, *engine], capture_output=True, text=True, timeout=timeout,
                          env={**os.environ, **(env or {})})


def demand(name, folder, label, remote=None, env=None, options=()):
    """The demand of a bill, row by row, and the report of its import."""
    out = f"{folder}/{label}.csv"
    done = bursar("import", name, "--out", out, "--format", "json", "--tag", "team", *options, remote=remote, env=env)
    if done.returncode != 0:
        return done.stderr, None
    with open(out) as file:
        return file.read(), json.loads(done.stdout)


def plain(report):
    """A report without what must differ: the files, and that rows which were summed have no identity."""
    report["format"] = sorted({file["format"] for file in report.pop("inputs")})
    report["doubts"] = [doubt for doubt in report["doubts"] if "summed" not in doubt["doubt"] and "identity" not in doubt["doubt"]]
    return json.dumps(report, indent=1, sort_keys=True)


def same(name, bill, folder, remote, env=None):
    (here, report), (there, other) = demand(bill, folder, "here"), demand(bill, folder, "there", remote, env)
    shown = "\n".join(list(difflib.unified_diff(here.splitlines(), there.splitlines(), lineterm=""))[:20])
    check(f"{name}: every row of demand", here == there and len(here) > 100, shown)
    if report and other:
        here, there = plain(report), plain(other)
        shown = "\n".join(difflib.unified_diff(here.splitlines(), there.splitlines(), lineterm="", n=1))
        check(f"{name}: the report of the import", here == there, shown)


def fails(name, words, *arguments, folder, **more):
    """It says why, in one place, and leaves nothing behind."""
    out = f"{folder}/never.csv"
    done = bursar("import", *arguments, "--out", out, **more)
    told = all(word in done.stderr for word in words)
    clean = TOKEN not in done.stderr + done.stdout and not os.path.exists(out)
    check(name, done.returncode == 1 and told and clean, f"exit {done.returncode}: {done.stderr}{done.stdout}")


def sail():
    """Starts Sail; its URL and its process."""
    code = ("import time\nfrom pysail.spark import SparkConnectServer\n"
            "server = SparkConnectServer(ip='127.0.0.1', port=0)\nserver.start(background=True)\n"
            "print(server.listening_address[1], flush=True)\ntime.sleep(3600)")
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                               env={**os.environ, "SAIL_MODE": "local-cluster"})
    return f"sc://127.0.0.1:{process.stdout.readline().strip()}", process


def main():
    remote, process = (sys.argv[2], None) if len(sys.argv) > 2 else sail()
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(f"{folder}/cur2")
        cur2 = bills.cur2(f"{folder}/cur2", 6_000)
        legacy = bills.legacy(f"{folder}/legacy.csv", 3_000)
        focus = bills.focus(f"{folder}/focus.parquet", 2_000)
        for name, bill in [("CUR 2.0", cur2), ("legacy CUR", legacy), ("FOCUS", focus)]:
            same(name, bill, folder, remote)
        again = [bursar("import", cur2, "--format", "json", remote=remote).stdout for _ in range(2)]
        check("the same bill, the same bytes", again[0] == again[1] != "")
        period = demand(cur2, folder, "april", remote, options=["--billing-period", "2026-04"])
        check("a billing period", period[0] == demand(cur2, folder, "here")[0], period[0][:300])

        port, certificate, door = proxy.open_door(remote.removeprefix("sc://"), TOKEN, folder)
        url = f"sc://localhost:{port}/;use_ssl=true"
        trusted = {"SSL_CERT_FILE": certificate, "BURSAR_SPARK_TOKEN": TOKEN}
        same("TLS and a token from the environment", focus, folder, url, trusted)
        fails("a refused token", ["refused the token"], focus, folder=folder, remote=url,
              env={"SSL_CERT_FILE": certificate, "BURSAR_SPARK_TOKEN": TOKEN + "x"})
        check("the door was closed to it", door.refused > 0)
        fails("a certificate nobody vouches for", ["error:"], focus, folder=folder, remote=url,
              env={"BURSAR_SPARK_TOKEN": TOKEN})
        long_answers(door, cur2, folder, remote, url, trusted, process is not None)
        door.server.stop(0)

        fails("a wrong path", ["there is nothing to read"], f"{folder}/nowhere/", folder=folder, remote=remote)
        fails("a table that is no bill", ["the header is of no usage format"], parquet_of(folder), folder=folder, remote=remote)
        fails("nobody there", ["no Spark Connect server at 127.0.0.1:9"], focus, folder=folder, remote="sc://127.0.0.1:9")
        fails("a period that no column tells", ["no column tells the billing period"], focus,
              "--billing-period", "2026-04", folder=folder, remote=remote)
        fails("usage below zero", ["state no usage, or one below zero"], below_zero(folder), folder=folder, remote=remote)
        if process:
            fails_when_killed(folder, process, remote)
    print(f"\n{passed} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


def long_answers(door, bill, folder, remote, url, trusted, sails):
    """What becomes of an answer that does not come in one piece. (Sail never ends one early, nor continues one well.)"""
    before = door.asked_on
    if "ends" in sys.argv[3:]:
        same("an answer the server itself ends early", bill, folder, url, trusted)
        check("it was asked for the rest", door.asked_on > before + 3, f"{door.asked_on - before} times")
    door.ends_after, before = 2, door.asked_on
    if not sails:
        same("an answer that ends early, again and again", bill, folder, url, trusted)
        check("each time it was asked for the rest", door.asked_on > before, f"{door.asked_on - before} times")
    door.continues = False
    fails("an answer that ends early, and nobody knows it any more", ["OPERATION_NOT_FOUND"], bill, folder=folder,
          remote=url, env=trusted)
    door.continues, door.ends_after = True, None
    if door.numbered:
        door.loses_rows = True
        fails("rows that get lost", ["answer is not whole"], bill, folder=folder, remote=url, env=trusted)
    wire = proxy.Wire(remote.removeprefix("sc://"), after=30_000, times=2)
    if door.numbered:
        same("a connection that breaks", bill, folder, wire.url)
    else:
        fails("a connection that breaks, and rows without numbers", ["error: Spark"], bill, folder=folder, remote=wire.url)
    check("it did break", wire.broken > 0)


def parquet_of(folder):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"a": [1], "b": ["x"]}), f"{folder}/other.parquet")
    return f"{folder}/other.parquet"


def below_zero(folder):
    import pyarrow.parquet as pq

    table = pq.read_table(bills.focus(f"{folder}/negative.parquet", 50)).to_pylist()
    table[5]["ConsumedQuantity"] = -1.0
    import pyarrow as pa

    pq.write_table(pa.Table.from_pylist(table), f"{folder}/negative.parquet")
    return f"{folder}/negative.parquet"


def fails_when_killed(folder, process, remote):
    """The server goes while it works."""
    big = bills.cur2(f"{folder}/big", 60_000, seed=9)
    running = subprocess.Popen([BINARY, "import", big, "--out", f"{folder}/never.csv", "--engine", "spark", "--remote", remote],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.kill()
    _, said = running.communicate(timeout=120)
    check("a server that goes away", running.returncode == 1 and said.startswith("error: ")
          and not os.path.exists(f"{folder}/never.csv"), f"exit {running.returncode}: {said}")


if __name__ == "__main__":
    BINARY = os.path.abspath(sys.argv[1])
    main()
