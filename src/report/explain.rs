//! An explained hour as tables and JSON.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

use super::Table;
use super::format::dollars;
use super::origin::usage_price;
use super::run::InputFile;
use crate::analysis::{ExplainedService, Explanation, Rank, Rest, Step, Subject};
use crate::billing::{ChargeKind, product_of};
use crate::commitment::Portfolio;
use crate::demand::{Demand, DemandKey, Market, ServiceKey};
use crate::prices::{Basis, PriceBook, Provenance};
use crate::units::{Metered, Money, Quantity, Rate};

/// What an explanation is shown with.
pub struct Shown<'a> {
    /// The explanation.
    pub found: &'a Explanation,
    /// Its usage.
    pub demand: &'a Demand,
    /// What is owned.
    pub portfolio: &'a Portfolio,
    /// The prices of instances; `None` when they are the bill's own.
    pub book: Option<&'a PriceBook>,
    /// The prices of what is used beside them.
    pub prices: &'a PriceBook,
    /// Which usage of instances to show.
    pub wanted: &'a dyn Fn(&DemandKey) -> bool,
    /// Which use beside them.
    pub wanted_beside: &'a dyn Fn(&ServiceKey) -> bool,
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

    fn beside(&self, place: usize) -> &ExplainedService {
        &self.found.beside[place]
    }

    fn wants(&self, subject: Subject) -> bool {
        match subject {
            Subject::Instances(key) => (self.wanted)(self.key(key)),
            Subject::Beside(place) => (self.wanted_beside)(&self.beside(place).key),
        }
    }

    fn name(&self, subject: Subject) -> String {
        match subject {
            Subject::Instances(key) => name(self.key(key)),
            Subject::Beside(place) => {
                let ExplainedService { key, rate, .. } = self.beside(place);
                let free = if rate.is_zero() { ", free" } else { "" };
                format!("{} in {}{free}", key.item, key.region)
            }
        }
    }

    fn account(&self, subject: Subject) -> String {
        match subject {
            Subject::Instances(key) => self.key(key).account.to_string(),
            Subject::Beside(place) => self.beside(place).key.account.to_string(),
        }
    }

    fn price_from(&self, subject: Subject) -> String {
        match (subject, self.prices) {
            (Subject::Instances(key), _) => self.source(self.key(key)),
            (Subject::Beside(place), book) => {
                let line = self.beside(place);
                if line.rate.is_zero() {
                    return "free allowance of the month".to_owned();
                }
                let price = book.service(line.key.region, &line.key.item);
                price.map_or_else(
                    |_| "fees of the month".to_owned(),
                    |price| origin(&price.provenance),
                )
            }
        }
    }

    /// Where a price is known from.
    fn source(&self, key: &DemandKey) -> String {
        usage_price(self.book, key).map_or_else(str::to_owned, |price| origin(&price))
    }

    fn usage(&self) -> Table {
        let title = format!("Usage metered, {}", self.found.hour);
        let heads = ["usage", "account", ">quantity", ">rate, $", "price from"];
        let mut table = Table::new(title, &heads);
        let mut hidden = 0;
        for used in &self.found.usage {
            if !self.wants(used.subject) {
                hidden += 1;
                continue;
            }
            table.row([
                self.name(used.subject),
                self.account(used.subject),
                amount_of(used.quantity),
                used.rate
                    .map_or_else(|| "-".to_owned(), |rate| rate.to_string()),
                self.price_from(used.subject),
            ]);
        }
        if hidden > 0 {
            let hint = format!(
                "{hidden} more lines of the hour are not shown; they are billed with these."
            );
            table.note(hint);
        }
        if !self.found.beside.is_empty() {
            table.note(
                "Quantities are instance-hours, and beside instances units of the item.".to_owned(),
            );
        }
        table
    }

    fn ranks(&self) -> Option<Table> {
        let heads = [
            "plans",
            ">rank",
            "usage",
            "account",
            ">plan rate, $",
            ">On-Demand, $",
            ">saving, %",
        ];
        let mut table = Table::new(
            "Order under Savings Plans: the highest saving first",
            &heads,
        );
        for rank in self
            .found
            .ranks
            .iter()
            .filter(|rank| self.wants(rank.subject))
        {
            table.row([
                rank.kind.label().to_owned(),
                rank.rank.to_string(),
                self.name(rank.subject),
                self.account(rank.subject),
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
            ">covered",
            ">at, $",
            ">cost, $",
            ">left",
            "rule",
        ];
        let mut table = Table::new("Who was served, in order", &heads);
        for (number, step) in (1..).zip(&self.found.steps) {
            if !self.wants(step.subject) {
                continue;
            }
            table.row([
                number.to_string(),
                self.commitment(step.by),
                self.name(step.subject),
                self.account(step.subject),
                amount_of(step.covered),
                self.rate(step)
                    .map_or_else(|| "-".to_owned(), |rate| rate.normalize().to_string()),
                dollars(step.cost, 10),
                amount_of(step.left),
                format!("{}: {}", step.rule.ids, step.rule.text),
            ]);
        }
        table.note("Rules: docs/billing-rules.md.");
        (!table.rows.is_empty()).then_some(table)
    }

    /// What a unit costs under the commitment.
    fn rate(&self, step: &Step) -> Option<Decimal> {
        if let ChargeKind::SavingsPlan(plan) = step.by {
            let mut ranks = self.found.ranks.iter();
            let found =
                ranks.find(|rank| rank.subject == step.subject && rank.plans.contains(&plan))?;
            return Some(found.rate.to_decimal());
        }
        let rate = step
            .cost
            .to_decimal(10)
            .checked_div(step.covered.to_decimal(9))?;
        Some(rate.round_dp(8))
    }

    fn rest(&self) -> Table {
        let heads = ["what was left", "account", ">quantity", ">cost, $", "rule"];
        let mut table = Table::new("What was left", &heads);
        for rest in &self.found.rest {
            if rest.subject.is_some_and(|subject| !self.wants(subject)) {
                continue;
            }
            let (what, rule) = self.rest_text(rest);
            let account = rest.subject.map(|subject| self.account(subject));
            table.row([
                what,
                account.unwrap_or_default(),
                amount_of(rest.quantity),
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
        let used = rest.subject.map(|subject| self.name(subject));
        let used = used.unwrap_or_default();
        match rest.kind {
            ChargeKind::Spot => (format!("Spot: {used}"), "R29: no commitment touches Spot"),
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
            _ => (format!("On-Demand: {used}"), "R2: what is left"),
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

/// Source, day and basis.
fn origin(origin: &Provenance) -> String {
    let basis = match &origin.basis {
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

fn amount_of(quantity: Quantity<Metered>) -> String {
    quantity.to_decimal(9).normalize().to_string()
}

/// The saving in per cent, to six decimals; it is compared as a fraction.
fn saving(rank: &Rank) -> String {
    percent(rank.rate, rank.on_demand).to_string()
}

fn percent(rate: Rate<Metered>, on_demand: Rate<Metered>) -> Decimal {
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
        let used = self.found.usage.iter();
        let wanted = used.filter(|used| self.wants(used.subject));
        let objects = wanted.map(|used| {
            let mut object = self.subject_json(used.subject);
            object[quantity_name(used.subject)] = json!(amount_of(used.quantity));
            object["rate"] = json!(used.rate.map(|rate| rate.to_string()));
            object["price_from"] = json!(self.price_from(used.subject));
            object
        });
        objects.collect()
    }

    fn ranks_json(&self) -> Vec<Value> {
        let ranks = self.found.ranks.iter();
        let wanted = ranks.filter(|rank| self.wants(rank.subject));
        let objects = wanted.map(|rank| {
            let mut object = self.subject_json(rank.subject);
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
            .filter(|(_, step)| self.wants(step.subject))
            .map(|(number, step)| {
                let mut object = self.subject_json(step.subject);
                object["step"] = json!(number);
                object["commitment"] = json!(self.id(step.by));
                object["covered"] = json!(amount_of(step.covered));
                object["left"] = json!(amount_of(step.left));
                object["effective_cost"] = json!(amount(step.cost));
                object["rules"] = json!(step.rule.ids);
                object["why"] = json!(step.rule.text);
                object
            });
        objects.collect()
    }

    fn rest_json(&self) -> Vec<Value> {
        let rest = self.found.rest.iter();
        let wanted = rest.filter(|rest| rest.subject.is_none_or(|subject| self.wants(subject)));
        let objects = wanted.map(|rest| {
            let subject = rest.subject.map(|subject| self.subject_json(subject));
            let mut object = subject.unwrap_or_else(|| json!({}));
            let (what, rule) = self.rest_text(rest);
            object["what"] = json!(what);
            let name = rest.subject.map_or("instance_hours", quantity_name);
            object[name] = json!(amount_of(rest.quantity));
            object["effective_cost"] = json!(amount(rest.cost));
            object["rule"] = json!(rule);
            object
        });
        objects.collect()
    }

    fn subject_json(&self, subject: Subject) -> Value {
        match subject {
            Subject::Instances(key) => key_json(self.key(key)),
            Subject::Beside(place) => {
                let ExplainedService { key, unit, .. } = self.beside(place);
                json!({
                    "account": key.account.as_str(),
                    "region": key.region.as_str(),
                    "item": key.item.as_str(),
                    "unit": unit,
                })
            }
        }
    }
}

const fn quantity_name(subject: Subject) -> &'static str {
    match subject {
        Subject::Instances(_) => "instance_hours",
        Subject::Beside(_) => "quantity",
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
