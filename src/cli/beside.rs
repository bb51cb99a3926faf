//! What `optimize` plans for beside instances when it is told to: Fargate, Lambda, Dedicated Hosts, databases.

use super::Failure;
use super::bill::services::{ServiceArgs, unpriced, used_beside};
use super::fleet::{Fleet, FleetArgs};
use crate::billing::{ServiceBill, ServiceSettings, ServiceUse, service_bill};
use crate::catalog::{Account, Tenancy};
use crate::commitment::SavingsPlanScope;
use crate::demand::import::Skip;
use crate::demand::{Labels, ServiceDemand, ServiceKey};
use crate::diagnostics::Diagnostic;
use crate::optimize::{CandidateKind, Horizon, NoLadder, Optimized, Purchase};
use crate::prices::{MissingPrice, MissingService};
use crate::report;
use crate::units::HourSpan;

/// Use beside instances that Savings Plans may cover.
pub(super) struct Beside {
    /// From the beginning of the window's first month on: tiers count that.
    pub(super) demand: ServiceDemand,
    /// In the window, at its prices.
    pub(super) lines: ServiceUse,
    /// Whether there was other use, which no plan covers.
    pub(super) has_others: bool,
}

impl FleetArgs {
    /// Reads everything; with `services` the window is that of instances and of what plans may cover beside them.
    pub(super) fn load_beside(&self, services: bool, quiet: bool) -> Result<Fleet, Failure> {
        if !services {
            return self.load(quiet);
        }
        let mut found = ServiceDemand::default();
        let mut doubt = None;
        let mut fleet = self.load_over(quiet, &[], |import, book| {
            found = used_beside(import, book, &self.files, quiet)?;
            let usage = import.demand.span();
            let Some(beside) = found.under_plans().span() else {
                return Ok(usage);
            };
            doubt = apart(usage, beside);
            Ok(usage.hull(beside))
        })?;
        fleet.doubts.extend(doubt);
        let beside = Beside::of(&mut fleet, found)?;
        fleet.beside = Some(beside);
        Ok(fleet)
    }
}

/// What is in no figure although what is beside instances is planned for.
pub(super) const NO_PLAN_SERVES: &str = "what no plan serves (network, storage and the like) is in no figure here (`bursar bill` has it)";

/// Whether one of the two lacks a day or more of the other's hours: perhaps files of another period.
fn apart(usage: HourSpan, beside: HourSpan) -> Option<Diagnostic> {
    let both = usage.hull(beside);
    let shorter = usage.len().min(beside.len());
    (!usage.is_empty() && both.len() >= shorter + 24).then(|| {
        Diagnostic::new(format!(
            "instances were used {usage}, what plans serve beside them {beside}: outside its own hours nothing of either is \
             taken to be used"
        ))
    })
}

impl Beside {
    /// What plans may cover of everything used, priced; what is doubtful of it is added to the fleet's doubts.
    fn of(fleet: &mut Fleet, found: ServiceDemand) -> Result<Self, Failure> {
        let (all, hosts) = ServiceArgs::demand(fleet, found)?;
        let demand = all.under_plans();
        let window = fleet.import.demand.span();
        let bill = service_bill(&demand, &fleet.book, ServiceSettings::default());
        let bill = bill.within(window, &demand);
        if !(bill.unpriced.is_empty() || fleet.settings.allow_unpriced) {
            return Err(unpriced(&bill));
        }
        let lines = ServiceUse::of(&bill, window);
        if lines.is_empty() {
            return Err(nothing());
        }
        fleet.doubts.extend(report::hosts::shortages(&hosts));
        let left_out = bill.unpriced.iter();
        fleet
            .doubts
            .extend(left_out.map(|(_, missing)| {
                Diagnostic::new(format!("{missing}: its use is in no figure"))
            }));
        Ok(Self {
            has_others: all != demand,
            lines,
            demand,
        })
    }
}

/// What is used beside instances in the months ahead, where that is planned for: the window's again and again. It is
/// priced month by month: what is free and tiers count a month, and years of charges at once would be a great deal.
pub(super) struct BesideAhead<'a> {
    fleet: &'a Fleet,
    horizon: &'a Horizon,
    /// Accounts that own and buy nothing are one but for their hosts, and so are tags: tiers count everybody's use.
    used: ServiceDemand,
}

impl<'a> BesideAhead<'a> {
    pub(super) fn new(fleet: &'a Fleet, horizon: &'a Horizon, buyer: Account) -> Self {
        let reserved = fleet.portfolio.reserved_instances.iter();
        let plans = fleet.portfolio.savings_plans.iter();
        let owners = reserved.map(|one| one.account);
        let owners = owners.chain(plans.map(|one| one.account)).chain([buyer]);
        let owners: Vec<Account> = owners.collect();
        let merged = |beside: &Beside| {
            beside.demand.merged(|key| ServiceKey {
                account: if owners.contains(&key.account) || key.item.host_family().is_some() {
                    key.account
                } else {
                    Account::new("")
                },
                labels: Labels::default(),
                ..key.clone()
            })
        };
        Self {
            fleet,
            horizon,
            used: fleet.beside.as_ref().map(merged).unwrap_or_default(),
        }
    }

