//! What a rule costs a ladder is the difference of two ladders; what is said of a purchase on its date is what bills say.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs;

use bursar::catalog::{PaymentOption, Term};
use bursar::commitment::Portfolio;
use bursar::demand::Demand;
use bursar::optimize::{Ahead, Bought, Horizon, Kinds, Options, RuleName, ladder};
use bursar::units::{HourSpan, Money};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::capital::Paying;
use crate::certify::bursar as run_in;
use crate::ladder::{WEEK, ending, found, fresh, inputs, standard_only, under_rules, week, weeks};
use crate::plans::{Prices, cent, demand, options};

fn grown(window: &Demand) -> Horizon {
    let mut horizon = weeks(window, 4, &[0, WEEK, 2 * WEEK]);
    horizon.growth = Decimal::from(300);
    horizon
}

#[test]
fn a_rule_costs_the_difference_of_two_ladders() {
    let window = week(4, 1);
    let owned = ending(&window);
    let horizon = grown(&window);
    let prices = Prices::new();
    let mut under = standard_only();
    under.rules.max_hourly_commitment = Some(cent().times(30));
    under.rules.max_purchases = Some(1);
    let ahead = Ahead::new(&window, &horizon, &owned, &prices, &under).unwrap();
    let both = ladder(&ahead).unwrap();
    let costs = ahead.rule_prices(&both).unwrap();
    let rules: Vec<RuleName> = costs.iter().map(|price| price.rule).collect();
    assert_eq!(
        rules,
        [RuleName::MaxHourlyCommitment, RuleName::MaxPurchases]
    );
    for price in &costs {
        let free = Options {
            rules: under.rules.without(price.rule),
            ..under.clone()
        };
        let free = found(&window, &horizon, &owned, &free);
        let difference = both.best.with_capital() - free.best.with_capital();
        assert_eq!(price.cost, difference.max(Money::ZERO), "{:?}", price.rule);
    }
    assert!(costs[0].cost > Money::ZERO, "{costs:?}");
    // Only dollars an hour are a row of the proof: a dollar more of them is worth something.
    assert!(costs[0].marginal.unwrap() > 0.0 && costs[1].marginal.is_none());
}

#[test]
fn every_figure_of_a_purchase_is_a_bill() {
    let window = week(3, 1);
    let owned = ending(&window);
    let mut horizon = grown(&window);
    let prices = Prices::new();
    // Plans are bought in thousandths of a dollar: as it grows there is something to buy on every date.
    let options = Options {
        kinds: Kinds {
            standard: false,
            convertible: false,
            ..Kinds::ALL
        },
        ..options()
    };
    for beyond in [0, 1] {
        horizon.beyond = beyond;
        let ahead = Ahead::new(&window, &horizon, &owned, &prices, &options).unwrap();
        let best = ladder(&ahead).unwrap().best;
        assert!(best.bought.len() > 1, "{:?}", best.bought);
        let cost = |bought: Vec<Bought>| {
            let bought = bought.into_iter().filter(|one| one.purchase.steps > 0);
            ahead
                .bought("ladder", bought.collect())
                .unwrap()
                .with_capital()
        };
        let now = best.with_capital();
        for (index, own) in best.bought.iter().enumerate() {
            let found = ahead.explain(&best, index).unwrap();
            let with = |steps: u64| {
                let mut bought = best.bought.clone();
                bought[index].purchase.steps = steps;
                near(cost(bought) - now)
            };
            let steps = own.purchase.steps;
            assert_eq!(near(found.found.one_more), with(steps + 1));
            assert_eq!(near(found.found.one_less), with(steps - 1));
            assert_eq!(near(found.found.without), with(0));
            let alive = own.alive().intersect(horizon.span).len();
            assert_eq!(found.found.hours, alive);
            // On-Demand prices of what it serves, less what others would have served of it.
            let served: Money = found.found.serves.iter().map(|row| row.on_demand).sum();
            assert!(found.found.gross_saving <= served);
            if beyond == 0 {
                let left_out = found.found.without + found.found.fees();
                assert_eq!(found.found.gross_saving, left_out);
            }
            for &(at, difference) in &found.other_dates {
                let mut bought = best.bought.clone();
                bought[index].at = at;
                assert_eq!(near(difference), near(cost(bought) - now));
            }
            assert!(found.other_dates.iter().all(|&(at, _)| at != own.at));
            assert!(found.other_dates.len() >= 2);
            for other in &found.found.alternatives {
                assert_ne!(other.purchase.candidate, own.purchase.candidate);
                let mut bought = best.bought.clone();
                bought[index].purchase = other.purchase.clone();
                assert_eq!(near(other.difference), near(cost(bought) - now));
            }
        }
    }
}

