//! Changes of state and use beside instances, read from the tables people type.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use bursar::demand::import::{Doubt, Import, Input, Options, import};
use bursar::units::Hour;
use rust_decimal::dec;

const HEADER: &str = "instance_id,state,time,region,instance_type,operating_system,purchase\n";

fn read(files: &[&str]) -> Import {
    let folder = tempfile::tempdir().unwrap();
    let inputs: Vec<Input> = (0..)
        .zip(files)
        .map(|(number, text)| {
            let path = folder.path().join(format!("{number}.csv"));
            std::fs::write(&path, text).unwrap();
            Input::path(format!("{number}.csv"), path)
        })
        .collect();
    import(&inputs, &Options::default(), &|_| {}).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn events(rows: &[&str]) -> String {
    format!("{HEADER}{}\n", rows.join("\n"))
}

/// Seconds by hour of the only key.
fn seconds(found: &Import) -> Vec<u32> {
    assert_eq!(found.demand.keys().len(), 1);
    found.demand.seconds(0).to_vec()
}

/// 10:50:00 to 12:10:30: 600, 3,600 and 630 seconds; then 20 seconds, which cost a minute.
const WEB: [&str; 4] = [
    "i-1,running,2026-10-18T10:50:00Z,us-east-1,m7g.large,,",
    "i-1,stopped,2026-10-18T12:10:30Z,,,,",
    "i-1,running,2026-10-18T13:00:00Z,us-east-1,m7g.large,,",
    "i-1,terminated,2026-10-18T13:00:20Z,,,,",
];

#[test]
fn changes_of_state_become_billed_seconds() {
    let found = read(&[&events(&WEB)]);
    assert_eq!(seconds(&found), [600, 3_600, 630, 60]);
    assert_eq!(found.report.files[0].format, "changes of state");
    assert_eq!(found.report.used(), 4);
    assert!(found.report.doubts.is_empty());
}

#[test]
fn rows_may_come_in_any_order_and_from_several_files() {
    let whole = read(&[&events(&WEB)]);
    let turned: Vec<&str> = WEB.iter().rev().copied().collect();
    assert_eq!(read(&[&events(&turned)]).demand, whole.demand);
    let (first, second) = (events(&WEB[..1]), events(&WEB[1..]));
    assert_eq!(read(&[&second, &first]).demand, whole.demand);
}

#[test]
fn an_instance_may_be_another_type_when_it_starts_again() {
    let mut rows = WEB;
    rows[2] = "i-1,running,2026-10-18T13:00:00Z,us-east-1,m7g.xlarge,,";
    let found = read(&[&events(&rows)]);
    let types: Vec<String> = found
        .demand
        .keys()
        .iter()
        .map(|key| key.instance_type.to_string())
        .collect();
    assert_eq!(types, ["m7g.large", "m7g.xlarge"]);
    assert_eq!(found.demand.seconds(1), [0, 0, 0, 60]);
}

#[test]
fn what_the_files_do_not_tell_is_doubted() {
    let found = read(&[&events(&[
        "i-1,running,2026-10-18T10:00:00Z,us-east-1,m7g.large,,",
        "i-2,stopped,2026-10-18T11:30:00Z,,,,",
    ])]);
    assert_eq!(seconds(&found), [3_600, 1_800]);
    assert_eq!(found.report.doubts[&Doubt::StillRunning], 1);
    assert_eq!(found.report.doubts[&Doubt::RanBefore], 1);
}

#[test]
fn a_spot_instance_that_aws_takes_away_in_its_first_hour_is_free() {
    let found = read(&[&events(&[
        "i-1,running,2026-10-18T10:00:00Z,us-east-1,m7g.large,,spot",
        "i-1,interrupted,2026-10-18T10:40:00Z,,,,",
        "i-2,running,2026-10-18T10:00:00Z,us-east-1,m7g.large,,spot",
        "i-2,interrupted,2026-10-18T11:10:00Z,,,,",
        "i-3,running,2026-10-18T10:00:00Z,us-east-1,m7g.large,suse,spot",
        "i-3,interrupted,2026-10-18T11:10:00Z,,,,",
    ])]);
    assert_eq!(found.demand.seconds(0), [3_600, 600]);
    assert_eq!(found.demand.seconds(1), [3_600, 0]);
}

#[test]
fn use_beside_instances_is_added_up_exactly() {
    let table = "hour,region,item,quantity,account,tag:team\n\
        2026-10-01T00:00Z,us-east-1,nat-gateway-gb,1500.25,a,web\n\
        2026-10-01T00:30Z,us-east-1,nat-gateway-gb,0.000000000001,a,web\n\
        2026-10-01T00:00Z,us-east-1,lambda-x86-request,5e9,a,\n";
    let found = read(&[table]);
    let hour = Hour::parse("2026-10-01T00:00Z").unwrap();
    let rows: Vec<_> = found
        .services
        .rows()
        .map(|(key, hours)| {
            (
                key.item.to_string(),
                key.labels.len(),
                hours.collect::<Vec<_>>(),
            )
        })
        .collect();
    assert_eq!(rows.len(), 2);
    assert_eq!((rows[0].0.as_str(), rows[0].1), ("lambda-x86-request", 0));
    assert_eq!(rows[0].2[0].1.to_decimal(2), dec!(5000000000));
    assert_eq!((rows[1].1, rows[1].2.len(), rows[1].2[0].0), (1, 1, hour));
    assert_eq!(rows[1].2[0].1.to_decimal(10), dec!(1500.25));
    assert_eq!(found.demand.span().len(), 1);
}
