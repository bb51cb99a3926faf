//! Instances on Dedicated Hosts, without and with a table of host-hours.

use bursar::prices::PriceBook;
use rust_decimal::dec;

use super::{Row, bursar, charges, sum};

const HEAD: &str = "hour,region,zone,instance_type,count,tenancy,account\n";

fn is_host(row: &Row) -> bool {
    row["ChargeDescription"].starts_with("dedicated-host-m5-hour")
}

/// An m5 host has 48 cores: 7 x 4xlarge (8 cores, six a host) leave room for five 2xlarge (4) on the second. In another
/// zone another host; instances cost nothing themselves.
#[test]
fn hosts_are_counted_from_what_runs_on_them() {
    let usage = format!(
        "{HEAD}2026-10-01T00:00Z,us-east-1,us-east-1a,m5.4xlarge,7,host,a\n\
         2026-10-01T00:00Z,us-east-1,us-east-1a,m5.2xlarge,5,host,a\n\
         2026-10-01T00:00Z,us-east-1,us-east-1b,m5.large,1,host,a\n\
         2026-10-01T01:00Z,us-east-1,us-east-1a,m5.4xlarge,6,host,a\n"
    );
    let rows = charges(&[("usage.csv", &usage)], "");
    assert_eq!(sum(&rows, "PricingQuantity", is_host), dec!(4));
    assert!(rows.iter().all(is_host));
    let book = PriceBook::builtin();
    let rate = book
        .dedicated_host("us-east-1".parse().unwrap(), "m5")
        .unwrap()
        .value
        .on_demand;
    let cost = sum(&rows, "BilledCost", |_| true);
    assert_eq!(cost, rate.to_decimal() * dec!(4));
}

/// What is told is billed, for as long as it stands there; what does not fit is said.
#[test]
fn told_hosts_are_billed_and_checked() {
    let usage = format!(
        "{HEAD}2026-10-01T00:00Z,us-east-1,us-east-1a,m5.4xlarge,7,host,a\n\
         2026-10-01T01:00Z,us-east-1,us-east-1a,m5.4xlarge,7,host,a\n"
    );
    let said = |hosts: &str| {
        let table = format!("hour,region,item,quantity,account\n{hosts}");
        let files = [("usage.csv", &*usage), ("hosts.csv", &*table)];
        let rows = charges(&files, "");
        let (_, said) = bursar(&files, "bill usage.csv hosts.csv");
        (sum(&rows, "PricingQuantity", is_host), said)
    };
    let row = |hour: u32, hours: u32| {
        format!("2026-10-01T0{hour}:00Z,us-east-1,dedicated-host-m5-hour,{hours},a\n")
    };
    let (billed, warning) = said(&row(0, 4));
    assert_eq!((billed, warning.as_str()), (dec!(4), ""));
    let (billed, warning) = said(&(row(0, 3) + &row(1, 1)));
    assert_eq!(billed, dec!(4));
    assert!(
        warning.contains("need 2 host-hours from 2026-10-01T01:00Z on, and 1 are told"),
        "{warning}"
    );
}

/// c4 hosts hold one size each (it is no Nitro family): a large and an xlarge take two.
#[test]
fn families_that_do_not_mix_need_a_host_a_size() {
    let usage = format!(
        "{HEAD}2026-10-01T00:00Z,us-east-1,us-east-1a,c4.large,1,host,a\n\
         2026-10-01T00:00Z,us-east-1,us-east-1a,c4.xlarge,1,host,a\n"
    );
    let (text, _) = bursar(
        &[("usage.csv", &usage)],
        "bill usage.csv --format json --allow-unpriced",
    );
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["dedicated_hosts"][0]["host_hours_needed"], 2);
}
