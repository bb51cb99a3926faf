//! Reserved Instances as `aws ec2 describe-reserved-instances` answers: which of them count, where, and what they cost.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

use super::{Entry, Fee, Named, Outcome, State, Whose, state};
use crate::catalog::{PaymentOption, Platform, Region, Tenancy, Term, Zone};
use crate::commitment::{ReservedFee, ReservedInstance, ReservedScope};
use crate::diagnostics::Diagnostic;
use crate::units::{Money, Rate};

/// One entry of `ReservedInstances`. Prices are those of one instance.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReservedRow {
    reserved_instances_id: Option<String>,
    instance_type: Option<String>,
    instance_count: Option<i64>,
    product_description: Option<String>,
    offering_class: Option<String>,
    offering_type: Option<String>,
    instance_tenancy: Option<String>,
    scope: Option<String>,
    availability_zone: Option<String>,
    start: Option<String>,
    end: Option<String>,
    duration: Option<i64>,
    fixed_price: Option<Value>,
    usage_price: Option<Value>,
    #[serde(default)]
    recurring_charges: Vec<RecurringCharge>,
    state: Option<String>,
    currency_code: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RecurringCharge {
    amount: Option<Value>,
    frequency: Option<String>,
}

impl Named for ReservedRow {
    const ID: &'static str = "ReservedInstancesId";

    fn id(&self) -> Option<String> {
        self.reserved_instances_id.clone()
    }
}

/// One entry as what it reserves.
pub(super) fn read(
    entry: &Entry<'_>,
    row: &ReservedRow,
    whose: Whose,
) -> Result<Outcome, Diagnostic> {
    if let State::Never(reason) = state(entry, "State", row.state.as_ref())? {
        return Ok(Outcome::LeftOut(reason.into()));
    }
    entry.dollars("CurrencyCode", row.currency_code.as_ref())?;
    let (region, scope) = scope(entry, row, whose)?;
    let account = whose.account.ok_or_else(|| unowned(entry))?;
    let payment_option = entry.word("OfferingType", row.offering_type.as_ref())?;
    let (fee, stated) = fee(entry, row, payment_option)?;
    let term = term(entry, row, fee)?;
    let class = row.offering_class.as_ref();
    let ri = ReservedInstance {
        id: entry
            .text(ReservedRow::ID, row.reserved_instances_id.as_ref())?
            .to_owned(),
        account,
        scope,
        region,
        instance_type: entry.instance_type("InstanceType", row.instance_type.as_ref())?,
        platform: platform(entry, row)?,
        tenancy: match &row.instance_tenancy {
            None => Tenancy::Shared,
            tenancy => entry.word("InstanceTenancy", tenancy.as_ref())?,
        },
        offering_class: entry.word("OfferingClass", class)?,
        term,
        payment_option,
        count: count(entry, row)?,
        alive: entry.alive(["Start", "End"], row.start.as_ref(), row.end.as_ref(), term)?,
        fee,
    };
    Ok(Outcome::Reserved(Box::new(ri), stated))
}

/// The answer names neither account nor, for regional ones, region: whoever saved it knows.
fn unowned(entry: &Entry<'_>) -> Diagnostic {
    let file = entry
        .source
        .name
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default();
    let message =
        "AWS's answer does not say whose Reserved Instances these are, nor of which region";
    let hint = format!(
        "write a portfolio file beside it and give that with --own:\n\n[[saved]]\nfile = \"{file}\"\n\
         account = \"111122223333\"\nregion = \"us-east-1\"\n"
    );
    entry
        .wrong(ReservedRow::ID, message.into(), "owned by which account?")
        .hint(hint)
}

/// Zonal ones say where they are; of regional ones whoever saved the answer does.
fn scope(
    entry: &Entry<'_>,
    row: &ReservedRow,
    whose: Whose,
) -> Result<(Region, ReservedScope), Diagnostic> {
    const KEY: &str = "AvailabilityZone";
    let zonal = match row.scope.as_deref() {
        Some("Region") => false,
        Some("Availability Zone") => true,
        // Answers from before regional ones were sold.
        None => row.availability_zone.is_some(),
        Some(other) => {
            let message = format!("unknown `Scope` `{other}`");
            return Err(entry.wrong("Scope", message, "expected Region or Availability Zone"));
        }
    };
    if !zonal {
        let region = whose.region.ok_or_else(|| unowned(entry))?;
        return Ok((region, ReservedScope::Regional));
    }
    let zone = entry.text(KEY, row.availability_zone.as_ref())?;
    let message = format!("`{zone}` is not an Availability Zone");
    let found = Region::from_zone(zone);
    let region = found.ok_or_else(|| entry.wrong(KEY, message, "a region's code and a letter"))?;
    match whose.region {
        Some(asked) if asked != region => {
            let message = format!("`{zone}` is not an Availability Zone of {asked}");
            let problem = entry.wrong(KEY, message, "is of another region");
            Err(problem.hint("the portfolio file says which region was asked"))
        }
        _ => Ok((region, ReservedScope::Zonal(Zone::new(zone)))),
    }
}

