//! The plans side by side, the purchase list, and the other terms.

use crate::billing::{Bill, product_of};
use crate::catalog::SavingsPlanKind;
use crate::demand::{Demand, Market};
use crate::optimize::{CandidateKind, Plan, Purchase};
use crate::prices::{Basis, PriceBook};
use crate::report::Table;
use crate::report::format::{dollars, percent};
use crate::report::run::{gap, kind_label, savings_percent, scope_of};
use crate::units::Money;

use super::{Findings, TermOption, fees};
use crate::analysis::{metrics, ratio};

/// Hours of a month as AWS counts them: 365 x 24 / 12.
const HOURS_PER_MONTH: u64 = 730;

/// The tables of a terminal, in order.
pub fn tables(findings: &Findings) -> Vec<Table> {
    let mut tables = vec![plans(findings)];
    tables.extend(both_bases(findings));
    tables.push(purchases(findings, &findings.found.cheapest));
    if !findings.options.is_empty() {
        tables.push(options(findings));
    }
    if !findings.found.cheapest.bill.unpriced.is_empty() {
        tables.push(unpriced(&findings.found.cheapest.bill, findings.demand));
    }
    tables
}

/// Every plan with its cost, its saving and how far it lies above the bound.
pub(super) fn plans(findings: &Findings) -> Table {
    let found = findings.found;
    let on_demand = found.on_demand.bill.total();
    let heads = [
        "plan",
        ">cost, $",
        ">saving, %",
        ">above bound, %",
        ">commitment, $/h",
        ">used, %",
        ">coverage, %",
    ];
    let span = found.cheapest.bill.span;
    let title = format!("{} to {} ({} hours)", span.start(), span.end(), span.len());
    let mut table = Table::new(title, &heads);
    let mut add = |plan: &Plan| {
        let cost = plan.bill.total();
        let measured = metrics(&plan.bill);
        let above = gap(cost, found.lower_bound) * rust_decimal::Decimal::ONE_HUNDRED;
        let commitment: Money = plan.purchases.iter().map(Purchase::hourly_commitment).sum();
        table.row([
            plan.title.clone(),
            dollars(cost, 2).trim_start_matches('$').to_owned(),
            percent(Some(savings_percent(cost, on_demand))),
            format!("{:.3}", above.round_dp(3)),
            dollars(commitment, 3).trim_start_matches('$').to_owned(),
            percent(measured.utilization),
            percent(measured.coverage),
        ]);
    };
    add(&found.on_demand);
    found.owned.iter().for_each(&mut add);
    add(&found.cheapest);
    found.baselines.iter().for_each(&mut add);
    table.note(format!(
        "Certified: no purchases of the allowed kinds bring the window below {}; the cheapest mix found is at \
         most {:.4} % above that.",
        dollars(found.lower_bound, 2),
        (gap(found.cheapest.bill.total(), found.lower_bound) * rust_decimal::Decimal::ONE_HUNDRED).round_dp(4)
    ));
    table
}

/// The savings rate of every plan on both bases; `None` without negotiated discounts.
pub(super) fn both_bases(findings: &Findings) -> Option<Table> {
    let contract = findings.book.contract()?;
    let found = findings.found;
    let heads = [
        "plan",
        ">cost, $",
        ">at public prices, $",
        ">savings rate, list basis, %",
        ">contracted basis, %",
    ];
    let mut table = Table::new("With and without negotiated discounts", &heads);
    let bought = [&found.cheapest].into_iter().chain(&found.baselines);
    for plan in [&found.on_demand]
        .into_iter()
        .chain(&found.owned)
        .chain(bought)
    {
        let measured = metrics(&plan.bill);
        let plain = |money: Money| dollars(money, 2).trim_start_matches('$').to_owned();
        table.row([
            plan.title.clone(),
            plain(plan.bill.total()),
            plain(plan.bill.public_total()),
            percent(measured.list_effective_savings_rate),
            percent(measured.effective_savings_rate),
        ]);
    }
    table.note(format!(
        "Negotiated discounts: {}. Costs, bound and effective prices are what is paid; a commitment in dollars an \
         hour and coverage are at public prices.",
        contract.describe()
    ));
    Some(table)
}

