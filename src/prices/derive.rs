//! Answers from the bundled facts: the price that was read, else the one that rules give.

use super::answer::{ReservedPrice, Sourced};
use super::book::Offer;
use super::linux::{Offering, on_demand_moved};
use super::names::{Grid, Head};
use super::question::{Licence, Question, Why, round};
use super::rules::Trail;
use crate::catalog::{OfferingClass, PaymentOption, Platform, SavingsPlanKind, Tenancy, Term};
use crate::units::{InstanceHour, Money, Rate};
use rust_decimal::Decimal;

/// How the refusal of a commitment that is not cheaper than On-Demand begins.
pub(super) const TOO_DEAR: &str = "; it would cost ";
const NOT_SOLD: &str = "; it is not sold with this platform";
/// The one region whose prices of dedicated hardware were read (`pricing-data/dedicated-tenancy`).
const READ_IN: &str = "eu-west-1";
/// The refusal of a price of nothing.
pub(super) const ZERO: &str = "; it would be zero";

/// The price of any offer.
pub(super) fn quote(question: &Question, offer: Offer) -> Result<Sourced<ReservedPrice>, Why> {
    let hourly = |rate: Sourced<Rate<InstanceHour>>| Sourced {
        value: ReservedPrice {
            upfront: Money::ZERO,
            hourly: rate.value,
        },
        provenance: rate.provenance,
    };
    match offer {
        Offer::OnDemand => question.on_demand().map(hourly),
        Offer::Spot => question.spot().map(hourly),
        Offer::Reserved(class, term, payment) => question.reserved((class, term), payment),
        Offer::SavingsPlan(kind, term, payment) => question.plan(kind, term, payment).map(hourly),
    }
}

