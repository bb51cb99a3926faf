//! The charges of a bill added up by any of its columns: account, family, month, tag.

use std::collections::BTreeMap;

use crate::billing::{Charge, ChargeKind, ServiceCharge};
use crate::catalog::AwsService;
use crate::commitment::{Portfolio, ReservedInstance, SavingsPlan, SavingsPlanScope};
use crate::demand::{CAPACITY_RESERVATION, Demand, DemandKey, Labels, Market};
use crate::diagnostics::nearest;
use crate::units::{HourSpan, InstanceHour, Money, Quantity};

/// Something to add charges up by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grouping {
    /// AWS's service, as FOCUS names it.
    Service,
    /// FOCUS's category of the service.
    ServiceCategory,
    /// The account that used it; of a fee, the one that owns the commitment.
    Account,
    /// Where.
    Region,
    /// The Availability Zone.
    Zone,
    /// The family of the instance.
    Family,
    /// The instance type.
    InstanceType,
    /// The operating system with its licences.
    OperatingSystem,
    /// The tenancy.
    Tenancy,
    /// What kind of charge it is.
    Charge,
    /// The commitment that covered it, or that it is a fee of.
    Commitment,
    /// The kind of that commitment.
    CommitmentType,
    /// What was used: `instances`, or the item beside them; fees of plans, and what nobody used of them, have none.
    Item,
    /// The Capacity Reservation it ran in, or that it is an idle slot of.
    CapacityReservation,
    /// The calendar month, UTC.
    Month,
    /// The day, UTC.
    Day,
    /// A cost allocation tag.
    Tag(String),
}

/// A name that is no column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no column to add charges up by; {}", .near.map_or_else(Grouping::list, |near| format!("did you mean `{near}`?")))]
pub struct UnknownGrouping {
    /// The name.
    pub name: String,
    /// A column of nearly that name.
    pub near: Option<&'static str>,
}

/// Charges that agree in every column asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The text of each column; empty where a charge has none.
    pub texts: Vec<String>,
    /// Instance-hours used.
    pub instance_hours: Quantity<InstanceHour>,
    /// What they cost, accrued.
    pub effective: Money,
    /// What is paid in cash.
    pub billed: Money,
    /// What the usage would cost at list price.
    pub list: Money,
}

