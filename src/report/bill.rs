//! A bill as tables: charges by kind, and how well each commitment did.

use serde_json::{Map, Value, json};

use super::Table;
use super::format::{dollars, percent};
use super::run::{InputFile, PROGRAM};
use crate::analysis::{Metrics, RatesUsed, metrics, ratio};
use crate::billing::Bill;
use crate::commitment::Portfolio;
use crate::demand::{Demand, Market, ServiceKey};
use crate::prices::{MissingPrice, MissingService, PriceBook};
use crate::units::{HourSpan, InstanceHour, Money, Quantity};

/// What a bill was made with.
#[derive(Debug, Clone, Copy)]
pub struct Prices<'a> {
    /// The price book.
    pub book: &'a PriceBook,
    /// The rates of instances: its own, or the ones a bill states.
    pub rates: &'a RatesUsed<'a>,
}

/// The tables of a bill.
///
/// `others` is what charges beside instances come to that no Savings Plan may cover.
pub fn tables(
    bill: &Bill,
    others: Money,
    demand: &Demand,
    portfolio: &Portfolio,
    prices: Prices<'_>,
) -> Vec<Table> {
    let mut tables = vec![
        by_kind(bill, others, demand, portfolio),
        figures(bill, prices),
    ];
    let owned = bill.reserved_instances.len() + bill.savings_plans.len();
    if owned > 0 {
        tables.push(commitments(bill, portfolio));
    }
    if !bill.unpriced.is_empty() {
        tables.push(unpriced(bill, demand));
    }
    tables
}

/// Every charge of a bill as a JSON document, and the usage that has no price.
pub fn json(
    charges: &[Map<String, Value>],
    unpriced: &[(usize, MissingPrice)],
    unpriced_services: &[(&ServiceKey, MissingService)],
    demand: &Demand,
    prices: Prices<'_>,
    inputs: &[InputFile],
) -> Value {
    let book = prices.book;
    let unpriced = unpriced.iter().map(|(key, missing)| {
        json!({
            "product": missing.product.to_string(),
            "instance_hours": demand.total(*key).to_decimal(9).normalize().to_string(),
            "reason": missing.to_string(),
        })
    });
    let mut document = json!({
        "schema_version": 1,
        "program": PROGRAM,
        "price_book": book.id(),
        "price_book_as_of": book.as_of().to_string(),
        "inputs": inputs,
        "unpriced": unpriced.collect::<Vec<_>>(),
        "charges": charges,
    });
    if !unpriced_services.is_empty() {
        let unpriced = unpriced_services.iter().map(|(key, missing)| {
            json!({
                "account": key.account.as_str(),
                "item": key.item.as_str(),
                "region": key.region.as_str(),
                "reason": missing.to_string(),
            })
        });
        document["unpriced_services"] = unpriced.collect();
    }
    add_terms(&mut document, prices);
    document
}

/// What is owned, as JSON: each commitment with its life.
pub fn commitments_json(portfolio: &Portfolio) -> Value {
    let life = |id: &str, alive: HourSpan| {
        json!({
            "id": id,
            "start": alive.start().to_string(),
            "end": alive.end().to_string(),
        })
    };
    let reserved = portfolio.reserved_instances.iter();
    let reserved = reserved.map(|owned| life(&owned.id, owned.alive));
    let plans = portfolio.savings_plans.iter();
    reserved
        .chain(plans.map(|owned| life(&owned.id, owned.alive)))
        .collect()
}

/// Whose rates they are, where not the book's, and what was negotiated.
fn add_terms(document: &mut Value, Prices { book, rates }: Prices<'_>) {
    if !matches!(rates, RatesUsed::Book(_)) {
        document["rates_of_instances"] = rates.label().into();
    }
    if let Some(contract) = book.contract() {
        document["negotiated_discounts"] = contract.describe().into();
    }
}

/// Charges added up, as a JSON document.
pub fn totals_json(totals: &Value, prices: Prices<'_>, inputs: &[InputFile]) -> Value {
    let book = prices.book;
    let mut document = json!({
        "schema_version": 1,
        "program": PROGRAM,
        "price_book": book.id(),
        "price_book_as_of": book.as_of().to_string(),
        "inputs": inputs,
        "totals": totals,
    });
    add_terms(&mut document, prices);
    document
}

