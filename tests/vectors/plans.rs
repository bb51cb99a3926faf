//! How Savings Plans apply, and the measures taken of them.

use std::collections::BTreeMap;
use std::path::Path;

use bursar::billing::{
    ChargeKind, Charges, Granularity, RateTable, ServiceRates, ServiceSettings, Settings, Usage,
    all_charges, bill, service_bill,
};
use bursar::catalog::{Account, Family, PaymentOption, Region, SavingsPlanKind, ServiceItem, Term};
use bursar::commitment::{Portfolio, ReservedScope, SavingsPlan, SavingsPlanScope};
use bursar::demand::{Demand, DemandKey, Labels, ServiceDemand, ServiceKey};
use bursar::prices::{Allowance, MissingService, Sourced, Tiers};
use bursar::units::{Metered, Money, Rate};
use rust_decimal::{Decimal, dec};
use serde_json::Value;

use super::read::{
    bill_beside, decimal, demand, key, list, money, one_hour, product, reserved, text, virginia,
};
use super::reserved::quantity;

/// A line of an example: instances as a product of their own, Fargate and Lambda as the items they are.
struct SpLine {
    id: String,
    what: What,
    /// In our units.
    quantity: Decimal,
    /// How many of our units one of the example's is: requests come by the million.
    scale: Decimal,
}

enum What {
    Instance(DemandKey),
    Beside(ServiceKey),
}

/// The hour of an example.
pub(crate) struct SpHour {
    lines: Vec<SpLine>,
    rates: RateTable,
    items: BTreeMap<(Region, ServiceItem), Tiers>,
}

impl ServiceRates for SpHour {
    fn tiers(&self, region: Region, item: &ServiceItem) -> Result<Sourced<Tiers>, MissingService> {
        Ok(Sourced {
            value: self.items[&(region, item.clone())].clone(),
            provenance: super::services::provenance(),
        })
    }

    fn allowance(&self, _: Region, _: &ServiceItem) -> Option<Allowance> {
        None
    }
}

impl SpHour {
    pub(crate) fn of(example: &Value) -> Self {
        let mut hour = Self {
            lines: Vec::new(),
            rates: RateTable::default(),
            items: BTreeMap::new(),
        };
        for (number, line) in list(&example["inputs"]["usage"]).iter().enumerate() {
            hour.add(number, line);
        }
        hour
    }

    fn add(&mut self, number: usize, line: &Value) {
        let scale = match text(&line["unit"]) {
            "million requests" => dec!(1_000_000),
            _ => dec!(1),
        };
        let rate = |name: &str| line[name].as_str().map(|_| decimal(&line[name]) / scale);
        let steps = |dollars: Decimal| Rate::<Metered>::from_decimal(dollars).unwrap().steps();
        let on_demand = steps(rate("on_demand_rate").unwrap());
        let plans = [
            (SavingsPlanKind::Compute, rate("compute_sp_rate")),
            (SavingsPlanKind::Ec2Instance, rate("ec2_instance_sp_rate")),
        ];
        let plans = plans
            .into_iter()
            .filter_map(|(kind, rate)| Some((kind, steps(rate?))));
        let what = subject(number, line);
        match &what {
            What::Instance(key) => {
                let product = product(key);
                self.rates
                    .set_on_demand(product, Rate::from_steps(on_demand));
                for (kind, rate) in plans {
                    self.rates
                        .set_savings_plan(product, kind, Rate::from_steps(rate));
                }
            }
            What::Beside(ServiceKey { region, item, .. }) => {
                let tiers = Tiers::flat(text(&line["unit"]), Rate::from_steps(on_demand));
                self.items.insert((*region, item.clone()), tiers);
                for (kind, rate) in plans {
                    let rate = Rate::from_steps(rate);
                    self.rates
                        .set_service_plan(*region, item.clone(), kind, rate);
                }
            }
        }
        self.lines.push(SpLine {
            id: text(&line["id"]).to_owned(),
            what,
            quantity: decimal(&line["quantity"]) * scale,
            scale,
        });
    }

    fn demand(&self) -> Demand {
        let instances = self.lines.iter().filter_map(|line| match &line.what {
            What::Instance(key) => Some((key.clone(), line.quantity)),
            What::Beside(_) => None,
        });
        demand(&instances.collect::<Vec<_>>())
    }

