//! Charges in the columns of FOCUS 1.2, as records for CSV and JSON.
//!
//! Column names and the meaning of the four costs: focus.finops.org, FOCUS 1.2. `ContractedCost` equals
//! `ListCost` until negotiated discounts are given; then `ContractedUnitPrice` stands in a column of its own, as
//! FOCUS asks of those who negotiate prices. Columns starting with `x_` are ours, as FOCUS asks.

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use crate::billing::{Charge, ChargeKind, ServiceBill, ServiceCharge};
use crate::catalog::{AwsService, InstanceType, SavingsPlanKind, ServiceItem, Term};
use crate::commitment::{Portfolio, ReservedInstance, SavingsPlan};
use crate::demand::{CAPACITY_RESERVATION, Demand, DemandKey, Labels, Market, is_own_label};
use crate::units::{Hour, HourSpan, InstanceHour, Money, Quantity, Rate};

/// The columns without negotiated discounts, in order.
const FOCUS_COLUMNS: [&str; 36] = [
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "SubAccountId",
    "ProviderName",
    "ServiceCategory",
    "ServiceName",
    "RegionId",
    "AvailabilityZone",
    "ChargeCategory",
    "ChargeFrequency",
    "ChargeDescription",
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ListUnitPrice",
    "ListCost",
    "ContractedCost",
    "BilledCost",
    "EffectiveCost",
    "BillingCurrency",
    "CapacityReservationId",
    "CapacityReservationStatus",
    "CommitmentDiscountId",
    "CommitmentDiscountCategory",
    "CommitmentDiscountType",
    "CommitmentDiscountStatus",
    "CommitmentDiscountQuantity",
    "CommitmentDiscountUnit",
    "x_InstanceType",
    "x_OperatingSystem",
    "x_Tenancy",
    "Tags",
];

/// The column that negotiated discounts add, and the one it stands before.
const CONTRACTED_UNIT_PRICE: &str = "ContractedUnitPrice";
const CONTRACTED_COST: &str = "ContractedCost";

/// The columns, in order; `negotiated` when there are negotiated discounts.
pub fn focus_columns(negotiated: bool) -> Vec<&'static str> {
    let mut columns = FOCUS_COLUMNS.to_vec();
    if negotiated {
        columns.insert(contracted_cost(), CONTRACTED_UNIT_PRICE);
    }
    columns
}

fn contracted_cost() -> usize {
    let place = FOCUS_COLUMNS
        .iter()
        .position(|name| *name == CONTRACTED_COST);
    place.unwrap_or(FOCUS_COLUMNS.len())
}

/// One charge as the cells of [`focus_columns`]; an empty cell is FOCUS's null.
pub fn focus_record(
    charge: &Charge,
    demand: &Demand,
    portfolio: &Portfolio,
    negotiated: bool,
) -> Vec<String> {
    let priced = Priced::of(charge, portfolio);
    let mut record = record(charge, &priced, demand, portfolio);
    if negotiated {
        let price = priced.price(charge.contracted_unit_price, charge.contracted);
        record.insert(contracted_cost(), price);
    }
    record
}

fn record(charge: &Charge, priced: &Priced, demand: &Demand, portfolio: &Portfolio) -> Vec<String> {
    let key = charge.key.map(|index| &demand.keys()[index]);
    let commitment = Commitment::of(charge, key, portfolio);
    let what = Words::of(charge, key, &commitment);
    let month = charge.period.start().calendar_month();
    let quantity = priced.quantity.to_string();
    // Fees and what nobody used are priced, but not consumed.
    let (consumed, consumed_unit) = if key.is_some() {
        (quantity.clone(), priced.unit)
    } else {
        (String::new(), "")
    };
    let account = key.map_or(commitment.account, |key| key.account.as_str());
    let region = key.map_or(commitment.region, |key| key.region.as_str());
    vec![
        instant(month.start()),
        instant(month.end()),
        instant(charge.period.start()),
        instant(charge.period.end()),
        account.into(),
        "AWS".into(),
        what.service.category.into(),
        what.service.name.into(),
        region.into(),
        key.and_then(|key| key.zone)
            .map_or("", crate::catalog::Zone::as_str)
            .into(),
        what.category.into(),
        what.frequency.into(),
        what.description,
        what.pricing.into(),
        quantity,
        priced.unit.into(),
        consumed,
        consumed_unit.into(),
        priced.price(charge.list_unit_price, charge.list),
        dollars(charge.list),
        dollars(charge.contracted),
        dollars(charge.billed),
        dollars(charge.effective),
        "USD".into(),
        key.and_then(DemandKey::capacity_reservation)
            .unwrap_or_default()
            .into(),
        key.map_or("", capacity_status).into(),
        commitment.id.into(),
        commitment.category.into(),
        commitment.kind.into(),
        commitment.status.into(),
        commitment.quantity,
        commitment.unit.into(),
        key.map_or("", |key| key.instance_type.as_str()).into(),
        key.map(|key| key.platform.to_string()).unwrap_or_default(),
        key.map_or("", |key| key.tenancy.label()).into(),
        key.map(|key| tags(&key.labels)).unwrap_or_default(),
    ]
}

