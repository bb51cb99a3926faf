//! Makes bills as AWS writes them out of a fleet: the cover is the slow implementation's, the columns are those of
//! the Cost and Usage Report 2.0.

use std::collections::BTreeMap;

use bursar::billing::{ChargeKind, RateTable, Rates, product_of};
use bursar::catalog::{PaymentOption, Platform};
use bursar::commitment::{
    Portfolio, ReservedInstance, ReservedScope, SavingsPlan, SavingsPlanScope,
};
use bursar::demand::{Demand, DemandKey, Market};
use bursar::units::{Hour, HourSpan, Money, TICKS_PER_HOUR};
use rust_decimal::{Decimal, dec};

use super::sheet::Sheet;
use crate::slow_bill::slow_bill;

/// A fleet that a bill can be made of.
pub(crate) struct Fleet {
    pub(crate) demand: Demand,
    pub(crate) portfolio: Portfolio,
    pub(crate) rates: RateTable,
    /// Hours of one row.
    pub(crate) period: i64,
}

/// What one row of usage says, of one key and cover in one period.
type Row = (Hour, usize, ChargeKind);

impl Fleet {
    /// The bill.
    pub(crate) fn bill(&self) -> Sheet {
        let mut sheet = Sheet::default();
        let records = slow_bill(&self.demand, &[], &self.portfolio, &self.rates, true);
        let mut rows: BTreeMap<Row, (i128, i128)> = BTreeMap::new();
        for ((hour, key, kind), (ticks, paid)) in records {
            let start = hour.epoch_hours().div_euclid(self.period) * self.period;
            let row = (Hour::from_epoch_hours(start), key, kind);
            let sums = rows.entry(row).or_default();
            sums.0 += ticks;
            sums.1 += paid;
        }
        let mut borne: BTreeMap<usize, (Decimal, Decimal, Decimal)> = BTreeMap::new();
        for (&(start, key, kind), &(ticks, paid)) in &rows {
            let key = &self.demand.keys()[key];
            let hours = Decimal::from_i128_with_scale(ticks, 0) / Decimal::from(TICKS_PER_HOUR);
            let hours = hours.round_dp(10);
            let mut cells = self.usage(start, key, hours);
            match kind {
                ChargeKind::OnDemand => cells.extend(on_demand(&self.rates, key, hours)),
                ChargeKind::Reserved(index) => {
                    let ri = &self.portfolio.reserved_instances[index];
                    let (upfront, recurring) = shares(ri, key, hours);
                    let borne = borne.entry(index).or_default();
                    borne.0 += upfront;
                    borne.1 += recurring;
                    borne.2 += hours * units(key) / ri_units(ri, key);
                    cells.extend(reserved(ri, upfront, recurring));
                }
                ChargeKind::SavingsPlan(index) => {
                    let plan = &self.portfolio.savings_plans[index];
                    let rate = self.plan_rate(key, plan);
                    let exact = Money::from_atoms(paid).to_decimal(10);
                    cells.extend(covered(
                        plan,
                        rate,
                        exact,
                        on_demand(&self.rates, key, hours),
                    ));
                    sheet.push(&cells);
                    cells = self.usage(start, key, hours);
                    cells.extend(negation(plan, on_demand(&self.rates, key, hours)));
                }
                other => panic!("{other:?} is no usage"),
            }
            sheet.push(&cells);
        }
        for (index, ri) in self.portfolio.reserved_instances.iter().enumerate() {
            let borne = borne.get(&index).copied().unwrap_or_default();
            if !ri.alive.intersect(self.demand.span()).is_empty() {
                sheet.push(&self.reserved_fee(ri, borne));
            }
        }
        for plan in &self.portfolio.savings_plans {
            self.plan_fees(plan, &mut sheet);
        }
        sheet
    }

    fn plan_rate(&self, key: &DemandKey, plan: &SavingsPlan) -> Decimal {
        let (kind, term, payment) = (plan.scope.kind(), plan.term, plan.payment_option);
        let rate = self
            .rates
            .savings_plan(product_of(key), kind, term, payment);
        rate.unwrap().to_decimal()
    }

    /// The cells that every row of usage has.
    fn usage(&self, start: Hour, key: &DemandKey, hours: Decimal) -> Vec<(&'static str, String)> {
        let rate = self.rates.on_demand(product_of(key)).unwrap().to_decimal();
        let end = start.plus(self.period);
        let mut cells = vec![
            ("line_item_line_item_type", "Usage".to_owned()),
            ("line_item_product_code", "AmazonEC2".to_owned()),
            ("line_item_usage_account_id", key.account.to_string()),
            ("line_item_usage_start_date", time(start)),
            ("line_item_usage_end_date", time(end)),
            (
                "line_item_usage_type",
                format!("{}:{}", usage_type(key.market), key.instance_type),
            ),
            ("line_item_operation", operation(key.platform).to_owned()),
            (
                "line_item_availability_zone",
                key.zone.map_or_else(String::new, |zone| zone.to_string()),
            ),
            (
                "line_item_resource_id",
                format!("i-{}-{}", key.account, key.instance_type),
            ),
            ("line_item_usage_amount", hours.to_string()),
            ("line_item_currency_code", "USD".to_owned()),
            ("product_region_code", key.region.to_string()),
            ("pricing_public_on_demand_rate", rate.to_string()),
            ("pricing_public_on_demand_cost", cost(rate, hours)),
        ];
        cells.push(("line_item_unblended_rate", "0".to_owned()));
        cells.push(("line_item_unblended_cost", "0".to_owned()));
        cells
    }

