//! Measures the search on synthetic fleets: `cargo bench --bench optimize`; behind `--` a part (`futures`, `ladder`
//! and others; `shapes`, `what-if`, `one-plan` and `scaling` run only so), or `lp FOLDER` to write problems that `benches/extensive-lp.py` solves in full.
//!
//! Families in regions with daily, weekly, growing, spiky and nightly usage, at discounts like AWS's (1 year,
//! No Upfront: Compute Savings Plans about 27 %, EC2 Instance Savings Plans and Reserved Instances about
//! 37 %; licences are not discounted). Everything is drawn from a seed; nothing is anyone's usage.
#![allow(missing_docs, clippy::float_arithmetic, clippy::print_stdout)]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

#[path = "parts/shapes.rs"]
mod shapes;
#[path = "parts/sizes.rs"]
mod sizes;

use std::time::Instant;

use bursar::optimize::{
    self, Evaluator, Limit, Objective, Problem, Scenario, Served, Settings, Source, Stage,
};

const YEAR: usize = 8_760;

/// A part that runs only when it is named.
type Part = (&'static str, fn());

pub fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let Some(place) = words.iter().position(|word| word == "lp") {
        let folder = words.get(place + 1).map_or("target/bench", String::as_str);
        return write_problems(std::path::Path::new(folder));
    }
    let by_name: [Part; 4] = [
        ("shapes", shapes::table),
        ("what-if", sizes::what_if),
        ("one-plan", sizes::one_plan),
        ("scaling", sizes::scaling),
    ];
    let parts = by_name
        .iter()
        .filter(|(name, _)| words.iter().any(|word| word == name));
    if parts.map(|(_, part)| part()).count() > 0 {
        return;
    }
    // A number of pools measures that fleet only, a word that part only.
    let only = words.iter().find_map(|word| word.parse::<usize>().ok());
    let parts = ["deep", "futures", "limits", "ladder", "evaluation"];
    let named = words.iter().any(|word| parts.contains(&word.as_str()));
    let asked = |part: &str| words.iter().any(|word| word == part) || (!named && only.is_none());
    println!(
        "sources hours classes | seconds proposals gap % | certificate kB, check s | cost, saving %"
    );
    for (pools, tolerance) in [(59, 1e-4), (224, 1e-3)] {
        if named || only.is_some_and(|only| only != pools) {
            continue;
        }
        for seed in 1..=3 {
            search(&fleet(seed, pools, YEAR, false), tolerance);
        }
    }
    if asked("deep") {
        println!("a Compute Savings Plan of 3 years, deeper than the EC2 Instance ones of 1 year:");
        search(&fleet(1, 59, YEAR, true), 1e-4);
    }
    if asked("futures") {
        println!("five futures of a year each, half expected and half the worst fifth:");
        for tolerance in [1e-3, 1e-4] {
            search(&futures(&fleet(1, 59, YEAR, false)), tolerance);
        }
    }
    if asked("limits") {
        println!("under a limit on the hourly commitment that binds, and 65 % coverage:");
        search(&limited(fleet(1, 59, YEAR, false)), 1e-4);
    }
    if asked("ladder") {
        println!("36 months, bought on the first of any of 26 months for a year:");
        for tolerance in [1e-3, 1e-4] {
            search(&ladder(10, 730), tolerance);
        }
    }
    if asked("evaluation") {
        evaluation();
    }
}

/// Problems with what was found for them, for `benches/extensive-lp.py`.
fn write_problems(folder: &std::path::Path) {
    let settings = Settings {
        tolerance: 1e-7,
        proposals: 3_000,
        ..Settings::default()
    };
    let problems = [
        ("plain-168", fleet(1, 20, 168, false)),
        ("plain-336", fleet(1, 20, 336, false)),
        ("plain-1008", fleet(1, 20, 1_008, false)),
        ("futures-5x168", futures(&fleet(1, 20, 168, false))),
        ("limits-336", limited(fleet(1, 20, 336, false))),
        ("ladder-36x24", ladder(4, 24)),
    ];
    for (name, problem) in problems {
        let start = Instant::now();
        let found = optimize::solve(&problem, &settings);
        let seconds = start.elapsed().as_secs_f64();
        assert!(found.broken.is_empty(), "the limits of {name} can be kept");
        let text = written(&problem, &found, seconds).to_string();
        let path = folder.join(format!("lp-{name}.json"));
        std::fs::write(&path, text).expect("a folder to write to");
        println!("{} {seconds:.2} s, gap {:.2e}", path.display(), found.gap);
    }
}

