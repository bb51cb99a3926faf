//! Answers from the bundled facts: the price that was read, else the one that rules give.

use rust_decimal::{Decimal, RoundingStrategy};

use super::answer::{Product, Provenance, ReservedPrice, Sourced};
use super::bundled::Bundled;
use super::layout::{DEDICATED, NO_UPFRONT, ON_DEMAND, SPOT};
use super::linux::{Facts, Offering, all_upfront, no_upfront_column, on_demand_moved};
use super::packed::{Damaged, Row, Section};
use super::rules::Trail;
use crate::catalog::{
    InstanceType, OfferingClass, OperatingSystem, PaymentOption, Platform, SavingsPlanKind,
    SqlEdition, Tenancy, Term,
};
use crate::units::{InstanceHour, Money, Rate};

/// Why there is no price, as the tail of a sentence.
pub(super) type Why = String;

impl From<Damaged> for Why {
    fn from(damaged: Damaged) -> Self {
        format!("; {damaged}")
    }
}

/// A product with the tables of its region.
struct Question<'a> {
    facts: Facts<'a>,
    section: &'a Section,
    row: Row,
    /// Windows under the customer's licence stands here as Linux.
    product: Product,
    byol: bool,
}

/// The column of a platform.
pub(super) fn column(platform: Platform) -> String {
    let os = match platform.os {
        OperatingSystem::Linux => "linux",
        OperatingSystem::Windows => "windows",
        OperatingSystem::WindowsByol => "windows-byol",
        OperatingSystem::Rhel => "rhel",
        OperatingSystem::RhelHa => "rhel-ha",
        OperatingSystem::Suse => "suse",
        OperatingSystem::UbuntuPro => "ubuntu-pro",
    };
    match platform.sql {
        None => os.to_owned(),
        Some(SqlEdition::Web) => format!("{os}+sql-web"),
        Some(SqlEdition::Standard) => format!("{os}+sql-std"),
        Some(SqlEdition::Enterprise) => format!("{os}+sql-ent"),
    }
}

/// On-Demand.
pub(super) fn on_demand(
    bundled: &Bundled,
    product: Product,
) -> Result<Sourced<Rate<InstanceHour>>, Why> {
    Question::new(bundled, product)?.on_demand()
}

/// Average Spot price.
pub(super) fn spot(
    bundled: &Bundled,
    product: Product,
) -> Result<Sourced<Rate<InstanceHour>>, Why> {
    let question = Question::new(bundled, product)?;
    if product.tenancy != Tenancy::Shared {
        return Err("; the Spot prices here are those of shared hardware".into());
    }
    let (hourly, trail) = question.cell(SPOT).ok_or("; it has no Spot price")?;
    question.rate(hourly, trail)
}

/// A Reserved Instance.
pub(super) fn reserved(
    bundled: &Bundled,
    product: Product,
    offering: Offering,
    payment: PaymentOption,
) -> Result<Sourced<ReservedPrice>, Why> {
    let question = Question::new(bundled, product)?;
    question.check_is_reserved(offering)?;
    let price = match question.reserved_observed(offering, payment)? {
        Some(price) => price,
        None => question.reserved_derived(offering, payment)?,
    };
    question.check_is_cheaper(price.value.effective_hourly(offering.1))?;
    Ok(price)
}

/// A Savings Plan.
pub(super) fn savings_plan(
    bundled: &Bundled,
    product: Product,
    kind: SavingsPlanKind,
    term: Term,
    payment: PaymentOption,
) -> Result<Sourced<Rate<InstanceHour>>, Why> {
    let question = Question::new(bundled, product)?;
    let shared = question.facts.shared;
    if let Some(plan) = shared.plans.get(&(product, kind, term, payment)) {
        let rate = Rate::from_decimal(plan.value).map_err(|error| format!("; {error}"))?;
        return Ok(Sourced {
            value: rate,
            provenance: plan.provenance.clone(),
        });
    }
    let class = match kind {
        SavingsPlanKind::Compute => OfferingClass::Convertible,
        SavingsPlanKind::Ec2Instance => OfferingClass::Standard,
    };
    let (hourly, trail) = question.committed((class, term), payment)?;
    let accelerated = shared
        .rules
        .parameters
        .is_accelerated(product.instance_type.family());
    let rule = if accelerated {
        "sp-as-ri-accelerated"
    } else {
        "sp-as-ri"
    };
    let rate = question.rate(round(hourly, 5), shared.rules.follow(trail, rule))?;
    question.check_is_cheaper(rate.value.for_one())?;
    Ok(rate)
}

