//! Reads the fee rows of commitments.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use rust_decimal::Decimal;

use super::classify::Outcome;
use super::facts::{Cover, Doubt, FoundCommitments, FoundReservation, FoundSavingsPlan};
use super::number::decimal;
use super::table::FileTally;
use super::time::{Periods, Zone};
use crate::units::HourSpan;

/// Every column read here, by plain name: what another engine has to hand out of a fee row.
pub(super) const COLUMNS: [&str; 39] = [
    "bill_payer_account_id",
    "line_item_line_item_type",
    "line_item_operation",
    "line_item_unblended_cost",
    "line_item_unblended_rate",
    "line_item_usage_account_id",
    "line_item_usage_amount",
    "line_item_usage_end_date",
    "line_item_usage_start_date",
    "line_item_usage_type",
    "pricing_lease_contract_length",
    "pricing_offering_class",
    "pricing_purchase_option",
    "product_region",
    "product_region_code",
    "product_tenancy",
    "reservation_amortized_upfront_fee_for_billing_period",
    "reservation_availability_zone",
    "reservation_end_time",
    "reservation_number_of_reservations",
    "reservation_reservation_a_r_n",
    "reservation_start_time",
    "reservation_subscription_id",
    "reservation_total_reserved_normalized_units",
    "reservation_unused_amortized_upfront_fee_for_billing_period",
    "reservation_unused_quantity",
    "reservation_unused_recurring_fee",
    "reservation_upfront_value",
    "savings_plan_amortized_upfront_commitment_for_billing_period",
    "savings_plan_end_time",
    "savings_plan_instance_type_family",
    "savings_plan_offering_type",
    "savings_plan_payment_option",
    "savings_plan_purchase_term",
    "savings_plan_recurring_commitment_for_billing_period",
    "savings_plan_region",
    "savings_plan_savings_plan_a_r_n",
    "savings_plan_start_time",
    "savings_plan_used_commitment",
];

type Doubts = BTreeMap<Doubt, u64>;

/// The cells of a fee row by plain column name.
struct Fee<'a>(&'a BTreeMap<String, String>);

impl Fee<'_> {
    fn text(&self, name: &str) -> Option<String> {
        // What another engine would not hand out is not read of a file either: the two cannot differ.
        let name = COLUMNS.iter().find(|column| **column == name)?;
        self.0.get(*name).filter(|text| *text != "NULL").cloned()
    }

    fn any(&self, names: &[&str]) -> String {
        names
            .iter()
            .find_map(|name| self.text(name))
            .unwrap_or_default()
    }

    /// A number; a word in its place is doubted and left out.
    fn number(&self, name: &str, doubts: &mut Doubts) -> Option<Decimal> {
        let text = self.text(name)?;
        let found = decimal(&text);
        if found.is_none() {
            *doubts.entry(Doubt::CommitmentNotANumber).or_default() += 1;
        }
        found
    }

    fn instant(&self, name: &str) -> Option<DateTime<Utc>> {
        let text = self.text(name)?;
        let zoned = DateTime::parse_from_rfc3339(&text).map(|time| time.with_timezone(&Utc));
        let bare = || NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f");
        zoned.ok().or_else(|| Some(bare().ok()?.and_utc()))
    }

    fn period(&self) -> Option<HourSpan> {
        let start = self.text("line_item_usage_start_date")?;
        let end = self.text("line_item_usage_end_date").unwrap_or_default();
        let found = Periods::default()
            .read(start.as_bytes(), end.as_bytes(), Zone::Utc)
            .ok()?;
        Some(HourSpan::new(
            found.start,
            found.start.plus(i64::from(found.hours)),
        ))
    }
}

/// Every reservation and plan that has a fee row.
pub(super) fn read(files: &[FileTally], doubts: &mut Doubts) -> FoundCommitments {
    let mut found = FoundCommitments::default();
    let mut plans: BTreeMap<String, FoundSavingsPlan> = BTreeMap::new();
    for row in files.iter().flat_map(|file| &file.tally.fees) {
        let fee = Fee(row);
        match row.get("line_item_line_item_type").map(String::as_str) {
            Some("RIFee") => found.reservations.push(reservation(&fee, doubts)),
            Some(_) => add_plan(&fee, &mut plans, doubts),
            None => {}
        }
    }
    found.reservations.sort_by(|a, b| order(a).cmp(&order(b)));
    found.savings_plans = plans.into_values().collect();
    found
}

fn order(found: &FoundReservation) -> (&str, Option<i64>) {
    (
        &found.arn,
        found.period.map(|period| period.start().epoch_hours()),
    )
}

