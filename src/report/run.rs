//! The run file: everything `optimize` found as one JSON document, from which `certify` and `report` start.

mod buyers;
mod charged;
mod holdings;
mod risk;
mod rules;
mod shown;
mod spot;

use std::fmt::Write as _;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::analysis::{Percent, metrics, ratio};
use crate::catalog::{OfferingClass, PaymentOption, Term};
use crate::commitment::SavingsPlanScope;
use crate::demand::import::FileReport;
use crate::optimize::{Candidate, CandidateKind, Certificate, Plan, Purchase, Zonal};
use crate::units::Money;

pub use buyers::RunBuyer;
pub use charged::{AccountCost, RunCharge};
pub use holdings::{Holding, KindSaving};
pub use risk::{FrontierBound, FrontierPoint, PlanRisk, RunEvent, RunRisk, RunRobust, value};
pub use rules::{RunRule, RunRules};
pub use shown::{Change, HourlyUsage, Measures, Shown, UnpricedUsage, WhatIf};
pub use spot::{RunSpot, RunSpotLine, SpotSettings};

/// This program and its version.
pub const PROGRAM: &str = concat!("bursar ", env!("CARGO_PKG_VERSION"));

/// The version of the document's form.
pub const SCHEMA_VERSION: u32 = 1;

/// A file that went in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    /// Its name as the user gave it.
    pub path: String,
    /// SHA-256 of its bytes as stored, in hexadecimal.
    pub sha256: String,
    /// `usage`, `portfolio`, `saved answer` (named by the portfolio), `prices` or `discounts`.
    pub role: String,
}

/// Everything `optimize` found. Amounts are decimal texts in dollars.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Version of this form.
    pub schema_version: u32,
    /// Program and version.
    pub program: String,
    /// Id of the price book.
    pub price_book: String,
    /// Its day.
    pub price_book_as_of: String,
    /// Its currency.
    pub currency: String,
    /// Every file read.
    pub inputs: Vec<InputFile>,
    /// What was asked for.
    pub settings: RunSettings,
    /// First hour of the window.
    pub window_start: String,
    /// The hour after its last.
    pub window_end: String,
    /// Hours of the window.
    pub horizon_hours: usize,
    /// The window without any commitment, Spot at Spot prices.
    pub on_demand_cost: String,
    /// The same at public prices, where discounts were negotiated; every other cost is what is paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_on_demand_cost: Option<String>,
    /// The negotiated discounts, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub negotiated_discounts: Option<String>,
    /// The window without any commitment, as a plan; runs of before 2026-11-21 lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_demand: Option<RunPlan>,
    /// No purchases of the allowed kinds make the window cost less.
    pub lower_bound: String,
    /// The cheapest plan found, then what the usual rules would buy; then, if something is owned, that alone.
    pub plans: Vec<RunPlan>,
    /// What may happen, and every plan's worth then, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<RunRisk>,
    /// The cheapest plan under each term and payment option, each alone.
    pub options: Vec<RunOption>,
    /// What each rule costs; none without rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RunRule>,
    /// What the cheapest plan comes to with each account that may buy it, where only some may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buyers: Vec<RunBuyer>,
    /// What Spot does in the plan to buy, where usage may run there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spot: Option<RunSpot>,
    /// Usage without a price, in no figure above.
    pub unpriced: Vec<String>,
    /// The same usage with its hours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unpriced_usage: Vec<UnpricedUsage>,
    /// Prices that were missing; nothing was proposed where one was.
    pub missing_prices: Vec<String>,
    /// What is to be taken with a grain of salt.
    pub doubts: Vec<String>,
    /// What the documents of a report need beside the figures; only the file of `--report` holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<Shown>,
    /// The proof of the lower bound.
    pub certificate: Certificate,
}

/// What was asked for, as `certify` needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSettings {
    /// Kinds of commitment allowed.
    pub kinds: Vec<String>,
    /// Terms with payment options allowed.
    pub terms: Vec<(String, String)>,
    /// The account that buys.
    pub buyer: String,
    /// Whether commitments serve other accounts.
    pub sharing: bool,
    /// How hours without rows were filled.
    pub fill_gaps: Option<String>,
    /// Tags kept as labels.
    pub tags: Vec<String>,
    /// Whether usage without a price was left out.
    pub allow_unpriced: bool,
    /// The day whose negotiated discounts were taken for everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discounts_on: Option<String>,
    /// The events that plans are judged by: a file, or `default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<String>,
    /// What the robust mix is to do well by; none for no such mix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objective: Option<String>,
    /// Where the search could stop.
    pub tolerance: String,
    /// What money costs a year, per cent, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_of_capital: Option<String>,
    /// What the purchases had to keep.
    #[serde(default, skip_serializing_if = "RunRules::is_empty")]
    pub rules: RunRules,
    /// Whether what plans may cover beside instances was planned for, too.
    #[serde(default, skip_serializing_if = "is_not")]
    pub services: bool,
    /// What may run on Spot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spot: Option<SpotSettings>,
}

