//! Instances of one type under every way AWS sells them, side by side.

use rust_decimal::Decimal;

use crate::catalog::{ServiceItem, Tenancy, Term};
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
    /// What a month costs, upfront fees spread over the term.
    pub monthly: Money,
    /// Twelve months.
    pub yearly: Money,
    /// Hours a month that each instance has to run for it to cost no more than On-Demand.
    pub break_even_hours: Option<Decimal>,
    /// The month of the term by whose end On-Demand has cost as much as the whole commitment; `None` where it
    /// never does, or where nothing is committed to.
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

/// A commitment's price.
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
        let provenance = found.provenance;
        let way = Way::Offer(offer);
        match offer {
            Offer::OnDemand => Ok(self.by_the_hour(way, price.hourly, provenance)),
            Offer::Spot => {
                let mut choice = self.by_the_hour(way, price.hourly, provenance);
                choice.note = Some(match self.book.interruption(product) {
                    Some(band) => format!("{} interrupted a month", band.value),
                    None => "no interruption band known".into(),
                });
                Ok(choice)
            }
            Offer::Reserved(_, term, _) => {
                let committed = Committed {
                    term,
                    upfront: price.upfront,
                    hourly: price.hourly.for_one(),
                };
                Ok(self.committed(way, &committed, provenance))
            }
            Offer::SavingsPlan(_, term, payment) => {
                let (upfront, hourly) = plan_fees(price.hourly.for_one(), term, payment);
                let committed = Committed {
                    term,
                    upfront,
                    hourly,
                };
                Ok(self.committed(way, &committed, provenance))
            }
        }
    }

    /// The rate, and once for the region its fee (R40).
    fn dedicated_instance(&self) -> Result<Choice, String> {
        let product = Product {
            tenancy: Tenancy::Dedicated,
            ..self.fleet.product
        };
        let found = self
            .book
            .on_demand(product)
            .map_err(|missing| missing.to_string())?;
        let rate = match self.book.contract() {
            Some(contract) => contract.on_demand(product, found.value),
            None => found.value,
        };
        let region = product.region.parent();
        let fee = self
            .book
            .service(region, &ServiceItem::DEDICATED_REGION_HOUR);
        let fee = fee.map_err(|missing| missing.to_string())?.value;
        let hours: Quantity<Metered> = quantity(self.fleet.hours)?;
        let mut choice = self.by_the_hour(Way::DedicatedInstance, rate, found.provenance);
        choice.monthly += fee.cost(hours);
        choice.yearly = choice.monthly.times(12);
        let hourly = fee
            .tiers()
            .first()
            .map(|tier| tier.rate.to_string())
            .unwrap_or_default();
        choice.note = Some(format!("with ${hourly} an hour for the region, once"));
        Ok(choice)
    }

    /// As many hosts as hold the instances.
    fn host(&self, term: Option<Term>) -> Result<Choice, String> {
        let Product {
            region,
            instance_type,
            ..
        } = self.fleet.product;
        let family = instance_type.family().to_string();
        let found = self
            .book
            .dedicated_host(region, &family)
            .map_err(|missing| missing.to_string())?;
        let each = self.held(&family)?;
        let hosts = self.fleet.count.div_ceil(each);
        let note = format!("{hosts} of {family}, {each} {instance_type} on each");
        let way = Way::DedicatedHost(term);
        let hosts_alone = Self {
            book: self.book,
            fleet: Fleet {
                count: hosts,
                ..self.fleet
            },
        };
        let mut choice = match term {
            None => {
                let rate = Rate::from_steps(found.value.on_demand.steps());
                hosts_alone.by_the_hour(way, rate, found.provenance)
            }
            Some(term) => {
                let reserved = found.value.all_upfront(term).ok_or_else(|| {
                    format!("the price book has no reservation of a host of {family} in {region} for {term}")
                })?;
                let committed = Committed {
                    term,
                    upfront: reserved.for_one().times(i128::from(term.hours())),
                    hourly: Money::ZERO,
                };
                hosts_alone.committed(way, &committed, found.provenance)
            }
        };
        choice.note = Some(note);
        Ok(choice)
    }

    /// How many of the type one host holds.
    fn held(&self, family: &str) -> Result<u32, String> {
        let unknown = || {
            format!(
                "how many {} a host of {family} holds is not known",
                self.fleet.product.instance_type
            )
        };
        let capacity = self.book.host_capacity(family).ok_or_else(unknown)?;
        let size = self.fleet.product.instance_type.size();
        let found = capacity.value.iter().find(|(known, _)| known == size);
        found
            .map(|(_, count)| *count)
            .filter(|count| *count > 0)
            .ok_or_else(unknown)
    }

    /// What costs only what runs.
    fn by_the_hour(&self, way: Way, rate: Rate<InstanceHour>, provenance: Provenance) -> Choice {
        let hours = quantity(self.fleet.hours).unwrap_or(Quantity::ZERO);
        let monthly = (rate * hours).times(self.fleet.count.into());
        Choice {
            way,
            hourly: rate.for_one(),
            upfront: Money::ZERO,
            monthly,
            yearly: monthly.times(12),
            break_even_hours: None,
            break_even_month: None,
            provenance,
            note: None,
        }
    }

    /// What costs every hour of its term, run or not.
    fn committed(&self, way: Way, price: &Committed, provenance: Provenance) -> Choice {
        let count = i128::from(self.fleet.count);
        let hours = i128::from(price.term.hours());
        let effective = price.upfront.per(hours) + price.hourly;
        let year = effective.times(i128::from(Term::OneYear.hours()));
        Choice {
            way,
            hourly: effective,
            upfront: price.upfront.times(count),
            monthly: year.per(12).times(count),
            yearly: year.times(count),
            break_even_hours: self.break_even_hours(effective),
            break_even_month: self.break_even_month(price, count),
            provenance,
            note: None,
        }
    }

    /// The part of the month in which On-Demand costs as much.
    fn break_even_hours(&self, effective: Money) -> Option<Decimal> {
        let on_demand = self.on_demand()?.for_one().to_decimal(10);
        let ratio = effective.to_decimal(10).checked_div(on_demand)?;
        ratio.checked_mul(Month::Average.hours())
    }

    /// How many months of On-Demand, at the hours that are run, cost as much as the whole term.
    fn break_even_month(&self, price: &Committed, count: i128) -> Option<u32> {
        let hours = i128::from(price.term.hours());
        let whole = (price.upfront + price.hourly.times(hours)).times(count);
        let month = (self.on_demand()? * quantity(self.fleet.hours).ok()?).times(self.instances());
        let months = whole
            .to_decimal(10)
            .checked_div(month.to_decimal(10))?
            .ceil();
        let months = u32::try_from(months).ok()?;
        (i64::from(months) * 730 <= price.term.hours()).then_some(months)
    }

    fn instances(&self) -> i128 {
        self.fleet.count.into()
    }

    fn on_demand(&self) -> Option<Rate<InstanceHour>> {
        let found = self.book.on_demand(self.fleet.product).ok()?;
        Some(match self.book.contract() {
            Some(contract) => contract.on_demand(self.fleet.product, found.value),
            None => found.value,
        })
    }
}

fn quantity<U>(hours: Decimal) -> Result<Quantity<U>, String> {
    Quantity::from_decimal(hours).map_err(|error| error.to_string())
}
