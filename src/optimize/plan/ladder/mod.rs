//! Purchases on several dates ahead: usage projected, what is owned running out, everything buyable on each date, and
//! what the cheapest calendar is compared with.

mod explain;
mod fold;
mod horizon;
mod keeping;
mod renew;
mod rule_prices;
mod rungs;

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::billing::{Bill, Coverable, PlanFee, ServiceUse, SetupError, bill, reserved_fee};
use crate::commitment::Portfolio;
use crate::demand::{Demand, DemandKey, Labels, Unprojected};
use crate::prices::{MissingPrice, MissingService};
use crate::units::{Hour, HourSpan, Money};

use super::super::{Certificate, Solution};
use super::bought::Bought;
use super::candidates::{Candidate, Market};
use super::capital::CostOfCapital;
use super::life::hundredths;
use super::plans::{Failed, Options, add};
use super::rules::RuleName;
use rungs::Rungs;

pub use explain::DatedExplained;
pub use horizon::{Dates, Horizon};

/// Why there is no ladder.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NoLadder {
    /// A horizon of no month.
    #[error("a horizon has at least one month: that is how AWS bills")]
    NoMonth,
    /// A horizon of more than ten years.
    #[error("a horizon of {months} months is longer than ten years")]
    TooLong {
        /// What was asked for.
        months: u32,
    },
    /// Growth that leaves nothing, or no number that can be meant.
    #[error("growth of {0} % a year is not between -100 % and 1000 %")]
    Growth(Decimal),
    /// Nothing could ever be bought.
    #[error("there is no date on which something may be bought")]
    NoDate,
    /// A date at which the horizon has not begun, or is over.
    #[error("something cannot be bought on {date}: the horizon is {span}")]
    DateOutside {
        /// The date.
        date: Hour,
        /// The horizon.
        span: HourSpan,
    },
    /// A horizon that begins where there is usage still.
    #[error("a horizon cannot begin on {from}: the usage is of hours until {until}")]
    Past {
        /// What was asked for.
        from: Hour,
        /// The end of the usage.
        until: Hour,
    },
    /// Usage that cannot be projected.
    #[error(transparent)]
    Usage(#[from] Unprojected),
    /// It could not be planned or billed.
    #[error(transparent)]
    Failed(#[from] Failed),
}

impl From<SetupError> for NoLadder {
    fn from(error: SetupError) -> Self {
        Self::Failed(error.into())
    }
}

/// What lies ahead of a fleet.
pub struct Ahead<'a, M> {
    /// The projected usage of instances, hour by hour, all tags together.
    pub demand: Demand,
    /// What plans may cover beside them.
    beside: ServiceUse,
    horizon: &'a Horizon,
    owned: &'a Portfolio,
    market: &'a M,
    options: &'a Options,
}

/// Purchases with their dates, and what the horizon costs with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedPlan {
    /// Its name for machines.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What is bought when, in order; renewals of what is owned are in the portfolio only.
    pub bought: Vec<Bought>,
    /// What is owned, then what is bought.
    pub portfolio: Portfolio,
    /// The horizon under it.
    pub bill: Bill,
    /// Fees of what is bought for the hours after the horizon.
    pub owed: Money,
    /// The part of them that counts.
    pub counted: Money,
    /// What paying at purchase costs at the cost of capital, for the hours that count; in no bill.
    pub capital: Money,
}

/// The cheapest calendar, its proof, and what it is compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct Ladder {
    /// The horizon without any commitment.
    pub on_demand: DatedPlan,
    /// What is owned until it ends; `None` where nothing is.
    pub owned: Option<DatedPlan>,
    /// What is owned, bought again whenever it ends; `None` where nothing is, or where a price for that is missing (and
    /// the options allow it).
    pub renewed: Option<DatedPlan>,
    /// The cheapest purchases on the first date alone.
    pub once: DatedPlan,
    /// The cheapest purchases on all dates.
    pub best: DatedPlan,
    /// No purchases of the allowed kinds on these dates cost less.
    pub lower_bound: Money,
    /// The proof of it.
    pub certificate: Certificate,
    /// What the bound falls by for one more of what a rule allows, dollars over the horizon; of rules that are rows.
    pub row_prices: BTreeMap<RuleName, f64>,
    /// Prices that were missing; nothing was proposed where one was.
    pub missing: Vec<MissingPrice>,
    /// Rates of plans that could be bought that are missing beside instances: there they were taken not to cover the use.
    pub uncovered: Vec<MissingService>,
}

impl DatedPlan {
    /// What the horizon costs, with the part of later fees that counts.
    pub fn cost(&self) -> Money {
        self.bill.total() + self.counted
    }

    /// The same with what capital costs: what the search makes as small as it can.
    pub fn with_capital(&self) -> Money {
        self.cost() + self.capital
    }
}

