//! Tables of Fargate tasks and Lambda functions become the use that AWS meters.

use rust_decimal::{Decimal, dec};

use super::{Row, charges, sum};

fn quantity(rows: &[Row], item: &str) -> Decimal {
    sum(rows, "PricingQuantity", |row| {
        row["ChargeDescription"].starts_with(&format!("{item} in"))
    })
}

/// 40.5 s are a minute; 60 tasks of one vCPU and 2 GB are an hour of it. Half of the minute lies in each hour.
#[test]
fn a_task_is_billed_by_the_second_a_minute_at_least() {
    let table = "start,end,region,vcpu,memory_gb,tasks\n\
                 2026-10-01T00:59:30Z,2026-10-01T01:00:10.5Z,us-east-1,1,2,60\n";
    let rows = charges(&[("tasks.csv", table)], "");
    assert_eq!(quantity(&rows, "fargate-linux-x86-vcpu-hour"), dec!(1));
    assert_eq!(quantity(&rows, "fargate-linux-x86-gb-hour"), dec!(2));
    let first = sum(&rows, "PricingQuantity", |row| {
        row["ChargePeriodStart"] == "2026-10-01T00:00:00Z" && row["PricingUnit"] == "vCPU-hour"
    });
    assert_eq!(first, dec!(0.5));
}

/// 100.2 s are 101; storage above 20 GB is charged; Windows pays a licence by vCPU.
#[test]
fn seconds_are_rounded_up_and_storage_counts_above_20_gb() {
    let table = "start,end,region,platform,vcpu,memory_gb,storage_gb,tasks\n\
                 2026-10-01T00:00:00.9Z,2026-10-01T00:01:41.1Z,us-east-1,windows,2,4,30,36\n";
    let rows = charges(&[("tasks.csv", table)], "");
    // 36 tasks x 101 s are 1.01 hours.
    assert_eq!(quantity(&rows, "fargate-windows-vcpu-hour"), dec!(2.02));
    assert_eq!(
        quantity(&rows, "fargate-windows-licence-vcpu-hour"),
        dec!(2.02)
    );
    assert_eq!(quantity(&rows, "fargate-windows-gb-hour"), dec!(4.04));
    assert_eq!(
        quantity(&rows, "fargate-ephemeral-storage-gb-hour"),
        dec!(10.1)
    );
}

/// 3 million of 120.2 ms and 1.5 GB: 121 ms each, 544,500 GB-s, 144,500 above the free 400,000. Requests: 2 million
/// above the free one at 20 cents a million.
#[test]
fn a_function_is_billed_by_the_millisecond() {
    let table = "hour,region,invocations,duration_ms,memory_mb\n\
                 2026-10-01T00:00Z,us-east-1,3000000,120.2,1536\n";
    let rows = charges(&[("functions.csv", table)], "");
    assert_eq!(quantity(&rows, "lambda-x86-gb-second"), dec!(544500));
    assert_eq!(quantity(&rows, "lambda-x86-request"), dec!(3000000));
    let cost = sum(&rows, "BilledCost", |_| true);
    assert_eq!(cost, dec!(144500) * dec!(0.0000166667) + dec!(0.4));
}

/// One table may be split into two, in any order.
#[test]
fn the_order_of_rows_does_not_matter() {
    let head = "start,end,region,vcpu,memory_gb\n";
    let rows = [
        "2026-10-01T00:59:30Z,2026-10-01T02:00:10Z,us-east-1,0.25,0.5\n",
        "2026-10-01T00:10:00Z,2026-10-01T00:10:07Z,us-east-1,4,8\n",
        "2026-10-01T01:10:00Z,2026-10-01T01:20:07Z,eu-west-1,4,8\n",
    ];
    let whole = format!("{head}{}", rows.concat());
    let parts = [
        format!("{head}{}", rows[2]),
        format!("{head}{}{}", rows[1], rows[0]),
    ];
    let one = charges(&[("tasks.csv", &whole)], "");
    let two = charges(&[("a.csv", &parts[0]), ("b.csv", &parts[1])], "");
    assert_eq!(one, two);
}
