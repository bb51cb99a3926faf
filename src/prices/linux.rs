//! What a commitment for Linux on shared hardware costs by the hour: read, or by rule from what was read.
//!
//! Every other platform and tenancy starts from here (`derive`).

use rust_decimal::Decimal;

use super::bundled::{Bundled, Shared};
use super::names::{Grid, Head};
use super::packed::{Damaged, Row, Section};
use super::rules::Trail;
use crate::catalog::{InstanceType, OfferingClass, PaymentOption, Region, Term, sizes_of};

/// A commitment's whole cost an hour, with the upfront fee spread over the term; not yet rounded.
#[derive(Debug, Clone)]
pub(super) struct Effective {
    pub(super) hourly: Decimal,
    pub(super) trail: Trail,
}

/// A commitment whose price is known for one payment option.
#[derive(Debug)]
struct Anchor {
    hourly: Decimal,
    payment: PaymentOption,
    trail: Trail,
}

/// Class and term: what Reserved prices differ by, but for the payment option.
pub(super) type Offering = (OfferingClass, Term);

/// The bundled facts, for one question.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) bundled: &'a Bundled,
    pub(super) shared: &'a Shared,
}

impl Facts<'_> {
    /// What Linux on shared hardware costs under a commitment, at a place that has this section and row;
    /// worked out once.
    pub(super) fn linux(
        &self,
        (section, row): (&Section, Row),
        place: (Region, InstanceType),
        offering: Offering,
        payment: PaymentOption,
    ) -> Result<Option<Effective>, Damaged> {
        let work_out = || self.linux_of(section, row, place, (offering, payment));
        match section.known(row) {
            Some(known) => {
                let kept = known.linux(offering, payment);
                kept.get_or_init(work_out).clone()
            }
            None => work_out(),
        }
    }

    fn linux_of(
        &self,
        section: &Section,
        row: Row,
        place: (Region, InstanceType),
        (offering, payment): (Offering, PaymentOption),
    ) -> Result<Option<Effective>, Damaged> {
        let anchor = match self.anchor(section, row, offering, payment) {
            Some(anchor) => Some(anchor),
            None => self.by_share(section, row, place, offering)?,
        };
        Ok(anchor.map(|anchor| self.paid(anchor, offering, payment)))
    }

    /// The On-Demand price times what share of it the commitment costs elsewhere.
    fn by_share(
        &self,
        section: &Section,
        row: Row,
        (region, instance_type): (Region, InstanceType),
        offering: Offering,
    ) -> Result<Option<Anchor>, Damaged> {
        let Some((on_demand, _)) = section.cell(Grid::OnDemand, row, Head::LINUX) else {
            return Ok(None);
        };
        let share = self.share(region, instance_type, offering, 0)?;
        Ok(share.map(|share| Anchor {
            hourly: share.hourly * on_demand,
            ..share
        }))
    }

    /// The same commitment under another payment option.
    fn paid(&self, anchor: Anchor, (class, term): Offering, payment: PaymentOption) -> Effective {
        if anchor.payment == payment {
            return Effective {
                hourly: anchor.hourly,
                trail: anchor.trail,
            };
        }
        let parameters = &self.shared.rules.parameters;
        let weight = |payment| parameters.payment(class, term, payment);
        Effective {
            hourly: anchor.hourly * weight(payment) / weight(anchor.payment),
            trail: self.shared.rules.follow(anchor.trail, "payment-ratio"),
        }
    }

    /// What the tables of the region say, as near to the wanted payment option as they can: Standard All
    /// Upfront is the newest; No Upfront is good while On-Demand has not moved since.
    fn anchor(
        &self,
        section: &Section,
        row: Row,
        offering: Offering,
        wanted: PaymentOption,
    ) -> Option<Anchor> {
        let (class, term) = offering;
        let all = || {
            let cell = section.cell(Grid::all_upfront(term), row, Head::LINUX);
            let (upfront, table) = cell.filter(|_| class == OfferingClass::Standard)?;
            let (hourly, payment) = (
                upfront / Decimal::from(term.hours()),
                PaymentOption::AllUpfront,
            );
            Some(Anchor {
                hourly,
                payment,
                trail: Trail::of(table),
            })
        };
        let no = || {
            let (hourly, table) =
                section.cell(Grid::NoUpfront, row, Head::no_upfront(class, term))?;
            let payment = PaymentOption::NoUpfront;
            let (now, then) = on_demand_moved(section, row)?;
            let trail = Trail::of(table);
            Some(if now == then {
                Anchor {
                    hourly,
                    payment,
                    trail,
                }
            } else {
                let trail = self.shared.rules.follow(trail, "moved-with-on-demand");
                Anchor {
                    hourly: hourly * now / then,
                    payment,
                    trail,
                }
            })
        };
        let moved = on_demand_moved(section, row).is_none_or(|(now, then)| now != then);
        if wanted == PaymentOption::NoUpfront && !moved {
            no().or_else(all)
        } else {
            all().or_else(no)
        }
    }

    /// What share of On-Demand the commitment costs: here, in the zone's region, for another size, in other
    /// regions, or for the family before. The `hourly` of the answer is that share.
    fn share(
        &self,
        region: Region,
        instance_type: InstanceType,
        offering: Offering,
        depth: u8,
    ) -> Result<Option<Anchor>, Damaged> {
        if depth > 2 {
            return Ok(None);
        }
        if !region.is_region() {
            let parent = self.share(region.parent(), instance_type, offering, depth + 1)?;
            return Ok(parent.map(|share| self.follow(share, "parent-region")));
        }
        if let Some(section) = self.bundled.section(region)?
            && let Some(row) = section.row(instance_type)
            && let Some(share) = self.share_here(section, row, offering)
        {
            return Ok(Some(share));
        }
        if let Some(section) = self.bundled.section(region)?
            && let Some(share) = self.share_of_sizes(section, instance_type, offering)
        {
            return Ok(Some(share));
        }
        let elsewhere = self.share_elsewhere(instance_type, offering);
        let before = self.share_before(region, instance_type, offering, depth)?;
        let candidates = elsewhere.into_iter().chain(before);
        Ok(candidates.min_by_key(|share| share.trail.error_percent()))
    }

    /// What another size of the family says here: sizes of a family are discounted alike.
    fn share_of_sizes(
        &self,
        section: &Section,
        instance_type: InstanceType,
        offering: Offering,
    ) -> Option<Anchor> {
        let mut sizes = section.family(instance_type.family());
        let share = sizes.find_map(|row| self.share_here(section, row, offering))?;
        Some(self.follow(share, "other-sizes"))
    }

    fn share_here(&self, section: &Section, row: Row, offering: Offering) -> Option<Anchor> {
        let anchor = self.anchor(section, row, offering, PaymentOption::NoUpfront)?;
        let (on_demand, _) = section.cell(Grid::OnDemand, row, Head::LINUX)?;
        Some(Anchor {
            hourly: anchor.hourly / on_demand,
            ..anchor
        })
    }

    fn follow(&self, anchor: Anchor, rule: &'static str) -> Anchor {
        let trail = self.shared.rules.follow(anchor.trail, rule);
        Anchor { trail, ..anchor }
    }

    /// The median of the regions that have the type.
    fn share_elsewhere(&self, instance_type: InstanceType, offering: Offering) -> Option<Anchor> {
        let (class, term) = offering;
        let tables = &self.shared.tables;
        let row = tables.row(instance_type)?;
        let share = |payment| {
            let head = Head::ratio(class, term, payment);
            let (hourly, table) = tables.cell(Grid::Ratios, row, head)?;
            Some(Anchor {
                hourly,
                payment,
                trail: Trail::of(table),
            })
        };
        let (share, rule) = match class {
            OfferingClass::Standard => (
                share(PaymentOption::AllUpfront).or_else(|| share(PaymentOption::NoUpfront)),
                "other-regions-standard",
            ),
            OfferingClass::Convertible => {
                (share(PaymentOption::NoUpfront), "other-regions-convertible")
            }
        };
        Some(self.follow(share?, rule))
    }

    /// The share of the family before: of the same size, else of any (sizes of a family cost in proportion).
    fn share_before(
        &self,
        region: Region,
        instance_type: InstanceType,
        offering: Offering,
        depth: u8,
    ) -> Result<Option<Anchor>, Damaged> {
        let Some((family, before)) = self.shared.rules.predecessor(instance_type.family()) else {
            return Ok(None);
        };
        let sizes = || sizes_of(family);
        let same = sizes().find(|known| known.size() == instance_type.size());
        for candidate in same.into_iter().chain(sizes()) {
            if let Some(share) = self.share(region, candidate, offering, depth + 1)? {
                let error = Some(before.error_percent);
                let trail = share.trail.step("previous-generation", error);
                return Ok(Some(Anchor { trail, ..share }));
            }
        }
        Ok(None)
    }
}

/// Linux On-Demand now, and on the day of the No Upfront prices.
pub(super) fn on_demand_moved(section: &Section, row: Row) -> Option<(Decimal, Decimal)> {
    let (now, _) = section.cell(Grid::OnDemand, row, Head::LINUX)?;
    let (then, _) = section.cell(Grid::NoUpfront, row, Head::ON_DEMAND)?;
    Some((now, then))
}