    /// The fee row of a Reserved Instance for the part of the window it is alive.
    fn reserved_fee(
        &self,
        ri: &ReservedInstance,
        (upfront, recurring, used): (Decimal, Decimal, Decimal),
    ) -> Vec<(&'static str, String)> {
        let alive = ri.alive.intersect(self.demand.span());
        let hours = Decimal::from(alive.len()) * Decimal::from(ri.count);
        let (one_upfront, one_recurring) = hourly(ri);
        let (all_upfront, all_recurring) = (
            (one_upfront * hours).round_dp(10),
            (one_recurring * hours).round_dp(10),
        );
        let count = Decimal::from(ri.count);
        let zone = match ri.scope {
            ReservedScope::Regional | ReservedScope::Hosts => String::new(),
            ReservedScope::Zonal(zone) => zone.to_string(),
        };
        vec![
            ("line_item_line_item_type", "RIFee".to_owned()),
            ("line_item_product_code", "AmazonEC2".to_owned()),
            ("line_item_usage_account_id", ri.account.to_string()),
            ("line_item_usage_start_date", time(alive.start())),
            ("line_item_usage_end_date", time(alive.end())),
            (
                "line_item_usage_type",
                format!("HeavyUsage:{}", ri.instance_type),
            ),
            ("line_item_operation", operation(ri.platform).to_owned()),
            ("line_item_usage_amount", hours.to_string()),
            ("line_item_currency_code", "USD".to_owned()),
            ("line_item_unblended_rate", one_recurring.to_string()),
            ("line_item_unblended_cost", all_recurring.to_string()),
            ("product_region_code", ri.region.to_string()),
            ("reservation_reservation_a_r_n", ri.id.clone()),
            ("reservation_availability_zone", zone),
            ("reservation_number_of_reservations", count.to_string()),
            ("reservation_start_time", time(ri.alive.start())),
            ("reservation_end_time", time(ri.alive.end())),
            (
                "reservation_amortized_upfront_fee_for_billing_period",
                all_upfront.to_string(),
            ),
            (
                "reservation_upfront_value",
                (ri.fee.upfront.to_decimal(10) * count).to_string(),
            ),
            ("reservation_unused_quantity", (hours - used).to_string()),
            (
                "reservation_unused_recurring_fee",
                (all_recurring - recurring).to_string(),
            ),
            (
                "reservation_unused_amortized_upfront_fee_for_billing_period",
                (all_upfront - upfront).to_string(),
            ),
            ("pricing_lease_contract_length", ri.term.code().to_owned()),
            (
                "pricing_offering_class",
                ri.offering_class.code().to_owned(),
            ),
            (
                "pricing_purchase_option",
                ri.payment_option.label().to_owned(),
            ),
        ]
    }

    /// The fee rows of a Savings Plan, one a period.
    fn plan_fees(&self, plan: &SavingsPlan, sheet: &mut Sheet) {
        let span = self.demand.span();
        let mut start = span.start();
        while start < span.end() {
            let period = HourSpan::new(start, start.plus(self.period)).intersect(plan.alive);
            let hours = Decimal::from(period.len());
            let commitment = plan.commitment.to_decimal(10) * hours;
            let (upfront, recurring) = match plan.payment_option {
                PaymentOption::NoUpfront => (Decimal::ZERO, commitment),
                PaymentOption::AllUpfront => (commitment, Decimal::ZERO),
                PaymentOption::PartialUpfront => (commitment / dec!(2), commitment / dec!(2)),
            };
            let (family, region) = match plan.scope {
                SavingsPlanScope::Compute | SavingsPlanScope::Database => Default::default(),
                SavingsPlanScope::Ec2Instance { family, region } => {
                    (family.to_string(), region.to_string())
                }
            };
            if !period.is_empty() {
                sheet.push(&[
                    (
                        "line_item_line_item_type",
                        "SavingsPlanRecurringFee".to_owned(),
                    ),
                    ("line_item_product_code", "ComputeSavingsPlans".to_owned()),
                    ("line_item_usage_account_id", plan.account.to_string()),
                    ("line_item_usage_start_date", time(period.start())),
                    ("line_item_usage_end_date", time(period.end())),
                    ("line_item_usage_type", "ComputeSP".to_owned()),
                    ("line_item_usage_amount", hours.to_string()),
                    ("line_item_currency_code", "USD".to_owned()),
                    ("line_item_unblended_cost", recurring.to_string()),
                    ("savings_plan_savings_plan_a_r_n", plan.id.clone()),
                    ("savings_plan_offering_type", offering(plan).to_owned()),
                    ("savings_plan_instance_type_family", family),
                    ("savings_plan_region", region),
                    ("savings_plan_purchase_term", plan.term.code().to_owned()),
                    (
                        "savings_plan_payment_option",
                        plan.payment_option.label().to_owned(),
                    ),
                    ("savings_plan_start_time", time(plan.alive.start())),
                    ("savings_plan_end_time", time(plan.alive.end())),
                    (
                        "savings_plan_recurring_commitment_for_billing_period",
                        recurring.to_string(),
                    ),
                    (
                        "savings_plan_amortized_upfront_commitment_for_billing_period",
                        upfront.to_string(),
                    ),
                    // AWS leaves this cell at 0 in real bills.
                    ("savings_plan_used_commitment", "0.0".to_owned()),
                ]);
            }
            start = start.plus(self.period);
        }
    }
}