impl Question<'_> {
    /// Average Spot price.
    fn spot(&self) -> Result<Sourced<Rate<InstanceHour>>, Why> {
        if self.product.tenancy != Tenancy::Shared {
            return Err("; the Spot prices here are those of shared hardware".into());
        }
        let (hourly, trail) = self.cell(Grid::Spot).ok_or("; it has no Spot price")?;
        self.rate(hourly, trail)
    }

    fn reserved(
        &self,
        offering: Offering,
        payment: PaymentOption,
    ) -> Result<Sourced<ReservedPrice>, Why> {
        self.check_is_reserved(offering)?;
        let price = match self.reserved_observed(offering, payment)? {
            Some(price) => price,
            None => self.reserved_derived(offering, payment)?,
        };
        self.check_is_cheaper(price.value.effective_hourly(offering.1))?;
        Ok(price)
    }

    /// The Savings Plan rate that was read, else the one that follows.
    fn plan(
        &self,
        kind: SavingsPlanKind,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Sourced<Rate<InstanceHour>>, Why> {
        let plans = &self.facts.shared.plans;
        let read = || plans.get(&(self.asked, kind, term, payment));
        match self.machine().has_plans.then(read).flatten() {
            Some(plan) => {
                let value = Rate::from_decimal(plan.value).map_err(|error| format!("; {error}"))?;
                let provenance = plan.provenance.clone();
                Ok(Sourced { value, provenance })
            }
            None => self.savings_plan(kind, term, payment),
        }
    }

    fn on_demand(&self) -> Result<Sourced<Rate<InstanceHour>>, Why> {
        if let Some((hourly, trail)) = self.read_for_dedicated() {
            return self.rate(hourly, trail);
        }
        let hourly = self.on_demand_hourly()?;
        let (_, mut trail) = self.cell(Grid::OnDemand).ok_or(NOT_SOLD)?;
        if self.product.tenancy != Tenancy::Shared {
            trail = self.facts.shared.rules.follow(trail, "dedicated-tenancy");
        }
        self.rate(hourly, trail)
    }

    /// The price of dedicated hardware that was read, of Linux in Ireland, as long as the type's price on shared
    /// hardware is still that of the same day.
    fn read_for_dedicated(&self) -> Option<(Decimal, Trail)> {
        let asked = (self.product.tenancy, self.product.platform);
        let is_read = self.product.region.as_str() == READ_IN;
        if !is_read || asked != (Tenancy::Dedicated, Platform::LINUX) {
            return None;
        }
        let tables = &self.facts.shared.tables;
        let row = tables.row(self.product.instance_type)?;
        let (shared, _) = tables.cell(Grid::Dedicated, row, Head::SHARED)?;
        let (now, _) = self.cell(Grid::OnDemand)?;
        let (dedicated, table) = tables.cell(Grid::Dedicated, row, Head::DEDICATED)?;
        (now == shared).then(|| (dedicated, Trail::of(table)))
    }

    fn on_demand_hourly(&self) -> Result<Decimal, Why> {
        let cell = self.section.cell(Grid::OnDemand, self.row, self.column);
        let (hourly, _) = cell.ok_or(NOT_SOLD)?;
        if self.product.tenancy == Tenancy::Shared {
            return Ok(hourly);
        }
        let linux = self.section.cell(Grid::OnDemand, self.row, Head::LINUX);
        let (linux, _) = linux.ok_or("; it has no Linux price")?;
        Ok(round(
            linux * self.machine().dedicated_factor + hourly - linux,
            5,
        ))
    }

    /// The rate that the Reserved Instance of the same kind gives.
    fn savings_plan(
        &self,
        kind: SavingsPlanKind,
        term: Term,
        payment: PaymentOption,
    ) -> Result<Sourced<Rate<InstanceHour>>, Why> {
        let rules = &self.facts.shared.rules;
        let class = match kind {
            SavingsPlanKind::Compute => OfferingClass::Convertible,
            SavingsPlanKind::Ec2Instance => OfferingClass::Standard,
            SavingsPlanKind::Database => return Err("; it covers no instances".into()),
        };
        let committed = self.committed((class, term), payment, Licence::AsToday)?;
        let rule = if self.machine().is_accelerated {
            "sp-as-ri-accelerated"
        } else {
            "sp-as-ri"
        };
        let rate = self.rate(
            committed.published(self.machine().decimals),
            rules.follow(committed.trail, rule),
        )?;
        self.check_is_cheaper(rate.value.for_one())?;
        Ok(rate)
    }

    /// AWS's list says what can be reserved: where a type or platform has no row, it cannot.
    fn check_is_reserved(&self, (class, term): Offering) -> Result<(), Why> {
        if !self.product.region.is_region() {
            return Err("; the Reserved list has no Local or Wavelength Zones".into());
        }
        let has = |table: Grid, column: Head| self.section.cell(table, self.row, column).is_some();
        if has(Grid::all_upfront(term), self.column) {
            return Ok(());
        }
        let parameters = &self.facts.shared.rules.parameters;
        if !parameters.is_reserved_platform(self.column.name()) {
            return Err("; the Reserved list does not have this platform".into());
        }
        let no_upfront = Head::no_upfront(class, term);
        if has(Grid::all_upfront(term), Head::LINUX) || has(Grid::NoUpfront, no_upfront) {
            return Ok(());
        }
        Err("; the Reserved list of 2026-05-12 does not have it, Savings Plans apply".into())
    }

    fn check_is_cheaper(&self, committed: Money) -> Result<(), Why> {
        let on_demand: Rate<InstanceHour> = Rate::from_decimal_rounded(self.on_demand_hourly()?)
            .map_err(|error| format!("; {error}"))?;
        if committed < on_demand.for_one() {
            return Ok(());
        }
        Err(format!(
            "{TOO_DEAR}{committed:.6} an hour, On-Demand {on_demand}"
        ))
    }

    fn reserved_observed(
        &self,
        offering: Offering,
        payment: PaymentOption,
    ) -> Result<Option<Sourced<ReservedPrice>>, Why> {
        let (class, term) = offering;
        if self.product.tenancy != Tenancy::Shared {
            return Ok(None);
        }
        let found = match (payment, class) {
            (PaymentOption::AllUpfront, OfferingClass::Standard) => self
                .cell(Grid::all_upfront(term))
                .map(|(upfront, trail)| (upfront, Decimal::ZERO, trail)),
            (PaymentOption::NoUpfront, _) if self.product.platform == Platform::LINUX => {
                let moved = on_demand_moved(self.section, self.row);
                let cell =
                    self.section
                        .cell(Grid::NoUpfront, self.row, Head::no_upfront(class, term));
                cell.filter(|_| moved.is_some_and(|(now, then)| now == then))
                    .map(|(hourly, table)| (Decimal::ZERO, hourly, Trail::of(table)))
            }
            _ => None,
        };
        found
            .map(|(upfront, hourly, trail)| self.reserved_price(upfront, hourly, trail))
            .transpose()
    }

    /// Fees are whole dollars; in Partial Upfront half of the cost is paid at once.
    fn reserved_derived(
        &self,
        offering: Offering,
        payment: PaymentOption,
    ) -> Result<Sourced<ReservedPrice>, Why> {
        let committed = self.committed(offering, payment, Licence::AsReserved)?;
        let hours = Decimal::from(offering.1.hours());
        let (upfront, hourly) = match payment {
            PaymentOption::NoUpfront => {
                (Decimal::ZERO, committed.published(self.machine().decimals))
            }
            PaymentOption::AllUpfront => (round(committed.hourly() * hours, 0), Decimal::ZERO),
            PaymentOption::PartialUpfront => committed.halves(offering.1, self.machine().decimals),
        };
        self.reserved_price(upfront, hourly, committed.trail)
    }

    fn reserved_price(
        &self,
        upfront: Decimal,
        hourly: Decimal,
        trail: Trail,
    ) -> Result<Sourced<ReservedPrice>, Why> {
        let wrong = |error| format!("; {error}");
        let upfront = Money::from_decimal(upfront).map_err(wrong)?;
        let hourly = Rate::from_decimal_rounded(hourly).map_err(wrong)?;
        if upfront.is_zero() && hourly.is_zero() {
            return Err(ZERO.into());
        }
        let value = ReservedPrice { upfront, hourly };
        Ok(Sourced {
            value,
            provenance: self.provenance(trail),
        })
    }
}
#[cfg(test)]
mod tests {
    use rust_decimal::dec;

