//! Savings Plans as `aws savingsplans describe-savings-plans` answers.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

use super::{Entry, Named, Outcome, State, Whose, state};
use crate::catalog::{Account, Family, Region};
use crate::commitment::{SavingsPlan, SavingsPlanScope};
use crate::diagnostics::Diagnostic;
use crate::units::{Hour, Money};

/// One entry of `savingsPlans`. Amounts are texts, in dollars an hour but for the upfront payment.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlanRow {
    savings_plan_id: Option<String>,
    savings_plan_arn: Option<String>,
    start: Option<String>,
    end: Option<String>,
    state: Option<String>,
    region: Option<String>,
    ec2_instance_family: Option<String>,
    savings_plan_type: Option<String>,
    payment_option: Option<String>,
    currency: Option<String>,
    commitment: Option<Value>,
    upfront_payment_amount: Option<Value>,
    recurring_payment_amount: Option<Value>,
    term_duration_in_seconds: Option<i64>,
    returnable_until: Option<String>,
}

impl Named for PlanRow {
    const ID: &'static str = "savingsPlanId";

    fn id(&self) -> Option<String> {
        let of_arn = || self.savings_plan_arn.as_deref()?.rsplit('/').next();
        let id = self.savings_plan_id.as_deref().or_else(of_arn);
        id.map(str::to_owned)
    }
}

/// One entry as the plan it is.
pub(super) fn read(entry: &Entry<'_>, row: &PlanRow, whose: Whose) -> Result<Outcome, Diagnostic> {
    const TERM: &str = "termDurationInSeconds";
    if let State::Never(reason) = state(entry, "state", row.state.as_ref())? {
        return Ok(Outcome::LeftOut(reason.into()));
    }
    let Some(scope) = scope(entry, row)? else {
        let kind = row.savings_plan_type.as_deref().unwrap_or_default();
        let reason =
            format!("a {kind} Savings Plan covers neither compute nor databases and is not billed");
        return Ok(Outcome::LeftOut(reason));
    };
    entry.dollars("currency", row.currency.as_ref())?;
    let seconds = row
        .term_duration_in_seconds
        .ok_or_else(|| entry.lacks(TERM))?;
    let term = entry.term(TERM, seconds)?;
    let plan = SavingsPlan {
        id: row.id().ok_or_else(|| entry.lacks(PlanRow::ID))?,
        account: account(entry, row, whose)?,
        scope,
        term,
        payment_option: entry.word("paymentOption", row.payment_option.as_ref())?,
        commitment: commitment(entry, row)?,
        alive: entry.alive(["start", "end"], row.start.as_ref(), row.end.as_ref(), term)?,
    };
    Ok(Outcome::Plan {
        note: payments(entry, row, &plan)?,
        until: returnable_until(entry, row)?,
        plan: Box::new(plan),
    })
}

/// `None` for plans whose usage is not billed here.
fn scope(entry: &Entry<'_>, row: &PlanRow) -> Result<Option<SavingsPlanScope>, Diagnostic> {
    const KEY: &str = "savingsPlanType";
    match entry.text(KEY, row.savings_plan_type.as_ref())? {
        "Compute" => Ok(Some(SavingsPlanScope::Compute)),
        "EC2Instance" => {
            let family = entry.text("ec2InstanceFamily", row.ec2_instance_family.as_ref())?;
            let region: Region =
                entry.region("region", entry.text("region", row.region.as_ref())?)?;
            Ok(Some(SavingsPlanScope::Ec2Instance {
                family: Family::new(family),
                region,
            }))
        }
        "Database" => Ok(Some(SavingsPlanScope::Database)),
        "SageMaker" => Ok(None),
        other => {
            let message = format!("unknown `{KEY}` `{other}`");
            let label = "expected Compute, EC2Instance, SageMaker or Database";
            Err(entry.wrong(KEY, message, label))
        }
    }
}

/// The fifth part of the plan's ARN: `arn:aws:savingsplans::111122223333:savingsplan/...`.
fn account(entry: &Entry<'_>, row: &PlanRow, whose: Whose) -> Result<Account, Diagnostic> {
    const KEY: &str = "savingsPlanArn";
    let Some(arn) = &row.savings_plan_arn else {
        return whose.account.ok_or_else(|| entry.lacks(KEY));
    };
    let is_account = |part: &&str| part.len() == 12 && part.bytes().all(|b| b.is_ascii_digit());
    let account = arn.split(':').nth(4).filter(is_account);
    let message = || format!("`{arn}` names no account");
    let label = "such as arn:aws:savingsplans::111122223333:savingsplan/ID";
    let account = account.ok_or_else(|| entry.wrong(KEY, message(), label))?;
    Ok(Account::new(account))
}

fn commitment(entry: &Entry<'_>, row: &PlanRow) -> Result<Money, Diagnostic> {
    const KEY: &str = "commitment";
    let amount = entry.amount(KEY, row.commitment.as_ref())?;
    let amount = amount.ok_or_else(|| entry.lacks(KEY))?;
    let money = Money::from_decimal_rounded(amount)
        .map_err(|error| entry.wrong(KEY, error.to_string(), "not an amount"))?;
    if money <= Money::ZERO {
        let message = "a commitment must be above 0".into();
        return Err(entry.wrong(KEY, message, "dollars an hour"));
    }
    if money > super::super::file::LARGEST_COMMITMENT {
        let message = "no Savings Plan commits to so much an hour".into();
        return Err(entry.wrong(KEY, message, "dollars an hour, not in total"));
    }
    Ok(money)
}

/// Where AWS says other amounts than those that follow from the commitment, as they may for Partial Upfront: what.
fn payments(
    entry: &Entry<'_>,
    row: &PlanRow,
    plan: &SavingsPlan,
) -> Result<Option<String>, Diagnostic> {
    let upfront = entry.amount("upfrontPaymentAmount", row.upfront_payment_amount.as_ref())?;
    let hourly = entry.amount(
        "recurringPaymentAmount",
        row.recurring_payment_amount.as_ref(),
    )?;
    let (upfront, hourly) = (upfront.unwrap_or_default(), hourly.unwrap_or_default());
    let (at_once, later) = plan.fees();
    let (at_once, later) = (at_once.to_decimal(2), later.to_decimal(8));
    // A thousandth of a dollar an hour is the step of a commitment.
    let step = Decimal::new(1, 3);
    let steps = step * Decimal::from(plan.term.hours());
    if (upfront - at_once).abs() <= steps && (hourly - later).abs() <= step {
        return Ok(None);
    }
    Ok(Some(format!(
        "AWS says `{}` was paid with ${} at once and ${} an hour; its cash is counted as ${} and ${}, its effective \
         cost as the commitment",
        plan.id,
        upfront.normalize(),
        hourly.normalize(),
        at_once.normalize(),
        later.normalize(),
    )))
}

/// Until when AWS takes the plan back; the field is its start when it does not.
fn returnable_until(entry: &Entry<'_>, row: &PlanRow) -> Result<Option<Hour>, Diagnostic> {
    const KEY: &str = "returnableUntil";
    let stated = row.returnable_until.as_deref();
    let until = stated.filter(|text| !text.is_empty()).map(Hour::parse_end);
    until
        .transpose()
        .map_err(|error| entry.wrong(KEY, error.to_string(), "such as 2026-07-01T00:00:00Z"))
}
