//! Negotiated discounts: what a contract with AWS leaves of each public price, and which of its terms says so.
//!
//! Public prices stay as they are; the contract stands on the edge of the [`PriceBook`](super::PriceBook) and is
//! asked for what is paid of them (docs/billing-rules.md, "Negotiated discounts").

mod conditions;
mod read;
mod share;

pub use share::Share;

use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;

use conditions::{Asked, Conditions};

use super::answer::{Product, ReservedPrice};
use super::book::{Offer, PriceBook};
use super::tiers::{Tier, Tiers};
use crate::catalog::{Region, ServiceItem};
use crate::diagnostics::{Diagnostic, Place};
use crate::units::{Hour, HourSpan, InstanceHour, Rate};

/// Everything negotiated, period after period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discounts {
    file: Arc<str>,
    combine: Combine,
    /// By day, none overlapping.
    periods: Vec<Period>,
}

/// What holds where several terms speak of one price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combine {
    /// The most specific of them alone, as AWS's private pricing has it.
    MostSpecific,
    /// The most specific of them, and the percentage on everything off what that leaves.
    Stack,
}

/// The terms of some days.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Period {
    from: NaiveDate,
    /// The last day.
    to: Option<NaiveDate>,
    line: u64,
    everything: Part,
    spot: Part,
    reserved: Part,
    plans: Part,
    rules: Vec<Rule>,
}

/// What is left of a whole kind of charge, and the line that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    share: Share,
    line: u64,
}

/// What was agreed for some products.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    when: Conditions,
    terms: Terms,
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Terms {
    /// So much of the public price is left.
    Left(Share),
    /// So many steps of 1e-10 dollars a unit.
    Price(u64),
}

/// The terms that one bill is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    discounts: Discounts,
    /// The period of the usage.
    period: usize,
    /// Whether it holds for earlier purchases too.
    fixed: bool,
}

/// What is paid, and by which terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed<T> {
    /// The contracted price.
    pub value: T,
    /// Such as `12 % off m7g (discounts.toml:14)`.
    pub terms: String,
}

/// What is left of the fees of a commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeShares {
    /// Of what is paid at purchase: the terms of that day.
    pub upfront: Share,
    /// Of what is paid by the hour: the terms of the bill.
    pub hourly: Share,
}

impl FeeShares {
    /// Nothing off.
    pub const WHOLE: Self = Self {
        upfront: Share::WHOLE,
        hourly: Share::WHOLE,
    };
}

impl Discounts {
    /// The contract for usage of a window, which one period must hold.
    ///
    /// # Errors
    /// Names the day on which the terms change, or that none hold.
    pub fn during(self, window: HourSpan) -> Result<Contract, Diagnostic> {
        let first = window.start().start().date_naive();
        let last = window.end().plus(-1).start().date_naive().max(first);
        let at = self.periods.iter().position(|period| period.holds(first));
        let spans = format!("the usage is of {first} to {last}");
        let inside = |period: &&Period| (first..=last).contains(&period.from);
        let (message, period) = match at {
            Some(at) if self.periods[at].holds(last) => {
                return Ok(Contract {
                    discounts: self,
                    period: at,
                    fixed: false,
                });
            }
            Some(at) => {
                let period = &self.periods[at];
                let end = period.to.map(|to| to.to_string()).unwrap_or_default();
                (format!("the discounts change after {end}; {spans}"), period)
            }
            None => match self.periods.iter().find(inside) {
                Some(period) => (
                    format!("the discounts begin on {}; {spans}", period.from),
                    period,
                ),
                None => return Err(self.none(&spans)),
            },
        };
        let place = Place::file(&*self.file).line(period.line);
        Err(Diagnostic::new(message).at(place).hint(WHOLE_WINDOW))
    }

    /// The contract as it stands on a day, for usage of whatever days.
    ///
    /// # Errors
    /// Says that nothing holds on that day.
    pub fn on(self, day: NaiveDate) -> Result<Contract, Diagnostic> {
        match self.periods.iter().position(|period| period.holds(day)) {
            Some(period) => Ok(Contract {
                discounts: self,
                period,
                fixed: true,
            }),
            None => Err(self.none(&format!("the day asked for is {day}"))),
        }
    }

