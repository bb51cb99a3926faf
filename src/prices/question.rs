//! A product with the tables of its region, and what a commitment to it costs before rounding.

use rust_decimal::{Decimal, RoundingStrategy};

use super::answer::{Product, Provenance, Sourced};
use super::bundled::Bundled;
use super::linux::{Facts, Offering};
use super::memo::Machine;
use super::names::{Grid, Head};
use super::packed::{Damaged, NEWER_DECIMALS, Row, Section};
use super::rules::Trail;
use crate::catalog::{InstanceType, OperatingSystem, PaymentOption, Platform, Tenancy, Term};
use crate::units::{InstanceHour, Rate};

/// Why there is no price, as the tail of a sentence.
pub(super) type Why = String;

impl From<Damaged> for Why {
    fn from(damaged: Damaged) -> Self {
        format!("; {damaged}")
    }
}

/// What an hour under a commitment costs, not yet rounded.
pub(super) struct Committed {
    /// The instance without its licence.
    machine: Decimal,
    licence: Decimal,
    pub(super) trail: Trail,
}

/// A product with the tables of its region.
#[derive(Debug)]
pub(super) struct Question<'a> {
    pub(super) facts: Facts<'a>,
    pub(super) section: &'a Section,
    pub(super) row: Row,
    /// What was asked.
    pub(super) asked: Product,
    /// Windows under the customer's licence stands here as Linux.
    pub(super) product: Product,
    /// The platform's column in the tables.
    pub(super) column: Head,
    byol: bool,
}

/// Red Hat's fees of 2024 are not yet in every Reserved price; Savings Plans follow On-Demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Licence {
    AsReserved,
    AsToday,
}

