//! How the time of the search grows with classes, hours and commitments; ten thousand evaluations; one plan alone.

use std::time::Instant;

use bursar::optimize::{self, Evaluator, Problem, Settings, curve};

use super::{Random, YEAR, fleet};

/// Pools and hours: each doubles one of them.
const SIZES: [(usize, usize); 9] = [
    (15, YEAR),
    (30, YEAR),
    (60, YEAR),
    (120, YEAR),
    (240, YEAR),
    (60, 1_095),
    (60, 2_190),
    (60, 4_380),
    (60, 17_520),
];

/// Seconds to a tenth of a per cent by size.
pub(super) fn scaling() {
    let settings = Settings {
        tolerance: 1e-3,
        ..Settings::default()
    };
    println!("| classes | commitments | hours | seconds | proposals | gap, % |");
    for (pools, hours) in SIZES {
        let problem = fleet(1, pools, hours, false);
        let start = Instant::now();
        let found = optimize::solve(&problem, &settings);
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "| {} | {} | {hours} | {seconds:.2} | {} | {:.3} |",
            problem.usage().len(),
            problem.sources().len(),
            found.proposals,
            found.gap * 100.0,
        );
    }
}

/// Ten thousand amounts of all commitments over a thousand classes, each walked hour by hour.
pub(super) fn what_if() {
    let problem = fleet(5, 560, YEAR, false);
    let evaluator = Evaluator::new(&problem, 2);
    let best = amounts(&problem);
    let mut random = Random(9);
    let start = Instant::now();
    let mut least = f64::INFINITY;
    for _ in 0..100 {
        let mut changed = || best.iter().map(|c| c * random.between(0.0, 2.0)).collect();
        let hundred: Vec<Vec<f64>> = (0..100).map(|_| changed()).collect();
        least = evaluator.costs(&hundred).into_iter().fold(least, f64::min);
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "10,000 evaluations: {} classes x {YEAR} h, {} commitments: {seconds:.1} s (least {least:.0})",
        evaluator.classes(),
        problem.sources().len(),
    );
}

/// The best single amount of the plan that covers all classes, by every corner of its cost.
pub(super) fn one_plan() {
    let problem = fleet(1, 59, YEAR, false);
    let evaluator = Evaluator::new(&problem, 2);
    let none = vec![0.0; problem.sources().len()];
    let start = Instant::now();
    let last = none.len() - 1;
    let found = curve(&problem, &evaluator, &none, last, 2);
    let seconds = start.elapsed().as_secs_f64();
    let best = found.best;
    println!(
        "one plan over {} classes x {YEAR} h: {seconds:.3} s, {:.3} $/h",
        evaluator.classes(),
        best.commitment,
    );
}

/// About what a pool would commit to: a tenth of its mean usage for each commitment.
fn amounts(problem: &Problem) -> Vec<f64> {
    let mean = |class: usize| problem.usage()[class].iter().sum::<f64>() / YEAR as f64;
    let of =
        |source: &optimize::Source| source.serves.iter().map(|one| mean(one.class)).sum::<f64>();
    problem.sources().iter().map(|one| of(one) / 10.0).collect()
}