/// What of a Capacity Reservation a key is.
fn capacity_status(key: &DemandKey) -> &'static str {
    match key.market {
        Market::UnusedCapacity => "Unused",
        _ if key.capacity_reservation().is_some() => "Used",
        _ => "",
    }
}

/// How much of which unit a charge is priced by: FOCUS asks for it of every usage and purchase.
struct Priced {
    quantity: Decimal,
    unit: &'static str,
}

impl Priced {
    /// Instances of an upfront fee, dollars of a Savings Plan's commitment or fee, and hours of everything else.
    fn of(charge: &Charge, portfolio: &Portfolio) -> Self {
        let (quantity, unit) = match charge.kind {
            ChargeKind::ReservedUpfront(index) => {
                let count = portfolio.reserved_instances[index].count;
                (Decimal::from(count), "Instances")
            }
            ChargeKind::ReservedRecurring(index) => {
                let ri = &portfolio.reserved_instances[index];
                let hours = ri.alive.intersect(charge.period).len();
                (Decimal::from(ri.count) * Decimal::from(hours), "Hours")
            }
            ChargeKind::SavingsPlanUpfront(_) | ChargeKind::SavingsPlanRecurring(_) => {
                (charge.list.to_decimal(10), "USD")
            }
            ChargeKind::UnusedSavingsPlan(_) => (charge.commitment.to_decimal(10), "USD"),
            _ => (charge.quantity.to_decimal(9), "Hours"),
        };
        Self {
            quantity: quantity.normalize(),
            unit,
        }
    }

    /// The price of a unit: as stated, or the cost of all by their number.
    fn price(&self, stated: Option<Rate<InstanceHour>>, cost: Money) -> String {
        let spread = || cost.to_decimal(10).checked_div(self.quantity);
        let price = stated.map_or_else(|| spread().unwrap_or_default(), Rate::to_decimal);
        price.round_dp(10).normalize().to_string()
    }
}

/// A charge beside instances as the cells of [`focus_columns`].
pub fn focus_service_record(
    period: HourSpan,
    charge: &ServiceCharge<'_>,
    bill: &ServiceBill<'_>,
    portfolio: &Portfolio,
    negotiated: bool,
) -> Vec<String> {
    let ServiceCharge { key, .. } = charge;
    let place = (key.region, key.item.clone());
    let price = bill.prices.get(&place);
    let unit = price.map_or("", |price| price.public.value.unit());
    let service = AwsService::of(&key.item);
    let month = period.start().calendar_month();
    let quantity = charge.quantity.to_decimal(10).normalize().to_string();
    let commitment = Commitment::of_service(charge, &quantity, portfolio);
    // A Capacity Block is priced, but not consumed.
    let is_block = key.item == ServiceItem::CAPACITY_BLOCK_FEE;
    let ([sort, frequency], consumed) = if is_block {
        (["Purchase", "One-Time"], ["", ""])
    } else {
        (["Usage", "Usage-Based"], [&*quantity, unit])
    };
    let mut record = vec![
        instant(month.start()),
        instant(month.end()),
        instant(period.start()),
        instant(period.end()),
        key.account.as_str().into(),
        "AWS".into(),
        service.category.into(),
        service.name.into(),
        key.region.as_str().into(),
        String::new(),
        sort.into(),
        frequency.into(),
        service_text(charge, &commitment),
        commitment.pricing().into(),
        quantity.clone(),
        unit.into(),
        consumed[0].into(),
        consumed[1].into(),
        charge.rate.to_string(),
        dollars(charge.list),
        dollars(charge.contracted_cost()),
        dollars(charge.cost),
        dollars(charge.effective),
        "USD".into(),
        label(&key.labels, CAPACITY_RESERVATION),
        String::new(),
        commitment.id.into(),
        commitment.category.into(),
        commitment.kind.into(),
        commitment.status.into(),
        commitment.quantity,
        commitment.unit.into(),
    ];
    record.resize(FOCUS_COLUMNS.len() - 1, String::new());
    record.push(tags(&key.labels));
    if negotiated {
        record.insert(contracted_cost(), charge.contracted.to_string());
    }
    record
}