impl<'a> Question<'a> {
    fn new(bundled: &'a Bundled, product: Product) -> Result<Self, Why> {
        let shared = bundled.shared()?;
        let section = bundled.section(product.region)?;
        let section = section.ok_or("; the book has no prices for this region")?;
        let row = section.row(product.instance_type);
        let row = row.ok_or("; the type is not sold there")?;
        if product.tenancy == Tenancy::Host {
            return Err("; a Dedicated Host is priced as a whole, not by instance".into());
        }
        let byol = product.platform.os == OperatingSystem::WindowsByol;
        let platform = match product.platform {
            own if byol => Platform {
                os: OperatingSystem::Linux,
                ..own
            },
            own => own,
        };
        let facts = Facts { bundled, shared };
        let product = Product {
            platform,
            ..product
        };
        Ok(Self {
            facts,
            section,
            row,
            product,
            byol,
        })
    }

    fn cell(&self, table: &str) -> Option<(Decimal, Trail)> {
        let cell = self
            .section
            .cell(table, self.row, &column(self.product.platform));
        cell.map(|(usd, table)| (usd, Trail::of(table)))
    }

    fn provenance(&self, trail: Trail) -> Provenance {
        let rules = &self.facts.shared.rules;
        let trail = if self.byol {
            rules.follow(trail, "byol-as-linux")
        } else {
            trail
        };
        trail.provenance()
    }

    fn rate(&self, hourly: Decimal, trail: Trail) -> Result<Sourced<Rate<InstanceHour>>, Why> {
        let value = Rate::from_decimal_rounded(hourly).map_err(|error| format!("; {error}"))?;
        if value.is_zero() {
            return Err("; it would be zero".into());
        }
        Ok(Sourced {
            value,
            provenance: self.provenance(trail),
        })
    }

    fn on_demand(&self) -> Result<Sourced<Rate<InstanceHour>>, Why> {
        let cell = self.cell(ON_DEMAND);
        let (hourly, trail) = cell.ok_or("; it is not sold with this platform")?;
        if self.product.tenancy == Tenancy::Shared {
            return self.rate(hourly, trail);
        }
        let linux = self.section.cell(ON_DEMAND, self.row, "linux");
        let (linux, _) = linux.ok_or("; it has no Linux price")?;
        let trail = self.facts.shared.rules.follow(trail, "dedicated-tenancy");
        self.rate(
            round(linux * self.dedicated_factor()? + hourly - linux, 5),
            trail,
        )
    }

    /// AWS's list says what can be reserved: where a type or platform has no row, it cannot.
    fn check_is_reserved(&self, (class, term): Offering) -> Result<(), Why> {
        if !self.product.region.is_region() {
            return Err("; the Reserved list has no Local or Wavelength Zones".into());
        }
        let platform = column(self.product.platform);
        if !self
            .facts
            .shared
            .rules
            .parameters
            .is_reserved_platform(&platform)
        {
            return Err("; the Reserved list does not have this platform".into());
        }
        let has = |table: &str, column: &str| self.section.cell(table, self.row, column).is_some();
        if has(all_upfront(term), "linux") || has(NO_UPFRONT, &no_upfront_column((class, term))) {
            return Ok(());
        }
        Err("; the Reserved list of 2026-05-12 does not have it, Savings Plans apply".into())
    }

