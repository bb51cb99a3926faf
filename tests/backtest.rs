//! `backtest`: rules see the past only, what they buy stays, and the costs are bills.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use bursar::billing::bill;
use bursar::commitment::Portfolio;
use bursar::demand::{Demand, Market};
use bursar::optimize::{
    Backtest, BuyingRule, Every, NoBacktest, Outcome, Replay, Rule, backtest, cheapest,
};
use bursar::units::{Hour, HourSpan, Money};

use crate::plans::{Prices, Row, demand, options};

/// Instances of m5.large by month, from July on: 31 + 31 + 30 days.
fn months(counts: [i64; 3]) -> Demand {
    let mut rows: Vec<Row> = Vec::new();
    for hour in 0..24 * 92 {
        let month = usize::from(hour >= 24 * 31) + usize::from(hour >= 24 * 62);
        rows.push(("m5.large", Market::OnDemand, hour, counts[month]));
    }
    demand(&rows, 24 * 92)
}

fn replayed(demand: &Demand, rules: &[BuyingRule], look_back: Option<u32>) -> Backtest {
    let replay = Replay {
        every: Every::Month,
        look_back,
        rules: rules.to_vec(),
        seed: 1,
    };
    backtest(
        demand,
        &Portfolio::default(),
        &Prices::new(),
        &options(),
        &replay,
    )
    .unwrap()
}

fn steps(outcome: &Outcome) -> Vec<(String, u64)> {
    let bought = outcome.bought.iter();
    bought
        .map(|one| (one.at.to_string(), one.purchase.steps))
        .collect()
}

const AUGUST: &str = "2026-08-01T00:00Z";
const SEPTEMBER: &str = "2026-09-01T00:00Z";

#[test]
fn constant_usage_is_bought_for_once_and_nothing_is_regretted() {
    let found = replayed(&months([4, 4, 4]), &BuyingRule::ALL, None);
    assert_eq!(found.window.start().to_string(), AUGUST);
    assert_eq!(found.periods.len(), 2);
    // 4 x 0.096 x 24 x 61 days.
    assert_eq!(found.on_demand_total(), dollars(4 * 24 * 61 * 96, 1_000));
    for outcome in &found.outcomes {
        let rule = outcome.rule.map(BuyingRule::code);
        match outcome.rule {
            // Four Reserved Instances at 62 % on the first day, and no more.
            None | Some(BuyingRule::Best) => {
                assert_eq!(steps(outcome), [(AUGUST.to_owned(), 4)], "{rule:?}");
                assert_eq!(outcome.total(), dollars(4 * 24 * 61 * 96 * 62, 100_000));
            }
            // A level is topped up, not bought again: at 70 % of 4 x 0.096 x 0.72 dollars an hour.
            Some(BuyingRule::Usual(Rule::Coverage70)) => {
                assert_eq!(outcome.bought.len(), 1);
                assert_eq!(outcome.bought[0].purchase.steps, 194);
            }
            // 8,760 x 62 % hours have not passed.
            Some(BuyingRule::Online) => assert_eq!(outcome.bought, []),
            _ => assert!(
                outcome
                    .bought
                    .iter()
                    .all(|one| one.at.to_string() == AUGUST),
                "{rule:?}"
            ),
        }
    }
}

#[test]
fn a_rule_does_not_see_the_future_and_keeps_what_it_bought() {
    let rules = [BuyingRule::Best, BuyingRule::Usual(Rule::ComputePlan)];
    let (shrunk, grown) = (months([4, 4, 1]), months([4, 4, 9]));
    let (down, up) = (
        replayed(&shrunk, &rules, None),
        replayed(&grown, &rules, None),
    );
    for rule in 1..=rules.len() {
        assert_eq!(down.outcomes[rule].bought, up.outcomes[rule].bought);
        assert_eq!(down.outcomes[rule].costs[0], up.outcomes[rule].costs[0]);
    }
    // September runs one instance and pays for four reserved ones.
    assert_eq!(
        down.outcomes[1].costs[1],
        dollars(4 * 24 * 30 * 96 * 62, 100_000)
    );
    // Hindsight never costs more than a rule that buys on its day only.
    assert!(down.hindsight() < down.outcomes[1].total());
    // Ten months and two days of four reservations are still owed.
    assert_eq!(
        down.outcomes[1].after,
        dollars(4 * 24 * (365 - 61) * 96 * 62, 100_000)
    );
}

#[test]
fn a_shorter_past_forgets_sooner() {
    // In September the last month says 8, all of the past says that the second 4 ran half of the time.
    let demand = months([4, 8, 8]);
    let short = replayed(&demand, &[BuyingRule::Best], Some(1));
    assert_eq!(
        steps(&short.outcomes[1]),
        [(AUGUST.to_owned(), 4), (SEPTEMBER.to_owned(), 4)]
    );
    let long = replayed(&demand, &[BuyingRule::Best], None);
    assert_eq!(steps(&long.outcomes[1]), [(AUGUST.to_owned(), 4)]);
}

#[test]
fn costs_are_bills_and_hindsight_is_the_optimum() {
    let demand = months([3, 6, 5]);
    let found = replayed(&demand, &[BuyingRule::Best], None);
    let counted = demand.within(found.window);
    let nothing = Portfolio::default();
    let best = cheapest(&counted, &nothing, &Prices::new(), &options()).unwrap();
    assert_eq!(found.hindsight(), best.bill.total());
    let billed = bill(&counted, &nothing, &Prices::new(), options().billing).unwrap();
    assert_eq!(found.on_demand_total(), billed.total());
}

#[test]
fn a_month_alone_is_too_little_and_a_rule_needs_its_kind() {
    let short = months([1, 1, 1]).within(HourSpan::new(
        Hour::parse("2026-07-01T00:00Z").unwrap(),
        Hour::parse("2026-08-20T00:00Z").unwrap(),
    ));
    let replay = |rule| Replay {
        every: Every::Month,
        look_back: None,
        rules: vec![rule],
        seed: 1,
    };
    let nothing = Portfolio::default();
    let why = backtest(
        &short,
        &nothing,
        &Prices::new(),
        &options(),
        &replay(BuyingRule::Best),
    );
    assert!(matches!(why, Err(NoBacktest::TooShort(short)) if short.found == 1));
    let mut options = options();
    options.kinds.standard = false;
    options.kinds.convertible = false;
    let why = backtest(
        &months([1, 1, 1]),
        &nothing,
        &Prices::new(),
        &options,
        &replay(BuyingRule::Online),
    );
    assert_eq!(
        why.unwrap_err().to_string(),
        "the rule `online` buys Reserved Instances, which the allowed kinds leave out"
    );
}

fn dollars(part: i128, of: i128) -> Money {
    Money::from_atoms(Money::ATOMS_PER_DOLLAR.div_euclid(of)).times(part)
}
