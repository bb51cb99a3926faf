//! Charges beside instances: a month's use by tiers, over every account together.
//!
//! Tiers and the free allowance count from the first of each month (UTC) over all accounts of an organization
//! (docs.aws.amazon.com, Billing User Guide, "Consolidated billing for AWS Organizations", volume discounts), by
//! region and charge; the allowance over all regions together. Use is counted in the order it happened; within an
//! hour in the order of accounts, then regions. docs/billing-rules.md, R41-R46.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Region, ServiceItem};
use crate::demand::{ServiceDemand, ServiceKey};
use crate::prices::{Allowance, MissingService, PriceBook, Sourced, Tiers};
use crate::units::{Hour, HourSpan, Metered, Money, Quantity, Rate};

/// What the free allowance of a month does to the tiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FreeAllowance {
    /// The first tier starts behind it. AWS's own words of the first tier are "first 10 TB / month data transfer
    /// out beyond the global free tier".
    #[default]
    BeforeTiers,
    /// It is the free beginning of the first tier.
    InsideFirstTier,
    /// There is none, as in AWS's Pricing Calculator.
    None,
}

/// How many gigabytes a terabyte of a tier has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Terabyte {
    /// 1,024, as in AWS's price list (10 TB end at 10,240 GB).
    #[default]
    Binary,
    /// 1,000, as in AWS's example of consolidated billing.
    Decimal,
}

/// How charges beside instances are made where AWS leaves it open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ServiceSettings {
    /// What the free allowance does to the tiers.
    pub free_allowance: FreeAllowance,
    /// How many gigabytes a terabyte has.
    pub terabyte: Terabyte,
}

/// The prices that charges beside instances are made with.
pub trait ServiceRates {
    /// What an item costs in a region.
    fn tiers(&self, region: Region, item: &ServiceItem) -> Result<Sourced<Tiers>, MissingService>;

    /// What is free of it a month; `None` where nothing is.
    fn allowance(&self, region: Region, item: &ServiceItem) -> Option<Allowance>;

    /// What is paid of its price: less than that where discounts were negotiated.
    fn contracted(&self, _region: Region, _item: &ServiceItem, public: &Tiers) -> Tiers {
        public.clone()
    }
}

impl ServiceRates for PriceBook {
    fn tiers(&self, region: Region, item: &ServiceItem) -> Result<Sourced<Tiers>, MissingService> {
        self.service(region, item)
    }

    fn allowance(&self, region: Region, item: &ServiceItem) -> Option<Allowance> {
        Self::allowance(self, region, item)
    }

    fn contracted(&self, region: Region, item: &ServiceItem, public: &Tiers) -> Tiers {
        let is_as_paid = *item == ServiceItem::CAPACITY_BLOCK_FEE;
        let Some(contract) = self.contract().filter(|_| !is_as_paid) else {
            return public.clone();
        };
        let kind = self.service_kind(region, item).unwrap_or_default();
        contract.service(&kind, region, item, public).value
    }
}

/// What an item costs in a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePrice {
    /// At list price, and where it is known from.
    pub public: Sourced<Tiers>,
    /// What is paid.
    pub contracted: Tiers,
}

/// What a key's use of one hour costs at one rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCharge<'a> {
    /// Who used what where.
    pub key: &'a ServiceKey,
    /// When.
    pub hour: Hour,
    /// How much.
    pub quantity: Quantity<Metered>,
    /// What a unit costs at list price; zero for what is free.
    pub rate: Rate<Metered>,
    /// What is paid for a unit.
    pub contracted: Rate<Metered>,
    /// What it costs at list price.
    pub list: Money,
    /// What is paid in cash: nothing for what a plan covers.
    pub cost: Money,
    /// What it costs, accrued: under a plan its share of the plan's fee.
    pub effective: Money,
    /// The Savings Plan that covers it, by its index in the portfolio.
    pub plan: Option<usize>,
    /// The Dedicated Host Reservation that covers it, in the same way.
    pub reservation: Option<usize>,
    /// How much of that plan's commitment it is, counted at public Savings Plan rates.
    pub commitment: Money,
}

impl ServiceCharge<'_> {
    /// What it would cost at contracted prices, without plans.
    pub fn contracted_cost(&self) -> Money {
        self.contracted * self.quantity
    }
}

/// Charges beside instances, as they are without Savings Plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceBill<'a> {
    /// By hour, key and rate.
    pub charges: Vec<ServiceCharge<'a>>,
    /// The price of every charge, and where it is known from.
    pub prices: BTreeMap<(Region, ServiceItem), ServicePrice>,
    /// Use without a price, which is in no charge.
    pub unpriced: Vec<(&'a ServiceKey, MissingService)>,
}

impl ServiceBill<'_> {
    /// What everything costs.
    pub fn total(&self) -> Money {
        self.charges.iter().map(|charge| charge.cost).sum()
    }

    /// The charges of some of its hours, with all its prices.
    #[must_use]
    pub fn during(&self, window: HourSpan) -> Self {
        let inside = self
            .charges
            .iter()
            .filter(|charge| window.contains(charge.hour));
        Self {
            charges: inside.cloned().collect(),
            prices: self.prices.clone(),
            unpriced: self.unpriced.clone(),
        }
    }

    /// What the bill of `demand` has of some of its hours: tiers and what is free have counted the hours before.
    #[must_use]
    pub fn within(mut self, window: HourSpan, demand: &ServiceDemand) -> Self {
        let inside = demand.within(window);
        let keys: BTreeSet<&ServiceKey> = inside.keys().collect();
        self.charges.retain(|charge| window.contains(charge.hour));
        self.unpriced.retain(|(key, _)| keys.contains(key));
        self
    }
}

