//! An explained hour as tables and JSON.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

/// Why an instance has no price of its own.
const IN_BLOCK: &str = "in a Capacity Block, paid for as a whole";

use super::Table;
use super::format::dollars;
use super::run::InputFile;
use crate::analysis::{Explanation, Rank, Rest, Step};
use crate::billing::{ChargeKind, product_of};
use crate::catalog::Tenancy;
use crate::commitment::Portfolio;
use crate::demand::{Demand, DemandKey, Market};
use crate::prices::{Basis, PriceBook};
use crate::units::{InstanceHour, Money, Quantity, Rate};

/// What an explanation is shown with.
pub struct Shown<'a> {
    /// The explanation.
    pub found: &'a Explanation,
    /// Its usage.
    pub demand: &'a Demand,
    /// What is owned.
    pub portfolio: &'a Portfolio,
    /// The prices; `None` when they are the bill's own.
    pub book: Option<&'a PriceBook>,
    /// Which usage to show.
    pub wanted: &'a dyn Fn(&DemandKey) -> bool,
}

/// The tables of an explanation.
pub fn tables(shown: &Shown<'_>) -> Vec<Table> {
    let mut tables = vec![shown.usage()];
    tables.extend(shown.ranks());
    tables.extend(shown.steps());
    tables.push(shown.rest());
    tables
}