/// Finds the cheapest purchases on the horizon's dates, and proves how cheap any could be.
///
/// # Errors
/// Usage without a price, or one that does not fit.
pub fn ladder<M: Market>(ahead: &Ahead<'_, M>) -> Result<Ladder, Failed> {
    let options = ahead.options;
    options.rules.check_families(&ahead.usage())?;
    // First: what is wrong with it shows before the search.
    let (renewed, unrenewable) = match ahead.renewed() {
        Err(Failed::Unrenewable { missing, .. }) if options.billing.allow_unpriced => {
            (None, Some(*missing))
        }
        renewed => (renewed?, None),
    };
    let Searched {
        once,
        bought,
        rungs,
        solution,
    } = ahead.search(options)?;
    let best = ahead.bought("ladder", bought)?;
    let rules = options.rules.names().into_iter();
    let row_prices = rules.filter_map(|rule| Some((rule, rungs.tariff.marginal(rule, &solution)?)));
    Ok(Ladder {
        on_demand: ahead.on_demand()?,
        owned: ahead.owned()?,
        renewed,
        once: ahead.bought("once", once)?,
        lower_bound: rungs.bound(&solution.certificate, &best.bill)?,
        row_prices: row_prices.collect(),
        certificate: solution.certificate,
        missing: rungs.missing().iter().cloned().chain(unrenewable).collect(),
        uncovered: rungs.uncovered().to_vec(),
        best,
    })
}

/// What a search found, and what it looked at.
struct Searched {
    once: Vec<Bought>,
    bought: Vec<Bought>,
    rungs: Rungs,
    solution: Solution,
}

impl<'a, M: Market> Ahead<'a, M> {
    /// Projects the usage of a window.
    ///
    /// # Errors
    /// [`NoLadder::Usage`], or usage of one kind that does not fit.
    pub fn new(
        window: &Demand,
        horizon: &'a Horizon,
        owned: &'a Portfolio,
        market: &'a M,
        options: &'a Options,
    ) -> Result<Self, NoLadder> {
        // Nothing here is told apart by tags, and three years of each would be a great deal.
        let without_tags = |key: &DemandKey| DemandKey {
            labels: Labels::default(),
            ..key.clone()
        };
        let window = window.merged(without_tags);
        let window = window.map_err(|key| Failed::TooMuch(Box::new(key)))?;
        Ok(Self {
            demand: horizon.instances(&window)?,
            beside: ServiceUse::default(),
            horizon,
            owned,
            market,
            options,
        })
    }

    /// The same with what plans may cover beside instances in the hours of the horizon.
    #[must_use]
    pub fn with_beside(self, beside: ServiceUse) -> Self {
        Self { beside, ..self }
    }

