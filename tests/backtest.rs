//! `backtest`: rules see the past only, what they buy stays, and the costs are bills.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs;

use bursar::billing::{ServiceUse, bill};
use bursar::catalog::{PaymentOption, Term};
use bursar::commitment::Portfolio;
use bursar::demand::{Demand, Market};
use bursar::optimize::{
    Aim, Backtest, BuyingRule, CostOfCapital, Every, NoBacktest, Options, Outcome, Outlook, Replay,
    Rule, RuleName, backtest, cheapest,
};
use bursar::units::{Hour, HourSpan, Money};
use rust_decimal::dec;
use serde_json::Value;

use crate::capital::Paying;
use crate::certify::bursar;
use crate::plans::{Prices, Row, demand, options, reserved};

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
    under(demand, rules, look_back, &options()).unwrap()
}

fn replay(rules: &[BuyingRule], look_back: Option<u32>) -> Replay {
    Replay {
        every: Every::Month,
        look_back,
        rules: rules.to_vec(),
        seed: 1,
    }
}

fn under(
    demand: &Demand,
    rules: &[BuyingRule],
    look_back: Option<u32>,
    options: &Options,
) -> Result<Backtest, NoBacktest> {
    let foresee = |past, owned: &_| Ok(futures(demand, past, owned));
    let (nothing, prices) = (Portfolio::default(), Prices::new());
    let replay = replay(rules, look_back);
    backtest(demand, &nothing, &prices, options, &replay, foresee)
}

