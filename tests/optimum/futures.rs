//! Futures, limits and purchases at several dates are one problem: the search finds what a plain linear programme
//! over every hour of every scenario finds, and proves it.

use approx::assert_relative_eq;
use bursar::optimize::{
    self, Evaluator, Limit, Objective, Problem, Scenario, Settings, Source, Stage,
};
use microlp::{ComparisonOp, OptimizationDirection, Variable};
use proptest::prelude::*;

use super::fleets::{fleets, for_all, is_convex, serve};

/// Hours of each of three scenarios.
const FUTURE: usize = 8;
/// Hours of each random problem.
const HOURS: usize = 3 * FUTURE;

/// On one thread: these problems are too small for two.
pub(super) fn tight() -> Settings {
    Settings {
        threads: 1,
        ..super::fleets::tight()
    }
}

/// What makes a fleet more than one window.
#[derive(Debug, Clone)]
struct More {
    weights: Vec<u8>,
    likely: [u8; 3],
    fixed: [u8; 3],
    objective: Objective,
    /// Parts of what the free optimum uses up; none for no such limit.
    commitment: Option<f64>,
    /// Parts of all usage of the first scenario that may stay On-Demand.
    rest: Option<f64>,
    /// Whether what is bought comes at three dates and ends after half a scenario.
    ladder: bool,
}

fn more() -> impl Strategy<Value = More> {
    let objective = prop_oneof![
        Just(Objective::Expected),
        Just(Objective::Worst),
        (0.1..1.0_f64, 0.1..0.9_f64).prop_map(|(risk, tail)| Objective::Tail { risk, tail }),
    ];
    (
        prop::collection::vec(0_u8..4, HOURS),
        prop::array::uniform3(1_u8..9),
        prop::array::uniform3(0_u8..40),
        objective,
        prop::option::of(0.3..0.9_f64),
        prop::option::of(0.05..0.6_f64),
        any::<bool>(),
    )
        .prop_map(
            |(weights, likely, fixed, objective, commitment, rest, ladder)| More {
                weights,
                likely,
                fixed,
                objective,
                commitment,
                rest,
                ladder,
            },
        )
}

impl More {
    /// The fleet's hours as three weighted futures. A fee is for the hours of one of them.
    fn free(&self, fleet: &Problem) -> Problem {
        let all: u8 = self.likely.iter().sum();
        let scenarios = self.likely.iter().zip(self.fixed);
        let scenarios = scenarios.map(|(&likely, fixed)| Scenario {
            hours: FUTURE,
            probability: f64::from(likely) / f64::from(all),
            fixed: f64::from(fixed),
        });
        let sources = fleet.sources().iter().flat_map(|source| {
            let source = Source {
                fee: source.fee / 2.0,
                ..source.clone()
            };
            if self.ladder && source.owned.is_empty() {
                dated(&source)
            } else {
                vec![source]
            }
        });
        Problem::new(HOURS, fleet.usage().to_vec(), sources.collect())
            .and_then(|problem| {
                problem.weighted(self.weights.iter().copied().map(f64::from).collect())
            })
            .and_then(|problem| problem.in_scenarios(scenarios.collect(), self.objective))
            .unwrap()
    }

    fn limits(&self, free: &Problem) -> Vec<Limit> {
        let mut limits = Vec::new();
        if let Some(part) = self.commitment {
            let found = optimize::solve(free, &tight()).commitment;
            limits.push(Limit {
                name: "commitment".into(),
                commitments: (0..found.len()).map(|source| (source, 1.0)).collect(),
                rest: Vec::new(),
                most: part * found.iter().sum::<f64>(),
            });
        }
        if let Some(part) = self.rest {
            let rests = Evaluator::new(free, 1).rests(&vec![0.0; free.sources().len()]);
            limits.push(Limit {
                name: "coverage".into(),
                commitments: Vec::new(),
                rest: vec![(0, 1.0)],
                most: part * rests[0],
            });
        }
        limits
    }
}

/// A source bought at three dates of every scenario, to live for half of it or to its end.
fn dated(source: &Source) -> Vec<Source> {
    let at = |date: usize| {
        let end = (date + 4).min(FUTURE);
        let scenarios = (0..HOURS).step_by(FUTURE);
        Source {
            fee: source.fee * (end - date) as f64 / FUTURE as f64,
            alive: scenarios.map(|start| start + date..start + end).collect(),
            ..source.clone()
        }
    };
    [0, 3, 6].map(at).into()
}