    /// The hours that are priced at once: months, or all of them where there is nothing to price.
    pub(super) fn parts(&self) -> Vec<HourSpan> {
        if self.used.is_empty() {
            return vec![self.horizon.span];
        }
        self.horizon.calendar_months()
    }

    /// What is used in some hours ahead, and before them in the month that they begin in.
    pub(super) fn used(&self, hours: HourSpan) -> Result<ServiceDemand, NoLadder> {
        if self.used.is_empty() {
            return Ok(ServiceDemand::default());
        }
        let window = self.fleet.import.demand.span();
        Ok(self.horizon.beside(&self.used, window, hours)?)
    }

    /// All of it.
    pub(super) fn all(&self) -> Result<ServiceDemand, NoLadder> {
        self.used(self.horizon.span)
    }

    /// What was used in some hours, priced.
    pub(super) fn priced<'b>(&self, used: &'b ServiceDemand, hours: HourSpan) -> ServiceBill<'b> {
        let settings = ServiceSettings::default();
        service_bill(used, &self.fleet.book, settings).within(hours, used)
    }

    /// Its lines in the hours ahead.
    pub(super) fn lines(&self) -> Result<ServiceUse, NoLadder> {
        let months = self.parts().into_iter().map(|month| {
            let used = self.used(month)?;
            let lines = ServiceUse::of(&self.priced(&used, month), month);
            Ok((lines, month.len()))
        });
        let months = months.collect::<Result<Vec<_>, NoLadder>>()?;
        Ok(ServiceUse::in_a_row(months))
    }
}

/// What is in no figure of a plan, and what was assumed.
pub(super) fn doubts(fleet: &Fleet, found: &Optimized) -> Vec<String> {
    let mut doubts = unserved(fleet, &found.uncovered, &found.missing);
    let is_of_databases = |bought: &Purchase| {
        bought.candidate.kind == CandidateKind::SavingsPlan(SavingsPlanScope::Database)
    };
    let mut by_rule = found.baselines.iter().flat_map(|plan| &plan.purchases);
    let thumb = "rules of thumb say nothing of databases: each has beside it the Database Savings Plan that saves most";
    doubts.extend(by_rule.any(is_of_databases).then(|| thumb.to_owned()));
    doubts
}

/// What plans that may be bought do not serve, or were taken not to.
pub(super) fn unserved(
    fleet: &Fleet,
    uncovered: &[MissingService],
    missing: &[MissingPrice],
) -> Vec<String> {
    let Some(beside) = &fleet.beside else {
        return left_out(fleet).into_iter().collect();
    };
    let rates = uncovered.first().map(|first| {
        let count = uncovered.len();
        format!(
            "{count} Savings Plan rates of use beside instances are missing; plans were taken not to cover it. The first: {first}"
        )
    });
    let mut missing = missing.iter();
    let hosts = missing.find(|missing| missing.product.tenancy == Tenancy::Host);
    let hosts = hosts.map(|missing| {
        format!("Dedicated Host Reservations are not on offer in every form allowed: {missing}")
    });
    let others = beside.has_others.then(|| NO_PLAN_SERVES.to_owned());
    rates.into_iter().chain(hosts).chain(others).collect()
}

/// What was used beside instances, where nobody asked for it.
fn left_out(fleet: &Fleet) -> Option<String> {
    let served = fleet.import.report.skipped.get(&Skip::UnderPlan);
    let served = served.map_or(0, |left| left.rows);
    let words = if fleet.has_use_under_plans() || served > 0 {
        "plans are sized for instances alone: Fargate, Lambda, Dedicated Hosts and databases are in no figure here, nor what \
         they use of plans that are owned; `--services` plans for them, too"
    } else if !fleet.import.services.is_empty() {
        "what was used beside instances is in no figure here, and no plan serves it (`bursar bill` has it)"
    } else {
        return None;
    };
    Some(words.to_owned())
}

/// Asked for, and not there.
fn nothing() -> Failure {
    Diagnostic::new(
        "`--services` plans for what Savings Plans serve beside instances, and none of the files has any",
    )
    .hint(
        "give a bill with rows of Fargate, Lambda, Dedicated Hosts or databases, or tables of such use (docs/file-formats.md)",
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Hour;

    #[test]
    fn hours_that_one_of_the_two_lacks_are_told_from_a_day_on() {
        let span = |from, to| {
            let hour = |at: i64| Hour::from_epoch_hours(500_000 + at);
            HourSpan::new(hour(from), hour(to))
        };
        // Tasks that run by day only, instances always; and the other way about.
        assert!(apart(span(0, 72), span(8, 68)).is_none());
        assert!(apart(span(8, 68), span(0, 72)).is_none());
        assert!(apart(span(0, 48), span(0, 24)).is_some());
        assert!(apart(span(0, 24), span(700, 724)).is_some());
        // No instances at all are no files that lack hours.
        assert!(apart(span(5, 5), span(0, 100)).is_none());
    }
}