    fn none(&self, asked: &str) -> Diagnostic {
        let periods: Vec<String> = self.periods.iter().map(ToString::to_string).collect();
        let message = format!(
            "no discounts are agreed for these days: {asked}, the file has {}",
            periods.join(", ")
        );
        Diagnostic::new(message)
            .at(Place::file(&*self.file))
            .hint(WHOLE_WINDOW)
    }
}

const WHOLE_WINDOW: &str = "`--discounts-on DAY` takes the terms of one day for all of it; or bill each period by \
                            itself (`bursar bill --from --to`)";

impl Period {
    fn holds(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }
}

/// Terms found for a price, before they are put to one.
struct Found<'a> {
    rule: Option<&'a Rule>,
    /// What the percentage on everything leaves, where it applies.
    everything: Share,
}

impl Contract {
    /// What an On-Demand instance-hour costs under it, of its public price.
    pub fn on_demand(&self, product: Product, public: Rate<InstanceHour>) -> Rate<InstanceHour> {
        self.find(&Asked::instance(product)).of(public)
    }

    /// What a Spot instance-hour costs under it.
    pub fn spot(&self, public: Rate<InstanceHour>) -> Rate<InstanceHour> {
        self.period().spot.share.of_rate(public)
    }

    /// What is left of the fees of Reserved Instances bought in an hour.
    pub fn reserved(&self, bought: Hour) -> FeeShares {
        self.fees(bought, |period| period.reserved)
    }

    /// What is left of the fees of Savings Plans bought in an hour.
    pub fn savings_plan(&self, bought: Hour) -> FeeShares {
        self.fees(bought, |period| period.plans)
    }

    /// What is paid for an offer that is taken up under these terms: of a Savings Plan, what its fee makes of an
    /// hour at its rate.
    pub fn quote(
        &self,
        product: Product,
        offer: Offer,
        public: ReservedPrice,
    ) -> Agreed<ReservedPrice> {
        let whole = |part: Part, what: &str| Agreed {
            value: ReservedPrice {
                upfront: part.share.of_fee(public.upfront),
                hourly: part.share.of_rate(public.hourly),
            },
            terms: self.off(part, what),
        };
        match offer {
            Offer::OnDemand => {
                let found = self.find(&Asked::instance(product));
                Agreed {
                    value: ReservedPrice {
                        hourly: found.of(public.hourly),
                        ..public
                    },
                    terms: self.words(&found),
                }
            }
            Offer::Spot => whole(self.period().spot, "Spot"),
            Offer::Reserved(..) => whole(self.period().reserved, "Reserved Instances"),
            Offer::SavingsPlan(..) => whole(self.period().plans, "Savings Plans"),
        }
    }

    /// What a service's item costs under it.
    pub fn service(
        &self,
        service: &str,
        region: Region,
        item: &ServiceItem,
        public: &Tiers,
    ) -> Agreed<Tiers> {
        if public.is_free() {
            return Agreed {
                value: public.clone(),
                terms: "free".to_owned(),
            };
        }
        let found = self.find(&Asked::item(service, region, item));
        let tiers = public.tiers().iter().map(|tier| Tier {
            rate: found.of(tier.rate),
            ..*tier
        });
        Agreed {
            // The bounds are those of tiers that stand.
            value: Tiers::new(public.unit(), tiers.collect()).unwrap_or_else(|_| public.clone()),
            terms: self.words(&found),
        }
    }