/// The least objective, as one linear programme over every hour; `None` when the limits exclude each other.
pub(super) fn programme(problem: &Problem) -> Option<f64> {
    let mut lp = microlp::Problem::new(OptimizationDirection::Minimize);
    let sources = problem.sources().iter();
    let committed: Vec<Variable> = sources
        .map(|source| lp.add_var(source.fee, (source.min, source.max)))
        .collect();
    let costs = scenarios(problem, &committed, &mut lp);
    objective(problem, &costs, &mut lp);
    for limit in problem.limits() {
        let bought = limit
            .commitments
            .iter()
            .map(|&(source, factor)| (committed[source], factor));
        let left = limit
            .rest
            .iter()
            .map(|&(scenario, factor)| (costs[scenario], factor));
        let row: Vec<_> = bought.chain(left).collect();
        let fixed = limit
            .rest
            .iter()
            .map(|&(one, factor)| factor * problem.scenarios()[one].fixed);
        lp.add_constraint(&row, ComparisonOp::Le, limit.most + fixed.sum::<f64>());
    }
    Some(lp.solve().ok()?.into_solution().ok()?.objective())
}

/// A variable for what each scenario costs, fees aside.
fn scenarios(
    problem: &Problem,
    committed: &[Variable],
    lp: &mut microlp::Problem,
) -> Vec<Variable> {
    let mut end = 0;
    let mut costs = Vec::new();
    for scenario in problem.scenarios() {
        let start = end;
        end += scenario.hours;
        let cost = lp.add_var(0.0, (0.0, f64::INFINITY));
        let mut sum = vec![(cost, 1.0)];
        let mut all = scenario.fixed;
        for hour in start..end {
            let weight = problem.weights().get(hour).copied().unwrap_or(1.0);
            let mut covered = vec![Vec::new(); problem.usage().len()];
            for (source, committed) in problem.sources().iter().zip(committed) {
                let mut row = Vec::new();
                if source.is_alive(hour) {
                    row.push((*committed, -1.0));
                }
                for served in &source.serves {
                    let y = lp.add_var(0.0, (0.0, f64::INFINITY));
                    row.push((y, 1.0 / served.ratio));
                    covered[served.class].push((y, 1.0));
                    sum.push((y, weight));
                }
                let owned = source.owned.get(hour).copied().unwrap_or(0.0);
                lp.add_constraint(&row, ComparisonOp::Le, owned);
            }
            for (row, usage) in covered.iter().zip(problem.usage()) {
                lp.add_constraint(row, ComparisonOp::Le, usage[hour]);
                all += weight * usage[hour];
            }
        }
        lp.add_constraint(&sum, ComparisonOp::Ge, all);
        costs.push(cost);
    }
    costs
}

/// Rockafellar and Uryasev's form of the tail: `eta + sum p z / (1 - tail)`, `z >= cost - eta`.
fn objective(problem: &Problem, costs: &[Variable], lp: &mut microlp::Problem) {
    let (risk, tail) = match problem.objective() {
        Objective::Expected => (0.0, 0.0),
        Objective::Tail { risk, tail } => (risk, tail),
        Objective::Worst => {
            let most = lp.add_var(1.0, (0.0, f64::INFINITY));
            for &cost in costs {
                lp.add_constraint([(most, 1.0), (cost, -1.0)], ComparisonOp::Ge, 0.0);
            }
            return;
        }
    };
    let eta = lp.add_var(risk, (0.0, f64::INFINITY));
    for (&cost, scenario) in costs.iter().zip(problem.scenarios()) {
        let mean = lp.add_var((1.0 - risk) * scenario.probability, (0.0, f64::INFINITY));
        lp.add_constraint([(mean, 1.0), (cost, -1.0)], ComparisonOp::Ge, 0.0);
        let above = risk * scenario.probability / (1.0 - tail);
        let z = lp.add_var(above, (0.0, f64::INFINITY));
        lp.add_constraint([(z, 1.0), (eta, 1.0), (cost, -1.0)], ComparisonOp::Ge, 0.0);
    }
}