    /// The projected usage, hour by hour.
    pub fn usage(&self) -> Coverable<'_> {
        Coverable {
            demand: &self.demand,
            beside: self.beside.clone(),
        }
    }

    fn rungs(&self, dates: &[Hour], options: &Options) -> Result<Rungs, Failed> {
        let when = (self.horizon, dates);
        Rungs::new(&self.usage(), self.owned, self.market, options, when)
    }

    /// The cheapest purchases on the first date, and on all of them.
    fn search(&self, options: &Options) -> Result<Searched, Failed> {
        let dates = &self.horizon.dates;
        let first = self.rungs(&dates[..1], options)?;
        let (once, _) = first.search(&[Vec::new()], self.market, options)?;
        let rungs = self.rungs(dates, options)?;
        let others = [once.clone(), Vec::new()];
        let (bought, solution) = rungs.search(&others, self.market, options)?;
        Ok(Searched {
            once,
            bought,
            rungs,
            solution,
        })
    }

    /// What may be bought; once for each date.
    ///
    /// # Errors
    /// As [`ladder()`].
    pub fn candidates(&self) -> Result<Vec<Candidate>, Failed> {
        let rungs = self.rungs(&self.horizon.dates, self.options)?;
        Ok(rungs.candidates().to_vec())
    }

    /// The bound that a certificate proves for purchases on all dates, given any bill of the horizon with what is owned;
    /// and what may be bought.
    ///
    /// # Errors
    /// What is wrong with the certificate.
    pub fn bound(
        &self,
        certificate: &Certificate,
        bill: &Bill,
    ) -> Result<(Money, Vec<Candidate>), Failed> {
        let rungs = self.rungs(&self.horizon.dates, self.options)?;
        let bound = rungs.bound(certificate, bill)?;
        Ok((bound, rungs.candidates().to_vec()))
    }

    /// The first rule that purchases on these dates break. What each of them saves is not looked at.
    ///
    /// # Errors
    /// As [`Self::bound`].
    pub fn broken(&self, bought: &[Bought]) -> Result<Option<RuleName>, Failed> {
        if self.options.rules.names().is_empty() {
            return Ok(None);
        }
        let rungs = self.rungs(&self.horizon.dates, self.options)?;
        rungs.broken(bought, self.market, self.options)
    }

    /// Everything On-Demand.
    ///
    /// # Errors
    /// Usage without a price.
    pub fn on_demand(&self) -> Result<DatedPlan, Failed> {
        let title = "Everything On-Demand";
        self.billed(
            ("on-demand", title),
            Vec::new(),
            Portfolio::default(),
            (0, 0),
        )
    }

    /// What is owned, nothing bought.
    ///
    /// # Errors
    /// As [`Self::on_demand`].
    pub fn owned(&self) -> Result<Option<DatedPlan>, Failed> {
        let title = "What is owned until it ends, nothing bought";
        self.beside_owned(|owned| {
            self.billed(("owned", title), Vec::new(), owned.clone(), counts(owned))
        })
    }

    /// What is owned, bought again each time it ends.
    ///
    /// # Errors
    /// What is owned and has no price today, or as [`Self::on_demand`].
    pub fn renewed(&self) -> Result<Option<DatedPlan>, Failed> {
        let title = "What is owned, renewed whenever it ends";
        self.beside_owned(|owned| {
            let all = renew::renewed(owned, self.horizon.span, self.market)?;
            self.billed(("renewed", title), Vec::new(), all, counts(owned))
        })
    }

    fn beside_owned(
        &self,
        plan: impl FnOnce(&Portfolio) -> Result<DatedPlan, Failed>,
    ) -> Result<Option<DatedPlan>, Failed> {
        let is_something = counts(self.owned) != (0, 0);
        is_something.then(|| plan(self.owned)).transpose()
    }

    /// Purchases beside what is owned, under the name of a plan of a [`Ladder`].
    ///
    /// # Errors
    /// As [`Self::on_demand`].
    pub fn bought(&self, name: &str, bought: Vec<Bought>) -> Result<DatedPlan, Failed> {
        let name = if name == "once" {
            ("once", "Bought once, on the first date")
        } else {
            ("ladder", "Cheapest ladder found")
        };
        let mut portfolio = self.owned.clone();
        for one in &bought {
            let (candidate, steps) = (&one.purchase.candidate, one.purchase.steps);
            add(
                &mut portfolio,
                candidate,
                steps,
                one.alive(),
                self.options.buyer,
            );
        }
        self.billed(name, bought, portfolio, counts(self.owned))
    }

    /// Bills the horizon; all but so many commitments of the portfolio are bought in it.
    fn billed(
        &self,
        (name, title): (&'static str, &'static str),
        bought: Vec<Bought>,
        portfolio: Portfolio,
        owned: (usize, usize),
    ) -> Result<DatedPlan, Failed> {
        let later = self.fees_after(&portfolio, owned);
        let capital = self.capital(&portfolio, owned);
        Ok(DatedPlan {
            name,
            title,
            bought,
            bill: bill(self.usage(), &portfolio, self.market, self.options.billing)?,
            portfolio,
            owed: later,
            capital,
            counted: later.times(i128::from(self.horizon.beyond)).per(100),
        })
    }

    /// What paying at purchase costs of all but so many commitments, in the hours inside the horizon and in the part that
    /// counts of those after it.
    fn capital(&self, portfolio: &Portfolio, owned: (usize, usize)) -> Money {
        let cost = self.options.cost_of_capital;
        if cost == CostOfCapital::default() {
            return Money::ZERO;
        }
        let contract = self.market.contract();
        let counted = |alive: HourSpan| {
            let inside = alive.intersect(self.horizon.span).len();
            hundredths(inside, 100) + hundredths(alive.len() - inside, self.horizon.beyond)
        };
        let reserved = portfolio.reserved_instances.iter().skip(owned.0);
        let reserved = reserved.map(|one| {
            let fee = reserved_fee(one.fee, one.alive.start(), contract);
            let hourly = cost
                .of_upfront(fee.upfront, one.term)
                .times(one.count.into());
            hourly.times(counted(one.alive)).per(100)
        });
        let plans = portfolio.savings_plans.iter().skip(owned.1).map(|one| {
            let (upfront, _) = PlanFee::of(one, contract).fees(one.commitment, one.term);
            let hourly = cost.of_upfront(upfront, one.term);
            hourly.times(counted(one.alive)).per(100)
        });
        reserved.chain(plans).sum()
    }

    /// Fees after the horizon of all but so many commitments.
    fn fees_after(&self, portfolio: &Portfolio, owned: (usize, usize)) -> Money {
        let contract = self.market.contract();
        let after = |alive: HourSpan| {
            let rest = HourSpan::new(self.horizon.span.end().max(alive.start()), alive.end());
            i128::try_from(rest.len()).unwrap_or(i128::MAX)
        };
        let reserved = portfolio
            .reserved_instances
            .iter()
            .skip(owned.0)
            .map(|one| {
                let fee = reserved_fee(one.fee, one.alive.start(), contract);
                let hourly = fee.effective_hourly(one.term).times(i128::from(one.count));
                hourly.times(after(one.alive))
            });
        let plans = portfolio.savings_plans.iter().skip(owned.1).map(|one| {
            let hourly = PlanFee::of(one, contract).effective(one.commitment);
            hourly.times(after(one.alive))
        });
        reserved.chain(plans).sum()
    }
}

/// How many reservations and plans there are.
fn counts(portfolio: &Portfolio) -> (usize, usize) {
    (
        portfolio.reserved_instances.len(),
        portfolio.savings_plans.len(),
    )
}