/// Bills what was used.
pub fn service_bill<'a>(
    demand: &'a ServiceDemand,
    rates: &impl ServiceRates,
    settings: ServiceSettings,
) -> ServiceBill<'a> {
    let mut meter = Meter {
        settings,
        months: BTreeMap::new(),
        free: BTreeMap::new(),
    };
    let mut bill = ServiceBill {
        charges: Vec::new(),
        prices: BTreeMap::new(),
        unpriced: Vec::new(),
    };
    let mut uses = Vec::new();
    for (key, hours) in demand.rows() {
        match price(key, rates, settings, &mut bill.prices) {
            Ok(()) => uses.extend(hours.map(|(hour, quantity)| (hour, key, quantity))),
            Err(missing) => bill.unpriced.push((key, missing)),
        }
    }
    uses.sort_by_key(|&(hour, key, _)| (hour, key));
    for (hour, key, quantity) in uses {
        if let Some(price) = bill.prices.get(&(key.region, key.item.clone())) {
            let allowance = rates.allowance(key.region, &key.item);
            meter.read(
                (hour, key, quantity),
                price,
                allowance.as_ref(),
                &mut bill.charges,
            );
        }
    }
    bill
}

/// Looks a key's price up, once a region and item.
fn price(
    key: &ServiceKey,
    rates: &impl ServiceRates,
    settings: ServiceSettings,
    known: &mut BTreeMap<(Region, ServiceItem), ServicePrice>,
) -> Result<(), MissingService> {
    if let Entry::Vacant(slot) = known.entry((key.region, key.item.clone())) {
        let mut public = rates.tiers(key.region, &key.item)?;
        count_by_month(key, &public.value)?;
        if settings.terabyte == Terabyte::Decimal {
            public.value = public.value.in_decimal_terabytes();
        }
        let contracted = rates.contracted(key.region, &key.item, &public.value);
        slot.insert(ServicePrice { public, contracted });
    }
    Ok(())
}

/// Tiers of provisioned IOPS count one volume's, and use does not tell volumes apart.
fn count_by_month(key: &ServiceKey, tiers: &Tiers) -> Result<(), MissingService> {
    if tiers.tiers().len() == 1 || tiers.unit() != "IOPS-month" {
        return Ok(());
    }
    Err(MissingService {
        wanted: format!("one price of `{}`", key.item),
        region: key.region,
        known: "; its tiers count a volume's IOPS, which use of all volumes together does not tell"
            .into(),
    })
}

/// Year and month.
type Month = (i32, u32);

/// How far each month's use has come.
struct Meter {
    settings: ServiceSettings,
    /// Use that tiers count, by month, region and item.
    months: BTreeMap<(Month, Region, ServiceItem), Quantity<Metered>>,
    /// What was free already, by month and item.
    free: BTreeMap<(Month, ServiceItem), Quantity<Metered>>,
}

impl Meter {
    /// Splits one use over what is free and the tiers it reaches.
    fn read<'a>(
        &mut self,
        (hour, key, quantity): (Hour, &'a ServiceKey, Quantity<Metered>),
        price: &ServicePrice,
        allowance: Option<&Allowance>,
        charges: &mut Vec<ServiceCharge<'a>>,
    ) {
        let month = hour.month();
        let free = self.take_free(month, quantity, allowance);
        if free > Quantity::ZERO {
            charges.push(ServiceCharge {
                key,
                hour,
                quantity: free,
                rate: Rate::from_steps(0),
                contracted: Rate::from_steps(0),
                list: Money::ZERO,
                cost: Money::ZERO,
                effective: Money::ZERO,
                plan: None,
                reservation: None,
                commitment: Money::ZERO,
            });
        }
        let place = (month, key.region, key.item.clone());
        let before = self.months.entry(place).or_insert(Quantity::ZERO);
        if self.settings.free_allowance == FreeAllowance::InsideFirstTier {
            *before += free;
        }
        let after = *before + (quantity - free);
        let public = price.public.value.between(*before, after);
        let paid = price.contracted.between(*before, after);
        for ((part, rate), (_, contracted)) in public.zip(paid) {
            charges.push(ServiceCharge {
                key,
                hour,
                quantity: part,
                rate,
                contracted,
                list: rate * part,
                cost: contracted * part,
                effective: contracted * part,
                plan: None,
                reservation: None,
                commitment: Money::ZERO,
            });
        }
        *before = after;
    }

    /// The part of a use that the month's allowance still covers.
    fn take_free(
        &mut self,
        month: Month,
        quantity: Quantity<Metered>,
        allowance: Option<&Allowance>,
    ) -> Quantity<Metered> {
        let Some(allowance) = allowance else {
            return Quantity::ZERO;
        };
        if self.settings.free_allowance == FreeAllowance::None {
            return Quantity::ZERO;
        }
        let taken = self
            .free
            .entry((month, allowance.item.clone()))
            .or_insert(Quantity::ZERO);
        let free = quantity.min(allowance.quantity.value - *taken);
        *taken += free;
        free
    }
}
