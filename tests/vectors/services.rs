//! Charges beside instances: tiers of a month, the free allowance, gateways, addresses, tasks and functions.

use bursar::billing::{
    FreeAllowance, ServiceBill, ServiceRates, ServiceSettings, Terabyte, service_bill,
};
use bursar::catalog::{Account, Region, ServiceItem, service_item};
use bursar::demand::metering::{
    FargatePlatform, FargateTask, LambdaArchitecture, LambdaUse, MeteredUse,
};
use bursar::demand::{Demand, DemandKey, Labels, ServiceDemand, ServiceKey};
use bursar::prices::{
    Allowance, Basis, MissingService, PriceBook, Provenance, Sourced, Tier, Tiers,
};
use bursar::units::{Money, Quantity, Rate};
use rust_decimal::{Decimal, dec};
use serde_json::Value;

use super::read::{decimal, hour, key, list, text, virginia};

/// The rates an example states, and what it says is free.
struct Stated {
    rates: Vec<(&'static str, Tiers)>,
    free: Option<Decimal>,
}

pub(super) fn provenance() -> Provenance {
    Provenance {
        source: "example".into(),
        as_of: "2026-01-01".parse().unwrap(),
        basis: Basis::Observed,
    }
}

impl ServiceRates for Stated {
    fn tiers(&self, _: Region, item: &ServiceItem) -> Result<Sourced<Tiers>, MissingService> {
        let found = self.rates.iter().find(|(name, _)| *name == item.as_str());
        Ok(Sourced {
            value: found.unwrap().1.clone(),
            provenance: provenance(),
        })
    }

