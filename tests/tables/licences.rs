//! "Optimize CPUs", CPU credits of burstable instances.

use bursar::catalog::{PaymentOption, Platform, SavingsPlanKind, ServiceItem, Tenancy, Term};
use bursar::prices::{PriceBook, Product};
use rust_decimal::dec;

use super::{charges, number, sum};

/// AWS's example: an r7i.8xlarge with SQL Server Enterprise, 16 of 32 vCPUs, 100 hours: 211.68 + 673.60 dollars. With
/// all 32 it costs what it always cost.
#[test]
fn the_licence_is_paid_by_active_vcpu() {
    let bill = |vcpus: &str| {
        let table = format!(
            "hour,region,instance_type,hours,operating_system,active_vcpus\n\
             2026-10-01T00:00Z,us-east-1,r7i.8xlarge,100,windows+sql-ent,{vcpus}\n"
        );
        charges(&[("usage.csv", &table)], "")
    };
    let rows = bill("16");
    assert_eq!(rows.len(), 2);
    assert_eq!(number(&rows[0], "BilledCost"), dec!(211.68));
    assert_eq!(number(&rows[1], "BilledCost"), dec!(673.60));
    let whole = |vcpus| sum(&bill(vcpus), "BilledCost", |_| true);
    assert_eq!(whole("32"), whole(""));
    assert_eq!(whole("32"), dec!(1558.88));
}

/// What the licence adds to On-Demand by vCPU is what AWS's page lists; 0.0629 of SQL Server Web stands there as 0.063.
#[test]
fn licences_cost_what_aws_lists() {
    let book = PriceBook::builtin();
    for (instance_type, region) in [
        ("r7i.8xlarge", "us-east-1"),
        ("m7i.2xlarge", "eu-west-1"),
        ("c6i.4xlarge", "ap-northeast-1"),
    ] {
        for (platform, listed) in [
            ("windows", dec!(0.046)),
            ("windows+sql-web", dec!(0.063)),
            ("windows+sql-std", dec!(0.166)),
            ("windows+sql-ent", dec!(0.421)),
        ] {
            let item =
                ServiceItem::licence(platform.parse().unwrap(), instance_type.parse().unwrap());
            let price = book
                .service(region.parse().unwrap(), &item.unwrap())
                .unwrap();
            let rate = price.value.tiers()[0].rate.to_decimal();
            assert_eq!(
                rate.round_dp(3),
                listed,
                "{platform} on {instance_type} in {region}"
            );
            assert_eq!(price.provenance.basis.to_string(), "rule licence-by-vcpu");
        }
    }
}

/// AWS's third example: a Compute Savings Plan serves the base at 1.53362 dollars (1 year, No Upfront), not the licence;
/// a Linux reservation of the family does not.
#[test]
fn plans_serve_the_base_and_reservations_nothing() {
    let usage = "hour,region,instance_type,count,operating_system,active_vcpus,account\n\
                 2026-10-01T00:00Z,us-east-1,r7i.8xlarge,1,windows+sql-ent,16,a\n";
    let own = "[[savings_plan]]\nid = \"sp\"\naccount = \"a\"\ntype = \"compute-sp\"\nterm = \"1yr\"\n\
               payment_option = \"no-upfront\"\ncommitment = \"9\"\nstart = \"2026-01-01T00:00Z\"\n\
               [[reserved_instance]]\nid = \"ri\"\naccount = \"a\"\ninstance_type = \"r7i.8xlarge\"\nregion = \"us-east-1\"\n\
               offering_class = \"standard\"\nterm = \"1yr\"\npayment_option = \"no-upfront\"\ncount = 1\nstart = \"2026-01-01T00:00Z\"\n";
    let rows = charges(&[("usage.csv", usage), ("own.toml", own)], "--own own.toml");
    let used: Vec<_> = rows
        .iter()
        .filter(|row| row["CommitmentDiscountStatus"] == "Used")
        .collect();
    assert_eq!(used.len(), 1);
    assert_eq!(used[0]["CommitmentDiscountId"], "sp");
    let book = PriceBook::builtin();
    let product = Product {
        region: "us-east-1".parse().unwrap(),
        instance_type: "r7i.8xlarge".parse().unwrap(),
        platform: Platform::LINUX,
        tenancy: Tenancy::Shared,
    };
    let plan = book
        .savings_plan(
            product,
            SavingsPlanKind::Compute,
            Term::OneYear,
            PaymentOption::NoUpfront,
        )
        .unwrap();
    assert_eq!(number(used[0], "EffectiveCost"), plan.value.to_decimal());
    assert_eq!(plan.value.to_decimal().round_dp(2), dec!(1.53));
    let licence = sum(&rows, "BilledCost", |row| {
        row["ChargeDescription"].starts_with("licence-")
    });
    assert_eq!(licence, dec!(6.736));
}

/// 25 surplus credits are 25 vCPU-minutes: at 5 cents a vCPU-hour about 2 cents (AWS's example). The price comes from
/// the user's table; without it the charge is named.
#[test]
fn surplus_credits_are_billed_by_the_vcpu_hour() {
    let usage = "hour,region,instance_type,count,surplus_credits\n\
                 2026-10-01T00:00Z,us-east-1,t2.large,1,25\n\
                 2026-10-01T00:00Z,us-east-1,t2.small,1,\n";
    let rates = "region,item,usd,as_of\nus-east-1,cpu-credits-t2-vcpu-hour,0.05,2026-01-01\n";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rates.csv"), rates).unwrap();
    let prices = format!("--prices {}", folder.path().join("rates.csv").display());
    let rows = charges(&[("usage.csv", usage)], &prices);
    let cost = sum(&rows, "BilledCost", |row| {
        row["ChargeDescription"].starts_with("cpu-credits-t2")
    });
    assert_eq!(cost.round_dp(6), dec!(0.020833));
}
