//! The purchase options of a fleet side by side.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

use super::{SCHEMA_VERSION, money, of_book};
use crate::catalog::{OfferingClass, SavingsPlanKind, Tenancy, Term};
use crate::estimate::{Choice, Options, Way};
use crate::prices::{Offer, PriceBook};
use crate::report::Table;
use crate::report::format::{number, percent};
use crate::report::run::{InputFile, PROGRAM};
use crate::units::Money;

/// One row a way to buy.
pub fn options_table(options: &Options, book: &PriceBook, is_csv: bool) -> Table {
    let heads = [
        "option",
        ">hourly, $",
        ">monthly",
        ">yearly",
        ">upfront",
        ">saving, %",
        ">break-even h",
        ">month",
        "basis",
        "as of",
        "note",
    ];
    let fleet = &options.fleet;
    let title = format!(
        "{} x {}, {} hours a month each",
        fleet.count,
        fleet.product,
        fleet.hours.normalize()
    );
    let mut table = Table::new(title, &heads);
    for choice in &options.choices {
        table.row(cells(options, choice, is_csv));
    }
    for (why, wanted) in by_reason(&options.missing) {
        table.note(format!("Not there: {}{why}.", wanted.join(", ")));
    }
    table.note(
        "Hourly is of one instance (of one host), upfront fees spread over the term; monthly, yearly and upfront are of \
         all. On-Demand, Spot and hosts by the hour cost what runs; commitments cost all 8,760 hours of a year.",
    );
    table.note(
        "RI is Reserved Instance, SP Savings Plan. Break-even h: hours a month from which the option costs no more than \
         On-Demand; month: the first by whose end no more was paid than On-Demand would have cost, at these hours.",
    );
    table.note(of_book(book));
    table
}

fn cells(options: &Options, choice: &Choice, is_csv: bool) -> Vec<String> {
    let amount = |amount: Money| {
        if is_csv {
            amount.to_decimal(10).normalize().to_string()
        } else {
            money(amount)
        }
    };
    let is_base = choice.way == Way::Offer(Offer::OnDemand);
    let saving = options
        .saving(choice)
        .map(|share| share * Decimal::ONE_HUNDRED);
    let basis = choice.provenance.basis.to_string();
    vec![
        if is_csv {
            name(options, choice.way)
        } else {
            short_name(options, choice.way)
        },
        fixed(choice.hourly.to_decimal(10), 6),
        amount(choice.monthly),
        amount(choice.yearly),
        amount(choice.upfront),
        if is_base {
            String::new()
        } else {
            percent(saving)
        },
        choice
            .break_even_hours
            .map(|hours| fixed(hours, 1))
            .unwrap_or_default(),
        break_even_month(choice),
        if is_csv {
            basis.replace('±', "+-")
        } else {
            basis
        },
        choice.provenance.as_of.to_string(),
        choice.note.clone().unwrap_or_default(),
    ]
}

fn break_even_month(choice: &Choice) -> String {
    match (choice.break_even_hours, choice.break_even_month) {
        (_, Some(month)) => month.to_string(),
        (Some(_), None) => "never".to_owned(),
        (None, None) => String::new(),
    }
}

/// An option as people name it, with tenancy where that is not shared.
fn name(options: &Options, way: Way) -> String {
    match way {
        Way::Offer(Offer::OnDemand) => match options.fleet.product.tenancy {
            Tenancy::Shared => "On-Demand".to_owned(),
            tenancy => format!("On-Demand, {tenancy} tenancy"),
        },
        Way::Offer(offer) => offer.to_string(),
        Way::DedicatedInstance => "Dedicated Instance, On-Demand".to_owned(),
        Way::DedicatedHost(None) => "Dedicated Host, On-Demand".to_owned(),
        Way::DedicatedHost(Some(term)) => format!("Dedicated Host, reserved ({term}, All Upfront)"),
    }
}

/// The same in the abbreviations of tables.
fn short_name(options: &Options, way: Way) -> String {
    match way {
        Way::Offer(Offer::Reserved(class, term, payment)) => {
            format!("{class} RI {} {payment}", term.code())
        }
        Way::Offer(Offer::SavingsPlan(SavingsPlanKind::Compute, term, payment)) => {
            format!("Compute SP {} {payment}", term.code())
        }
        Way::Offer(Offer::SavingsPlan(SavingsPlanKind::Ec2Instance, term, payment)) => {
            format!("EC2 Instance SP {} {payment}", term.code())
        }
        Way::DedicatedHost(Some(term)) => format!("Dedicated Host {} All Upfront", term.code()),
        Way::Offer(_) | Way::DedicatedInstance | Way::DedicatedHost(None) => name(options, way),
    }
}

