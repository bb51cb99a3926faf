//! Instances of one type under every way AWS sells them, side by side.

use rust_decimal::Decimal;

use crate::billing::ServiceRates;
use crate::catalog::{OperatingSystem, ServiceItem, Tenancy, Term};
use crate::commitment::plan_fees;
use crate::estate::Month;
use crate::prices::{Offer, PriceBook, Product, Provenance};
use crate::units::{InstanceHour, Metered, Money, Quantity, Rate};

/// Instances that run alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fleet {
    /// What they are.
    pub product: Product,
    /// How many.
    pub count: u32,
    /// How many hours of an average month each of them runs.
    pub hours: Decimal,
}

/// A way to buy them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// An offer for the product itself.
    Offer(Offer),
    /// On-Demand on hardware of one's own, with the region's fee.
    DedicatedInstance,
    /// Hosts that hold them; reserved for a term, All Upfront, or by the hour.
    DedicatedHost(Option<Term>),
}

/// What a way costs. Amounts are of all instances together, but for the hour's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Which way.
    pub way: Way,
    /// What an hour of one instance costs, upfront fees spread over the term; of hosts, of one host.
    pub hourly: Money,
    /// Paid at purchase.
    pub upfront: Money,
    /// Paid every month beside it.
    pub paid_monthly: Money,
    /// What a month costs, upfront fees spread over the term.
    pub monthly: Money,
    /// Twelve months.
    pub yearly: Money,
    /// Hours a month that each instance has to run for it to cost no more than On-Demand.
    pub break_even_hours: Option<Decimal>,
    /// The first month of the term by whose end no more was paid than On-Demand would have cost; `None` where
    /// there is none, or where nothing is committed to.
    pub break_even_month: Option<u32>,
    /// Where its price is known from.
    pub provenance: Provenance,
    /// What has to be known beside it.
    pub note: Option<String>,
}

/// Every way, and those that are not sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// What they are for.
    pub fleet: Fleet,
    /// The ways in order: On-Demand, commitments, Spot, dedicated.
    pub choices: Vec<Choice>,
    /// What is not sold, and why.
    pub missing: Vec<String>,
}

impl Options {
    /// What On-Demand costs a month.
    pub fn on_demand(&self) -> Option<&Choice> {
        self.choices
            .iter()
            .find(|choice| choice.way == Way::Offer(Offer::OnDemand))
    }

    /// What part of the month's On-Demand cost a way saves.
    pub fn saving(&self, choice: &Choice) -> Option<Decimal> {
        let on_demand = self.on_demand()?.monthly.to_decimal(10);
        let share = choice.monthly.to_decimal(10).checked_div(on_demand)?;
        Some(Decimal::ONE - share)
    }
}

/// Prices a fleet under every way.
pub fn options(book: &PriceBook, fleet: Fleet) -> Options {
    let asked = Asked { book, fleet };
    let mut options = Options {
        fleet,
        choices: Vec::new(),
        missing: Vec::new(),
    };
    let mut found = |choice: Result<Choice, String>| match choice {
        Ok(choice) => options.choices.push(choice),
        Err(missing) if options.missing.contains(&missing) => {}
        Err(missing) => options.missing.push(missing),
    };
    for offer in Offer::every() {
        found(asked.offer(offer));
    }
    if fleet.product.tenancy == Tenancy::Shared {
        found(asked.dedicated_instance());
    }
    for term in [None, Some(Term::OneYear), Some(Term::ThreeYears)] {
        found(asked.host(term));
    }
    options
}

/// A fleet and the book that is asked.
struct Asked<'a> {
    book: &'a PriceBook,
    fleet: Fleet,
}

/// A commitment's price for one instance or host.
struct Committed {
    term: Term,
    upfront: Money,
    hourly: Money,
}

