#!/usr/bin/env python3
"""Solves problems of the optimiser as one linear programme over every hour, by HiGHS, and compares.

    mkdir -p target/bench && cargo bench --bench optimize -- lp target/bench
    pip install highspy numpy
    python3 benches/extensive-lp.py target/bench/lp-*.json

Nothing here comes from the optimiser but the numbers of the problem: commitments, what each source gives each class
in each hour, what each scenario costs, Rockafellar and Uryasev's form of the tail. Exit code 1 unless every optimum
lies within a millionth of what was found and of its bound.
"""

import json
import sys
import time

import highspy
import numpy as np

INFINITY = highspy.kHighsInf


class Programme:
    """Columns and rows of a minimisation, row-wise."""

    def __init__(self):
        self.cost, self.upper = [], []
        self.low, self.high, self.start, self.index, self.value = [], [], [0], [], []

    def column(self, cost, upper=INFINITY):
        self.cost.append(cost)
        self.upper.append(upper)
        return len(self.cost) - 1

    def row(self, entries, low, high):
        for column, factor in entries:
            self.index.append(column)
            self.value.append(factor)
        self.start.append(len(self.index))
        self.low.append(low)
        self.high.append(high)

    def solve(self):
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.cost), len(self.low)
        lp.col_cost_ = np.array(self.cost)
        lp.col_lower_, lp.col_upper_ = np.zeros(lp.num_col_), np.array(self.upper)
        lp.row_lower_, lp.row_upper_ = np.array(self.low), np.array(self.high)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.array(self.start)
        lp.a_matrix_.index_ = np.array(self.index)
        lp.a_matrix_.value_ = np.array(self.value)
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.passModel(lp)
        solver.run()
        assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal, solver.getModelStatus()
        return solver.getInfo().objective_function_value


def programme(problem):
    lp = Programme()
    bought = [lp.column(source["fee"]) for source in problem["sources"]]
    costs, hour = [], 0
    for hours, _, fixed in problem["scenarios"]:
        cost, terms, usage = lp.column(0.0), [], fixed
        for at in range(hour, hour + hours):
            usage += one_hour(problem, lp, bought, at, terms)
        lp.row([(cost, 1.0)] + terms, usage, INFINITY)
        costs.append(cost)
        hour += hours
    objective(problem, lp, costs)
    for commitments, rest, most in problem["limits"]:
        fixed = sum(factor * problem["scenarios"][one][2] for one, factor in rest)
        entries = [(bought[source], factor) for source, factor in commitments]
        entries += [(costs[one], factor) for one, factor in rest]
        lp.row(entries, -INFINITY, most + fixed)
    return lp


def one_hour(problem, lp, bought, hour, terms):
    """Rows of an hour; what is covered goes to `terms`. Returns the usage."""
    usage = [row[hour] for row in problem["usage"]]
    covered = [[] for _ in usage]
    for commitment, source in zip(bought, problem["sources"]):
        alive = not source["alive"] or any(start <= hour < end for start, end in source["alive"])
        owned = source["owned"][hour] if source["owned"] else 0.0
        given = []
        for name, ratio in source["serves"]:
            if usage[name] > 0 and (alive or owned):
                part = lp.column(0.0, usage[name])
                given.append((part, 1 / ratio))
                covered[name].append((part, 1.0))
                terms.append((part, 1.0))
        if given:
            lp.row(given + ([(commitment, -1.0)] if alive else []), -INFINITY, owned)
    for name, parts in enumerate(covered):
        if len(parts) > 1:
            lp.row(parts, -INFINITY, usage[name])
    return sum(usage)


def objective(problem, lp, costs):
    risk, tail = problem["objective"]
    if risk:
        eta = lp.column(risk)
    for cost, (_, probability, _) in zip(costs, problem["scenarios"]):
        lp.cost[cost] += (1 - risk) * probability
        if risk:
            above = lp.column(risk * probability / (1 - tail))
            lp.row([(above, 1.0), (eta, 1.0), (cost, -1.0)], 0.0, INFINITY)


def main(paths):
    far = False
    print("problem: columns x rows | HiGHS s, optimum | bursar s, found, bound | apart")
    for path in paths:
        with open(path, encoding="utf-8") as file:
            problem = json.load(file)
        lp, found = programme(problem), problem["found"]
        start = time.perf_counter()
        optimum = lp.solve()
        seconds = time.perf_counter() - start
        apart = max(abs(found[key] / optimum - 1) for key in ("cost", "bound"))
        far |= apart > 1e-6
        print(
            f"{path}: {len(lp.cost)} x {len(lp.low)} | {seconds:.2f} {optimum:.4f} | "
            f"{found['seconds']:.2f} {found['cost']:.4f} {found['bound']:.4f} | {apart:.1e}"
        )
    sys.exit(far)


if __name__ == "__main__":
    main(sys.argv[1:])