type Cells = Vec<(&'static str, String)>;

fn on_demand(rates: &RateTable, key: &DemandKey, hours: Decimal) -> Cells {
    let rate = rates.on_demand(product_of(key)).unwrap().to_decimal();
    vec![
        ("line_item_unblended_rate", rate.to_string()),
        ("line_item_unblended_cost", cost(rate, hours)),
    ]
}

fn reserved(ri: &ReservedInstance, upfront: Decimal, recurring: Decimal) -> Cells {
    vec![
        ("line_item_line_item_type", "DiscountedUsage".to_owned()),
        ("reservation_reservation_a_r_n", ri.id.clone()),
        (
            "reservation_amortized_upfront_cost_for_usage",
            upfront.to_string(),
        ),
        ("reservation_recurring_fee_for_usage", recurring.to_string()),
        (
            "reservation_effective_cost",
            (upfront + recurring).to_string(),
        ),
        ("pricing_lease_contract_length", ri.term.code().to_owned()),
        (
            "pricing_offering_class",
            ri.offering_class.code().to_owned(),
        ),
        (
            "pricing_purchase_option",
            ri.payment_option.label().to_owned(),
        ),
    ]
}

fn covered(plan: &SavingsPlan, rate: Decimal, effective: Decimal, on_demand: Cells) -> Cells {
    let mut cells = on_demand;
    cells.extend([
        (
            "line_item_line_item_type",
            "SavingsPlanCoveredUsage".to_owned(),
        ),
        ("savings_plan_savings_plan_a_r_n", plan.id.clone()),
        ("savings_plan_savings_plan_rate", rate.to_string()),
        (
            "savings_plan_savings_plan_effective_cost",
            effective.to_string(),
        ),
    ]);
    cells
}

fn negation(plan: &SavingsPlan, on_demand: Cells) -> Cells {
    let mut cells: Cells = on_demand
        .into_iter()
        .map(|(head, cell)| match head {
            "line_item_unblended_cost" => (head, format!("-{cell}")),
            _ => (head, cell),
        })
        .collect();
    cells.extend([
        ("line_item_line_item_type", "SavingsPlanNegation".to_owned()),
        ("savings_plan_savings_plan_a_r_n", plan.id.clone()),
    ]);
    cells
}

/// Upfront and recurring fee of one reserved instance in one hour.
fn hourly(ri: &ReservedInstance) -> (Decimal, Decimal) {
    let upfront = ri.fee.upfront.to_decimal(10) / Decimal::from(ri.term.hours());
    (upfront, ri.fee.hourly.to_decimal())
}

/// What covered usage bears of the fees: its units of the units of one reserved instance.
fn shares(ri: &ReservedInstance, key: &DemandKey, hours: Decimal) -> (Decimal, Decimal) {
    let instances = hours * units(key) / ri_units(ri, key);
    let (upfront, recurring) = hourly(ri);
    (
        (upfront * instances).round_dp(10),
        (recurring * instances).round_dp(10),
    )
}

fn units(key: &DemandKey) -> Decimal {
    Decimal::from(key.instance_type.quarter_units().unwrap())
}

/// Units of one reserved instance; of an exact one those of what it covers.
fn ri_units(ri: &ReservedInstance, key: &DemandKey) -> Decimal {
    let flexible = ri.is_size_flexible();
    let kind = if flexible {
        ri.instance_type
    } else {
        key.instance_type
    };
    Decimal::from(kind.quarter_units().unwrap())
}

fn cost(rate: Decimal, hours: Decimal) -> String {
    (rate * hours).round_dp(10).to_string()
}

fn time(hour: Hour) -> String {
    hour.start().format("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

fn usage_type(market: Market) -> &'static str {
    match market {
        Market::UnusedCapacity => "UnusedBox",
        _ => "BoxUsage",
    }
}

fn operation(platform: Platform) -> &'static str {
    if platform == Platform::WINDOWS {
        "RunInstances:0002"
    } else {
        "RunInstances"
    }
}

fn offering(plan: &SavingsPlan) -> &'static str {
    match plan.scope {
        SavingsPlanScope::Compute => "ComputeSavingsPlans",
        SavingsPlanScope::Ec2Instance { .. } => "EC2InstanceSavingsPlans",
        SavingsPlanScope::Database => "DatabaseSavingsPlans",
    }
}
