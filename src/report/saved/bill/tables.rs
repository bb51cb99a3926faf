//! The tables of a bill's report.

use std::collections::BTreeMap;

use super::{Charge, KINDS, sums};
use crate::analysis::ratio;
use crate::report::{Cell, Table};
use crate::units::Money;

/// A row a kind of cost.
pub(super) fn by_kind(charges: &[Charge]) -> Table {
    let cost = sums(
        charges,
        |charge| Some(charge.kind()),
        |charge| charge.effective,
    );
    let known = KINDS.iter().copied();
    let others = cost.keys().copied().filter(|kind| !KINDS.contains(kind));
    let kinds: Vec<&str> = known.chain(others).collect();
    let rows = kinds
        .into_iter()
        .filter_map(|kind| Some((kind, *cost.get(kind)?)));
    shares("charges", "charge", rows)
}

/// A row an account.
pub(super) fn by_account(charges: &[Charge]) -> Table {
    let cost = sums(
        charges,
        |charge| charge.row.sub_account_id.as_deref(),
        |charge| charge.effective,
    );
    shares("accounts", "=account", largest_first(cost))
}

/// A row a service.
pub(super) fn by_service(charges: &[Charge]) -> Table {
    let cost = sums(
        charges,
        |charge| Some(charge.row.service_name.as_str()),
        |charge| charge.effective,
    );
    shares("services", "=service", largest_first(cost))
}

/// Values of a tag that have rows of their own: tags may be as many as instances.
const MOST_ROWS: usize = 200;

/// A row a value of a tag, the largest.
pub(super) fn by_tag(
    tag: &str,
    values: &BTreeMap<String, Money>,
    all: Money,
    [others_name, rest_name]: [&str; 2],
) -> Table {
    let cost = values.iter().map(|(value, &cost)| (value.as_str(), cost));
    let tagged: Money = values.values().copied().sum();
    let rest = (all != tagged).then_some((rest_name, all - tagged));
    let mut rows = largest_first(cost.collect());
    let others: Money = rows.iter().skip(MOST_ROWS).map(|&(_, cost)| cost).sum();
    let more = (rows.len() > MOST_ROWS).then_some((others_name, others));
    rows.truncate(MOST_ROWS);
    let rows = rows.into_iter().chain(more).chain(rest);
    let mut table = shares(&format!("tag-{tag}"), "=", rows);
    if let Some(head) = table.columns.first_mut() {
        tag.clone_into(&mut head.title);
    }
    table
}

fn largest_first(cost: BTreeMap<&str, Money>) -> Vec<(&str, Money)> {
    let mut rows: Vec<(&str, Money)> = cost.into_iter().collect();
    rows.sort_by_key(|&(_, cost)| std::cmp::Reverse(cost));
    rows
}

/// Names with their costs and what share of all each is.
fn shares<'a>(name: &str, head: &str, rows: impl IntoIterator<Item = (&'a str, Money)>) -> Table {
    let mut table = Table::new("", &[head, ">cost, $", ">of all, %"])
        .named(name)
        .summed();
    let rows: Vec<(&str, Money)> = rows.into_iter().collect();
    let all = rows.iter().map(|&(_, cost)| cost).sum();
    for (name, cost) in rows {
        table.row([
            name.into(),
            Cell::money(cost, 2),
            Cell::percent(ratio(cost, all)),
        ]);
    }
    table
}

/// What a commitment did in the window.
#[derive(Default)]
struct Did<'a> {
    kind: &'a str,
    used: Money,
    unused: Money,
    covered: Money,
}

/// A row a commitment.
pub(super) fn commitments(charges: &[Charge]) -> Table {
    let mut all: BTreeMap<&str, Did<'_>> = BTreeMap::new();
    for charge in charges {
        let Some(id) = charge.row.commitment_discount_id.as_deref() else {
            continue;
        };
        let did = all.entry(id).or_default();
        did.kind = charge
            .row
            .commitment_discount_type
            .as_deref()
            .unwrap_or_default();
        match charge.row.commitment_discount_status.as_deref() {
            Some("Unused") => did.unused += charge.effective,
            Some(_) => {
                did.used += charge.effective;
                did.covered += charge.on_demand;
            }
            None => {}
        }
    }
    let heads = [
        "=commitment",
        "kind",
        ">cost, $",
        ">unused, $",
        ">used, %",
        ">saved, $",
    ];
    let mut table = Table::new("", &heads).named("commitments").summed();
    for (id, did) in all {
        let cost = did.used + did.unused;
        table.row([
            id.into(),
            did.kind.into(),
            Cell::money(cost, 2),
            Cell::money(did.unused, 2),
            Cell::percent(ratio(did.used, cost)),
            Cell::money(did.covered - cost, 2),
        ]);
    }
    table.note("Saved: the On-Demand price of what it covered, less what it costs, used or not.");
    table
}