/// Checks a solution against the linear programme.
fn compare(problem: &Problem) -> Result<optimize::Solution, TestCaseError> {
    let optimum = programme(problem).unwrap();
    let solution = optimize::solve(problem, &tight());
    prop_assert!(solution.lower_bound <= optimum * (1.0 + 1e-9) + 1e-9);
    prop_assert_eq!(&solution.broken, &Vec::<usize>::new());
    let checked = optimize::check(problem, &solution.certificate);
    prop_assert_eq!(checked, Ok(solution.lower_bound));
    let evaluator = Evaluator::new(problem, 2);
    let again = evaluator.cost(&solution.commitment);
    let nothing = vec![0.0; solution.commitment.len()];
    let both = [nothing, solution.commitment.clone()];
    let bits = |costs: &[f64]| -> Vec<u64> { costs.iter().map(|cost| cost.to_bits()).collect() };
    let one_by_one = bits(&[evaluator.cost(&both[0]), again]);
    prop_assert_eq!(bits(&evaluator.costs(&both)), one_by_one);
    assert_relative_eq!(solution.cost, again, max_relative = 1e-12);
    let combined = problem
        .objective()
        .of(problem.scenarios(), &solution.scenarios);
    assert_relative_eq!(solution.cost, combined, max_relative = 1e-9);
    if is_convex(problem) {
        assert_relative_eq!(solution.cost, optimum, max_relative = 5e-6, epsilon = 1e-6);
        assert_relative_eq!(
            solution.lower_bound,
            optimum,
            max_relative = 5e-6,
            epsilon = 1e-6
        );
    }
    Ok(solution)
}

#[test]
fn futures_and_limits_are_solved_as_the_linear_programme_is() {
    let kinds = std::cell::RefCell::new([0_usize; 7]);
    for_all(24, &(fleets(HOURS, 2), more()), |(fleet, more)| {
        let free = more.free(&fleet);
        let limits = more.limits(&free);
        let problem = free.clone().limited(limits).unwrap();
        let solution = if programme(&problem).is_some() {
            compare(&problem)?
        } else {
            let solution = optimize::solve(&problem, &tight());
            prop_assert!(!solution.broken.is_empty());
            kinds.borrow_mut()[5] += 1;
            return Ok(());
        };
        let mut kinds = kinds.borrow_mut();
        kinds[6] += usize::from(more.ladder && is_convex(&problem));
        kinds[match problem.objective() {
            Objective::Expected => 0,
            Objective::Tail { .. } => 1,
            Objective::Worst => 2,
        }] += 1;
        for (limit, price) in problem.limits().iter().zip(&solution.prices) {
            kinds[if limit.rest.is_empty() { 3 } else { 4 }] += usize::from(*price > 1e-3);
        }
        Ok(())
    });
    // Each of them was there, each limit binding: or the test says less than it seems to.
    let kinds = kinds.into_inner();
    assert!(kinds.iter().all(|&count| count >= 1), "{kinds:?}");
}

/// One pool with purchases of `term` hours at every `step`: what is needed above what lives is On-Demand.
pub(super) fn pool(usage: Vec<f64>, discount: f64, term: usize, step: usize) -> Problem {
    let hours = usage.len();
    let bought = (0..hours).step_by(step).map(|date| {
        let end = (date + term).min(hours);
        let ratio = 1.0 / (1.0 - discount);
        // What a term costs beyond the window is left out: the fee is for the hours in it.
        let fee = (end - date) as f64;
        Source {
            alive: std::iter::once(date..end).collect(),
            ..Source::new(
                format!("at {date}"),
                Stage::ComputePlan,
                fee,
                vec![serve(0, ratio)],
            )
        }
    });
    Problem::new(hours, vec![usage], bought.collect()).unwrap()
}

/// The least cost of whole units in a pool, by trying every count at every date; `recent` are those that live,
/// the latest first.
fn tried(usage: &[f64], fee: f64, step: usize, recent: [u8; 3]) -> f64 {
    let Some((now, later)) = usage.split_at_checked(step) else {
        return 0.0;
    };
    let cost = |bought: u8| {
        let here = [bought, recent[0], recent[1]];
        let lives: u8 = here.iter().sum();
        let rest: f64 = now
            .iter()
            .map(|usage| (usage - f64::from(lives)).max(0.0))
            .sum();
        let ahead = usage.len().min(3 * step) as f64;
        rest + f64::from(bought) * fee * ahead + tried(later, fee, step, here)
    };
    (0..=3).map(cost).fold(f64::INFINITY, f64::min)
}

#[test]
fn a_ladder_of_one_pool_is_what_trying_every_purchase_finds() {
    let cases = (prop::collection::vec(0_u8..4, 20), 0.2..0.6_f64);
    for_all(8, &cases, |(usage, discount)| {
        let usage: Vec<f64> = usage.into_iter().map(f64::from).collect();
        // A purchase every 4 hours that lives for 12.
        let solution = compare(&pool(usage.clone(), discount, 12, 4))?;
        // What covers intervals is totally unimodular: whole units are no dearer than parts of them.
        let expected = tried(&usage, 1.0 - discount, 4, [0; 3]);
        assert_relative_eq!(solution.cost, expected, max_relative = 5e-6);
        Ok(())
    });
}