/// What a charge beside instances says of itself.
fn service_text(charge: &ServiceCharge<'_>, commitment: &Commitment<'_>) -> String {
    let what = format!("{} in {}", charge.key.item, charge.key.region);
    if commitment.id.is_empty() {
        return what;
    }
    format!("{what}, covered by {}", commitment.kind)
}

fn instant(hour: Hour) -> String {
    hour.start().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The same record as a JSON object: empty cells are null.
pub fn focus_object(record: Vec<String>, negotiated: bool) -> Map<String, Value> {
    let value = |cell: String| {
        if cell.is_empty() {
            Value::Null
        } else {
            Value::String(cell)
        }
    };
    focus_columns(negotiated)
        .into_iter()
        .zip(record)
        .map(|(name, cell)| (name.to_owned(), value(cell)))
        .collect()
}

fn dollars(money: Money) -> String {
    money.to_decimal(10).normalize().to_string()
}

fn label(labels: &Labels, wanted: &str) -> String {
    let mut found = labels.iter().filter(|(name, _)| **name == *wanted);
    found.next().map_or("", |(_, value)| value).to_owned()
}

fn tags(labels: &Labels) -> String {
    let mut tags = labels
        .iter()
        .filter(|(name, _)| !is_own_label(name))
        .peekable();
    if tags.peek().is_none() {
        return String::new();
    }
    let pairs = tags.map(|(name, value)| (name.to_string(), value.as_ref().into()));
    Value::Object(pairs.collect::<Map<String, Value>>()).to_string()
}

/// What a charge says of its commitment.
#[derive(Default)]
struct Commitment<'a> {
    id: &'a str,
    account: &'a str,
    region: &'a str,
    category: &'a str,
    plan: Option<SavingsPlanKind>,
    kind: &'a str,
    status: &'a str,
    quantity: String,
    unit: &'a str,
}

impl<'a> Commitment<'a> {
    fn of(charge: &Charge, key: Option<&DemandKey>, portfolio: &'a Portfolio) -> Self {
        use ChargeKind::{
            OnDemand, Reserved, ReservedRecurring, ReservedUpfront, SavingsPlan,
            SavingsPlanRecurring, SavingsPlanUpfront, Spot, UnusedReserved, UnusedSavingsPlan,
        };
        let (index, status) = match charge.kind {
            OnDemand | Spot => return Self::default(),
            Reserved(index) | SavingsPlan(index) => (index, "Used"),
            UnusedReserved(index) | UnusedSavingsPlan(index) => (index, "Unused"),
            ReservedUpfront(index)
            | ReservedRecurring(index)
            | SavingsPlanUpfront(index)
            | SavingsPlanRecurring(index) => (index, ""),
        };
        match charge.kind {
            Reserved(_) | UnusedReserved(_) | ReservedUpfront(_) | ReservedRecurring(_) => {
                let ri = &portfolio.reserved_instances[index];
                let quantity = match charge.kind {
                    ReservedUpfront(_) | ReservedRecurring(_) => {
                        let hours = paid_hours(charge, ri.alive, ri.term);
                        Decimal::from(ri.count) * Decimal::from(hours)
                    }
                    _ => reserved_hours(charge, key, ri),
                };
                Self {
                    id: &ri.id,
                    account: ri.account.as_str(),
                    region: ri.region.as_str(),
                    category: "Usage",
                    plan: None,
                    kind: ri.label(),
                    status,
                    quantity: quantity.normalize().to_string(),
                    unit: "Hours",
                }
            }
            _ => {
                let plan = &portfolio.savings_plans[index];
                let spent = match charge.kind {
                    SavingsPlanUpfront(_) | SavingsPlanRecurring(_) => {
                        let hours = paid_hours(charge, plan.alive, plan.term);
                        plan.commitment.times(i128::from(hours))
                    }
                    _ => charge.commitment,
                };
                Self {
                    status,
                    ..Self::used(plan, spent)
                }
            }
        }
    }

    /// What covers a charge beside instances.
    fn of_service(charge: &ServiceCharge<'_>, quantity: &str, portfolio: &'a Portfolio) -> Self {
        let plan = charge.plan.map(|plan| &portfolio.savings_plans[plan]);
        let hosts = charge.reservation;
        let hosts = hosts.map(|hosts| &portfolio.reserved_instances[hosts]);
        let plan = plan.map(|plan| Self::used(plan, charge.commitment));
        let hosts = hosts.map(|hosts| Self::used_hosts(hosts, quantity.to_owned()));
        plan.or(hosts).unwrap_or_default()
    }