    /// Refuses private prices above the public ones, and those of what has no public price.
    ///
    /// # Errors
    /// Points at the first of them.
    pub fn check(&self, book: &PriceBook) -> Result<(), Diagnostic> {
        for rule in self.discounts.periods.iter().flat_map(|p| &p.rules) {
            let Terms::Price(steps) = rule.terms else {
                continue;
            };
            let at = |message: String| Diagnostic::new(message).at(rule.place.clone());
            let public = match (&rule.when.item, rule.when.region) {
                (Some(item), Some(region)) => {
                    let tiers = book.service(region, item).map_err(|e| at(e.to_string()))?;
                    tiers
                        .value
                        .tiers()
                        .iter()
                        .map(|tier| tier.rate.steps())
                        .max()
                }
                (Some(_), None) => None,
                (None, _) => match rule.when.product() {
                    Some(product) => {
                        let public = book.on_demand(product).map_err(|e| at(e.to_string()))?;
                        Some(public.value.steps())
                    }
                    None => None,
                },
            };
            if let Some(public) = public.filter(|public| steps > *public) {
                let (private, public) = (dollars(steps), dollars(public));
                let message = format!(
                    "the private price {private} of {} is above the public price {public}",
                    rule.when
                );
                return Err(at(message).hint("a private price is in dollars for one unit"));
            }
        }
        Ok(())
    }

    /// The file, what holds and since when: `discounts.toml, 2026-01-01 to 2026-12-31, most specific terms`.
    pub fn describe(&self) -> String {
        let how = match self.discounts.combine {
            Combine::MostSpecific => "the most specific terms hold",
            Combine::Stack => "terms stack",
        };
        format!("{}, {}, {how}", self.discounts.file, self.period())
    }

    fn period(&self) -> &Period {
        &self.discounts.periods[self.period]
    }

    fn fees(&self, bought: Hour, of: impl Fn(&Period) -> Part) -> FeeShares {
        let hourly = of(self.period()).share;
        let day = bought.start().date_naive();
        let then = self.discounts.periods.iter().find(|p| p.holds(day));
        let upfront = if self.fixed {
            hourly
        } else {
            then.map_or(Share::WHOLE, |then| of(then).share)
        };
        FeeShares { upfront, hourly }
    }

    fn find(&self, asked: &Asked) -> Found<'_> {
        let period = self.period();
        let matching = period.rules.iter().filter(|rule| rule.when.hold(asked));
        // Rules that both match and of which neither is more specific were refused: one has most conditions.
        let rule = matching.max_by_key(|rule| rule.when.count());
        let alone = rule.is_some() && self.discounts.combine == Combine::MostSpecific;
        let everything = if alone {
            Share::WHOLE
        } else {
            period.everything.share
        };
        Found { rule, everything }
    }

    fn words(&self, found: &Found) -> String {
        let mut words = Vec::new();
        if let Some(rule) = found.rule {
            let line = rule.place.line.unwrap_or_default();
            words.push(match rule.terms {
                Terms::Left(share) => self.off(Part { share, line }, &rule.when.to_string()),
                Terms::Price(steps) => {
                    let file = &self.discounts.file;
                    format!("{} for {} ({file}:{line})", dollars(steps), rule.when)
                }
            });
        }
        if found.everything != Share::WHOLE {
            words.push(self.off(self.period().everything, "everything"));
        }
        if words.is_empty() {
            "public price".to_owned()
        } else {
            words.join(", then ")
        }
    }

    fn off(&self, Part { share, line }: Part, what: &str) -> String {
        let (off, file) = (share.percent_off(), &self.discounts.file);
        if share == Share::WHOLE {
            format!("nothing off {what} ({file}:{line})")
        } else {
            format!("{off} % off {what} ({file}:{line})")
        }
    }
}

impl Found<'_> {
    /// What is paid of a public rate: never more, and never nothing of something.
    fn of<U>(&self, public: Rate<U>) -> Rate<U> {
        let own = match self.rule.map(|rule| rule.terms) {
            None => return self.everything.of_rate(public),
            Some(Terms::Price(steps)) => {
                return self
                    .everything
                    .of_rate(Rate::from_steps(steps.min(public.steps())));
            }
            Some(Terms::Left(share)) => share,
        };
        own.and(self.everything).of_rate(public)
    }
}

fn dollars(steps: u64) -> String {
    format!("${}", Rate::<InstanceHour>::from_steps(steps))
}

/// `2026-01-01 to 2026-12-31`, `from 2026-01-01`.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to {
            Some(to) => write!(f, "{} to {to}", self.from),
            None => write!(f, "from {}", self.from),
        }
    }
}
