//! Savings Plans over Fargate, Lambda and Dedicated Hosts: an example by hand, what must balance for any use, and what
//! the command line says of it.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::path::Path;

use assert_cmd::Command;
use bursar::billing::{
    Bill, ChargeKind, Charges, Granularity, ServiceBill, ServiceSettings, Settings, Usage,
    all_charges, bill, service_bill,
};
use bursar::commitment::Portfolio;
use bursar::demand::Demand;
use bursar::units::{HourSpan, Money};
use proptest::prelude::*;
use rust_decimal::{Decimal, dec};

use crate::{properties, slow_services};

/// What `bursar` prints in a folder.
fn told(folder: &Path, arguments: &[&str]) -> (String, String) {
    let mut command = Command::cargo_bin("bursar").unwrap();
    let output = command
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, errors) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{errors}");
    (out, errors)
}

fn golden() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/plans-beside-instances")
}

/// Rows of CSV as maps from column to cell.
fn rows(text: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

/// Two hours under a Compute Savings Plan of 1 dollar an hour (1 year, No Upfront). Rates of Virginia, plan and
/// On-Demand (`bursar prices show m5.large`, `prices services --plans`):
///
/// | | plan | On-Demand | saving |
/// |---|---|---|---|
/// | m5.large | 0.071 | 0.096 | 26.04 % |
/// | Fargate GB-hour | 0.003556 | 0.004445 | 20 % |
/// | Fargate vCPU-hour | 0.032384 | 0.04048 | 20 %, and the higher rate: after memory |
/// | Lambda GB-second | 0.0000146667 | 0.0000166667 | 12 % |
/// | Lambda request | 0.0000002 | 0.0000002 | 0 |
///
/// First hour: 2 x 0.071 + 20 x 0.003556 + 10 x 0.032384 + 20,000 (420,000 less 400,000 free) x 0.0000146667 + 500,000
/// (a million is free) x 0.0000002 = 0.142 + 0.07112 + 0.32384 + 0.293334 + 0.1 = 0.930294; 0.069706 is left unused.
///
/// Second hour: 4 x 0.071 + 0.07112 + 0.32384 = 0.67896 leaves 0.32104 for 60,000 GB-seconds; what it does not pay of
/// them, and 100,000 requests, cost On-Demand. The NAT gateway costs 0.045 an hour in any case.
#[test]
fn an_example_by_hand() {
    let fleet = [
        "bill",
        "usage.csv",
        "services.csv",
        "--own",
        "portfolio.toml",
    ];
    let (csv, errors) = told(&golden(), &[&fleet[..], &["--format", "csv"]].concat());
    assert_eq!(errors, "");
    let rows = rows(&csv);
    let sum = |hour: &str, what: &str, status: &str, column: &str| {
        let of_hour = rows
            .iter()
            .filter(|row| row["ChargePeriodStart"].contains(hour));
        let mine = of_hour.filter(|row| {
            row["ChargeDescription"].contains(what) && row["CommitmentDiscountStatus"] == status
        });
        mine.map(|row| row[column].parse::<Decimal>().unwrap())
            .sum::<Decimal>()
            .normalize()
    };
    let used = |hour, what| sum(hour, what, "Used", "CommitmentDiscountQuantity");
    let first = "T00:00:00Z";
    assert_eq!(used(first, "m5.large"), dec!(0.142));
    assert_eq!(used(first, "fargate-linux-x86-gb-hour"), dec!(0.07112));
    assert_eq!(used(first, "fargate-linux-x86-vcpu-hour"), dec!(0.32384));
    assert_eq!(used(first, "lambda-x86-gb-second"), dec!(0.293334));
    assert_eq!(used(first, "lambda-x86-request"), dec!(0.1));
    assert_eq!(
        sum(first, "Unused", "Unused", "EffectiveCost"),
        dec!(0.069706)
    );
    assert_eq!(
        sum(first, "", "", "EffectiveCost") - sum(first, "nat", "", "EffectiveCost"),
        dec!(0)
    );
    let second = "T01:00:00Z";
    let spent = dec!(4) * dec!(0.071) + dec!(0.07112) + dec!(0.32384);
    assert_eq!(used(second, "lambda-x86-gb-second"), dec!(1) - spent);
    let covered = (dec!(1) - spent) / dec!(0.0000146667);
    let rest = (dec!(60000) - covered) * dec!(0.0000166667);
    let left = sum(second, "lambda-x86-gb-second", "", "BilledCost");
    assert!((left - rest).abs() < dec!(0.0000000001), "{left} {rest}");
    assert_eq!(
        sum(second, "lambda-x86-request", "", "BilledCost"),
        dec!(0.02)
    );
    // The NAT gateway of both hours stands in the first.
    assert_eq!(sum(first, "nat-gateway-hour", "", "BilledCost"), dec!(0.09));
    let total: Decimal = rows
        .iter()
        .map(|row| row["EffectiveCost"].parse::<Decimal>().unwrap())
        .sum();
    let wanted = dec!(2) + dec!(0.09) + left + dec!(0.02);
    assert_eq!(total.normalize(), wanted.normalize());
}

fn settings() -> Settings {
    Settings::default()
}

fn usage<'a>(demand: &'a Demand, beside: &'a ServiceBill<'a>) -> Usage<'a> {
    Usage {
        beside: Some(beside),
        ..Usage::from(demand)
    }
}