    fn allowance(&self, _: Region, item: &ServiceItem) -> Option<Allowance> {
        Some(Allowance {
            item: item.clone(),
            unit: "GB".into(),
            quantity: Sourced {
                value: Quantity::from_decimal(self.free?).unwrap(),
                provenance: provenance(),
            },
        })
    }
}

fn rate(value: &Value) -> Tiers {
    Tiers::flat("GB", Rate::from_decimal(decimal(value)).unwrap())
}

/// Tiers by their sizes; the last may be open, and is opened if it is not.
fn tiers(value: &Value) -> Tiers {
    let mut from = 0;
    let mut found: Vec<Tier> = Vec::new();
    for tier in list(value) {
        let size = tier["size"]
            .as_str()
            .map(|size| size.parse::<u64>().unwrap());
        let rate = Rate::from_decimal(decimal(&tier["rate"])).unwrap();
        let to = size.map(|size| from + size);
        found.push(Tier { from, to, rate });
        from = to.unwrap_or(from);
    }
    found.last_mut().unwrap().to = None;
    Tiers::new("GB", found).unwrap()
}

/// One account's use in one hour.
fn used(uses: &[(&str, &str, Decimal)]) -> ServiceDemand {
    let mut demand = ServiceDemand::default();
    for (account, item, units) in uses {
        let pico = (units * dec!(1_000_000_000_000)).try_into().unwrap();
        let key = ServiceKey {
            account: Account::new(account),
            region: virginia(),
            item: item.parse().unwrap(),
            labels: Labels::default(),
        };
        demand.add(key, hour(), pico);
    }
    demand
}

fn cost(demand: &ServiceDemand, stated: &Stated, settings: ServiceSettings) -> Decimal {
    let bill: ServiceBill<'_> = service_bill(demand, stated, settings);
    assert!(bill.unpriced.is_empty());
    bill.total().to_decimal(10).normalize()
}

fn plain(uses: &[(&str, &str, Decimal)], rates: Vec<(&'static str, Tiers)>) -> Decimal {
    let stated = Stated { rates, free: None };
    cost(&used(uses), &stated, ServiceSettings::default())
}

/// The expected figure of an example: recomputed exactly where the printed one is rounded.
fn expected(example: &Value, names: [&str; 2]) -> Decimal {
    let recomputed = &example["recomputed"][names[1]];
    let value = if recomputed.is_null() {
        &example["expected"][names[0]]
    } else {
        recomputed
    };
    decimal(value).normalize()
}

pub(crate) fn egress(example: &Value) {
    let inputs = &example["inputs"];
    let of = |free_allowance| ServiceSettings {
        free_allowance,
        terabyte: Terabyte::Binary,
    };
    if inputs["tb"].is_null() {
        let stated = Stated {
            rates: vec![("internet-egress-gb", tiers(&inputs["tiers"]))],
            free: Some(decimal(&inputs["free_gb"])),
        };
        let demand = used(&[("a", "internet-egress-gb", decimal(&inputs["gb"]))]);
        for (name, free) in [
            ("no_free", FreeAllowance::None),
            ("free_before_tiers", FreeAllowance::BeforeTiers),
            ("free_inside_first_tier", FreeAllowance::InsideFirstTier),
        ] {
            assert_eq!(
                cost(&demand, &stated, of(free)),
                expected(example, [name, name]),
                "{name}"
            );
        }
    } else {
        let gb = decimal(&inputs["tb"]) * decimal(&inputs["gb_per_tb"]);
        let book = PriceBook::builtin();
        let demand = used(&[("a", "internet-egress-gb", gb)]);
        let bill = service_bill(&demand, &book, of(FreeAllowance::None));
        assert_eq!(
            bill.total().to_decimal(10).normalize(),
            expected(example, ["egress", "egress"])
        );
    }
}

/// Tiers over the accounts of an organization together, and of each alone.
pub(crate) fn tiered(example: &Value) {
    let inputs = &example["inputs"];
    let item = "internet-egress-gb";
    let rates = || vec![(item, tiers(&inputs["tiers"]))];
    let Some(accounts) = inputs["accounts_gb"].as_object() else {
        let found = plain(&[("a", item, decimal(&inputs["quantity"]))], rates());
        assert_eq!(found, expected(example, ["compute", "cost"]));
        return;
    };
    let uses: Vec<_> = accounts
        .iter()
        .map(|(name, gb)| (name.as_str(), item, decimal(gb)))
        .collect();
    let name = "consolidated_total";
    assert_eq!(plain(&uses, rates()), expected(example, [name, name]));
    let separate: Decimal = uses.iter().map(|&one| plain(&[one], rates())).sum();
    assert_eq!(
        separate,
        expected(example, ["separate_total", "separate_total"])
    );
}

pub(crate) fn inter_az(example: &Value) {
    let inputs = &example["inputs"];
    let gb = decimal(&inputs["gb"]);
    let rate = || rate(&inputs["rate_each_direction"]);
    let uses = [("a", "inter-az-in-gb", gb), ("a", "inter-az-out-gb", gb)];
    let found = plain(
        &uses,
        vec![("inter-az-in-gb", rate()), ("inter-az-out-gb", rate())],
    );
    assert_eq!(found, expected(example, ["cost", "cost"]));
}

pub(crate) fn nat_gateway(example: &Value) {
    let inputs = &example["inputs"];
    let per_gb = rate(&inputs["per_gb_rate"]);
    if inputs["gateways"].is_null() {
        let gb = decimal(&inputs["gb_per_day"]) * decimal(&inputs["days"]);
        let found = plain(
            &[("a", "nat-gateway-gb", gb)],
            vec![("nat-gateway-gb", per_gb)],
        );
        assert_eq!(found, expected(example, ["processing", "processing"]));
        return;
    }
    let hours = decimal(&inputs["gateways"]) * decimal(&inputs["hours"]);
    let uses = [
        ("a", "nat-gateway-hour", hours),
        ("a", "nat-gateway-gb", decimal(&inputs["gb_processed"])),
    ];
    let rates = vec![
        ("nat-gateway-hour", rate(&inputs["hourly_rate"])),
        ("nat-gateway-gb", per_gb),
    ];
    assert_eq!(plain(&uses, rates), expected(example, ["total", "total"]));
}

/// What passes a gateway is charged there and where it leaves.
pub(crate) fn nat_internet(example: &Value) {
    let inputs = &example["inputs"];
    let uses = [
        ("a", "nat-gateway-gb", dec!(1)),
        ("a", "internet-egress-gb", dec!(1)),
    ];
    let rates = vec![
        ("nat-gateway-gb", rate(&inputs["nat_gb"])),
        ("internet-egress-gb", rate(&inputs["egress_gb"])),
    ];
    assert_eq!(plain(&uses, rates), expected(example, ["per_gb", "per_gb"]));
}

pub(crate) fn ipv4(example: &Value) {
    let inputs = &example["inputs"];
    let hours = decimal(&inputs["ips"]) * decimal(&inputs["hours"]);
    let item = "public-ipv4-in-use-hour";
    let found = plain(&[("a", item, hours)], vec![(item, rate(&inputs["rate"]))]);
    assert_eq!(found, expected(example, ["cost", "cost"]));
}

pub(crate) fn privatelink(example: &Value) {
    let inputs = &example["inputs"];
    let hours = decimal(&inputs["azs"]) * decimal(&inputs["hours"]);
    let item = "interface-endpoint-hour";
    let found = plain(&[("a", item, hours)], vec![(item, rate(&inputs["hourly"]))]);
    assert_eq!(found, expected(example, ["hourly_total", "hourly_total"]));
    let item = "interface-endpoint-gb";
    let found = plain(
        &[("a", item, decimal(&inputs["gb"]))],
        vec![(item, tiers(&inputs["tiers"]))],
    );
    assert_eq!(found, expected(example, ["data", "data"]));
}

/// What was metered, at the example's rates.
fn metered(
    uses: &[MeteredUse],
    rates: Vec<(&'static str, Tiers)>,
    free: Option<Decimal>,
) -> Decimal {
    let uses: Vec<_> = uses
        .iter()
        .map(|(item, quantity)| ("a", item.as_str(), quantity.to_decimal(10)))
        .collect();
    cost(
        &used(&uses),
        &Stated { rates, free },
        ServiceSettings::default(),
    )
}

pub(crate) fn fargate(example: &Value) {
    let inputs = &example["inputs"];
    let or = |name: &str, other: Decimal| {
        let value = &inputs[name];
        if value.is_null() {
            other
        } else {
            decimal(value)
        }
    };
    let (seconds, tasks) = if inputs["minutes"].is_null() {
        (decimal(&inputs["hours"]) * dec!(3600), dec!(1))
    } else {
        // The calculator's month has 365 / 12 days.
        assert_eq!(text(&inputs["days_per_month"]), "365/12");
        (
            decimal(&inputs["minutes"]) * dec!(60),
            decimal(&inputs["tasks_per_day"]) * dec!(365) / dec!(12),
        )
    };
    let task = FargateTask {
        platform: FargatePlatform::LinuxX86,
        vcpu: decimal(&inputs["vcpu"]),
        memory_gb: decimal(&inputs["gb"]),
        storage_gb: or("ephemeral_gb", dec!(20)),
        seconds,
        tasks,
    };
    let storage = Rate::from_decimal(or("ephemeral_rate", dec!(0.000111))).unwrap();
    let rates = vec![
        ("fargate-linux-x86-vcpu-hour", rate(&inputs["vcpu_rate"])),
        ("fargate-linux-x86-gb-hour", rate(&inputs["gb_rate"])),
        (
            "fargate-ephemeral-storage-gb-hour",
            Tiers::flat("GB", storage),
        ),
    ];
    let found = metered(&task.metered().unwrap(), rates, None);
    let wanted = expected(example, ["monthly", "monthly"]);
    assert_eq!(found.round_dp(5), wanted.round_dp(5));
}

pub(crate) fn lambda(example: &Value) {
    let inputs = &example["inputs"];
    let milliseconds = match &inputs["ms"] {
        Value::Null => decimal(&inputs["seconds"]) * dec!(1000),
        ms => decimal(ms),
    };
    let function = LambdaUse {
        architecture: LambdaArchitecture::X86,
        memory_mb: decimal(&inputs["memory_mb"]),
        milliseconds,
        invocations: decimal(&inputs["invocations"]),
    };
    let [duration, requests] = function.metered().unwrap();
    assert_eq!(
        duration.1.to_decimal(6).normalize(),
        expected(example, ["gb_seconds", "gbs"])
    );
    let rates = vec![("lambda-x86-gb-second", rate(&inputs["gbs_rate"]))];
    let free = Some(decimal(&inputs["free_gbs"]));
    let compute = metered(&[duration], rates, free);
    assert_eq!(compute, expected(example, ["compute", "compute"]));
    if let Value::String(million) = &inputs["request_rate_per_million"] {
        let one =
            Rate::from_decimal(million.parse::<Decimal>().unwrap() / dec!(1_000_000)).unwrap();
        let rates = vec![("lambda-x86-request", Tiers::flat("request", one))];
        let free = Some(decimal(&inputs["free_requests"]));
        let total = compute + metered(&[requests], rates, free);
        assert_eq!(total, expected(example, ["total", "total"]));
    }
}

/// The fee of every region with a Dedicated Instance, however many run there.
pub(crate) fn region_fee(example: &Value) {
    let inputs = &example["inputs"];
    let hours = inputs["hours"].as_i64().unwrap();
    let mut fleet = bursar::demand::DemandBuilder::new();
    for (region, count) in inputs["regions"].as_object().unwrap() {
        let usage = DemandKey {
            tenancy: bursar::catalog::Tenancy::Dedicated,
            ..key("a", None, "m5.large", region.parse().unwrap())
        };
        let handle = fleet.key(usage);
        for at in 0..hours {
            let nano_hours = count.as_i64().unwrap() * 1_000_000_000;
            fleet.add(handle, hour().plus(at), nano_hours);
        }
    }
    let span = bursar::units::HourSpan::new(hour(), hour().plus(hours));
    let fleet: Demand = fleet.finish(span).unwrap();
    let fees = ServiceDemand::dedicated_fees(&fleet);
    let bill_of = service_bill(&fees, &PriceBook::builtin(), ServiceSettings::default());
    let wanted = Money::from_decimal(expected(example, ["fee_total", "fee_total"])).unwrap();
    assert_eq!(bill_of.total(), wanted);
}

/// Of the two lines of a transfer between regions, only the source's has a price.
pub(crate) fn cur_dt(example: &Value) {
    let expected = &example["expected"];
    let line = |name: &str| service_item("AmazonEC2", text(&expected[name]), "").unwrap();
    let book = PriceBook::builtin();
    let (from, charged) = line("charged");
    assert_eq!(
        from,
        Region::from_usage_type_prefix(text(&example["inputs"]["src"])).unwrap()
    );
    assert!(!book.service(from, &charged).unwrap().value.is_free());
    let (to, uncharged) = line("uncharged");
    assert_eq!(
        to,
        Region::from_usage_type_prefix(text(&example["inputs"]["dst"])).unwrap()
    );
    assert!(book.service(to, &uncharged).unwrap().value.is_free());
}