fn by_kind(bill: &Bill, others: Money, demand: &Demand, portfolio: &Portfolio) -> Table {
    let hours = match bill.span.len() {
        1 => "1 hour".to_owned(),
        hours => format!("{hours} hours"),
    };
    let title = format!("Charges, {} ({hours})", bill.span);
    let mut table = Table::new(title, &["charge", ">cost, $", ">of all, %"]);
    let total = bill.total() + others;
    let mut add = |name: &str, cost: Money| {
        if !cost.is_zero() {
            table.row([
                name.to_owned(),
                dollars(cost, 2),
                percent(ratio(cost, total)),
            ]);
        }
    };
    let idle = idle_slots(bill, demand);
    add("On-Demand", bill.on_demand_cost() - idle);
    add("Idle Capacity Reservations", idle);
    add("Spot", bill.spot_cost());
    let reserved = |hosts: bool| -> Money {
        let owned = bill.reserved_instances.iter();
        let owned = owned.zip(&portfolio.reserved_instances);
        let mine = owned.filter(|(_, ri)| ri.is_of_hosts() == hosts);
        mine.map(|(totals, _)| totals.cost).sum()
    };
    add("Reserved Instances, effective", reserved(false));
    add("Dedicated Host Reservations, effective", reserved(true));
    for kind in crate::catalog::SavingsPlanKind::ALL {
        let plans = bill.savings_plans.iter().zip(&portfolio.savings_plans);
        let of_kind = plans.filter(|(_, plan)| plan.scope.kind() == *kind);
        add(
            &format!("{kind}s"),
            of_kind.map(|(totals, _)| totals.cost).sum(),
        );
    }
    add("Beside instances", bill.services_cost() + others);
    table.row([
        "Total".to_owned(),
        dollars(total, 2),
        percent(ratio(total, total)),
    ]);
    table
}

/// What idle slots of Capacity Reservations cost that nothing covers.
fn idle_slots(bill: &Bill, demand: &Demand) -> Money {
    let lines = bill.lines.iter();
    let idle = lines.filter(|line| demand.keys()[line.key].market == Market::UnusedCapacity);
    idle.map(|line| line.contracted * line.on_demand).sum()
}

fn figures(bill: &Bill, Prices { book, rates }: Prices<'_>) -> Table {
    let found = metrics(bill);
    let mut table = Table::new("Measures", &["measure", ">value"]);
    match book.contract() {
        None => {
            table.row([
                "Everything On-Demand (Spot as it is)",
                &dollars(bill.without_commitments(), 2),
            ]);
            table.row(["Saved by commitments", &dollars(found.savings, 2)]);
            table.row([
                "Effective savings rate",
                &percent(found.effective_savings_rate),
            ]);
        }
        Some(_) => both_bases(bill, &found, &mut table),
    }
    table.row(["Coverage", &percent(found.coverage)]);
    table.row(["Utilization", &percent(found.utilization)]);
    table.row(["Unused commitment", &dollars(found.unused, 2)]);
    let of_book = format!("book {} of {}", book.id(), book.as_of());
    table.note(match rates {
        RatesUsed::Book(_) => format!("Prices: {of_book}, US dollars."),
        RatesUsed::Bill { fill: false, .. } => {
            format!("Prices: instances at the rates the bill states, all else of {of_book}, US dollars.")
        }
        RatesUsed::Bill { fill: true, .. } => {
            format!("Prices: instances at the rates the bill states, where it has them; else of {of_book}, US dollars.")
        }
    });
    if let Some(contract) = book.contract() {
        table.note(format!(
            "Negotiated discounts: {}. Costs are what is paid; coverage counts public prices.",
            contract.describe()
        ));
    }
    if !bill.services.is_empty() {
        table.note("Measures count what commitments may cover: instances, Fargate, Lambda, Dedicated Hosts and databases.".to_owned());
    }
    if book.spot_prices().is_some() && !bill.spot.is_empty() {
        table.note(spot_prices(bill));
    }
    if !bill.without_plan_rate.is_empty() {
        table.note(format!(
            "{} products have no Savings Plan rate; plans were taken not to cover them: {}",
            bill.without_plan_rate.len(),
            bill.without_plan_rate
                .first()
                .map(ToString::to_string)
                .unwrap_or_default()
        ));
    }
    table
}