fn platform(entry: &Entry<'_>, row: &ReservedRow) -> Result<Platform, Diagnostic> {
    const KEY: &str = "ProductDescription";
    let text = entry.text(KEY, row.product_description.as_ref())?;
    // What was of a VPC stood apart as long as there was EC2-Classic.
    let text = text.strip_suffix(" (Amazon VPC)").unwrap_or(text);
    let parsed = text.parse();
    parsed.map_err(|error: crate::catalog::UnknownPlatform| {
        entry.wrong(KEY, error.to_string(), "such as Linux/UNIX or Windows")
    })
}

fn count(entry: &Entry<'_>, row: &ReservedRow) -> Result<u32, Diagnostic> {
    const KEY: &str = "InstanceCount";
    let count = row.instance_count.ok_or_else(|| entry.lacks(KEY))?;
    match u32::try_from(count) {
        Ok(count) if count > 0 => Ok(count),
        _ => {
            let message = format!("a count of {count} reserves nothing");
            Err(entry.wrong(KEY, message, "at least 1"))
        }
    }
}

/// What one instance costs, and whether everything stands there that its payment option has.
fn fee(
    entry: &Entry<'_>,
    row: &ReservedRow,
    payment: PaymentOption,
) -> Result<(ReservedFee, Fee), Diagnostic> {
    let usage = entry.amount("UsagePrice", row.usage_price.as_ref())?;
    if usage.is_some_and(|usage| !usage.is_zero()) {
        let message = "a price for each hour of use is of offers from before 2015".into();
        return Err(entry.wrong("UsagePrice", message, "is not 0"));
    }
    let upfront = entry.amount("FixedPrice", row.fixed_price.as_ref())?;
    let mut hourly = Decimal::ZERO;
    for charge in &row.recurring_charges {
        const KEY: &str = "RecurringCharges";
        if charge.frequency.as_deref() != Some("Hourly") {
            let message = "a recurring charge is not by the hour".into();
            return Err(entry.wrong(KEY, message, "`Frequency` is to be `Hourly`"));
        }
        let amount = entry.amount(KEY, charge.amount.as_ref())?;
        hourly += amount.ok_or_else(|| entry.lacks(KEY))?;
    }
    let upfront = upfront.unwrap_or_default();
    let stated = match payment {
        PaymentOption::AllUpfront | PaymentOption::PartialUpfront if upfront.is_zero() => {
            Fee::Missing("`FixedPrice`")
        }
        PaymentOption::NoUpfront | PaymentOption::PartialUpfront if hourly.is_zero() => {
            Fee::Missing("hourly charge")
        }
        _ => Fee::Stated,
    };
    let unsound = |key| {
        move |error: crate::units::MoneyError| entry.wrong(key, error.to_string(), "not a price")
    };
    let fee = ReservedFee {
        upfront: Money::from_decimal_rounded(upfront).map_err(unsound("FixedPrice"))?,
        hourly: Rate::from_decimal_rounded(hourly).map_err(unsound("RecurringCharges"))?,
    };
    Ok((fee, stated))
}

/// The length of the term. What was bought from another customer runs for the rest of one: without an upfront fee its
/// length changes nothing but its end.
fn term(entry: &Entry<'_>, row: &ReservedRow, fee: ReservedFee) -> Result<Term, Diagnostic> {
    const KEY: &str = "Duration";
    let seconds = row.duration.ok_or_else(|| entry.lacks(KEY))?;
    let fits = |term: &&Term| (1..=term.hours() * 3_600).contains(&seconds);
    match Term::ALL.iter().find(fits) {
        Some(&term) if fee.upfront.is_zero() => Ok(term),
        _ => entry.term(KEY, seconds).map_err(|problem| {
            problem.hint("write one that was bought from another customer into a portfolio file, with `upfront` as if for a whole term, so that every hour bears its share")
        }),
    }
}
