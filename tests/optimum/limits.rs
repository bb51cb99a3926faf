//! Rules and futures by hand: the price of a rule, rules that exclude each other, certificates that are tampered
//! with, and numbers that make no sense.

use approx::assert_relative_eq;
use bursar::optimize::{
    self, Certificate, Limit, Objective, Problem, Scenario, Source, Stage, Violation,
};

use super::fleets::serve;
use super::futures::{programme, tight};

/// Two futures of a day each, the second with half the usage, and two plans; at most `most` dollars an hour, and
/// `rest` parts of the first day On-Demand.
fn two_futures(objective: Objective, most: f64, rest: f64) -> Problem {
    let day = |hour: usize| {
        if (8..20).contains(&hour) {
            10.0
        } else {
            4.0 + hour as f64 / 10.0
        }
    };
    let usage: Vec<f64> = (0..24)
        .map(day)
        .chain((0..24).map(|hour| day(hour) / 2.0))
        .collect();
    let all: f64 = usage[..24].iter().sum::<f64>() * 2.0;
    let sources = vec![
        Source::new("EC2 SP", Stage::Ec2InstancePlan, 24.0, vec![serve(0, 1.6)]),
        Source::new(
            "Compute SP",
            Stage::ComputePlan,
            24.0,
            vec![serve(0, 1.3), serve(1, 1.3)],
        ),
    ];
    let scenario = |probability| Scenario {
        hours: 24,
        probability,
        fixed: 3.0,
    };
    let hourly = Limit {
        name: "hourly commitment".into(),
        commitments: vec![(0, 1.0), (1, 1.0)],
        rest: Vec::new(),
        most,
    };
    let coverage = Limit {
        name: "coverage".into(),
        commitments: Vec::new(),
        rest: vec![(0, 1.0)],
        most: rest * all,
    };
    Problem::new(48, vec![usage.clone(), usage], sources)
        .and_then(|problem| problem.in_scenarios(vec![scenario(0.75), scenario(0.25)], objective))
        .and_then(|problem| problem.limited(vec![hourly, coverage]))
        .unwrap()
}

const HALF: Objective = Objective::Tail {
    risk: 0.5,
    tail: 0.5,
};

#[test]
fn the_price_of_a_limit_is_what_a_little_less_of_it_costs() {
    let worth = |most: f64, rest: f64| programme(&two_futures(HALF, most, rest)).unwrap();
    let step = 1e-3;
    // Binding: a low commitment; then coverage beyond what pays.
    for (most, rest, limit) in [(4.0, 1.0, 0), (50.0, 0.2, 1)] {
        let solution = optimize::solve(&two_futures(HALF, most, rest), &tight());
        let (a, b, unit) = if limit == 0 {
            (worth(most - step, rest), worth(most + step, rest), 1.0)
        } else {
            // In dollars: parts of the whole first day.
            let all: f64 = two_futures(HALF, most, 1.0).limits()[1].most;
            (worth(most, rest - step), worth(most, rest + step), all)
        };
        let difference = (a - b) / (2.0 * step * unit);
        assert!(difference > 0.01, "limit {limit} does not bind");
        assert_relative_eq!(solution.prices[limit], difference, max_relative = 1e-3);
        assert!(solution.prices[1 - limit] < 1e-6);
    }
}

#[test]
fn a_limit_that_does_not_bind_costs_nothing_and_two_that_exclude_each_other_are_named() {
    let free = optimize::solve(&two_futures(HALF, 100.0, 1.0), &tight());
    assert!(
        free.prices.iter().all(|price| *price < 1e-6),
        "{:?}",
        free.prices
    );
    // 1 $/h covers 1.6 of 8 to 20 On-Demand dollars: nowhere near 90 %.
    let both = optimize::solve(&two_futures(HALF, 1.0, 0.1), &tight());
    assert_eq!(both.broken, [1]);
}