impl Shown<'_> {
    fn key(&self, key: usize) -> &DemandKey {
        &self.demand.keys()[key]
    }

    fn wants(&self, key: usize) -> bool {
        (self.wanted)(self.key(key))
    }

    /// Where a price is known from.
    fn source(&self, key: &DemandKey) -> String {
        let Some(book) = self.book else {
            return match key.market {
                Market::OnDemand | Market::UnusedCapacity => "the bill's own rate".to_owned(),
                Market::Spot => "average of the bill's Spot rows".to_owned(),
                Market::CapacityBlock => IN_BLOCK.to_owned(),
            };
        };
        if key.tenancy == Tenancy::Host {
            return "on a Dedicated Host, paid for as a whole".to_owned();
        }
        let product = product_of(key);
        let found = match key.market {
            Market::OnDemand | Market::UnusedCapacity => book.on_demand(product),
            Market::Spot => book.spot(product),
            Market::CapacityBlock => return IN_BLOCK.to_owned(),
        };
        let Ok(price) = found else {
            return "no price: in no total".to_owned();
        };
        let origin = price.provenance;
        let basis = match origin.basis {
            Basis::Observed => String::new(),
            averaged @ Basis::Averaged { .. } => format!(", {averaged}"),
            Basis::Rule(rule) => format!(", by rule {rule}"),
            Basis::Estimated {
                rule,
                error_percent,
            } => {
                format!(", estimated by {rule} within {error_percent} %")
            }
        };
        format!("{} of {}{basis}", origin.source, origin.as_of)
    }

    fn usage(&self) -> Table {
        let title = format!("Usage metered, {}", self.found.hour);
        let heads = [
            "usage",
            "account",
            ">instance-hours",
            ">rate, $/h",
            "price from",
        ];
        let mut table = Table::new(title, &heads);
        let mut hidden = 0;
        for used in &self.found.usage {
            if !self.wants(used.key) {
                hidden += 1;
                continue;
            }
            let key = self.key(used.key);
            table.row([
                name(key),
                key.account.to_string(),
                hours(used.quantity),
                used.rate
                    .map_or_else(|| "-".to_owned(), |rate| rate.to_string()),
                self.source(key),
            ]);
        }
        if hidden > 0 {
            let hint = format!(
                "{hidden} more lines of the hour are not shown; they are billed with these."
            );
            table.note(hint);
        }
        table
    }

    fn ranks(&self) -> Option<Table> {
        let heads = [
            "plans",
            ">rank",
            "usage",
            "account",
            ">plan rate, $/h",
            ">On-Demand, $/h",
            ">saving, %",
        ];
        let mut table = Table::new(
            "Order under Savings Plans: the highest saving first",
            &heads,
        );
        for rank in self.found.ranks.iter().filter(|rank| self.wants(rank.key)) {
            let key = self.key(rank.key);
            table.row([
                rank.kind.label().to_owned(),
                rank.rank.to_string(),
                name(key),
                key.account.to_string(),
                rank.rate.to_string(),
                rank.on_demand.to_string(),
                saving(rank),
            ]);
        }
        table.note("The saving is 1 - plan rate / On-Demand rate, compared as exact fractions (R25); an owner's usage comes before everybody's (R27).");
        (!table.rows.is_empty()).then_some(table)
    }

    fn steps(&self) -> Option<Table> {
        let heads = [
            ">step",
            "commitment",
            "serves",
            "account",
            ">covered, h",
            ">at, $/h",
            ">cost, $",
            ">left, h",
            "rule",
        ];
        let mut table = Table::new("Who was served, in order", &heads);
        for (number, step) in (1..).zip(&self.found.steps) {
            if !self.wants(step.key) {
                continue;
            }
            let key = self.key(step.key);
            table.row([
                number.to_string(),
                self.commitment(step.by),
                name(key),
                key.account.to_string(),
                hours(step.covered),
                self.rate(step)
                    .map_or_else(|| "-".to_owned(), |rate| rate.normalize().to_string()),
                dollars(step.cost, 10),
                hours(step.left),
                format!("{}: {}", step.rule.ids, step.rule.text),
            ]);
        }
        table.note("Rules: docs/billing-rules.md.");
        (!table.rows.is_empty()).then_some(table)
    }

    /// What an instance-hour costs under the commitment.
    fn rate(&self, step: &Step) -> Option<Decimal> {
        if let ChargeKind::SavingsPlan(plan) = step.by {
            let mut ranks = self.found.ranks.iter();
            let found = ranks.find(|rank| rank.key == step.key && rank.plans.contains(&plan))?;
            return Some(found.rate.to_decimal());
        }
        let rate = step
            .cost
            .to_decimal(10)
            .checked_div(step.covered.to_decimal(9))?;
        Some(rate.round_dp(8))
    }

    fn rest(&self) -> Table {
        let heads = [
            "what was left",
            "account",
            ">instance-hours",
            ">cost, $",
            "rule",
        ];
        let mut table = Table::new("What was left", &heads);
        for rest in &self.found.rest {
            if rest.key.is_some_and(|key| !self.wants(key)) {
                continue;
            }
            let (what, rule) = self.rest_text(rest);
            let account = rest.key.map(|key| self.key(key).account.to_string());
            table.row([
                what,
                account.unwrap_or_default(),
                hours(rest.quantity),
                dollars(rest.cost, 10),
                rule.to_owned(),
            ]);
        }
        table.note(format!(
            "The hour costs {}, accrued: covered, left and unused together.",
            dollars(self.found.total, 10)
        ));
        if let Some(book) = self.book {
            table.note(format!(
                "Prices: book {} of {}, US dollars.",
                book.id(),
                book.as_of()
            ));
        }
        table
    }

    fn rest_text(&self, rest: &Rest) -> (String, &'static str) {
        let key = rest.key.map(|key| name(self.key(key))).unwrap_or_default();
        match rest.kind {
            ChargeKind::Spot => (format!("Spot: {key}"), "R29: no commitment touches Spot"),
            ChargeKind::UnusedReserved(_) => {
                let commitment = self.commitment(rest.kind);
                (
                    format!("unused: {commitment}"),
                    "R18: cover not used is lost",
                )
            }
            ChargeKind::UnusedSavingsPlan(_) => {
                let commitment = self.commitment(rest.kind);
                (
                    format!("unused: {commitment}"),
                    "R28: commitment not used is lost",
                )
            }
            _ => (format!("On-Demand: {key}"), "R2: what is left"),
        }
    }

    /// The portfolio's name of a commitment; of an ARN its last part.
    fn commitment(&self, kind: ChargeKind) -> String {
        let id = self.id(kind);
        let short = if id.starts_with("arn:") {
            id.rsplit('/').next()
        } else {
            None
        };
        short.unwrap_or(id).to_owned()
    }

    fn id(&self, kind: ChargeKind) -> &str {
        match kind {
            ChargeKind::Reserved(index) | ChargeKind::UnusedReserved(index) => {
                &self.portfolio.reserved_instances[index].id
            }
            ChargeKind::SavingsPlan(index) | ChargeKind::UnusedSavingsPlan(index) => {
                &self.portfolio.savings_plans[index].id
            }
            _ => "",
        }
    }
}

