//! A ladder of purchases as a document: what `bursar ladder` found, from which tables, reports and `certify` start.

mod expiries;
mod months;
mod tables;

use serde::{Deserialize, Serialize};

use crate::analysis::{Percent, metrics};
use crate::commitment::Portfolio;
use crate::optimize::{Bought, Certificate, DatedPlan, Purchase};
use crate::units::{Hour, Money};

use super::run::{
    InputFile, RunPurchase, RunRisk, RunRule, RunSettings, amount, gap, run_purchase,
    savings_percent,
};

pub use expiries::{Expiry, expiries};
pub use months::{LadderCash, LadderMonth, months};
pub(super) use tables::day;
pub use tables::{calendar, cliffs, months_table, plans_table, risk_tables, rules_table, tables};

/// Everything that was found. Amounts are decimal texts in dollars.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LadderRun {
    /// Version of the form of all runs.
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
    /// What may be bought, and by whom.
    pub settings: RunSettings,
    /// The hours ahead that were asked for.
    pub ladder: LadderSettings,
    /// The negotiated discounts, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub negotiated_discounts: Option<String>,
    /// First hour of the window.
    pub window_start: String,
    /// The hour after its last.
    pub window_end: String,
    /// First hour of the horizon.
    pub horizon_start: String,
    /// The hour after its last.
    pub horizon_end: String,
    /// How many there are.
    pub horizon_hours: usize,
    /// How the horizon's usage follows from the window's, in words.
    pub projection: String,
    /// Dates on which something may be bought.
    pub dates: Vec<String>,
    /// The horizon without any commitment.
    pub on_demand_cost: String,
    /// No purchases of the allowed kinds on these dates cost less.
    pub lower_bound: String,
    /// The ladder first, then what it is compared with.
    pub plans: Vec<LadderPlan>,
    /// What may happen in the months ahead, and every plan but On-Demand under it; none where that was not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<RunRisk>,
    /// What each rule costs; none without rules, or where that was not asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RunRule>,
    /// What is owned, with its life.
    pub owned: Vec<OwnedLife>,
    /// The ladder month by month.
    pub months: Vec<LadderMonth>,
    /// What ends in which month under the ladder.
    pub expiries: Vec<Expiry>,
    /// Usage without a price, in no figure.
    pub unpriced: Vec<String>,
    /// Prices that were missing; nothing was proposed where one was.
    pub missing_prices: Vec<String>,
    /// What is to be taken with a grain of salt.
    pub doubts: Vec<String>,
    /// The proof of the lower bound.
    pub certificate: Certificate,
}

/// The hours ahead, as they were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LadderSettings {
    /// How many months.
    pub months: u32,
    /// Something may be bought every so many months and when something owned ends; none where dates were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_months: Option<u32>,
    /// Growth of the usage in per cent a year.
    pub growth_percent: String,
    /// What counts of the fees of hours after the horizon, per cent.
    pub beyond_horizon_percent: u8,
    /// From which share on the end of commitments in a month is a cliff, per cent.
    pub cliff_percent: u8,
}

/// A plan over the horizon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LadderPlan {
    /// `ladder`, `once`, `renewed`, `owned` or `on-demand`.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What the horizon costs, exactly billed, with the part of later fees that counts.
    pub cost: String,
    /// What paying at purchase costs at the cost of capital, for the hours that count: in no bill, counted by the bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capital_cost: Option<String>,
    /// `cost / lower_bound - 1`, with what capital costs; none for renewals, which the bound is not for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<String>,
    /// `(1 - cost / on_demand_cost) x 100`.
    pub savings_percent: String,
    /// Paid at purchase inside the horizon, for all purchases.
    pub upfront: String,
    /// Fees of purchases for the hours after the horizon.
    pub owed_after_horizon: String,
    /// The part of them in the cost.
    pub counted_of_it: String,
    /// Used part of what is committed, per cent; `None` without commitments.
    pub utilization: Option<String>,
    /// Covered part of the usage that can be covered, per cent; `None` without usage.
    pub coverage: Option<String>,
    /// How often something owned is bought again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewals: Option<usize>,
    /// What is bought when.
    pub purchases: Vec<DatedPurchase>,
}

/// A purchase with its dates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatedPurchase {
    /// Its first hour.
    pub at: String,
    /// The hour after its last.
    pub ends: String,
    /// What.
    #[serde(flatten)]
    pub purchase: RunPurchase,
}

/// The life of something that is owned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnedLife {
    /// The portfolio's name for it.
    pub id: String,
    /// Its first hour.
    pub start: String,
    /// The hour after its last.
    pub end: String,
}

/// What every plan is held against.
#[derive(Debug, Clone, Copy)]
pub struct HeldAgainst<'a> {
    /// The horizon without any commitment.
    pub on_demand: Money,
    /// What no ladder costs less than.
    pub bound: Money,
    /// What is owned.
    pub owned: &'a Portfolio,
    /// Whether a cost of capital was said.
    pub weighs_capital: bool,
}

/// A plan as the document has it.
pub fn ladder_plan(
    plan: &DatedPlan,
    against: HeldAgainst<'_>,
    basis: impl Fn(&Purchase) -> String,
) -> LadderPlan {
    let found = metrics(&plan.bill);
    let share = |share: Percent| share.map(|share| share.to_string());
    let cost = plan.cost();
    let upfront = plan.bought.iter().map(|one| one.purchase.fees().0);
    let is_renewed = plan.name == "renewed";
    let count =
        |portfolio: &Portfolio| portfolio.reserved_instances.len() + portfolio.savings_plans.len();
    LadderPlan {
        name: plan.name.to_owned(),
        title: plan.title.to_owned(),
        cost: amount(cost),
        capital_cost: against.weighs_capital.then(|| amount(plan.capital)),
        gap: (!is_renewed).then(|| gap(plan.with_capital(), against.bound).to_string()),
        savings_percent: savings_percent(cost, against.on_demand).to_string(),
        upfront: amount(upfront.sum()),
        owed_after_horizon: amount(plan.owed),
        counted_of_it: amount(plan.counted),
        utilization: share(found.utilization),
        coverage: share(found.coverage),
        renewals: is_renewed.then(|| count(&plan.portfolio) - count(against.owned)),
        purchases: plan
            .bought
            .iter()
            .map(|one| DatedPurchase::of(one, basis(&one.purchase)))
            .collect(),
    }
}

impl DatedPurchase {
    fn of(bought: &Bought, basis: String) -> Self {
        let alive = bought.alive();
        Self {
            at: alive.start().to_string(),
            ends: alive.end().to_string(),
            purchase: run_purchase(&bought.purchase, basis),
        }
    }

    /// The purchase among what could be bought on some dates.
    pub fn find(
        &self,
        candidates: &[crate::optimize::Candidate],
        dates: &[Hour],
    ) -> Option<Bought> {
        let at = dates.iter().find(|date| date.to_string() == self.at)?;
        Some(Bought {
            at: *at,
            purchase: self.purchase.find(candidates)?,
        })
    }
}

/// The lives of what is owned.
pub fn owned_lives(owned: &Portfolio) -> Vec<OwnedLife> {
    let reserved = owned
        .reserved_instances
        .iter()
        .map(|one| (&one.id, one.alive));
    let plans = owned.savings_plans.iter().map(|one| (&one.id, one.alive));
    let lives = reserved.chain(plans).map(|(id, alive)| OwnedLife {
        id: id.clone(),
        start: alive.start().to_string(),
        end: alive.end().to_string(),
    });
    lives.collect()
}