    fn services(&self) -> ServiceDemand {
        let mut used = ServiceDemand::default();
        for line in &self.lines {
            if let What::Beside(key) = &line.what {
                let pico_units = (line.quantity * dec!(1_000_000_000_000)).try_into();
                used.add(key.clone(), one_hour().start(), pico_units.unwrap());
            }
        }
        used
    }
}

/// `Fargate vCPU us-west-1`, `r5.4xlarge Linux shared us-east-1`.
fn subject(number: usize, line: &Value) -> What {
    let id = text(&line["id"]);
    let item = match text(&line["unit"]) {
        "vCPU-hour" => "fargate-linux-x86-vcpu-hour",
        "GB-hour" => "fargate-linux-x86-gb-hour",
        "GB-second" => "lambda-x86-gb-second",
        "million requests" => "lambda-x86-request",
        _ => {
            let (family, region) = text(&line["ec2_sp_scope"]).split_once('/').unwrap();
            let name = format!("{family}.line-{number}");
            return What::Instance(key("a", None, &name, region.parse().unwrap()));
        }
    };
    What::Beside(ServiceKey {
        account: Account::new("a"),
        region: id.split(' ').find_map(|word| word.parse().ok()).unwrap(),
        item: item.parse().unwrap(),
        labels: Labels::default(),
    })
}

pub(crate) fn sp_portfolio(example: &Value) -> Portfolio {
    let plans = list(&example["inputs"]["savings_plans"])
        .iter()
        .map(|plan| SavingsPlan {
            id: text(&plan["id"]).to_owned(),
            account: Account::new("a"),
            scope: match plan["scope"].as_str() {
                Some(scope) => {
                    let (family, region) = scope.split_once('/').unwrap();
                    let region = region.parse().unwrap();
                    SavingsPlanScope::Ec2Instance {
                        family: Family::new(family),
                        region,
                    }
                }
                None => SavingsPlanScope::Compute,
            },
            term: Term::OneYear,
            payment_option: PaymentOption::NoUpfront,
            commitment: money(&plan["commitment_per_hour"]),
            alive: one_hour(),
        });
    Portfolio {
        savings_plans: plans.collect(),
        ..Portfolio::default()
    }
}

pub(crate) fn sp_hour(example: &Value) {
    let hour = SpHour::of(example);
    let portfolio = sp_portfolio(example);
    let (demand, used) = (hour.demand(), hour.services());
    let beside = service_bill(&used, &hour, ServiceSettings::default());
    let usage = Usage {
        beside: Some(&beside),
        ..Usage::from(&demand)
    };
    let (rates, settings) = (&hour.rates, Settings::default());
    let charges = all_charges(usage, &portfolio, rates, settings, Granularity::Hour).unwrap();
    let bill = bill(usage, &portfolio, rates, settings).unwrap();
    let expected = &example["recomputed"];
    for plan in list(&expected["plans"]) {
        let totals = bill
            .savings_plans
            .iter()
            .find(|totals| totals.id == text(&plan["id"]))
            .unwrap();
        let atoms = |amount: u128| Money::from_atoms(amount.cast_signed());
        assert_eq!(atoms(totals.used), money(&plan["used"]));
        assert_eq!(
            atoms(totals.committed - totals.used),
            money(&plan["unused"])
        );
    }
    for coverage in list(&expected["coverage"]) {
        let plan = text(&coverage["plan"]);
        let plan = portfolio
            .savings_plans
            .iter()
            .position(|owned| owned.id == plan);
        let line = hour.line(&coverage["usage_id"]);
        let (covered, paid) = line.charged(&demand, &charges, plan);
        // Expected quantities are given to twelve digits.
        assert!(
            (covered - decimal(&coverage["quantity"])).abs() < dec!(0.000001),
            "{coverage}"
        );
        assert_near(paid, money(&coverage["sp_cost"]));
    }
    for (id, cost) in expected["on_demand_by_usage"].as_object().unwrap() {
        let line = hour.line(&Value::String(id.clone()));
        let (_, on_demand) = line.charged(&demand, &charges, None);
        assert_near(
            on_demand,
            Money::from_decimal_rounded(decimal(cost)).unwrap(),
        );
    }
    assert_near(
        bill.on_demand_cost() + bill.services_cost(),
        Money::from_decimal_rounded(decimal(&expected["on_demand_total"])).unwrap(),
    );
    assert_eq!(
        bill.on_demand_equivalent(),
        money(&expected["all_on_demand_total"])
    );
    assert_eq!(bill.commitment_cost(), money(&expected["committed_total"]));
}