impl Asked<'_> {
    fn offer(&self, offer: Offer) -> Result<Choice, String> {
        let product = self.fleet.product;
        let found = self
            .book
            .quote(product, offer)
            .map_err(|missing| missing.to_string())?;
        let price = match self.book.contract() {
            Some(contract) => contract.quote(product, offer, found.value).value,
            None => found.value,
        };
        let (provenance, count) = (found.provenance, self.fleet.count);
        let way = Way::Offer(offer);
        let committed = |term, (upfront, hourly)| Committed {
            term,
            upfront,
            hourly,
        };
        let mut choice = match offer {
            Offer::OnDemand | Offer::Spot => {
                self.by_the_hour(way, (price.hourly, count), provenance)
            }
            Offer::Reserved(_, term, _) => {
                let price = committed(term, (price.upfront, price.hourly.for_one()));
                self.committed(way, (&price, count), provenance)
            }
            Offer::SavingsPlan(_, term, payment) => {
                let fees = plan_fees(price.hourly.for_one(), term, payment);
                self.committed(way, (&committed(term, fees), count), provenance)
            }
        };
        if offer == Offer::Spot {
            choice.note = Some(match self.book.interruption(product) {
                Some(band) => format!("{} interrupted a month", band.value),
                None => "no interruption band known".into(),
            });
        }
        if product.tenancy == Tenancy::Dedicated {
            self.add_region_fee(&mut choice)?;
        }
        Ok(choice)
    }

    /// On-Demand on hardware of one's own.
    fn dedicated_instance(&self) -> Result<Choice, String> {
        let product = Product {
            tenancy: Tenancy::Dedicated,
            ..self.fleet.product
        };
        let (rate, provenance) = self.on_demand(product)?;
        let rate = (rate, self.fleet.count);
        let mut choice = self.by_the_hour(Way::DedicatedInstance, rate, provenance);
        self.add_region_fee(&mut choice)?;
        Ok(choice)
    }

    /// While any Dedicated Instance runs, its region costs a fee, however many do (R40).
    fn add_region_fee(&self, choice: &mut Choice) -> Result<(), String> {
        let region = self.fleet.product.region.parent();
        let item = ServiceItem::DEDICATED_REGION_HOUR;
        let public = self
            .book
            .service(region, &item)
            .map_err(|missing| missing.to_string())?
            .value;
        let fee = self.book.contracted(region, &item, &public);
        let hours: Quantity<Metered> = quantity(self.fleet.hours)?;
        choice.monthly += fee.cost(hours);
        choice.paid_monthly += fee.cost(hours);
        choice.yearly += fee.cost(hours).times(12);
        let hourly = fee.tiers().first().map(|tier| tier.rate.to_string());
        let hourly = hourly.unwrap_or_default();
        choice.note = Some(format!("with ${hourly} an hour for the region, once"));
        Ok(())
    }

    /// As many hosts as hold the instances.
    fn host(&self, term: Option<Term>) -> Result<Choice, String> {
        let Product {
            region,
            instance_type,
            platform,
            ..
        } = self.fleet.product;
        if platform.sql.is_some() || !is_without_licence(platform.os) {
            return Err(format!(
                "Dedicated Host: {platform} on it pays for its licence beside the host, which has no price here"
            ));
        }
        let family = instance_type.family().to_string();
        let found = self
            .book
            .dedicated_host(region, &family)
            .map_err(|missing| missing.to_string())?;
        let each = self.held(&family, found.value.on_demand)?;
        let hosts = self.fleet.count.div_ceil(each);
        let way = Way::DedicatedHost(term);
        let mut choice = match term {
            None => {
                let rate = Rate::from_steps(found.value.on_demand.steps());
                self.by_the_hour(way, (rate, hosts), found.provenance)
            }
            Some(term) => {
                let reserved = found.value.all_upfront(term).ok_or_else(|| {
                    format!("the price book has no reservation of a host of {family} in {region} for {term}")
                })?;
                let price = Committed {
                    term,
                    upfront: reserved.for_one().times(i128::from(term.hours())),
                    hourly: Money::ZERO,
                };
                self.committed(way, (&price, hosts), found.provenance)
            }
        };
        choice.note = Some(format!(
            "{hosts} of {family}, {each} {instance_type} on each"
        ));
        Ok(choice)
    }

    /// How many of the type one host holds.
    fn held(&self, family: &str, hourly: Rate<Metered>) -> Result<u32, String> {
        let instance_type = self.fleet.product.instance_type;
        let unknown = || {
            format!(
                "Dedicated Host: a host of {family} costs ${hourly} an hour, and how many {instance_type} it holds is not known"
            )
        };
        let capacity = self.book.host_capacity(family).ok_or_else(unknown)?;
        let most = capacity.value.most(instance_type.size());
        most.filter(|count| *count > 0).ok_or_else(unknown)
    }

    /// What costs only what runs: a rate, and how many instances or hosts.
    fn by_the_hour(
        &self,
        way: Way,
        (rate, count): (Rate<InstanceHour>, u32),
        provenance: Provenance,
    ) -> Choice {
        let hours = quantity(self.fleet.hours).unwrap_or(Quantity::ZERO);
        let monthly = (rate * hours).times(count.into());
        Choice {
            way,
            hourly: rate.for_one(),
            upfront: Money::ZERO,
            paid_monthly: monthly,
            monthly,
            yearly: monthly.times(12),
            break_even_hours: None,
            break_even_month: None,
            provenance,
            note: None,
        }
    }

    /// What costs every hour of its term, run or not: a price, and of how many instances or hosts.
    fn committed(
        &self,
        way: Way,
        (price, things): (&Committed, u32),
        provenance: Provenance,
    ) -> Choice {
        let count = i128::from(things);
        let year = i128::from(Term::OneYear.hours());
        let hours = i128::from(price.term.hours());
        let effective = price.upfront.per(hours) + price.hourly;
        let yearly = effective.times(year).times(count);
        let upfront = price.upfront.times(count);
        let paid_monthly = price.hourly.times(year).times(count).per(12);
        Choice {
            way,
            hourly: effective,
            upfront,
            paid_monthly,
            monthly: yearly.per(12),
            yearly,
            break_even_hours: self.break_even_hours(effective, things),
            break_even_month: self.break_even_month(upfront, paid_monthly, price.term),
            provenance,
            note: None,
        }
    }

    /// Hours a month at which the On-Demand instances cost as much as `count` things at an effective hourly price.
    fn break_even_hours(&self, effective: Money, count: u32) -> Option<Decimal> {
        let (rate, _) = self.on_demand(self.fleet.product).ok()?;
        let ratio = effective.to_decimal(10).checked_div(rate.to_decimal())?;
        let ratio = if count == self.fleet.count {
            ratio
        } else {
            ratio * Decimal::from(count) / Decimal::from(self.fleet.count)
        };
        Some(ratio * Month::Average.hours())
    }

    /// The first month by whose end no more was paid than On-Demand would have cost at the hours that are run.
    fn break_even_month(&self, upfront: Money, monthly: Money, term: Term) -> Option<u32> {
        let (rate, _) = self.on_demand(self.fleet.product).ok()?;
        let on_demand = rate * quantity(self.fleet.hours).ok()?;
        let on_demand = on_demand.times(self.fleet.count.into());
        if on_demand <= monthly {
            return None;
        }
        let gained = (on_demand - monthly).to_decimal(10);
        let months = upfront.to_decimal(10).checked_div(gained)?.ceil();
        let months = u32::try_from(months).ok()?.max(1);
        let term_months = match term {
            Term::OneYear => 12,
            Term::ThreeYears => 36,
        };
        (months <= term_months).then_some(months)
    }

    /// What an On-Demand hour costs, and where that is known from.
    fn on_demand(&self, product: Product) -> Result<(Rate<InstanceHour>, Provenance), String> {
        let found = self
            .book
            .on_demand(product)
            .map_err(|missing| missing.to_string())?;
        let rate = match self.book.contract() {
            Some(contract) => contract.on_demand(product, found.value),
            None => found.value,
        };
        Ok((rate, found.provenance))
    }
}

/// Whether AWS charges no licence for it.
const fn is_without_licence(os: OperatingSystem) -> bool {
    matches!(os, OperatingSystem::Linux | OperatingSystem::WindowsByol)
}

fn quantity<U>(hours: Decimal) -> Result<Quantity<U>, String> {
    Quantity::from_decimal(hours).map_err(|error| error.to_string())
}