impl<'a> Question<'a> {
    pub(super) fn new(bundled: &'a Bundled, product: Product) -> Result<Self, Why> {
        let shared = bundled.shared()?;
        let section = bundled.section(product.region)?;
        let section = section.ok_or("; the book has no prices for this region")?;
        let row = section.row(product.instance_type);
        let row = row.ok_or("; the type is not sold there")?;
        if product.tenancy == Tenancy::Host {
            let family = product.instance_type.family();
            return Err(format!(
                "; a Dedicated Host is priced as a whole (`dedicated-host-{family}-hour`), not by instance"
            ));
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
        let asked = product;
        let product = Product {
            platform,
            ..product
        };
        Ok(Self {
            facts,
            section,
            row,
            asked,
            product,
            column: Head::platform(platform),
            byol,
        })
    }

    pub(super) fn cell(&self, table: Grid) -> Option<(Decimal, Trail)> {
        let cell = self.section.cell(table, self.row, self.column);
        cell.map(|(usd, table)| (usd, Trail::of(table)))
    }

    pub(super) fn provenance(&self, trail: Trail) -> Provenance {
        let rules = &self.facts.shared.rules;
        let trail = if self.byol {
            rules.follow(trail, "byol-as-linux")
        } else {
            trail
        };
        trail.provenance()
    }

    pub(super) fn rate(
        &self,
        hourly: Decimal,
        trail: Trail,
    ) -> Result<Sourced<Rate<InstanceHour>>, Why> {
        let value = Rate::from_decimal_rounded(hourly).map_err(|error| format!("; {error}"))?;
        if value.is_zero() {
            return Err(super::derive::ZERO.into());
        }
        Ok(Sourced {
            value,
            provenance: self.provenance(trail),
        })
    }

    /// The whole cost of an hour under a commitment: Linux, times the factor of dedicated hardware, plus the
    /// licence.
    pub(super) fn committed(
        &self,
        offering: Offering,
        payment: PaymentOption,
        licence: Licence,
    ) -> Result<Committed, Why> {
        let Product {
            region,
            instance_type,
            ..
        } = self.product;
        let rules = &self.facts.shared.rules;
        let (here, place) = ((self.section, self.row), (region, instance_type));
        let linux = self.facts.linux(here, place, offering, payment)?;
        let linux = linux.ok_or("; no rule leads to it")?;
        let (mut machine, mut trail) = (linux.hourly, linux.trail);
        if self.product.tenancy == Tenancy::Dedicated {
            machine *= self.machine().dedicated_factor;
            trail = rules.follow(trail, "dedicated-tenancy");
        }
        let mut fee = Decimal::ZERO;
        if self.product.platform != Platform::LINUX {
            let found = self.licence(offering.1, licence);
            let (found, rule) = found.ok_or("; no rule gives its licence part")?;
            fee = found;
            trail = rules.follow(trail, rule);
        }
        Ok(Committed {
            machine,
            licence: fee,
            trail,
        })
    }

    /// The licence part of an hour, and the rule that gives it.
    fn licence(&self, term: Term, licence: Licence) -> Option<(Decimal, &'static str)> {
        let Platform { os, .. } = self.product.platform;
        let part = |table: Grid| {
            let (linux, _) = self.section.cell(table, self.row, Head::LINUX)?;
            Some(self.section.cell(table, self.row, self.column)?.0 - linux)
        };
        let uplift = part(Grid::OnDemand).filter(|uplift| *uplift >= Decimal::ZERO)?;
        let parameters = &self.facts.shared.rules.parameters;
        let reserved = part(Grid::all_upfront(term)).map(|part| part / Decimal::from(term.hours()));
        let is_red_hat = matches!(os, OperatingSystem::Rhel | OperatingSystem::RhelHa);
        let reserved = reserved.filter(|reserved| {
            let differs = (*reserved - uplift).abs() > uplift * parameters.licence_tolerance;
            (licence == Licence::AsReserved || !is_red_hat) && differs && *reserved >= Decimal::ZERO
        });
        Some(match (reserved, parameters.licence_share(os, term)) {
            (Some(reserved), _) => (reserved, "licence-as-reserved"),
            (None, Some(share)) => (uplift * share, "licence-share"),
            (None, None) => (uplift, "licence-uplift"),
        })
    }

    /// What the rules ask about the type.
    pub(super) fn machine(&self) -> Machine {
        let known = self.section.known(self.row);
        let ask = || Machine {
            decimals: self.decimals(),
            is_accelerated: {
                let family = self.product.instance_type.family();
                self.facts.shared.rules.parameters.is_accelerated(family)
            },
            has_plans: {
                let mut plans = self.facts.shared.plans.keys();
                plans.any(|(product, ..)| {
                    product.region == self.product.region
                        && product.instance_type == self.product.instance_type
                })
            },
            dedicated_factor: self.dedicated_factor(),
        };
        known.map_or_else(ask, |known| *known.machine.get_or_init(ask))
    }

    /// What dedicated hardware costs of shared: for the type, else for any of its family, else as most do. A
    /// bare-metal instance has its hardware for itself anyway.
    fn dedicated_factor(&self) -> Decimal {
        let tables = &self.facts.shared.tables;
        let factor = |instance_type: InstanceType| {
            let row = tables.row(instance_type)?;
            let (shared, _) = tables.cell(Grid::Dedicated, row, Head::SHARED)?;
            Some(tables.cell(Grid::Dedicated, row, Head::DEDICATED)?.0 / shared)
        };
        let is_metal = |size: InstanceType| size.size().split('-').next() == Some("metal");
        let own = self.product.instance_type;
        if is_metal(own) {
            return Decimal::ONE;
        }
        let family = || {
            let rows = tables.family(own.family());
            let sizes = rows.filter_map(|row| tables.instance_type(row));
            sizes.filter(|size| !is_metal(*size)).find_map(factor)
        };
        let usual = self.facts.shared.rules.parameters.dedicated_factor;
        factor(own).or_else(family).unwrap_or(usual)
    }

    /// How many decimals hourly rates of the family have.
    fn decimals(&self) -> u32 {
        let family = self.product.instance_type.family();
        *self
            .section
            .hourly_decimals()
            .get(&family)
            .unwrap_or(&NEWER_DECIMALS)
    }
}

impl Committed {
    /// The cost of an hour, exactly as the rules give it.
    pub(super) fn hourly(&self) -> Decimal {
        self.machine + self.licence
    }

    /// As AWS publishes hourly rates: the machine's part with the decimals of its family.
    pub(super) fn published(&self, decimals: u32) -> Decimal {
        round(round(self.machine, decimals) + self.licence, 5)
    }

    /// Fee and hourly rate when half of a term is paid at once: whole dollars, and the family's decimals.
    pub(super) fn halves(&self, term: Term, decimals: u32) -> (Decimal, Decimal) {
        let half = self.hourly() / Decimal::TWO;
        let decimals = if self.licence.is_zero() { decimals } else { 5 };
        let fee = round(half * Decimal::from(term.hours()), 0);
        (fee, round(half, decimals))
    }
}

/// Rounds half away from zero, as AWS's own figures do.
pub(super) fn round(value: Decimal, places: u32) -> Decimal {
    value.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}