    fn check_is_cheaper(&self, committed: Money) -> Result<(), Why> {
        let on_demand = self.on_demand()?;
        if committed < on_demand.value.for_one() {
            return Ok(());
        }
        Err(format!(
            "; it would cost {committed:.6} an hour, On-Demand {}",
            on_demand.value
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
                .cell(all_upfront(term))
                .map(|(upfront, trail)| (upfront, Decimal::ZERO, trail)),
            (PaymentOption::NoUpfront, _) if self.product.platform == Platform::LINUX => {
                let moved = on_demand_moved(self.section, self.row);
                let cell = self
                    .section
                    .cell(NO_UPFRONT, self.row, &no_upfront_column(offering));
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
        let (hourly, trail) = self.committed(offering, payment)?;
        let hours = Decimal::from(offering.1.hours());
        let decimals = self.decimals();
        let (upfront, hourly) = match payment {
            PaymentOption::NoUpfront => (Decimal::ZERO, round(hourly, 5)),
            PaymentOption::AllUpfront => (round(hourly * hours, 0), Decimal::ZERO),
            PaymentOption::PartialUpfront => {
                let half = hourly / Decimal::TWO;
                (round(half * hours, 0), round(half, decimals))
            }
        };
        self.reserved_price(upfront, hourly, trail)
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
            return Err("; it would be zero".into());
        }
        let value = ReservedPrice { upfront, hourly };
        Ok(Sourced {
            value,
            provenance: self.provenance(trail),
        })
    }

    /// The whole cost of an hour under a commitment: Linux, times the factor of dedicated hardware, plus the
    /// licence.
    fn committed(
        &self,
        offering: Offering,
        payment: PaymentOption,
    ) -> Result<(Decimal, Trail), Why> {
        let Product {
            region,
            instance_type,
            ..
        } = self.product;
        let rules = &self.facts.shared.rules;
        let linux = self.facts.linux(region, instance_type, offering, payment)?;
        let linux = linux.ok_or("; no rule leads to it")?;
        let (mut hourly, mut trail) = (linux.hourly, linux.trail);
        if self.product.tenancy == Tenancy::Dedicated {
            hourly *= self.dedicated_factor()?;
            trail = rules.follow(trail, "dedicated-tenancy");
        }
        if payment != PaymentOption::AllUpfront {
            hourly = round(hourly, self.decimals().max(4));
        }
        if self.product.platform != Platform::LINUX {
            let licence = self.licence(offering.1);
            let (licence, rule) = licence.ok_or("; no rule gives its licence part")?;
            hourly += licence;
            trail = rules.follow(trail, rule);
        }
        Ok((hourly, trail))
    }

    /// The licence part of an hour, and the rule that gives it.
    fn licence(&self, term: Term) -> Option<(Decimal, &'static str)> {
        let Platform { os, .. } = self.product.platform;
        let part = |table: &str| {
            let (linux, _) = self.section.cell(table, self.row, "linux")?;
            Some(self.cell(table)?.0 - linux)
        };
        let uplift = part(ON_DEMAND).filter(|uplift| *uplift >= Decimal::ZERO)?;
        let parameters = &self.facts.shared.rules.parameters;
        let reserved = part(all_upfront(term)).map(|part| part / Decimal::from(term.hours()));
        let is_red_hat = matches!(os, OperatingSystem::Rhel | OperatingSystem::RhelHa);
        let reserved = reserved.filter(|reserved| {
            let differs = (*reserved - uplift).abs() > uplift * parameters.licence_tolerance;
            !is_red_hat && differs && *reserved >= Decimal::ZERO
        });
        Some(match (reserved, parameters.licence_share(os, term)) {
            (Some(reserved), _) => (reserved, "licence-as-reserved"),
            (None, Some(share)) => (uplift * share, "licence-share"),
            (None, None) => (uplift, "licence-uplift"),
        })
    }

    /// What dedicated hardware costs of shared: for the type, else for any of its family.
    fn dedicated_factor(&self) -> Result<Decimal, Why> {
        let tables = &self.facts.shared.tables;
        let factor = |instance_type: InstanceType| {
            let row = tables.row(instance_type)?;
            let (shared, _) = tables.cell(DEDICATED, row, "shared")?;
            Some(tables.cell(DEDICATED, row, "dedicated")?.0 / shared)
        };
        let own = self.product.instance_type;
        let family = || {
            let others = tables.types().iter().copied();
            others
                .filter(|other| other.family() == own.family() && other.size() != "metal")
                .find_map(factor)
        };
        let found = factor(own).or_else(family);
        found.ok_or_else(|| "; no factor of dedicated hardware is known for the family".into())
    }

    /// How many decimals hourly rates of the family have: 3, or 5 in the newer ones.
    fn decimals(&self) -> u32 {
        let family = self.product.instance_type.family();
        let sizes = self
            .section
            .types()
            .iter()
            .filter(|size| size.family() == family);
        let Some(table) = self.section.table(NO_UPFRONT) else {
            return 5;
        };
        let rates = sizes
            .filter_map(|size| self.section.row(*size))
            .flat_map(|row| {
                table
                    .columns()
                    .filter(|column| *column != "on-demand")
                    .filter_map(move |column| table.get(row, column))
            });
        match rates.map(|rate| rate.normalize().scale()).max() {
            Some(0..=3) => 3,
            _ => 5,
        }
    }
}

/// Rounds half away from zero, as AWS's own figures do.
fn round(value: Decimal, places: u32) -> Decimal {
    value.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}