#[test]
fn a_certificate_of_futures_and_limits_that_is_tampered_with_is_refused() {
    let problem = two_futures(HALF, 4.0, 1.0);
    let certificate = optimize::solve(&problem, &tight()).certificate;
    let text = serde_json::to_string(&certificate).unwrap();
    let read: Certificate = serde_json::from_str(&text).unwrap();
    assert_eq!(
        optimize::check(&problem, &read).unwrap().to_bits(),
        certificate.bound.to_bits()
    );
    let tampered = |change: &dyn Fn(&mut Certificate)| {
        let mut certificate = certificate.clone();
        change(&mut certificate);
        optimize::check(&problem, &certificate).unwrap_err()
    };
    // 0.5 x 0.25 + 0.5 x 0.25 / 0.5 = 0.375 is the most that the second future may weigh.
    let scenario = tampered(&|c| c.scenarios = vec![600_000_000_000, 400_000_000_000]);
    assert_eq!(scenario, Violation::Scenario { scenario: 1 });
    let sum = tampered(&|c| c.scenarios[1] += 1_000_000_000);
    assert_eq!(sum, Violation::Scenario { scenario: 1 });
    let cheaper = tampered(&|c| c.limits[0] -= 1_000_000);
    assert!(
        matches!(cheaper, Violation::Fee { .. } | Violation::Claim { .. }),
        "{cheaper}"
    );
    let dearer = tampered(&|c| c.limits[0] += 1_000_000_000);
    assert!(matches!(dearer, Violation::Claim { .. }), "{dearer}");
    let none = tampered(&|c| c.limits.clear());
    assert!(matches!(none, Violation::Shape { .. }), "{none}");
    let more = tampered(&|c| c.scenarios.push(0));
    assert!(matches!(more, Violation::Shape { .. }), "{more}");
    // Other futures, another objective or another limit make another problem.
    for other in [
        two_futures(Objective::Worst, 4.0, 1.0),
        two_futures(HALF, 4.0001, 1.0),
        two_futures(
            Objective::Tail {
                risk: 0.5,
                tail: 0.6,
            },
            4.0,
            1.0,
        ),
    ] {
        let refused = optimize::check(&other, &certificate).unwrap_err();
        assert!(
            matches!(refused, Violation::OtherProblem { .. }),
            "{refused}"
        );
    }
}

fn future(hours: usize, probability: f64) -> Scenario {
    Scenario {
        hours,
        probability,
        fixed: 0.0,
    }
}

#[test]
fn futures_that_make_no_sense_are_refused() {
    let problem = || two_futures(Objective::Expected, 4.0, 1.0);
    let refused = |scenarios: [(usize, f64); 2], objective| {
        let scenarios = scenarios.map(|(hours, probability)| future(hours, probability));
        let refused = problem().in_scenarios(scenarios.into(), objective);
        refused.unwrap_err().to_string()
    };
    let halves = [(24, 0.5), (24, 0.5)];
    let tail = |risk, tail| refused(halves, Objective::Tail { risk, tail });
    let plain = |scenarios| refused(scenarios, Objective::Expected);
    let weights = |weights| problem().weighted(weights).unwrap_err().to_string();
    for (message, part) in [
        (
            plain([(24, 0.5), (23, 0.5)]),
            "the scenarios have 47 hours, the window has 48",
        ),
        (plain([(24, 0.5), (24, 0.6)]), "which is 1.1 and not 1"),
        (plain([(24, 1.5), (24, -0.5)]), "scenario 1"),
        (plain([(48, 0.5), (0, 0.5)]), "scenario 1"),
        (tail(1.1, 0.5), "risk"),
        (tail(0.5, 1.0), "tail"),
        (weights(vec![1.0; 3]), "one weight for each hour"),
        (weights(vec![f64::NAN; 48]), "the weight of every hour"),
    ] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    let problem = two_futures(Objective::Expected, 4.0, 1.0);
    let wrong = |change: &dyn Fn(&mut Limit)| {
        let mut limits = problem.limits().to_vec();
        change(&mut limits[0]);
        problem.clone().limited(limits).unwrap_err().to_string()
    };
    for (message, part) in [
        (
            wrong(&|limit| limit.most = -1.0),
            "the limit `hourly commitment`",
        ),
        (wrong(&|limit| limit.commitments[0].0 = 9), "every factor"),
        (wrong(&|limit| limit.commitments[1].0 = 0), "every factor"),
        (wrong(&|limit| limit.rest = vec![(0, 1.0)]), "at most one"),
    ] {
        assert!(message.contains(part), "{message}");
    }
    // What has to be bought in any case may be too much for a limit.
    let mut sources = problem.sources().to_vec();
    sources[1].min = 5.0;
    let problem = Problem::new(48, problem.usage().to_vec(), sources).and_then(|bare| {
        let limits = problem.limits()[..1].to_vec();
        bare.limited(limits)
    });
    assert!(
        problem
            .unwrap_err()
            .to_string()
            .contains("least commitments")
    );
}