impl SpHour {
    fn line(&self, id: &Value) -> &SpLine {
        self.lines.iter().find(|line| line.id == text(id)).unwrap()
    }
}

impl SpLine {
    /// How much of the line, in the example's units, a plan covers (or nothing does), and what that costs.
    fn charged(
        &self,
        demand: &Demand,
        charges: &Charges<'_>,
        plan: Option<usize>,
    ) -> (Decimal, Money) {
        let kind = plan.map_or(ChargeKind::OnDemand, ChargeKind::SavingsPlan);
        let found: Vec<(Decimal, Money)> = match &self.what {
            What::Instance(key) => {
                let index = demand.keys().iter().position(|known| known == key);
                let mine = charges.instances.iter();
                mine.filter(|charge| charge.key == index && charge.kind == kind)
                    .map(|charge| (quantity([charge].into_iter()), charge.effective))
                    .collect()
            }
            What::Beside(key) => {
                let mine = charges.beside.iter().map(|(_, charge)| charge);
                mine.filter(|charge| charge.key == key && charge.plan == plan)
                    .map(|charge| (charge.quantity.to_decimal(10), charge.effective))
                    .collect()
            }
        };
        let units: Decimal = found.iter().map(|(units, _)| units).sum();
        (
            units / self.scale,
            found.iter().map(|&(_, paid)| paid).sum(),
        )
    }
}

/// Equal to the ten decimals that the examples' fractions are given with.
pub(crate) fn assert_near(left: Money, right: Money) {
    let difference = (left.to_decimal(10) - right.to_decimal(10)).abs();
    assert!(
        difference <= dec!(0.000000001),
        "{left:.10} is not {right:.10}"
    );
}

pub(crate) fn sp_coverage(example: &Value) {
    let inputs = &example["inputs"];
    let usage = [(
        key("a", None, "m5.large", virginia()),
        decimal(&inputs["instances"]),
    )];
    let rate = Rate::from_decimal(decimal(&inputs["on_demand_rate"])).unwrap();
    let covered = u32::try_from(inputs["covered"].as_u64().unwrap()).unwrap();
    let ri = reserved("r", "a", "m5.large", ReservedScope::Regional, covered);
    let bill = bill_beside(ri, &demand(&usage), rate);
    let coverage =
        bill.covered().to_decimal(10) / bill.on_demand_equivalent().to_decimal(10) * dec!(100);
    assert_eq!(coverage, decimal(&example["recomputed"]["coverage_pct"]));
}

pub(crate) fn sp_metrics(example: &Value, folder: &Path) {
    let scenario = folder
        .join(text(&example["inputs"]["scenario"]))
        .with_extension("json");
    let scenario: Value =
        serde_json::from_str(&std::fs::read_to_string(scenario).unwrap()).unwrap();
    let hour = SpHour::of(&scenario);
    let (demand, used) = (hour.demand(), hour.services());
    let beside = service_bill(&used, &hour, ServiceSettings::default());
    let usage = Usage {
        beside: Some(&beside),
        ..Usage::from(&demand)
    };
    let portfolio = sp_portfolio(&scenario);
    let bill = bill(usage, &portfolio, &hour.rates, Settings::default()).unwrap();
    let plan = &bill.savings_plans[0];
    let dollars = |money: Money| money.to_decimal(10);
    let net = dollars(plan.on_demand_equivalent) - dollars(plan.cost);
    let percent = |part: Decimal, whole: Decimal| (part / whole * dec!(100)).round_dp(2);
    let expected = &example["expected"];
    let coverage = percent(
        dollars(bill.covered()),
        dollars(bill.on_demand_equivalent()),
    );
    assert_eq!(coverage, decimal(&expected["coverage_pct"]));
    assert_eq!(
        percent(Decimal::from(plan.used), Decimal::from(plan.committed)),
        decimal(&expected["utilization_pct"])
    );
    assert_eq!(net.round_dp(2), decimal(&expected["net_savings"]));
    assert_eq!(
        percent(net, dollars(plan.cost)),
        decimal(&expected["roi_pct"])
    );
}
