//! Seven shapes of usage through the whole of `optimize`: demand by hour, the built-in price book, exact bills. Says
//! what each rule of thumb costs over the bound, and what the mix does.

use bursar::billing::Settings;
use bursar::catalog::{Account, PaymentOption, Platform, Tenancy, Term};
use bursar::commitment::Portfolio;
use bursar::demand::{Demand, DemandBuilder, DemandKey, Labels, Market};
use bursar::optimize::{CostOfCapital, Kinds, Options, Plan, Rules, optimize};
use bursar::prices::PriceBook;
use bursar::units::{Hour, HourSpan};

use super::{Random, YEAR};

const SHAPES: [&str; 7] = [
    "steady", "daily", "weekly", "growth", "decline", "bursty", "mixed",
];

/// Types in regions: five families with two or three sizes, Windows beside Linux in one.
const KEYS: [(&str, &str, bool); 12] = [
    ("us-east-1", "m7g.large", false),
    ("us-east-1", "m7g.2xlarge", false),
    ("us-east-1", "c7i.xlarge", false),
    ("us-east-1", "c7i.4xlarge", false),
    ("us-east-1", "r6i.2xlarge", false),
    ("us-east-1", "m6i.xlarge", false),
    ("us-east-1", "m6i.xlarge", true),
    ("us-east-1", "m6i.4xlarge", true),
    ("eu-west-1", "m7g.large", false),
    ("eu-west-1", "c7i.2xlarge", false),
    ("eu-west-1", "r6i.large", false),
    ("eu-west-1", "t3.medium", false),
];

/// A table in the form of docs/performance.md.
pub(super) fn table() {
    let book = PriceBook::builtin();
    let options = Options {
        kinds: Kinds::ALL,
        terms: vec![(Term::OneYear, PaymentOption::NoUpfront)],
        buyer: Account::new("management"),
        billing: Settings::default(),
        rules: Rules::default(),
        cost_of_capital: CostOfCapital::default(),
        tolerance: 1e-5,
        trials: 1_500,
        threads: 2,
    };
    for (number, shape) in (1..).zip(SHAPES) {
        let demand = demand(shape, number);
        let start = std::time::Instant::now();
        let found =
            optimize(&demand, &Portfolio::default(), &book, &options).expect("priced usage");
        let seconds = start.elapsed().as_secs_f64();
        let over =
            |plan: &Plan| (plan.bill.total().to_f64() / found.lower_bound.to_f64() - 1.0) * 100.0;
        if number == 1 {
            let names: Vec<&str> = found
                .baselines
                .iter()
                .map(|plan| plan.name.as_str())
                .collect();
            println!(
                "| shape | On-Demand | {} | the mix | seconds |",
                names.join(" | ")
            );
        }
        let baselines: Vec<String> = found
            .baselines
            .iter()
            .map(|plan| format!("{:.2}", over(plan)))
            .collect();
        println!(
            "| {shape} | {:.1} | {} | {:.4} | {seconds:.2} |",
            over(&found.on_demand),
            baselines.join(" | "),
            over(&found.cheapest),
        );
    }
}

/// A year of instances by hour; each key of a size, phase and noise of its own.
fn demand(shape: &str, seed: u64) -> Demand {
    let start = Hour::parse("2025-01-06T00:00Z").expect("an hour");
    let mut random = Random(seed);
    let mut builder = DemandBuilder::new();
    for (number, (region, name, windows)) in KEYS.into_iter().enumerate() {
        let key = builder.key(DemandKey {
            account: Account::new("111122223333"),
            region: region.parse().expect("a region"),
            zone: None,
            instance_type: name.parse().expect("a type"),
            platform: if windows {
                Platform::WINDOWS
            } else {
                Platform::LINUX
            },
            tenancy: Tenancy::Shared,
            market: Market::OnDemand,
            labels: Labels::default(),
        });
        let own = if shape == "mixed" {
            SHAPES[number % 6]
        } else {
            shape
        };
        let size = random.between(8.0, 80.0);
        let mut level = Level::new(own, &mut random);
        for hour in 0..i64::try_from(YEAR).expect("hours of a year") {
            let count = (size * level.next(hour as usize)).round().max(0.0) as i64;
            builder.add(key, start.plus(hour), count * 1_000_000_000);
        }
    }
    let span = HourSpan::new(start, start.plus(8_760));
    builder.finish(span).expect("few instances")
}

/// A share of the size, hour by hour.
struct Level<'a> {
    shape: &'a str,
    phase: f64,
    swing: f64,
    noise: f64,
    spike: f64,
    random: Random,
}

impl<'a> Level<'a> {
    fn new(shape: &'a str, random: &mut Random) -> Self {
        Self {
            shape,
            phase: random.between(0.0, 24.0),
            swing: random.between(0.3, 0.8),
            noise: random.between(0.01, 0.06),
            spike: 0.0,
            random: Random(random.0 ^ 0x5eed),
        }
    }

    fn next(&mut self, hour: usize) -> f64 {
        let time = hour as f64;
        let day = 0.5 + 0.5 * ((time - self.phase) / 24.0 * std::f64::consts::TAU).cos();
        let daily = 1.0 - self.swing + self.swing * day;
        let share = time / YEAR as f64;
        if self.random.unit() < 0.005 {
            self.spike = self.random.between(1.0, 4.0);
        }
        self.spike *= 0.75;
        let level = match self.shape {
            "daily" => daily,
            "weekly" => daily * if hour % 168 >= 120 { 0.45 } else { 1.0 },
            "growth" => daily * (0.5 + share),
            "decline" => daily * (1.5 - share),
            // A batch at night on little else, and what comes without warning.
            "bursty" => 0.25 + self.spike + f64::from(u8::from(hour % 24 < 4)),
            _ => 1.0,
        };
        level * (1.0 + self.noise * self.random.between(-1.0, 1.0))
    }
}