/// All Spot usage, and what of it was billed at the price in force.
fn spot_hours(bill: &Bill) -> [Quantity<InstanceHour>; 2] {
    let all = bill.spot.iter().map(|spot| spot.quantity).sum();
    let in_force = bill.spot.iter().map(|spot| spot.in_force).sum();
    [all, in_force]
}

/// How much of the Spot usage was billed at which prices, as JSON.
pub fn spot_json(bill: &Bill) -> Value {
    let [all, in_force] = spot_hours(bill).map(|hours| hours.to_decimal(9).normalize());
    json!({
        "instance_hours": all.to_string(),
        "at_price_in_force": in_force.to_string(),
    })
}

/// The same in words.
fn spot_prices(bill: &Bill) -> String {
    let [all, in_force] = spot_hours(bill);
    format!(
        "Spot: {} of {} instance-hours at the price in force at the start of their hour, the rest at an average.",
        in_force.to_decimal(2),
        all.to_decimal(2)
    )
}

/// What was saved, by commitments and by negotiation.
fn both_bases(bill: &Bill, found: &Metrics, table: &mut Table) {
    let public = bill.public_without_commitments();
    for (measure, cost) in [
        ("Everything On-Demand at public prices", public),
        ("This bill at public prices", bill.public_total()),
        ("Saved by negotiated discounts", found.negotiated),
        (
            "Everything On-Demand at contracted prices",
            bill.without_commitments(),
        ),
        ("Saved by commitments at contracted prices", found.savings),
    ] {
        table.row([measure, &dollars(cost, 2)]);
    }
    for (measure, rate) in [
        (
            "Effective savings rate, list basis",
            found.list_effective_savings_rate,
        ),
        (
            "Effective savings rate, contracted basis",
            found.effective_savings_rate,
        ),
    ] {
        table.row([measure, &percent(rate)]);
    }
}

fn commitments(bill: &Bill, portfolio: &Portfolio) -> Table {
    let heads = [
        "commitment",
        "what",
        ">cost, $",
        ">used, %",
        ">saved, $",
        "alive in the window",
    ];
    let mut table = Table::new("Commitments", &heads);
    let reserved = bill
        .reserved_instances
        .iter()
        .zip(&portfolio.reserved_instances)
        .map(|(t, ri)| (t, ri.what(), ri.alive));
    let plans = bill
        .savings_plans
        .iter()
        .zip(&portfolio.savings_plans)
        .map(|(t, plan)| {
            let what = format!(
                "${}/h {}",
                plan.commitment.to_decimal(3),
                super::run::covers(plan.scope)
            );
            (t, what, plan.alive)
        });
    for (totals, what, alive) in reserved.chain(plans) {
        let used = ratio(
            Money::from_atoms(totals.used.cast_signed()),
            Money::from_atoms(totals.committed.cast_signed()),
        );
        let alive = alive.intersect(bill.span);
        table.row([
            short(&totals.id).to_owned(),
            what,
            dollars(totals.cost, 2),
            percent(used),
            dollars(totals.contracted_equivalent - totals.cost, 2),
            alive_text(alive, bill.span),
        ]);
    }
    table
}

fn alive_text(alive: HourSpan, window: HourSpan) -> String {
    if alive == window {
        "all of it".into()
    } else if alive.is_empty() {
        "none of it".into()
    } else {
        alive.to_string()
    }
}

/// The last part of an ARN; other ids as they are.
fn short(id: &str) -> &str {
    if id.starts_with("arn:") {
        id.rsplit('/').next().unwrap_or(id)
    } else {
        id
    }
}

fn unpriced(bill: &Bill, demand: &Demand) -> Table {
    let mut table = Table::new(
        "Unpriced usage, in no total above",
        &["usage", ">instance-hours", "why"],
    );
    for (key, missing) in &bill.unpriced {
        let hours = demand.total(*key).to_decimal(2).to_string();
        table.row([missing.product.to_string(), hours, missing.to_string()]);
    }
    table
}