/// What serde asks of a flag that is written down where it is set.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_not(flag: &bool) -> bool {
    !*flag
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunPlan {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Effective cost of the window, exactly billed.
    pub cost: String,
    /// What paying at purchase costs in the window at the cost of capital: in no bill, counted by the bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capital_cost: Option<String>,
    /// The same bound for every plan.
    pub lower_bound: String,
    /// `cost / lower_bound - 1`; with what capital costs, where that was said.
    pub gap: String,
    /// `(1 - cost / on_demand_cost) x 100`.
    pub savings_percent: String,
    /// The savings rate on both bases, where discounts were negotiated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_savings_rate: Option<BothBases>,
    /// How well its commitments do; runs of before 2026-11-21 lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measures: Option<Measures>,
    /// What is bought.
    pub purchases: Vec<RunPurchase>,
}

/// The effective savings rate in per cent: what was saved of what the usage would have cost On-Demand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BothBases {
    /// At public prices: commitments and negotiated discounts.
    pub list: String,
    /// At contracted prices: commitments alone.
    pub contracted: String,
}

/// A purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunPurchase {
    /// `standard-ri`, `convertible-ri`, `host-reservation`, `ec2-instance-sp`, `compute-sp` or `database-sp`.
    pub kind: String,
    /// What it covers, such as `m7g in us-east-1`.
    pub scope: String,
    /// The account that must buy it: whose hosts are reserved, or for which capacity is held. Others are bought by the
    /// buyer of the settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// `1yr` or `3yr`.
    pub term: String,
    /// `no-upfront`, `partial-upfront` or `all-upfront`.
    pub payment_option: String,
    /// Reserved Instances and hosts: how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Savings Plans: dollars an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hourly_commitment: Option<String>,
    /// Paid at purchase, for all of it.
    pub upfront: String,
    /// Paid for every hour of the term, for all of it.
    pub hourly: String,
    /// What it costs an hour with upfront fees spread over the term.
    pub effective_hourly: String,
    /// What all fees of the term are worth at purchase, at the cost of capital.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present_value: Option<String>,
    /// How the prices behind it are known: the least certain of them.
    pub price_basis: String,
}

/// The cheapest plan under one term and payment option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOption {
    /// The term.
    pub term: String,
    /// The payment option.
    pub payment_option: String,
    /// Effective cost of the window.
    pub cost: String,
    /// What paying at purchase costs in the window at the cost of capital.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capital_cost: Option<String>,
    /// Saving against On-Demand, per cent.
    pub savings_percent: String,
    /// Paid at purchase.
    pub upfront: String,
    /// Dollars an hour committed, upfront fees spread over the term.
    pub hourly_commitment: String,
    /// Hours after which what was paid at purchase is earned back; `None` when never.
    pub break_even_hours: Option<String>,
    /// What is owed over the whole term.
    pub lock_in: String,
    /// Per cent of what is bought that must be used for it to cost what On-Demand does; runs of before 2026-11-22 lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_even_utilization: Option<String>,
}