/// Everything that was paid and accrued, by hand over the charges.
fn sums(charges: &Charges<'_>) -> (Money, Money) {
    let instances = charges
        .instances
        .iter()
        .map(|charge| (charge.effective, charge.billed));
    let beside = charges
        .beside
        .iter()
        .map(|(_, charge)| (charge.effective, charge.cost));
    instances
        .chain(beside)
        .fold((Money::ZERO, Money::ZERO), |sums, charge| {
            (sums.0 + charge.0, sums.1 + charge.1)
        })
}

fn used_by_hour(charges: &Charges<'_>, plan: usize, hour: HourSpan) -> Money {
    let instances = charges.instances.iter().filter(|charge| {
        charge.period == hour
            && matches!(charge.kind, ChargeKind::SavingsPlan(at) | ChargeKind::UnusedSavingsPlan(at) if at == plan)
    });
    let beside = charges
        .beside
        .iter()
        .filter(|(period, charge)| *period == hour && charge.plan == Some(plan));
    instances.map(|charge| charge.commitment).sum::<Money>()
        + beside.map(|(_, charge)| charge.commitment).sum()
}

fn rates() -> bursar::billing::RateTable {
    let mut rates = properties::rates();
    slow_services::set_rates(&mut rates, false);
    rates
}

fn billed(usage: Usage<'_>, portfolio: &Portfolio) -> Bill {
    bill(usage, portfolio, &rates(), settings()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Used and unused make the commitment in every hour; covered and left make the use; the charges add up to the
    /// total in every granularity; what the charges beside instances cost does not depend on it.
    #[test]
    fn a_bill_with_use_beside_instances_balances(
        rows in properties::usage(),
        uses in slow_services::uses(),
        portfolio in properties::portfolio(),
    ) {
        let demand = properties::demand(&rows);
        let used = slow_services::demand(&uses);
        let beside = service_bill(&used, &slow_services::Stated, ServiceSettings::default());
        let usage = usage(&demand, &beside);
        let bill = billed(usage, &portfolio);
        let others = beside.total() - bill.services_equivalent();
        for granularity in [Granularity::Hour, Granularity::Day, Granularity::Month] {
            let charges = all_charges(usage, &portfolio, &rates(), settings(), granularity).unwrap();
            prop_assert_eq!(sums(&charges).0, bill.total() + others);
            let quantity: i128 = charges.beside.iter().map(|(_, charge)| charge.quantity.ticks()).sum();
            prop_assert_eq!(quantity, beside.charges.iter().map(|charge| charge.quantity.ticks()).sum::<i128>());
            let list: Money = charges.beside.iter().map(|(_, charge)| charge.list).sum();
            prop_assert_eq!(list, beside.charges.iter().map(|charge| charge.list).sum());
            if granularity == Granularity::Hour {
                for (index, plan) in portfolio.savings_plans.iter().enumerate() {
                    for hour in plan.alive.intersect(demand.span()).hours() {
                        let used = used_by_hour(&charges, index, HourSpan::new(hour, hour.plus(1)));
                        prop_assert_eq!(used, plan.commitment);
                    }
                }
            }
        }
        let covered = bill.reserved_instances.iter().chain(&bill.savings_plans);
        prop_assert_eq!(bill.covered(), covered.map(|owned| owned.on_demand_equivalent).sum());
        let reversed: Vec<_> = uses.iter().rev().copied().collect();
        let turned = slow_services::demand(&reversed);
        let turned = service_bill(&turned, &slow_services::Stated, ServiceSettings::default());
        prop_assert_eq!(billed(self::usage(&demand, &turned), &portfolio), bill);
    }

    /// Without plans, and with Reserved Instances alone, what is used beside instances costs what it cost before.
    #[test]
    fn reserved_instances_leave_it_alone(
        rows in properties::usage(),
        uses in slow_services::uses(),
        portfolio in properties::portfolio(),
    ) {
        let portfolio = Portfolio { savings_plans: Vec::new(), ..portfolio };
        let demand = properties::demand(&rows);
        let used = slow_services::demand(&uses);
        let beside = service_bill(&used, &slow_services::Stated, ServiceSettings::default());
        let with = billed(usage(&demand, &beside), &portfolio);
        let without = billed(Usage::from(&demand), &portfolio);
        prop_assert_eq!(with.services_cost(), with.services_equivalent());
        prop_assert_eq!(with.total() - with.services_cost(), without.total());
        prop_assert_eq!(with.reserved_instances, without.reserved_instances);
    }
}

/// An hour with more requests than one line's 2^64 ticks hold (217,615,000): 0.20 dollars a million, all the same.
#[test]
fn a_use_that_fits_no_line_is_cut_in_lines() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "use.csv",
        "hour,region,item,quantity\n2026-10-01T00:00Z,us-east-1,lambda-x86-request,1001000000\n",
    );
    let own = std::fs::read_to_string(golden().join("portfolio.toml")).unwrap();
    write(
        "own.toml",
        &own.replace("\"1.00\"", "\"150\"")
            .replace("111122223333", "default"),
    );
    let run = [
        "bill", "use.csv", "--own", "own.toml", "--by", "charge", "--format", "csv",
    ];
    let (csv, _) = told(folder.path(), &run);
    let cost = |charge: &str| {
        let rows = rows(&csv);
        let row = rows
            .into_iter()
            .find(|row| row["charge"] == charge)
            .unwrap();
        row["effective_cost"]
            .parse::<Decimal>()
            .unwrap()
            .normalize()
    };
    // 1,000 million after the free one cost 200 dollars: 150 of them with the commitment.
    assert_eq!(cost("Savings Plan usage"), dec!(150));
    assert_eq!(cost("Services"), dec!(50));
}

