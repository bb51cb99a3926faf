#!/usr/bin/env python3
"""Writes the usage of many families on stdout, always the same for the same arguments: what `optimize --report` is timed on.

    benches/many-families.py [DAYS 60] [FAMILIES 50] > many.csv
    time bursar optimize many.csv --report out

Two sizes of each family in us-east-1, by day and week, with noise. Families come from the price book's table.
"""

import csv
import datetime
import pathlib
import random
import sys

BOOK = pathlib.Path(__file__).parent.parent / "pricing-data/on-demand/us-east-1.csv"
SIZES = ("large", "xlarge")


def families(count):
    """The first so many families that are sold in both sizes, by name."""
    with BOOK.open() as table:
        rows = csv.DictReader(line for line in table if not line.startswith("#"))
        sold = {row["instance_type"] for row in rows if row["linux"]}
    names = sorted({name.split(".")[0] for name in sold})
    both = [name for name in names if all(f"{name}.{size}" in sold for size in SIZES)]
    if len(both) < count:
        sys.exit(f"only {len(both)} families are sold in both sizes")
    return both[:count]


def main(days=60, count=50):
    chance = random.Random(20_261_122)
    fleet = []
    for family in families(count):
        for size in SIZES:
            base, swing = chance.randint(2, 40), chance.random() * 0.8
            fleet.append((f"{family}.{size}", base, swing, chance.randrange(24)))
    print("hour,region,instance_type,count")
    start = datetime.datetime(2026, 7, 1)
    for hour in range(days * 24):
        at = start + datetime.timedelta(hours=hour)
        week = 0.5 if at.weekday() > 4 else 1.0
        for name, base, swing, shift in fleet:
            busy = (hour - shift) % 24 < 12
            wish = base * (1 + swing * busy * week) * chance.uniform(0.9, 1.1)
            print(f"{at:%Y-%m-%dT%H}:00Z,us-east-1,{name},{max(round(wish), 1)}")


main(*(int(word) for word in sys.argv[1:]))