fn written(problem: &Problem, found: &optimize::Solution, seconds: f64) -> serde_json::Value {
    use serde_json::json;
    let source = |source: &Source| {
        let serves = source.serves.iter().map(|one| (one.class, one.ratio));
        let alive = source.alive.iter().map(|hours| (hours.start, hours.end));
        json!({
            "fee": source.fee,
            "serves": serves.collect::<Vec<_>>(),
            "owned": source.owned,
            "alive": alive.collect::<Vec<_>>(),
        })
    };
    let scenario = |one: &Scenario| json!([one.hours, one.probability, one.fixed]);
    let limit = |one: &Limit| json!([one.commitments, one.rest, one.most]);
    let (risk, tail) = match problem.objective() {
        Objective::Tail { risk, tail } => (risk, tail),
        _ => (0.0, 0.0),
    };
    json!({
        "hours": problem.hours(),
        "usage": problem.usage(),
        "sources": problem.sources().iter().map(source).collect::<Vec<_>>(),
        "scenarios": problem.scenarios().iter().map(scenario).collect::<Vec<_>>(),
        "objective": [risk, tail],
        "limits": problem.limits().iter().map(limit).collect::<Vec<_>>(),
        "found": { "cost": found.cost, "bound": found.lower_bound, "seconds": seconds },
    })
}

/// As it is, a tenth more, a quarter less, the largest class gone, and half of it gone.
fn futures(fleet: &Problem) -> Problem {
    let size = |row: &[f64]| row.iter().sum::<f64>();
    let rows = fleet.usage();
    let largest = (0..rows.len()).max_by(|&a, &b| size(&rows[a]).total_cmp(&size(&rows[b])));
    let factor = |future: usize, class: usize| match future {
        1 => 1.1,
        2 => 0.75,
        3 if Some(class) == largest => 0.0,
        4 if Some(class) == largest => 0.5,
        _ => 1.0,
    };
    let row = |class: usize| {
        let futures =
            (0..5).flat_map(|future| rows[class].iter().map(move |u| u * factor(future, class)));
        futures.collect()
    };
    let scenario = |probability| Scenario {
        hours: fleet.hours(),
        probability,
        fixed: 0.0,
    };
    let objective = Objective::Tail {
        risk: 0.5,
        tail: 0.8,
    };
    let usage = (0..rows.len()).map(row).collect();
    Problem::new(5 * fleet.hours(), usage, fleet.sources().to_vec())
        .and_then(|all| all.in_scenarios([0.4, 0.2, 0.2, 0.1, 0.1].map(scenario).into(), objective))
        .expect("a valid problem")
}

fn limited(fleet: Problem) -> Problem {
    let free = optimize::solve(&fleet, &Settings::default());
    let all = (0..fleet.sources().len())
        .map(|source| (source, 1.0))
        .collect();
    let limits = vec![
        Limit {
            name: "hourly commitment".into(),
            commitments: all,
            rest: Vec::new(),
            most: 0.95 * free.commitment.iter().sum::<f64>(),
        },
        Limit {
            name: "coverage".into(),
            commitments: Vec::new(),
            rest: vec![(0, 1.0)],
            most: 0.35 * fleet.on_demand(),
        },
    ];
    fleet.limited(limits).expect("valid limits")
}