impl Grouping {
    /// The names of all columns but tags.
    pub const NAMES: [(&'static str, Self); 16] = [
        ("service", Self::Service),
        ("service-category", Self::ServiceCategory),
        ("account", Self::Account),
        ("region", Self::Region),
        ("zone", Self::Zone),
        ("family", Self::Family),
        ("instance-type", Self::InstanceType),
        ("operating-system", Self::OperatingSystem),
        ("tenancy", Self::Tenancy),
        ("charge", Self::Charge),
        ("commitment", Self::Commitment),
        ("commitment-type", Self::CommitmentType),
        ("item", Self::Item),
        ("capacity-reservation", Self::CapacityReservation),
        ("month", Self::Month),
        ("day", Self::Day),
    ];

    /// The column of a name, `tag:NAME` for a tag.
    ///
    /// # Errors
    /// [`UnknownGrouping`] for any other name.
    pub fn from_name(name: &str) -> Result<Self, UnknownGrouping> {
        if let Some(tag) = name.strip_prefix("tag:").filter(|tag| !tag.is_empty()) {
            return Ok(Self::Tag(tag.to_owned()));
        }
        let known = Self::NAMES.iter().find(|(known, _)| *known == name);
        known.map(|(_, column)| column.clone()).ok_or_else(|| {
            let near = nearest(name, Self::NAMES.iter().map(|(known, _)| *known));
            let near = near.and_then(|near| Self::NAMES.iter().find(|(known, _)| *known == near));
            UnknownGrouping {
                name: name.to_owned(),
                near: near.map(|(known, _)| *known),
            }
        })
    }

    /// All of them in words.
    fn list() -> String {
        let names = Self::NAMES.map(|(name, _)| name);
        format!("there are {} and tag:NAME", names.join(", "))
    }

    /// Its name.
    pub fn name(&self) -> String {
        let known = Self::NAMES.iter().find(|(_, column)| column == self);
        match (self, known) {
            (Self::Tag(tag), _) => format!("tag:{tag}"),
            (_, Some((name, _))) => (*name).to_owned(),
            (_, None) => String::new(),
        }
    }
}

/// Adds up charges, instances and others alike; the dearest group first, equal ones by their texts.
pub fn totals(
    charges: &[Charge],
    services: &[(HourSpan, ServiceCharge<'_>)],
    demand: &Demand,
    portfolio: &Portfolio,
    columns: &[Grouping],
) -> Vec<Group> {
    let mut groups: BTreeMap<Vec<String>, Group> = BTreeMap::new();
    let mut add = |texts: Vec<String>, hours, [effective, billed, list]: [Money; 3]| {
        let group = groups.entry(texts.clone()).or_insert_with(|| Group {
            texts,
            instance_hours: Quantity::ZERO,
            effective: Money::ZERO,
            billed: Money::ZERO,
            list: Money::ZERO,
        });
        group.instance_hours += hours;
        group.effective += effective;
        group.billed += billed;
        group.list += list;
    };
    for charge in charges {
        let of = Subject::of_charge(charge, demand, portfolio);
        let hours = charge.key.map_or(Quantity::ZERO, |_| charge.quantity);
        let list = charge.key.map_or(Money::ZERO, |_| charge.list);
        let texts = columns.iter().map(|column| of.text(column)).collect();
        add(texts, hours, [charge.effective, charge.billed, list]);
    }
    for (period, charge) in services {
        let of = Subject::of_service(*period, charge, portfolio);
        let texts = columns.iter().map(|column| of.text(column)).collect();
        add(
            texts,
            Quantity::ZERO,
            [charge.effective, charge.cost, charge.list],
        );
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.sort_by(|a, b| {
        b.effective
            .cmp(&a.effective)
            .then_with(|| a.texts.cmp(&b.texts))
    });
    groups
}

/// What a charge is about.
struct Subject<'a> {
    period: HourSpan,
    key: Option<&'a DemandKey>,
    commitment: Owned<'a>,
    charge: &'static str,
    service: AwsService,
    account: &'a str,
    region: &'a str,
    item: &'a str,
    labels: Option<&'a Labels>,
}

/// The commitment of a charge.
#[derive(Clone, Copy)]
enum Owned<'a> {
    None,
    Reserved(&'a ReservedInstance),
    Plan(&'a SavingsPlan),
}

impl<'a> Subject<'a> {
    fn of_charge(charge: &Charge, demand: &'a Demand, portfolio: &'a Portfolio) -> Self {
        let key = charge.key.map(|index| &demand.keys()[index]);
        let commitment = Owned::of(charge.kind, portfolio);
        let (account, region) = match key {
            Some(key) => (key.account.as_str(), key.region.as_str()),
            None => commitment.place(),
        };
        Self {
            period: charge.period,
            key,
            commitment,
            charge: match key.map(|key| key.market) {
                Some(Market::UnusedCapacity) if charge.kind == ChargeKind::OnDemand => {
                    "Idle Capacity Reservation"
                }
                _ => match commitment {
                    Owned::Reserved(ri) if ri.is_of_hosts() => name_of_hosts(charge.kind),
                    _ => name(charge.kind),
                },
            },
            service: match commitment {
                Owned::Plan(plan) if key.is_none() => AwsService::of_plan(plan.scope.kind()),
                _ => AwsService::EC2,
            },
            account,
            region,
            item: match commitment {
                Owned::Plan(_) if key.is_none() => "",
                Owned::Reserved(ri) if ri.is_of_hosts() => "",
                _ => "instances",
            },
            labels: key.map(|key| &key.labels),
        }
    }

    fn of_service(period: HourSpan, charge: &ServiceCharge<'a>, portfolio: &'a Portfolio) -> Self {
        let plan = charge.plan.map(|plan| &portfolio.savings_plans[plan]);
        let hosts = charge.reservation;
        let hosts = hosts.map(|index| Owned::Reserved(&portfolio.reserved_instances[index]));
        Self {
            period,
            key: None,
            commitment: plan.map(Owned::Plan).or(hosts).unwrap_or(Owned::None),
            charge: match (charge.plan, charge.reservation) {
                (Some(plan), _) => name(ChargeKind::SavingsPlan(plan)),
                (None, Some(_)) => "Dedicated Host Reservation usage",
                (None, None) => "Services",
            },
            service: AwsService::of(&charge.key.item),
            account: charge.key.account.as_str(),
            region: charge.key.region.as_str(),
            item: charge.key.item.as_str(),
            labels: Some(&charge.key.labels),
        }
    }

    fn text(&self, column: &Grouping) -> String {
        let key = |text: fn(&DemandKey) -> String| self.key.map(text);
        let reserved = |text: fn(&ReservedInstance) -> String| self.commitment.reserved().map(text);
        let or = |one: Option<String>, other: Option<String>| one.or(other).unwrap_or_default();
        match column {
            Grouping::Service => self.service.name.to_owned(),
            Grouping::ServiceCategory => self.service.category.to_owned(),
            Grouping::Account => self.account.to_owned(),
            Grouping::Region => self.region.to_owned(),
            Grouping::Zone => or(
                key(|key| key.zone.map(|zone| zone.to_string()).unwrap_or_default()),
                None,
            ),
            Grouping::Family => or(
                key(|key| key.instance_type.family().to_string()),
                self.commitment.family(),
            ),
            Grouping::InstanceType => or(
                key(|key| key.instance_type.to_string()),
                reserved(|ri| ri.instance_type.to_string()),
            ),
            Grouping::OperatingSystem => or(
                key(|key| key.platform.to_string()),
                reserved(|ri| ri.platform.to_string()),
            ),
            Grouping::Tenancy => or(
                key(|key| key.tenancy.label().to_owned()),
                reserved(|ri| ri.tenancy.label().to_owned()),
            ),
            Grouping::Charge => self.charge.to_owned(),
            Grouping::Commitment => self.commitment.id().to_owned(),
            Grouping::CommitmentType => self.commitment.kind().to_owned(),
            Grouping::Item => self.item.to_owned(),
            Grouping::CapacityReservation => self.label(CAPACITY_RESERVATION),
            Grouping::Month => self.period.start().start().format("%Y-%m").to_string(),
            Grouping::Day => self.period.start().start().format("%Y-%m-%d").to_string(),
            Grouping::Tag(tag) => self.label(tag),
        }
    }

    fn label(&self, wanted: &str) -> String {
        let labels = self.labels.into_iter().flat_map(|labels| labels.iter());
        let mut found = labels.filter(|(name, _)| **name == *wanted);
        let value = found.next().map(|(_, value)| value.to_string());
        value.unwrap_or_default()
    }
}

impl<'a> Owned<'a> {
    fn of(kind: ChargeKind, portfolio: &'a Portfolio) -> Self {
        use ChargeKind::{
            OnDemand, Reserved, ReservedRecurring, ReservedUpfront, SavingsPlan,
            SavingsPlanRecurring, SavingsPlanUpfront, Spot, UnusedReserved, UnusedSavingsPlan,
        };
        match kind {
            OnDemand | Spot => Self::None,
            Reserved(index)
            | UnusedReserved(index)
            | ReservedUpfront(index)
            | ReservedRecurring(index) => Self::Reserved(&portfolio.reserved_instances[index]),
            SavingsPlan(index)
            | UnusedSavingsPlan(index)
            | SavingsPlanUpfront(index)
            | SavingsPlanRecurring(index) => Self::Plan(&portfolio.savings_plans[index]),
        }
    }

    /// Instances that are reserved; hosts have neither type nor platform.
    fn reserved(self) -> Option<&'a ReservedInstance> {
        match self {
            Self::Reserved(ri) => Some(ri).filter(|ri| !ri.is_of_hosts()),
            Self::None | Self::Plan(_) => None,
        }
    }

    fn id(self) -> &'a str {
        match self {
            Self::None => "",
            Self::Reserved(ri) => &ri.id,
            Self::Plan(plan) => &plan.id,
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Reserved(ri) => ri.label(),
            Self::Plan(plan) => plan.scope.kind().label(),
        }
    }

    /// Account and region; a Compute Savings Plan is of no region.
    fn place(self) -> (&'a str, &'a str) {
        match self {
            Self::None => ("", ""),
            Self::Reserved(ri) => (ri.account.as_str(), ri.region.as_str()),
            Self::Plan(plan) => (
                plan.account.as_str(),
                match plan.scope {
                    SavingsPlanScope::Compute | SavingsPlanScope::Database => "",
                    SavingsPlanScope::Ec2Instance { region, .. } => region.as_str(),
                },
            ),
        }
    }

    fn family(self) -> Option<String> {
        match self {
            Self::Reserved(ri) => Some(ri.instance_type.family().to_string()),
            Self::Plan(SavingsPlan {
                scope: SavingsPlanScope::Ec2Instance { family, .. },
                ..
            }) => Some(family.to_string()),
            Self::None | Self::Plan(_) => None,
        }
    }
}

/// The same of charges of Dedicated Host Reservations.
const fn name_of_hosts(kind: ChargeKind) -> &'static str {
    match kind {
        ChargeKind::UnusedReserved(_) => "Unused Dedicated Host Reservation",
        ChargeKind::ReservedUpfront(_) => "Dedicated Host Reservation upfront fee",
        ChargeKind::ReservedRecurring(_) => "Dedicated Host Reservation recurring fee",
        _ => name(kind),
    }
}

/// What kind of charge it is, in words.
const fn name(kind: ChargeKind) -> &'static str {
    match kind {
        ChargeKind::OnDemand => "On-Demand",
        ChargeKind::Spot => "Spot",
        ChargeKind::Reserved(_) => "Reserved Instance usage",
        ChargeKind::SavingsPlan(_) => "Savings Plan usage",
        ChargeKind::UnusedReserved(_) => "Unused Reserved Instance",
        ChargeKind::UnusedSavingsPlan(_) => "Unused Savings Plan",
        ChargeKind::ReservedUpfront(_) => "Reserved Instance upfront fee",
        ChargeKind::ReservedRecurring(_) => "Reserved Instance recurring fee",
        ChargeKind::SavingsPlanUpfront(_) => "Savings Plan upfront fee",
        ChargeKind::SavingsPlanRecurring(_) => "Savings Plan recurring fee",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_no_column_is_told_with_those_that_are() {
        let told = |name| Grouping::from_name(name).unwrap_err().to_string();
        assert!(told("acount").ends_with("did you mean `account`?"));
        let all = told("vendor");
        let missing = Grouping::NAMES.iter().find(|(name, _)| !all.contains(name));
        assert_eq!(missing, None, "{all}");
    }
}