/// Type, platform, tenancy and place of usage.
fn name(key: &DemandKey) -> String {
    let product = product_of(key);
    let idle = match key.market {
        Market::UnusedCapacity => ", idle slot",
        _ => "",
    };
    match key.zone {
        Some(zone) => format!("{product} ({zone}){idle}"),
        None => format!("{product}{idle}"),
    }
}

fn hours(quantity: Quantity<InstanceHour>) -> String {
    quantity.to_decimal(9).normalize().to_string()
}

/// The saving in per cent, to six decimals; it is compared as a fraction.
fn saving(rank: &Rank) -> String {
    percent(rank.rate, rank.on_demand).to_string()
}

fn percent(rate: Rate<InstanceHour>, on_demand: Rate<InstanceHour>) -> Decimal {
    let share = rate.to_decimal().checked_div(on_demand.to_decimal());
    let saving = (Decimal::ONE - share.unwrap_or(Decimal::ONE)) * Decimal::ONE_HUNDRED;
    saving
        .round_dp_with_strategy(6, RoundingStrategy::MidpointAwayFromZero)
        .normalize()
}

/// The explanation as JSON: what the tables show.
pub fn json(shown: &Shown<'_>, inputs: &[InputFile]) -> Value {
    let found = shown.found;
    json!({
        "schema_version": 1,
        "inputs": inputs,
        "price_book": shown.book.map(PriceBook::id),
        "hour": found.hour.to_string(),
        "rules": "docs/billing-rules.md",
        "usage": shown.usage_json(),
        "ranks": shown.ranks_json(),
        "steps": shown.steps_json(),
        "rest": shown.rest_json(),
        "total_effective_cost": found.total.to_decimal(10).normalize().to_string(),
    })
}

impl Shown<'_> {
    fn usage_json(&self) -> Vec<Value> {
        let wanted = self.found.usage.iter().filter(|used| self.wants(used.key));
        let objects = wanted.map(|used| {
            let mut object = key_json(self.key(used.key));
            object["instance_hours"] = json!(hours(used.quantity));
            object["rate"] = json!(used.rate.map(|rate| rate.to_string()));
            object["price_from"] = json!(self.source(self.key(used.key)));
            object
        });
        objects.collect()
    }

    fn ranks_json(&self) -> Vec<Value> {
        let wanted = self.found.ranks.iter().filter(|rank| self.wants(rank.key));
        let objects = wanted.map(|rank| {
            let mut object = key_json(self.key(rank.key));
            object["kind"] = json!(rank.kind.code());
            object["rank"] = json!(rank.rank);
            object["plan_rate"] = json!(rank.rate.to_string());
            object["on_demand_rate"] = json!(rank.on_demand.to_string());
            object["saving_percent"] = json!(saving(rank));
            object
        });
        objects.collect()
    }

    fn steps_json(&self) -> Vec<Value> {
        let steps = (1..).zip(&self.found.steps);
        let objects = steps
            .filter(|(_, step)| self.wants(step.key))
            .map(|(number, step)| {
                let mut object = key_json(self.key(step.key));
                object["step"] = json!(number);
                object["commitment"] = json!(self.id(step.by));
                object["covered"] = json!(hours(step.covered));
                object["left"] = json!(hours(step.left));
                object["effective_cost"] = json!(amount(step.cost));
                object["rules"] = json!(step.rule.ids);
                object["why"] = json!(step.rule.text);
                object
            });
        objects.collect()
    }

    fn rest_json(&self) -> Vec<Value> {
        let rest = self.found.rest.iter();
        let wanted = rest.filter(|rest| rest.key.is_none_or(|key| self.wants(key)));
        let objects = wanted.map(|rest| {
            let key = rest.key.map(|key| key_json(self.key(key)));
            let mut object = key.unwrap_or_else(|| json!({}));
            let (what, rule) = self.rest_text(rest);
            object["what"] = json!(what);
            object["instance_hours"] = json!(hours(rest.quantity));
            object["effective_cost"] = json!(amount(rest.cost));
            object["rule"] = json!(rule);
            object
        });
        objects.collect()
    }
}

fn amount(money: Money) -> String {
    money.to_decimal(10).normalize().to_string()
}

fn key_json(key: &DemandKey) -> Value {
    json!({
        "account": key.account.as_str(),
        "region": key.region.as_str(),
        "zone": key.zone.map(|zone| zone.to_string()),
        "instance_type": key.instance_type.as_str(),
        "platform": key.platform.to_string(),
        "tenancy": key.tenancy.label(),
    })
}