    use super::*;
    use crate::prices::bundled::Bundled;

    /// What the rules say of every observed Savings Plan rate, in per cent of it: by how much they miss.
    fn misses(tenancy: Tenancy) -> Vec<(Decimal, String)> {
        let bundled = Bundled::open();
        let shared = bundled.shared().unwrap();
        let plans = shared
            .plans
            .iter()
            .filter(|((product, ..), _)| product.tenancy == tenancy);
        let miss = |(&(product, kind, term, payment), plan): (&_, &Sourced<Decimal>)| {
            let question = Question::new(&bundled, product).unwrap();
            let found = question.savings_plan(kind, term, payment).unwrap();
            let miss =
                (found.value.to_decimal() / plan.value - Decimal::ONE) * Decimal::ONE_HUNDRED;
            let what = format!(
                "{product} {kind} {term} {payment}: {} for {}, {}",
                found.value, plan.value, found.provenance.basis
            );
            (miss.round_dp(3), what)
        };
        plans.map(miss).collect()
    }

    /// Fails with the first row that misses by more; says the worst.
    fn worst_within(tenancy: Tenancy, count: usize, percent: Decimal) -> String {
        let misses = misses(tenancy);
        assert_eq!(misses.len(), count);
        for (miss, what) in &misses {
            assert!(miss.abs() <= percent, "{miss} % {what}");
        }
        let (miss, what) = misses.iter().max_by_key(|(miss, _)| miss.abs()).unwrap();
        format!("{miss} % {what}")
    }

    /// Read on bills, in offer files and in AWS's calculator, 2024 to 2026 (`savings-plans/instances.csv`). The
    /// worst is pinned, so that a change of it shows.
    #[test]
    fn rules_give_every_savings_plan_rate_that_was_read() {
        assert_eq!(
            worst_within(Tenancy::Shared, 35, dec!(0.4)),
            "0.284 % c5.xlarge Windows in ap-northeast-1 Compute Savings Plan 1 year Partial Upfront: 0.353 for 0.352, \
             rule payment-ratio+licence-uplift+sp-as-ri"
        );
        assert_eq!(
            worst_within(Tenancy::Dedicated, 14, dec!(9)),
            "-7.542 % r7g.xlarge Linux in ap-east-2 (Dedicated tenancy) EC2 Instance Savings Plan 3 years Partial \
             Upfront: 0.10383 for 0.1123, estimated ±18.2 %"
        );
    }
}