/// As it was, or a quarter of it, one as likely as the other.
fn futures(demand: &Demand, past: HourSpan, owned: &Portfolio) -> Vec<Outlook<Prices>> {
    let past = demand.within(past);
    let outlook = |percent| Outlook {
        probability: 500_000,
        demand: past.scaled(percent).unwrap(),
        beside: ServiceUse::default(),
        owned: owned.clone(),
        market: Prices::new(),
    };
    vec![outlook(100), outlook(25)]
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
            // Half of the time three of four would lie idle.
            Some(BuyingRule::Robust) => {
                assert_eq!(steps(outcome), [(AUGUST.to_owned(), 1)]);
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
    let why = under(&short, &[BuyingRule::Best], None, &options());
    assert!(matches!(why, Err(NoBacktest::TooShort(short)) if short.found == 1));
    let mut options = options();
    options.kinds.standard = false;
    options.kinds.convertible = false;
    let why = under(&months([1, 1, 1]), &[BuyingRule::Online], None, &options);
    assert_eq!(
        why.unwrap_err().to_string(),
        "the rule `online` buys Reserved Instances, which the allowed kinds leave out"
    );
}

/// Every count of Reserved Instances is billed in both futures of what July was: none does better by the aim.
#[test]
fn the_robust_rule_buys_what_brute_force_would() {
    let demand = months([6, 6, 3]);
    let mut options = options();
    options.kinds.compute_plan = false;
    options.kinds.ec2_instance_plan = false;
    let found = under(&demand, &[BuyingRule::Robust], None, &options).unwrap();
    let july = demand.within(HourSpan::new(demand.span().start(), found.window.start()));
    let owned = Portfolio::default();
    let value = |count: u32| {
        let bought = Portfolio {
            reserved_instances: vec![reserved("m5.large", count, july.span())],
            ..Portfolio::default()
        };
        let saved = |percent| {
            let usage = july.scaled(percent).unwrap();
            let cost = |portfolio| {
                let billed = bill(&usage, portfolio, &Prices::new(), options.billing);
                billed.unwrap().total()
            };
            (500_000, cost(&owned) - cost(&bought))
        };
        Aim::MIXED.of(&[saved(100), saved(25)])
    };
    let best = (0..=6).max_by_key(|&count| value(count)).unwrap();
    let robust = &found.outcomes[1];
    assert_eq!(robust.bought[0].purchase.steps, u64::from(best));
    // Less than the cheapest mix on the past, and less to regret when half of it goes.
    let past = under(&demand, &[BuyingRule::Best], None, &options).unwrap();
    assert!(best > 0 && best < 6);
    assert!(robust.costs[1] < past.outcomes[1].costs[1]);
}

/// What an instance costs reserved, an hour: 0.096 x 62 %.
const RESERVED: i128 = 5_952;

#[test]
fn rules_for_purchases_are_kept_on_every_date() {
    // 4 in July, 8 from August on: with the past of one month 4 are wanted in August and 4 more in September.
    let demand = months([4, 8, 8]);
    let all = BuyingRule::ALL;
    let mut capped = options();
    // Five and a half reserved instances.
    capped.rules.max_hourly_commitment = Some(dollars(RESERVED * 11, 200_000));
    let found = under(&demand, &all, Some(1), &capped).unwrap();
    let outcome = |rule| {
        let found = found.outcomes.iter().find(|one| one.rule == Some(rule));
        found.unwrap()
    };
    assert_eq!(steps(outcome(BuyingRule::Best))[0], (AUGUST.to_owned(), 4));
    for one in &found.outcomes {
        assert!(one.committed() <= capped.rules.max_hourly_commitment.unwrap());
    }
    // 8 x 0.096 x 72 % for all of what runs in August is more.
    let broken = |rule| {
        found
            .broken
            .contains(&(rule, RuleName::MaxHourlyCommitment))
    };
    assert!(
        broken(BuyingRule::Usual(Rule::ComputePlan)),
        "{:?}",
        found.broken
    );
    assert_eq!(found.outcomes.len() + found.broken.len(), 1 + all.len());
}

#[test]
fn families_small_purchases_and_their_number_are_kept() {
    let mut rows: Vec<Row> = Vec::new();
    for hour in 0..24 * 62 {
        rows.push(("m5.large", Market::OnDemand, hour, 3));
        // From the eleventh of July on.
        rows.push(("c5.xlarge", Market::OnDemand, hour, i64::from(hour > 240)));
    }
    let demand = demand(&rows, 24 * 62);
    let bought = |options: &Options| {
        let found = under(&demand, &[BuyingRule::Best], None, options).unwrap();
        let bought = &found.outcomes[1].bought;
        let names = bought
            .iter()
            .map(|one| format!("{:?}", one.purchase.candidate.kind));
        names.collect::<Vec<_>>()
    };
    let free = bought(&options());
    assert!(free.len() > 1, "{free:?}");
    let mut few = options();
    few.rules.max_purchases = Some(1);
    assert_eq!(bought(&few).len(), 1);
    let mut none = options();
    none.rules.without_families = vec!["c5".to_owned()];
    none.kinds.compute_plan = false;
    assert!(bought(&none).iter().all(|kind| !kind.contains("c5")));
    // A c5.xlarge runs 503 of July's 744 hours and saves 0.17 x (503 - 62 % x 744) = 7.1 dollars; three m5.large
    // 0.096 x 3 x 38 % x 744 = 81.4.
    let mut large = options();
    large.rules.min_saving = Some(dollars(30, 1));
    let large = bought(&large);
    assert!(large.len() == 1 && large[0].contains("m5"), "{large:?}");
    let mut unknown = options();
    unknown.rules.families = vec!["m9".to_owned()];
    let why = under(&demand, &[BuyingRule::Best], None, &unknown).unwrap_err();
    assert_eq!(
        why.to_string(),
        "no instances of the family `m9` are in the usage"
    );
}

#[test]
fn upfront_money_is_spent_once_and_costs_what_it_is_said_to() {
    let demand = months([4, 8, 8]);
    let (owned, prices) = (Portfolio::default(), Paying(Prices::new()));
    let bought = |change: &dyn Fn(&mut Options)| {
        let mut options = options();
        options.kinds.compute_plan = false;
        options.kinds.ec2_instance_plan = false;
        options.terms = vec![
            (Term::OneYear, PaymentOption::NoUpfront),
            (Term::OneYear, PaymentOption::AllUpfront),
        ];
        change(&mut options);
        let replay = replay(&[BuyingRule::Best], Some(1));
        let foresee = |past, owned: &_| Ok(futures(&demand, past, owned));
        let mut found = backtest(&demand, &owned, &prices, &options, &replay, foresee).unwrap();
        found.outcomes.remove(1)
    };
    let upfront = |outcome: &Outcome| -> Money {
        let fees = outcome.bought.iter().map(|one| one.purchase.fees().0);
        fees.sum()
    };
    // All Upfront is 60.5 % of On-Demand: 0.096 x 0.605 x 8,760 = 508.7808 an instance, eight of them.
    let free = bought(&|_| {});
    assert_eq!(upfront(&free), dollars(8 * 5_087_808, 10_000));
    assert_eq!(free.capital, Money::ZERO);
    // Five instances' worth for all dates together: four in August, one in September, the rest without upfront.
    let budget = bought(&|options| options.rules.max_upfront = Some(dollars(2_600, 1)));
    assert_eq!(upfront(&budget), dollars(5 * 5_087_808, 10_000));
    assert_eq!(
        budget
            .bought
            .iter()
            .map(|one| one.purchase.steps)
            .sum::<u64>(),
        8
    );
    // At 25 % a year nothing is paid at once; at 1 % everything is, and that costs something.
    let rate = |percent| {
        move |options: &mut Options| {
            options.cost_of_capital = CostOfCapital::new(percent).unwrap();
        }
    };
    assert!(upfront(&bought(&rate(dec!(25)))).is_zero());
    let cheap = bought(&rate(dec!(1)));
    assert_eq!(upfront(&cheap), upfront(&free));
    assert!(cheap.capital > Money::ZERO && cheap.counted() == cheap.total() + cheap.capital);
}

/// On January alone `optimize --events default --services` recommends what the rule buys on the first of February: for
/// an m7g.large and ten Fargate tasks of 0.04048 + 2 x 0.004445 dollars an hour.
#[test]
fn the_robust_rule_buys_what_optimize_recommends() {
    let folder = tempfile::tempdir().unwrap();
    let usage = |name: &str, end: &str, last: &str| {
        let rows = format!(
            "hour,region,instance_type,count\n2026-01-01T00:00Z,us-east-1,m7g.large,1\n{last},us-east-1,m7g.large,1\n"
        );
        fs::write(folder.path().join(format!("{name}.csv")), rows).unwrap();
        let tasks = format!(
            "start,end,region,vcpu,memory_gb,tasks\n2026-01-01T00:00Z,{end},us-east-1,1,2,10\n"
        );
        fs::write(folder.path().join(format!("{name}-tasks.csv")), tasks).unwrap();
    };
    usage("both", "2026-03-01T00:00Z", "2026-02-28T23:00Z");
    usage("january", "2026-02-01T00:00Z", "2026-01-31T23:00Z");
    let found = |command: &str| -> Value {
        let more = " --fill-gaps previous --services --format json";
        let command = format!("{command}{more}");
        let output = bursar(folder.path(), &command.split(' ').collect::<Vec<_>>());
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let replayed = found("backtest both.csv both-tasks.csv --rules robust");
    // 28 days of 0.0816 + 10 x 0.04937.
    assert_eq!(replayed["on_demand_cost"], "386.6016");
    assert_eq!(replayed["settings"]["services"], true);
    let planned = found("optimize january.csv january-tasks.csv --events default --no-options");
    let robust = &planned["plans"][1];
    assert_eq!(robust["name"], "robust");
    let amounts = |bought: &Value| -> Vec<(String, String)> {
        let bought = bought.as_array().unwrap().iter();
        let text = |one: &Value, name: &str| one[name].to_string();
        bought
            .map(|one| (text(one, "kind"), text(one, "hourly_commitment")))
            .collect()
    };
    assert_eq!(
        amounts(&replayed["outcomes"][1]["bought"]),
        amounts(&robust["purchases"])
    );
}

fn dollars(part: i128, of: i128) -> Money {
    Money::from_atoms(Money::ATOMS_PER_DOLLAR.div_euclid(of)).times(part)
}