/// What to buy.
fn purchases(findings: &Findings, plan: &Plan) -> Table {
    let heads = [
        "buy",
        "for",
        "term",
        ">amount",
        ">effective, $/h",
        ">upfront, $",
        "price known as",
    ];
    let mut table = Table::new("Purchases of the cheapest mix", &heads);
    for bought in &plan.purchases {
        let candidate = &bought.candidate;
        let (upfront, _) = bought.fees();
        let commitment = bought.hourly_commitment();
        let amount = match candidate.kind {
            CandidateKind::Reserved { .. } if bought.steps == 1 => "1 instance".to_owned(),
            CandidateKind::Reserved { .. } => format!("{} instances", bought.steps),
            CandidateKind::SavingsPlan(_) => format!("{}/h", dollars(commitment, 3)),
        };
        table.row([
            kind_label(candidate),
            scope_of(candidate),
            format!("{}, {}", candidate.term, candidate.payment_option),
            amount,
            dollars(bought.effective_hourly(), 3)
                .trim_start_matches('$')
                .to_owned(),
            dollars(upfront, 2).trim_start_matches('$').to_owned(),
            basis_of(bought, findings.demand, findings.book),
        ]);
    }
    if plan.purchases.is_empty() {
        table.note(
            "Nothing: no purchase of the allowed kinds would have saved money in this window.",
        );
    } else {
        table.note("A Savings Plan bought by mistake may be returned within 7 days of the same month; a Reserved Instance may not.");
    }
    table
}

/// The other terms and payment options, each bought alone.
pub(super) fn options(findings: &Findings) -> Table {
    let on_demand = findings.found.on_demand.bill.total();
    let heads = [
        "everything bought for",
        ">cost, $",
        ">saving, %",
        ">commitment, $/h",
        ">upfront, $",
        ">breaks even after",
        ">owed over the term, $",
    ];
    let mut table = Table::new("Other terms and payment options", &heads);
    for option in findings.options {
        let cost = option.plan.bill.total();
        let commitment: Money = option
            .plan
            .purchases
            .iter()
            .map(Purchase::hourly_commitment)
            .sum();
        let plain =
            |money: Money, places| dollars(money, places).trim_start_matches('$').to_owned();
        table.row([
            format!("{}, {}", option.term, option.payment_option),
            plain(cost, 2),
            percent(Some(savings_percent(cost, on_demand))),
            plain(commitment, 3),
            plain(fees(&option.plan).0, 2),
            break_even(option),
            plain(option.lock_in(), 2),
        ]);
    }
    table.note("Effective cost counts upfront fees by the hour they serve, so longer terms always look cheaper on a past window; what they lock in is the price of that.");
    table
}

pub(super) fn break_even(option: &TermOption) -> String {
    match option.break_even_hours() {
        None => "never".into(),
        Some(0) => "at once".into(),
        Some(hours) => format!("month {}", hours.div_ceil(HOURS_PER_MONTH)),
    }
}

fn unpriced(bill: &Bill, demand: &Demand) -> Table {
    let mut table = Table::new(
        "Unpriced usage, in no figure above",
        &["usage", ">instance-hours", "why"],
    );
    for (key, missing) in &bill.unpriced {
        let hours = demand.total(*key).to_decimal(2).to_string();
        table.row([missing.product.to_string(), hours, missing.to_string()]);
    }
    table
}

/// How the prices behind a purchase are known: the least certain of them, with its share of the usage covered
/// where they differ.
pub fn basis_of(purchase: &Purchase, demand: &Demand, book: &PriceBook) -> String {
    let candidate = &purchase.candidate;
    let (term, payment) = (candidate.term, candidate.payment_option);
    let basis = match candidate.kind {
        CandidateKind::Reserved { class, product, .. } => {
            let price = book.reserved(product, class, term, payment);
            price.ok().map(|price| price.provenance.basis)
        }
        CandidateKind::SavingsPlan(scope) => {
            let kind: SavingsPlanKind = scope.kind();
            let covered = demand.keys().iter().filter(|key| {
                key.market == Market::OnDemand
                    && scope.covers(key.instance_type.family(), key.region)
            });
            covered
                .filter_map(|key| {
                    let product = product_of(key);
                    let price = book.savings_plan(product, kind, term, payment).ok()?;
                    Some(price.provenance.basis)
                })
                .max_by_key(uncertainty)
        }
    };
    basis.map_or_else(|| "unknown".to_owned(), |basis| basis.to_string())
}

/// Orders bases from the most certain to the least.
fn uncertainty(basis: &Basis) -> (u8, rust_decimal::Decimal) {
    match basis {
        Basis::Observed => (0, rust_decimal::Decimal::ZERO),
        Basis::Averaged { .. } | Basis::Rule(_) => (1, rust_decimal::Decimal::ZERO),
        Basis::Estimated { error_percent, .. } => (2, *error_percent),
    }
}

/// What a plan saves against On-Demand, and the share.
pub(super) fn saving(findings: &Findings, plan: &Plan) -> (Money, crate::analysis::Percent) {
    let on_demand = findings.found.on_demand.bill.total();
    let saved = on_demand - plan.bill.total();
    (saved, ratio(saved, on_demand))
}
