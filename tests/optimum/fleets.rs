//! Small random fleets, and reference answers to compare with: the linear programme, the naive waterfall.

use bursar::optimize::{Problem, Served, Settings, Source, Stage, deviations};
use microlp::{ComparisonOp, OptimizationDirection};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Runs `property` on `cases` drawn from a fixed seed.
pub(crate) fn for_all<S: Strategy>(
    cases: u32,
    strategy: &S,
    property: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let seed = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(config, seed);
    runner.run(strategy, property).unwrap();
}

/// The same with a general plan deeper than the specific ones, applied last.
pub(crate) fn deep_fleets(hours: usize, families: usize) -> impl Strategy<Value = Problem> {
    (fleets(hours, families), 1.1..1.4_f64).prop_map(|(problem, fee)| {
        let mut sources = problem.sources().to_vec();
        let mut deep = sources[sources.len() - 1].clone();
        deep.fee *= fee;
        for served in &mut deep.serves {
            let share = (1.0 - 1.0 / served.ratio) * 1.7;
            served.ratio = 1.0 / (1.0 - share);
        }
        sources.insert(sources.len() - 1, deep);
        Problem::new(problem.hours(), problem.usage().to_vec(), sources).unwrap()
    })
}

/// Families with Reserved Instances, EC2 Instance Savings Plans and one Compute Savings Plan, as AWS prices
/// them: deeper the more specific, and only on the hardware's share of the price.
pub(crate) fn fleets(hours: usize, families: usize) -> impl Strategy<Value = Problem> {
    let family = (
        prop::collection::vec(prop::collection::vec(0_u8..12, hours), 1..=3),
        0.30..0.45_f64,
        -0.02..0.03_f64,
        prop::option::of(prop::collection::vec(0_u8..4, hours)),
    );
    let families = prop::collection::vec(family, 1..=families);
    (families, 0.5..1.0_f64, 0.9..1.1_f64).prop_map(move |(families, depth, fee)| {
        let fee = fee * hours as f64;
        let mut usage = Vec::new();
        let (mut reserved, mut plans, mut compute) = (vec![], vec![], vec![]);
        for (number, (classes, discount, bonus, owned)) in families.into_iter().enumerate() {
            let mut serves = Vec::new();
            for (row, share) in classes.into_iter().zip([1.0, 0.6, 0.5]) {
                let class = usage.len();
                usage.push(row.into_iter().map(|u| f64::from(u) / 4.0).collect());
                let ratio = |discount: f64| 1.0 / (1.0 - discount * share);
                serves.push(serve(class, ratio(discount)));
                compute.push(serve(class, ratio(discount * depth)));
            }
            let linux = serve(serves[0].class, 1.0 / (1.0 - discount - bonus));
            let name = format!("RI {number}");
            let mut pool = Source::new(name, Stage::RegionalReserved, fee, vec![linux]);
            pool.owned = owned
                .unwrap_or_default()
                .into_iter()
                .map(f64::from)
                .collect();
            reserved.push(pool);
            let name = format!("EC2 SP {number}");
            plans.push(Source::new(name, Stage::Ec2InstancePlan, fee, serves));
        }
        compute.sort_by(|a, b| b.ratio.total_cmp(&a.ratio));
        reserved.append(&mut plans);
        reserved.push(Source::new("Compute SP", Stage::ComputePlan, fee, compute));
        Problem::new(hours, usage, reserved).unwrap()
    })
}

pub(crate) const fn serve(class: usize, ratio: f64) -> Served {
    Served { class, ratio }
}

pub(crate) fn is_convex(problem: &Problem) -> bool {
    deviations(problem).is_empty()
}

pub(crate) fn tight() -> Settings {
    Settings {
        tolerance: 1e-6,
        ..Settings::default()
    }
}

/// The least cost over all commitments, or at given ones, as one linear programme over every hour.
pub(crate) fn linear_programme(problem: &Problem, fixed: Option<&[f64]>) -> f64 {
    let mut lp = microlp::Problem::new(OptimizationDirection::Minimize);
    let sources = problem.sources().iter().enumerate();
    let committed: Vec<_> = sources
        .map(|(index, source)| {
            let bounds = fixed.map_or((source.min, source.max), |at| (at[index], at[index]));
            lp.add_var(source.fee, bounds)
        })
        .collect();
    for hour in 0..problem.hours() {
        let mut covered = vec![Vec::new(); problem.usage().len()];
        for (source, committed) in problem.sources().iter().zip(&committed) {
            let mut row = vec![(*committed, -1.0)];
            for served in &source.serves {
                // A covered On-Demand dollar is one that need not be paid.
                let y = lp.add_var(-1.0, (0.0, f64::INFINITY));
                row.push((y, 1.0 / served.ratio));
                covered[served.class].push((y, 1.0));
            }
            let owned = source.owned.get(hour).copied().unwrap_or(0.0);
            lp.add_constraint(&row, ComparisonOp::Le, owned);
        }
        for (row, usage) in covered.iter().zip(problem.usage()) {
            lp.add_constraint(row, ComparisonOp::Le, usage[hour]);
        }
    }
    let solution = lp.solve().unwrap().into_solution().unwrap();
    solution.objective() + problem.on_demand()
}

/// The waterfall, written naively.
pub(crate) fn naive_cost(problem: &Problem, commitment: &[f64]) -> f64 {
    let mut cost = fees(problem, commitment);
    for hour in 0..problem.hours() {
        let mut rest: Vec<f64> = problem.usage().iter().map(|row| row[hour]).collect();
        for (source, committed) in problem.sources().iter().zip(commitment) {
            let mut capacity = committed + source.owned.get(hour).copied().unwrap_or(0.0);
            for served in &source.serves {
                let covered = rest[served.class].min(capacity * served.ratio);
                rest[served.class] -= covered;
                capacity -= covered / served.ratio;
            }
        }
        cost += rest.iter().sum::<f64>();
    }
    cost
}

pub(crate) fn fees(problem: &Problem, commitment: &[f64]) -> f64 {
    let sources = problem.sources().iter().zip(commitment);
    sources
        .map(|(source, committed)| source.fee * committed)
        .sum()
}