/// Two ways to take a hundredth of a fee: whole, or purchase by purchase, to the last place of a dollar.
fn near(amount: Money) -> Decimal {
    amount.to_decimal(10).round_dp(6)
}

/// A year of an m5.large paid at once is 0.096 x 60.5 % x 8,760 = 508.7808, earned by 0.096 an hour in 5,299.8 hours.
#[test]
fn the_day_it_is_paid_back_is_the_hour_it_is() {
    let rows: Vec<_> = (0..WEEK)
        .map(|hour| ("m5.large", bursar::demand::Market::OnDemand, hour, 1))
        .collect();
    let window = demand(&rows, WEEK);
    let owned = Portfolio::default();
    let prices = Paying(Prices::new());
    let options = Options {
        kinds: Kinds {
            convertible: false,
            ec2_instance_plan: false,
            compute_plan: false,
            ..Kinds::ALL
        },
        terms: vec![(Term::OneYear, PaymentOption::AllUpfront)],
        ..options()
    };
    for (long, earned) in [(31, false), (40, true)] {
        let horizon = weeks(&window, long, &[0]);
        let ahead = Ahead::new(&window, &horizon, &owned, &prices, &options).unwrap();
        let best = ladder(&ahead).unwrap().best;
        let found = ahead.explain(&best, 0).unwrap();
        let alive: HourSpan = best.bought[0].alive();
        let hour = earned.then(|| alive.start().plus(5_299));
        assert_eq!((found.paid_back, found.term_earned), (hour, hour));
        assert_eq!(
            (found.found.idle_hours, found.found.full_hours),
            (0, horizon.span.len())
        );
    }
}

fn explained(run: &Value, more: &[&str]) -> std::process::Output {
    let folder = inputs();
    fs::write(folder.path().join("run.json"), run.to_string()).unwrap();
    run_in(folder.path(), &[&["explain", "run.json"], more].concat())
}

#[test]
fn a_run_explains_its_purchases() {
    let run = fresh();
    let json = explained(run, &["--purchase", "2", "--format", "json"]);
    let found: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(found["purchase"], run["plans"][0]["purchases"][1]);
    assert_eq!(found["horizon_cost"], run["plans"][0]["cost"]);
    assert_eq!(found["inputs"], run["inputs"]);
    let dates = found["other_dates"].as_array().unwrap();
    assert_eq!(dates.len() + 1, run["dates"].as_array().unwrap().len());
    let table = explained(run, &["--purchase", "2"]);
    let table = String::from_utf8(table.stdout).unwrap();
    for words in [
        "Purchase 2 of ",
        " in `ladder`, 2026-07-08 to 2027-07-08: ",
        "it is left out",
        "paid back for good",
        "on the same date",
        "The same on another date",
    ] {
        assert!(table.contains(words), "{words}:\n{table}");
    }
    for (more, words) in [
        (&["--purchase", "99"][..], "numbered from 1 to "),
        (
            &["--purchase", "1", "--plan", "robust"],
            "its plans: ladder, once",
        ),
        (
            &["--purchase", "1", "--plan", "on-demand"],
            "it buys nothing",
        ),
    ] {
        let output = explained(run, more);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn a_run_says_what_its_rules_cost() {
    let run = under_rules();
    let rules = run["rules"].as_array().unwrap();
    let names: Vec<&str> = rules
        .iter()
        .map(|rule| rule["rule"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["max-hourly-commitment", "max-upfront", "max-purchases"]
    );
    assert!(rules.iter().any(|rule| rule["cost"] != "0"), "{rules:?}");
    assert!(fresh().get("rules").is_none());
}