/// Families over 36 months of so many hours; what they buy for a year starts on the first of any of 26 months.
fn ladder(families: usize, month: usize) -> Problem {
    let hours = 36 * month;
    let small = fleet(3, families, hours, false);
    let dated = |source: &Source| {
        let source = source.clone();
        (0..26).map(move |date| {
            let start = date * month;
            let end = (start + 12 * month).min(hours);
            // Half of what is paid beyond the window counts.
            let beyond = (start + 12 * month - end) as f64;
            Source {
                name: format!("{} from month {date}", source.name),
                fee: (end - start) as f64 + 0.5 * beyond,
                alive: std::iter::once(start..end).collect(),
                ..source.clone()
            }
        })
    };
    let sources = small.sources().iter().flat_map(dated).collect();
    Problem::new(hours, small.usage().to_vec(), sources).expect("a valid problem")
}

fn search(problem: &Problem, tolerance: f64) {
    let settings = Settings {
        tolerance,
        ..Settings::default()
    };
    let start = Instant::now();
    let solution = optimize::solve(problem, &settings);
    let seconds = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let checked = optimize::check(problem, &solution.certificate);
    let check = start.elapsed().as_secs_f64();
    assert_eq!(checked, Ok(solution.lower_bound));
    let nothing = vec![0.0; problem.sources().len()];
    let without = Evaluator::new(problem, 2).cost(&nothing);
    let size = serde_json::to_string(&solution.certificate).map_or(0, |text| text.len());
    println!(
        "{:>7} {} {:>7} | {seconds:>6.2} {:>4} {:.4} | {:>5.0} {check:.3} | {:.0} {:.1} (pruned {}, deviations {})",
        problem.sources().len(),
        problem.hours(),
        Evaluator::new(problem, 2).classes(),
        solution.proposals,
        solution.gap * 100.0,
        size as f64 / 1e3,
        solution.cost,
        100.0 - solution.cost / without * 100.0,
        solution.pruned.len(),
        solution.deviations.len(),
    );
}

