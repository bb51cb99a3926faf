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

const RESERVED: &str = "[[host_reservation]]\nid = \"hr\"\naccount = \"a\"\nfamily = \"m5\"\nregion = \"us-east-1\"\nterm = \"1yr\"\n\
               payment_option = \"partial-upfront\"\ncount = 2\nstart = \"2026-10-01T00:00Z\"\nupfront = \"8760\"\nhourly = \"1\"\n";
const USED: &str = "hour,region,item,quantity,account\n\
                 2026-10-01T00:00Z,us-east-1,dedicated-host-m5-hour,3,a\n\
                 2026-10-01T00:00Z,us-east-1,dedicated-host-m5-hour,1,b\n\
                 2026-10-01T01:00Z,us-east-1,dedicated-host-m5-hour,1,a\n";

/// Two reserved m5 hosts of account a at 8,760 dollars and 1 dollar an hour each: 2 dollars an hour with the upfront fee
/// spread over 8,760 hours. First hour: a has three hosts, two of them reserved, b one of its own, On-Demand. Second: a
/// has one, and the other reserved one is unused. A Compute plan comes after reservations; it knows no rate of hosts.
#[test]
fn reserved_hosts_serve_their_owner() {
    let files = [("hosts.csv", USED), ("own.toml", RESERVED)];
    let rows = charges(&files, "--own own.toml");
    let kind = |row: &Row| row["CommitmentDiscountType"] == "Dedicated Host Reservation";
    let status = |wanted: &'static str| {
        move |row: &Row| kind(row) && row["CommitmentDiscountStatus"] == wanted
    };
    assert_eq!(sum(&rows, "ConsumedQuantity", status("Used")), dec!(3));
    assert_eq!(sum(&rows, "EffectiveCost", status("Used")), dec!(6));
    assert_eq!(sum(&rows, "BilledCost", status("Used")), dec!(0));
    assert_eq!(sum(&rows, "EffectiveCost", status("Unused")), dec!(2));
    assert_eq!(
        sum(&rows, "CommitmentDiscountQuantity", status("Unused")),
        dec!(1)
    );
    // 2 x 8,760 at once, 2 dollars in each of two hours.
    assert_eq!(sum(&rows, "BilledCost", status("")), dec!(17524));
    let book = PriceBook::builtin();
    let host = book.dedicated_host("us-east-1".parse().unwrap(), "m5");
    let rate = host.unwrap().value.on_demand.to_decimal();
    let on_demand = |row: &Row| is_host(row) && !kind(row);
    assert_eq!(sum(&rows, "PricingQuantity", on_demand), dec!(2));
    assert_eq!(sum(&rows, "BilledCost", on_demand), rate * dec!(2));
    let total = sum(&rows, "EffectiveCost", |_| true);
    assert_eq!(total, dec!(8) + rate * dec!(2));

    let by = "bill hosts.csv --own own.toml --by charge,commitment-type,family --format csv";
    let (text, _) = bursar(&files, by);
    for line in [
        "Dedicated Host Reservation usage,Dedicated Host Reservation,m5,",
        "Unused Dedicated Host Reservation,Dedicated Host Reservation,m5,",
        "Dedicated Host Reservation upfront fee,Dedicated Host Reservation,m5,",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    let (table, _) = bursar(&files, "bill hosts.csv --own own.toml");
    for said in [
        "2 x m5 Dedicated Host us-east-1, Reserved",
        "Dedicated Host Reservations, effective",
        "reserved",
    ] {
        assert!(table.contains(said), "{said} in\n{table}");
    }
    let (text, _) = bursar(
        &files,
        "explain hosts.csv --own own.toml --hour 2026-10-01T00",
    );
    assert!(
        text.contains("R84: the owner's hosts of the family"),
        "{text}"
    );
}

/// What is owned costs the same where purchases are planned, and where events are billed: 2 dollars for each of two hosts in
/// each of two hours, and two hosts On-Demand.
#[test]
fn reserved_hosts_are_paid_for_in_every_plan() {
    let files = [("hosts.csv", USED), ("own.toml", RESERVED)];
    let book = PriceBook::builtin();
    let host = book.dedicated_host("us-east-1".parse().unwrap(), "m5");
    let total = dec!(8) + dec!(2) * host.unwrap().value.on_demand.to_decimal();
    let plan =
        "optimize hosts.csv --own own.toml --services --no-options --events default --format json";
    let (text, _) = bursar(&files, plan);
    let run: serde_json::Value = serde_json::from_str(&text).unwrap();
    let owned = run["plans"]
        .as_array()
        .unwrap()
        .iter()
        .find(|plan| plan["name"] == "owned");
    for cost in [
        &owned.unwrap()["cost"],
        &run["risk"]["events"][0]["cost_without"],
    ] {
        let cost: rust_decimal::Decimal = cost.as_str().unwrap().parse().unwrap();
        assert_eq!(cost.normalize(), total.normalize());
    }
}

/// The price book has All Upfront: an effective price by the hour, of which the fee is 8,760.
#[test]
fn reserved_hosts_take_the_price_of_the_book() {
    let own = "[[host_reservation]]\nid = \"hr\"\naccount = \"a\"\nfamily = \"m5\"\nregion = \"us-east-1\"\nterm = \"1yr\"\n\
               payment_option = \"all-upfront\"\ncount = 1\nstart = \"2026-10-01T00:00Z\"\n";
    let table = "hour,region,item,quantity,account\n2026-10-01T00:00Z,us-east-1,dedicated-host-m5-hour,1,a\n";
    let files = [("hosts.csv", table), ("own.toml", own)];
    let rows = charges(&files, "--own own.toml");
    let book = PriceBook::builtin();
    let host = book.dedicated_host("us-east-1".parse().unwrap(), "m5");
    let hourly = host.unwrap().value.all_upfront_1yr.unwrap().to_decimal();
    assert_eq!(sum(&rows, "EffectiveCost", |_| true), hourly);
    let paid = sum(&rows, "BilledCost", |_| true);
    assert_eq!(paid, (hourly * dec!(8760)).normalize());
}

/// No Savings Plan serves hosts of High Memory bare metal (R60); a reservation does. One at 43,800 dollars a year, 5 an
/// hour, for one of two hosts.
#[test]
fn hosts_that_no_plan_serves_are_reserved() {
    let hosts = "hour,region,item,quantity,account\n\
                 2026-10-01T00:00Z,us-east-1,dedicated-host-u-6tb1-hour,2,a\n";
    let own = "[[host_reservation]]\nid = \"hr\"\naccount = \"a\"\nfamily = \"u-6tb1\"\nregion = \"us-east-1\"\n\
               term = \"1yr\"\npayment_option = \"all-upfront\"\ncount = 1\nstart = \"2026-10-01T00:00Z\"\n\
               upfront = \"43800\"\nhourly = \"0\"\n";
    let rows = charges(&[("hosts.csv", hosts), ("own.toml", own)], "--own own.toml");
    let used = |row: &Row| row["CommitmentDiscountStatus"] == "Used";
    assert_eq!(sum(&rows, "PricingQuantity", used), dec!(1));
    assert_eq!(sum(&rows, "EffectiveCost", used), dec!(5));
    let on_demand = |row: &Row| {
        row["ChargeDescription"].starts_with("dedicated-host-u-6tb1-hour")
            && row["CommitmentDiscountType"].is_empty()
    };
    assert_eq!(sum(&rows, "PricingQuantity", on_demand), dec!(1));
}