fn fixed(value: Decimal, places: u32) -> String {
    let mut value = value.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    value.rescale(places);
    number(value)
}

/// What is not sold, by why not: `the price book has no X rate for PRODUCT; WHY` is told once a reason.
fn by_reason(missing: &[String]) -> BTreeMap<String, Vec<String>> {
    let mut by_reason: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for message in missing {
        let said = message
            .strip_prefix("the price book has no ")
            .unwrap_or(message);
        let (what, why) = match said.split_once(" rate for ") {
            Some((what, tail)) => (what, tail.split_once(';').map_or("", |(_, why)| why)),
            None => (said, ""),
        };
        let why = if why.is_empty() {
            String::new()
        } else {
            format!(":{why}")
        };
        by_reason.entry(why).or_default().push(what.to_owned());
    }
    by_reason
}

/// The options for programs.
#[derive(Debug, Serialize)]
pub struct OptionsDocument {
    schema_version: u32,
    program: &'static str,
    price_book: String,
    price_book_as_of: String,
    currency: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    negotiated_discounts: Option<String>,
    inputs: Vec<InputFile>,
    instance_type: String,
    region: String,
    platform: String,
    tenancy: String,
    count: u32,
    monthly_hours: String,
    options: Vec<OptionRow>,
    missing: Vec<String>,
}

#[derive(Debug, Serialize)]
struct OptionRow {
    option: String,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    term: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_option: Option<&'static str>,
    effective_hourly: String,
    monthly_cost: String,
    yearly_cost: String,
    upfront_cost: String,
    paid_monthly: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    saving_percent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    break_even_hours_a_month: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    break_even_month: Option<u32>,
    basis: String,
    as_of: String,
    source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// The document of a fleet's options, with the files that went in.
pub fn options_document(
    options: &Options,
    book: &PriceBook,
    inputs: Vec<InputFile>,
) -> OptionsDocument {
    let product = options.fleet.product;
    OptionsDocument {
        schema_version: SCHEMA_VERSION,
        program: PROGRAM,
        price_book: book.id().to_owned(),
        price_book_as_of: book.as_of().to_string(),
        currency: book.currency(),
        negotiated_discounts: book.contract().map(crate::prices::Contract::describe),
        inputs,
        instance_type: product.instance_type.to_string(),
        region: product.region.to_string(),
        platform: product.platform.to_string(),
        tenancy: product.tenancy.to_string(),
        count: options.fleet.count,
        monthly_hours: options.fleet.hours.normalize().to_string(),
        options: options
            .choices
            .iter()
            .map(|choice| row(options, choice))
            .collect(),
        missing: options.missing.clone(),
    }
}

fn row(options: &Options, choice: &Choice) -> OptionRow {
    let (kind, term, payment_option) = words(choice.way);
    let text = |amount: Money| amount.to_decimal(10).normalize().to_string();
    let short = |value: Decimal, places| value.round_dp(places).normalize().to_string();
    let saving = options
        .saving(choice)
        .map(|share| share * Decimal::ONE_HUNDRED);
    OptionRow {
        option: name(options, choice.way),
        kind,
        term,
        payment_option,
        effective_hourly: text(choice.hourly),
        monthly_cost: text(choice.monthly),
        yearly_cost: text(choice.yearly),
        upfront_cost: text(choice.upfront),
        paid_monthly: text(choice.paid_monthly),
        saving_percent: saving.map(|saving| short(saving, 4)),
        break_even_hours_a_month: choice.break_even_hours.map(|hours| short(hours, 6)),
        break_even_month: choice.break_even_month,
        basis: choice.provenance.basis.to_string(),
        as_of: choice.provenance.as_of.to_string(),
        source: choice.provenance.source.to_string(),
        note: choice.note.clone(),
    }
}

/// Kind, term and payment option for machines.
fn words(way: Way) -> (&'static str, Option<&'static str>, Option<&'static str>) {
    let host = |term: Term| ("dedicated-host", Some(term.code()), Some("all-upfront"));
    match way {
        Way::Offer(Offer::OnDemand) => ("on-demand", None, None),
        Way::Offer(Offer::Spot) => ("spot", None, None),
        Way::Offer(Offer::Reserved(class, term, payment)) => {
            let kind = match class {
                OfferingClass::Standard => "standard-ri",
                OfferingClass::Convertible => "convertible-ri",
            };
            (kind, Some(term.code()), Some(payment.code()))
        }
        Way::Offer(Offer::SavingsPlan(kind, term, payment)) => {
            (kind.code(), Some(term.code()), Some(payment.code()))
        }
        Way::DedicatedInstance => ("dedicated-instance", None, None),
        Way::DedicatedHost(None) => ("dedicated-host", None, None),
        Way::DedicatedHost(Some(term)) => host(term),
    }
}