fn reservation(fee: &Fee<'_>, doubts: &mut Doubts) -> FoundReservation {
    let mut number = |name: &str| fee.number(name, doubts);
    FoundReservation {
        arn: fee.any(&[
            "reservation_reservation_a_r_n",
            "reservation_subscription_id",
        ]),
        account: fee.any(&["line_item_usage_account_id", "bill_payer_account_id"]),
        usage_type: fee.any(&["line_item_usage_type"]),
        operation: fee.any(&["line_item_operation"]),
        region: fee
            .text("product_region_code")
            .or_else(|| fee.text("product_region")),
        zone: fee.text("reservation_availability_zone"),
        tenancy: fee.text("product_tenancy"),
        count: number("reservation_number_of_reservations"),
        normalized_units: number("reservation_total_reserved_normalized_units"),
        hours: number("line_item_usage_amount"),
        recurring_cost: number("line_item_unblended_cost"),
        recurring_rate: number("line_item_unblended_rate"),
        amortized_upfront: number("reservation_amortized_upfront_fee_for_billing_period"),
        upfront: number("reservation_upfront_value"),
        unused_recurring: number("reservation_unused_recurring_fee"),
        unused_upfront: number("reservation_unused_amortized_upfront_fee_for_billing_period"),
        unused_hours: number("reservation_unused_quantity"),
        period: fee.period(),
        start: fee.instant("reservation_start_time"),
        end: fee.instant("reservation_end_time"),
        lease: fee.text("pricing_lease_contract_length"),
        class: fee.text("pricing_offering_class"),
        payment_option: fee.text("pricing_purchase_option"),
    }
}

/// Adds a fee row of a Savings Plan to what is known of the plan.
fn add_plan(fee: &Fee<'_>, plans: &mut BTreeMap<String, FoundSavingsPlan>, doubts: &mut Doubts) {
    let arn = fee.any(&["savings_plan_savings_plan_a_r_n"]);
    let plan = plans.entry(arn.clone()).or_default();
    let keep = |old: &mut Option<String>, name: &str| {
        if old.is_none() {
            *old = fee.text(name);
        }
    };
    keep(&mut plan.offering, "savings_plan_offering_type");
    keep(&mut plan.family, "savings_plan_instance_type_family");
    keep(&mut plan.region, "savings_plan_region");
    keep(&mut plan.term, "savings_plan_purchase_term");
    keep(&mut plan.payment_option, "savings_plan_payment_option");
    plan.arn = arn;
    if plan.account.is_empty() {
        plan.account = fee.any(&["line_item_usage_account_id", "bill_payer_account_id"]);
    }
    plan.start = plan
        .start
        .or_else(|| fee.instant("savings_plan_start_time"));
    plan.end = plan.end.or_else(|| fee.instant("savings_plan_end_time"));
    if fee.text("line_item_line_item_type").as_deref() != Some("SavingsPlanRecurringFee") {
        return;
    }
    let mut sum = |name: &str| fee.number(name, doubts).unwrap_or_default();
    plan.recurring += sum("savings_plan_recurring_commitment_for_billing_period");
    plan.amortized_upfront += sum("savings_plan_amortized_upfront_commitment_for_billing_period");
    plan.used += sum("savings_plan_used_commitment");
    plan.hours += fee.period().map_or(0, |period| period.len() as u64);
}

/// Adds what only covered rows tell: terms of reservations, and plans without a fee row.
pub(super) fn complete(found: &mut FoundCommitments, files: &[FileTally]) {
    let mut terms: BTreeMap<&str, &[Option<String>; 3]> = BTreeMap::new();
    for entry in files.iter().flat_map(|file| &file.tally.entries) {
        if let Outcome::Usage(usage) = &entry.outcome
            && let Cover::Reservation(arn) = &usage.cover
        {
            terms.entry(arn).or_insert(&usage.terms);
        }
    }
    for reservation in &mut found.reservations {
        let Some([lease, class, payment]) = terms.get(reservation.arn.as_str()) else {
            continue;
        };
        let own = [
            &mut reservation.lease,
            &mut reservation.class,
            &mut reservation.payment_option,
        ];
        for (own, covered) in own.into_iter().zip([lease, class, payment]) {
            if own.is_none() {
                own.clone_from(covered);
            }
        }
    }
    for usage in &found.usage {
        if let Cover::SavingsPlan(arn) = &usage.cover
            && let Err(place) = found
                .savings_plans
                .binary_search_by(|plan| plan.arn.as_str().cmp(arn))
        {
            let plan = FoundSavingsPlan {
                arn: arn.to_string(),
                ..FoundSavingsPlan::default()
            };
            found.savings_plans.insert(place, plan);
        }
    }
}