impl InputFile {
    /// A usage file as the import read it.
    pub fn usage(file: &FileReport) -> Self {
        let sha256 = file.sha256.map(|bytes| hex(&bytes)).unwrap_or_default();
        Self {
            path: file.name.clone(),
            sha256,
            role: "usage".into(),
        }
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// An amount as JSON has it: a decimal text with at least the cents.
pub fn amount(money: Money) -> String {
    let exact = money.to_decimal(10).normalize();
    if exact.scale() < 2 {
        money.to_decimal(2).to_string()
    } else {
        exact.to_string()
    }
}

/// `cost / bound - 1`, to eight decimals.
pub fn gap(cost: Money, bound: Money) -> Decimal {
    let share = cost.to_decimal(10).checked_div(bound.to_decimal(10));
    share
        .map(|share| (share - Decimal::ONE).round_dp(8))
        .unwrap_or_default()
}

/// `(1 - cost / on_demand) x 100`, to four decimals; 0 where there is no cost.
pub fn savings_percent(cost: Money, on_demand: Money) -> Decimal {
    ratio(on_demand - cost, on_demand).unwrap_or_default()
}

/// A plan as the document has it.
pub fn run_plan(
    plan: &Plan,
    bound: Money,
    on_demand: Money,
    negotiated: bool,
    basis: impl Fn(&Purchase) -> String,
) -> RunPlan {
    let cost = plan.bill.total();
    RunPlan {
        name: plan.name.clone(),
        title: plan.title.clone(),
        cost: amount(cost),
        lower_bound: amount(bound),
        capital_cost: capital_cost(plan),
        gap: gap(plan.counted(), bound).to_string(),
        savings_percent: savings_percent(cost, on_demand).to_string(),
        effective_savings_rate: negotiated.then(|| both_bases(plan)),
        measures: Some(Measures::of(plan, negotiated)),
        purchases: plan
            .purchases
            .iter()
            .map(|bought| run_purchase(bought, basis(bought)))
            .collect(),
    }
}

/// What paying at purchase costs in the window; `None` where it costs nothing.
pub fn capital_cost(plan: &Plan) -> Option<String> {
    (!plan.capital.is_zero()).then(|| amount(plan.capital))
}

fn both_bases(plan: &Plan) -> BothBases {
    let found = metrics(&plan.bill);
    let text = |rate: Percent| rate.unwrap_or_default().to_string();
    BothBases {
        list: text(found.list_effective_savings_rate),
        contracted: text(found.effective_savings_rate),
    }
}

pub(super) fn run_purchase(purchase: &Purchase, price_basis: String) -> RunPurchase {
    let (upfront, hourly) = purchase.fees();
    let commitment = purchase.hourly_commitment();
    let kind = &purchase.candidate.kind;
    let reserved = kind.is_reserved();
    RunPurchase {
        kind: kind_code(&purchase.candidate).into(),
        scope: scope_of(&purchase.candidate),
        account: kind.account().map(|account| account.to_string()),
        term: purchase.candidate.term.code().into(),
        payment_option: purchase.candidate.payment_option.code().into(),
        count: reserved.then_some(purchase.steps),
        hourly_commitment: (!reserved).then(|| amount(commitment)),
        upfront: amount(upfront),
        hourly: amount(hourly),
        effective_hourly: amount(purchase.effective_hourly()),
        present_value: purchase.present_value().map(amount),
        price_basis,
    }
}

impl RunPurchase {
    /// The purchase among what could be bought.
    pub fn find(&self, candidates: &[Candidate]) -> Option<Purchase> {
        let candidate = candidates.iter().find(|candidate| {
            kind_code(candidate) == self.kind
                && scope_of(candidate) == self.scope
                && candidate.term.code() == self.term
                && candidate.payment_option.code() == self.payment_option
        })?;
        let steps = match (&self.count, &self.hourly_commitment) {
            (Some(count), None) => *count,
            (None, Some(commitment)) => {
                let thousandths = commitment.parse::<Decimal>().ok()? * Decimal::from(1_000);
                u64::try_from(thousandths.normalize()).ok()?
            }
            _ => return None,
        };
        Some(Purchase {
            candidate: candidate.clone(),
            steps,
        })
    }
}

/// AWS's words for reserved hosts.
pub(super) const HOST_RESERVATION: &str = "Dedicated Host Reservation";
/// The word for them.
pub(super) const HOSTS: &str = "host-reservation";

/// AWS's words for a candidate's kind.
pub(super) fn kind_label(candidate: &Candidate) -> String {
    match candidate.kind {
        CandidateKind::Reserved { class, .. } => format!("{class} Reserved Instance"),
        CandidateKind::Hosts { .. } => HOST_RESERVATION.to_owned(),
        CandidateKind::SavingsPlan(scope) => scope.kind().label().to_owned(),
    }
}

/// The word for a candidate's kind.
pub fn kind_code(candidate: &Candidate) -> &'static str {
    match candidate.kind {
        CandidateKind::Reserved { class, .. } => reserved_code(class),
        CandidateKind::Hosts { .. } => HOSTS,
        CandidateKind::SavingsPlan(scope) => scope.kind().code(),
    }
}

/// The word for Reserved Instances of a class.
const fn reserved_code(class: OfferingClass) -> &'static str {
    match class {
        OfferingClass::Standard => "standard-ri",
        OfferingClass::Convertible => "convertible-ri",
    }
}

/// What a candidate covers, in words: `m7g in us-east-1`, `m6i.large Windows in us-east-1`,
/// `m6i.large Linux in us-east-1 (zone us-east-1a, 111122223333)`, `m5 hosts of 111122223333 in
/// us-east-1`, `all compute`.
pub fn scope_of(candidate: &Candidate) -> String {
    match candidate.kind {
        CandidateKind::Reserved {
            product,
            zonal: Some(Zonal { zone, account }),
            ..
        } => format!("{product} (zone {zone}, {account})"),
        CandidateKind::Reserved { product, .. } => product.to_string(),
        CandidateKind::Hosts { account, host, .. } => {
            let family = host.instance_type.family();
            format!("{family} hosts of {account} in {}", host.region)
        }
        CandidateKind::SavingsPlan(scope) => covers(scope),
    }
}

/// What a Savings Plan covers: `m7g in us-east-1`, `all compute`.
pub fn covers(scope: SavingsPlanScope) -> String {
    match scope {
        SavingsPlanScope::Compute => "all compute".into(),
        SavingsPlanScope::Database => "all databases".into(),
        SavingsPlanScope::Ec2Instance { family, region } => format!("{family} in {region}"),
    }
}

/// The candidates' words for settings, read back.
pub fn terms_from(pairs: &[(String, String)]) -> Option<Vec<(Term, PaymentOption)>> {
    pairs
        .iter()
        .map(|(term, payment)| Some((term.parse().ok()?, payment.parse().ok()?)))
        .collect()
}