/// A host under an EC2 Instance Savings Plan of its family: 5.157 of 12.279 dollars in Taipei (3 years, Partial
/// Upfront), the one rate of a host that was read. Elsewhere the plan is taken not to cover it, and that is told.
#[test]
fn a_host_is_covered_where_its_rate_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let own = |region: &str| {
        format!(
            "[[savings_plan]]\nid = \"a\"\naccount = \"default\"\ntype = \"ec2-instance-sp\"\nfamily = \"r7g\"\n\
             region = \"{region}\"\nterm = \"3yr\"\npayment_option = \"partial-upfront\"\ncommitment = \"10.314\"\n\
             start = \"2026-09-01T00:00Z\"\n"
        )
    };
    let table = |region: &str| {
        format!("hour,region,item,quantity\n2026-10-01T00:00Z,{region},dedicated-host-r7g-hour,3\n")
    };
    let run = [
        "bill", "use.csv", "--own", "own.toml", "--by", "charge", "--format", "csv",
    ];
    let cost = |csv: &str, charge: &str| {
        let rows = rows(csv);
        let row = rows.into_iter().find(|row| row["charge"] == charge);
        row.map(|row| {
            row["effective_cost"]
                .parse::<Decimal>()
                .unwrap()
                .normalize()
        })
    };
    write("use.csv", &table("ap-east-2"));
    write("own.toml", &own("ap-east-2"));
    let (csv, errors) = told(folder.path(), &run);
    assert_eq!(errors, "");
    assert_eq!(cost(&csv, "Savings Plan usage"), Some(dec!(10.314)));
    assert_eq!(cost(&csv, "Services"), Some(dec!(12.279)));
    write("use.csv", &table("us-east-1"));
    write("own.toml", &own("us-east-1"));
    let (csv, errors) = told(folder.path(), &run);
    assert_eq!(cost(&csv, "Savings Plan usage"), None);
    assert!(
        errors.contains("no EC2 Instance Savings Plan (3 years, Partial Upfront) rate for `dedicated-host-r7g-hour` in us-east-1: its use was taken as not covered"),
        "{errors}"
    );
}