    /// Host-hours that a reservation served.
    fn used_hosts(hosts: &'a ReservedInstance, quantity: String) -> Self {
        Self {
            id: &hosts.id,
            account: hosts.account.as_str(),
            region: hosts.region.as_str(),
            category: "Usage",
            plan: None,
            kind: hosts.label(),
            status: "Used",
            quantity,
            unit: "Hours",
        }
    }

    /// FOCUS's `PricingCategory` of usage that is charged with it, or without any.
    const fn pricing(&self) -> &'static str {
        if self.id.is_empty() {
            "Standard"
        } else {
            "Committed"
        }
    }

    /// A part of a plan's commitment that served.
    fn used(plan: &'a SavingsPlan, commitment: Money) -> Self {
        Self {
            id: &plan.id,
            account: plan.account.as_str(),
            region: "",
            category: "Spend",
            plan: Some(plan.scope.kind()),
            kind: plan.scope.kind().label(),
            status: "Used",
            quantity: dollars(commitment),
            unit: "USD",
        }
    }
}

/// Hours of the commitment that a fee is for: the whole term, or those of the period.
fn paid_hours(charge: &Charge, alive: HourSpan, term: Term) -> i64 {
    match charge.kind {
        ChargeKind::ReservedUpfront(_) | ChargeKind::SavingsPlanUpfront(_) => term.hours(),
        _ => i64::try_from(alive.intersect(charge.period).len()).unwrap_or(i64::MAX),
    }
}

/// Hours of the reserved type that a charge is about: half an hour of an m5.xlarge reservation covers an hour of
/// an m5.large.
fn reserved_hours(charge: &Charge, key: Option<&DemandKey>, ri: &ReservedInstance) -> Decimal {
    let units = |kind: InstanceType| kind.quarter_units();
    let used = key
        .filter(|_| ri.is_size_flexible())
        .map(|key| units(key.instance_type));
    match (used.flatten(), units(ri.instance_type)) {
        (Some(used), Some(reserved)) => {
            // Rounded once, behind the product: a large size has hundreds of units.
            let ticks = charge.quantity.ticks() * i128::from(used);
            let hours = Quantity::<InstanceHour>::from_ticks(ticks).to_decimal(10);
            (hours / Decimal::from(reserved)).round_dp(9)
        }
        _ => charge.quantity.to_decimal(9),
    }
}

/// What a charge says of itself.
struct Words {
    service: AwsService,
    category: &'static str,
    frequency: &'static str,
    pricing: &'static str,
    description: String,
}

impl Words {
    fn of(charge: &Charge, key: Option<&DemandKey>, commitment: &Commitment) -> Self {
        let of_plan = commitment.plan.filter(|_| key.is_none());
        let service = of_plan.map_or(AwsService::EC2, AwsService::of_plan);
        let usage = key.map(|key| {
            let market = match key.market {
                Market::Spot => "Spot",
                // On-Demand where something covers it, and its charges of Spot are of that kind.
                Market::OnDemand | Market::SpotEligible => "On-Demand",
                Market::UnusedCapacity => "Unused Reservation",
                Market::CapacityBlock => "Capacity Block",
            };
            let price = charge
                .list_unit_price
                .map(|rate| rate.to_string())
                .unwrap_or_default();
            format!(
                "${price} per {market} {} {} Instance Hour",
                key.platform, key.instance_type
            )
        });
        let (category, frequency, pricing, description) = match charge.kind {
            ChargeKind::OnDemand => ("Usage", "Usage-Based", "Standard", usage),
            ChargeKind::Spot => ("Usage", "Usage-Based", "Dynamic", usage),
            ChargeKind::Reserved(_) | ChargeKind::SavingsPlan(_) => {
                let covered = usage.map(|text| format!("{text}, covered by {}", commitment.kind));
                ("Usage", "Usage-Based", "Committed", covered)
            }
            ChargeKind::UnusedReserved(_) | ChargeKind::UnusedSavingsPlan(_) => {
                let unused = format!("Unused part of {}", commitment.kind);
                ("Usage", "Usage-Based", "Committed", Some(unused))
            }
            ChargeKind::ReservedUpfront(_) | ChargeKind::SavingsPlanUpfront(_) => {
                let fee = format!("Upfront fee of {}", commitment.kind);
                ("Purchase", "One-Time", "Standard", Some(fee))
            }
            ChargeKind::ReservedRecurring(_) | ChargeKind::SavingsPlanRecurring(_) => {
                let fee = format!("Recurring fee of {}", commitment.kind);
                ("Purchase", "Recurring", "Standard", Some(fee))
            }
        };
        Self {
            service,
            category,
            frequency,
            pricing,
            description: description.unwrap_or_default(),
        }
    }
}