/// Ten thousand keys of a year under three stages, as the sizes of families in accounts.
fn evaluation() {
    let problem = ten_thousand_keys();
    let start = Instant::now();
    let evaluator = Evaluator::new(&problem, 2);
    let prepared = start.elapsed().as_secs_f64();
    let commitment: Vec<f64> = problem.sources().iter().map(|_| 5.0).collect();
    let mut best = f64::INFINITY;
    let mut cost = 0.0;
    for _ in 0..5 {
        let start = Instant::now();
        cost = evaluator.cost(&commitment);
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!(
        "evaluation: {} keys, {} classes x {YEAR} h, three stages: {best:.4} s ({cost:.0}); prepared once in {prepared:.2} s",
        problem.usage().len(),
        evaluator.classes(),
    );
}

fn ten_thousand_keys() -> Problem {
    let small = fleet(7, 200, YEAR, true);
    // Every class is split over accounts and sizes, which the prices do not distinguish.
    let copies = 10_000usize.div_ceil(small.usage().len());
    let classes = small.usage().len();
    let usage = (0..copies * classes).map(|key| {
        small.usage()[key % classes]
            .iter()
            .map(|u| u / copies as f64)
            .collect()
    });
    let sources = small.sources().iter().map(|source| Source {
        serves: source
            .serves
            .iter()
            .flat_map(|served| {
                (0..copies).map(|copy| Served {
                    class: served.class + copy * classes,
                    ratio: served.ratio,
                })
            })
            .collect(),
        ..source.clone()
    });
    Problem::new(YEAR, usage.collect(), sources.collect()).expect("a valid problem")
}

/// A fleet of `pools` families in regions: for each an EC2 Instance Savings Plan and Linux Reserved
/// Instances, for every other one Windows Reserved Instances, and one Compute Savings Plan, or (`deep`) of two terms.
pub fn fleet(seed: u64, pools: usize, hours: usize, deep: bool) -> Problem {
    let mut random = Random(seed);
    let mut usage = Vec::new();
    let mut reserved = Vec::new();
    let mut plans = Vec::new();
    let mut compute: Vec<[(usize, f64); 2]> = Vec::new();
    for pool in 0..pools {
        let size = 10f64.powf(random.between(-0.5, 1.7));
        let family = random.between(0.34, 0.41);
        let general = family - random.between(0.06, 0.13);
        let mut covered = Vec::new();
        // Linux, Windows and Red Hat: the share of the price that is hardware.
        for (share, chance) in [(1.0, 1.0), (0.52, 0.5), (0.62, 0.3)] {
            if random.unit() > chance {
                continue;
            }
            let class = usage.len();
            let level = size / share * random.between(0.3, 1.0);
            usage.push(shape(&mut random, level, hours));
            let ratio = |discount: f64| 1.0 / (1.0 - discount * share);
            covered.push((class, ratio(family)));
            compute.push([(class, ratio(general)), (class, ratio(general + 0.17))]);
            if share > 0.99 || (share < 0.55 && pool % 2 == 0) {
                let discount = (family + random.between(-0.02, 0.02)) * share;
                reserved.push((pool, vec![(class, 1.0 / (1.0 - discount))]));
            }
        }
        plans.push((pool, covered));
    }
    let sources = offers(hours as f64, reserved, plans, &compute, deep);
    Problem::new(hours, usage, sources).expect("a valid problem")
}

/// Classes a source serves, each with its ratio.
type Serves = Vec<(usize, f64)>;

fn offers(
    fee: f64,
    reserved: Vec<(usize, Serves)>,
    plans: Vec<(usize, Serves)>,
    compute: &[[(usize, f64); 2]],
    deep: bool,
) -> Vec<Source> {
    let mut sources = Vec::new();
    for (pool, serves) in reserved {
        sources.push(source(
            format!("RI {pool}"),
            Stage::RegionalReserved,
            fee,
            serves,
        ));
    }
    for (pool, serves) in plans {
        sources.push(source(
            format!("EC2 SP {pool}"),
            Stage::Ec2InstancePlan,
            fee,
            serves,
        ));
    }
    // The deeper plan comes first, as AWS takes the highest savings percentage of all plans of a kind.
    // It is dear enough that it is a choice: three years are worth it for the steady part only.
    if deep {
        let three = compute.iter().map(|ratios| ratios[1]).collect();
        sources.push(source(
            "Compute SP 3yr".into(),
            Stage::ComputePlan,
            fee * 1.24,
            three,
        ));
    }
    let one = compute.iter().map(|ratios| ratios[0]).collect();
    sources.push(source("Compute SP".into(), Stage::ComputePlan, fee, one));
    sources
}

fn source(name: String, stage: Stage, fee: f64, mut serves: Vec<(usize, f64)>) -> Source {
    serves.sort_by(|a, b| b.1.total_cmp(&a.1));
    let serves = serves
        .into_iter()
        .map(|(class, ratio)| Served { class, ratio });
    Source::new(name, stage, fee, serves.collect())
}

/// On-Demand dollars by hour of one of five shapes.
fn shape(random: &mut Random, size: f64, hours: usize) -> Vec<f64> {
    let kind = (random.unit() * 5.0) as usize;
    let (phase, swing) = (random.between(0.0, 24.0), random.between(0.2, 0.9));
    let trend = random.between(-0.5, 0.8) / hours as f64;
    let noise = random.between(0.01, 0.1);
    let mut spike = 0.0;
    let hour = |hour: usize| {
        let time = hour as f64;
        let day = 0.5 + 0.5 * ((time - phase) / 24.0 * std::f64::consts::TAU).cos();
        let weekend = hour % 168 >= 120;
        if random.unit() < 0.005 {
            spike = random.between(1.0, 5.0);
        }
        spike *= 0.7;
        let level = match kind {
            0 => 1.0 - swing + swing * day,
            1 => (1.0 - swing + swing * day) * if weekend { 0.5 } else { 1.0 },
            2 => 0.3 + spike,
            3 => f64::from(u8::from(day > 0.8)) + 0.05,
            _ => 1.0,
        };
        let level = level * (1.0 + trend * time) * (1.0 + noise * random.between(-1.0, 1.0));
        // Whole instances at some price, as usage is.
        (size * level * 20.0).max(0.0).round() / 20.0
    };
    (0..hours).map(hour).collect()
}

/// Splitmix64: small, seeded, the same everywhere.
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }
}
