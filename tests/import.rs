//! What an import promises: the same usage gives the same demand, whatever its order, splitting and packing.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::integer_division,
    reason = "a test stops at what it did not expect, and says what it skips"
)]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use bursar::demand::import::{
    Cover, Import, Input, Options, Skip, import, write_csv, write_parquet,
};
use bursar::demand::{Fill, Market};
use proptest::prelude::*;

fn read(files: &[(&str, Vec<u8>)], options: &Options) -> Result<Import, String> {
    let inputs: Vec<Input> = files
        .iter()
        .map(|(name, bytes)| Input::bytes(*name, bytes.as_slice()))
        .collect();
    import(&inputs, options, &|_| {}).map_err(|problems| {
        problems
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    })
}

fn one(bytes: impl Into<Vec<u8>>) -> Import {
    read(&[("usage", bytes.into())], &zeros()).unwrap()
}

/// Hours without rows are hours without usage, on two threads.
fn zeros() -> Options {
    Options {
        fill_gaps: Some(Fill::Zero),
        threads: 2,
        ..Options::default()
    }
}

const SIMPLE: &str = "hour,region,instance_type,count\n\
                      2026-10-18T05:00Z,us-east-1,m5.large,3\n\
                      2026-10-18T06:00Z,us-east-1,m5.large,2.5\n";

#[test]
fn marks_line_ends_quotes_and_packing_do_not_matter() {
    let plain = one(SIMPLE);
    assert_eq!(plain.demand.seconds(0), [3 * 3_600, 9_000]);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(SIMPLE.as_bytes()).unwrap();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("usage.csv", zip::write::SimpleFileOptions::default())
        .unwrap();
    zip.write_all(SIMPLE.as_bytes()).unwrap();
    let variants: [(&str, Vec<u8>); 7] = [
        ("byte order mark", format!("\u{feff}{SIMPLE}").into_bytes()),
        ("CRLF", SIMPLE.replace('\n', "\r\n").into_bytes()),
        ("no last line end", SIMPLE.trim_end().into()),
        ("blank lines", SIMPLE.replace('\n', "\n\n").into_bytes()),
        (
            "quotes",
            SIMPLE.replace("us-east-1", "\"us-east-1\"").into_bytes(),
        ),
        ("gzip", packed.finish().unwrap()),
        ("zip", zip.finish().unwrap().into_inner()),
    ];
    for (what, bytes) in variants {
        assert_eq!(one(bytes).demand, plain.demand, "{what}");
    }
}

#[test]
fn a_quoted_newline_is_part_of_its_cell() {
    let text = "hour,region,instance_type,count,tag:note\n\
                2026-10-18T05:00Z,us-east-1,m5.large,3,\"two\nlines, one \"\"cell\"\"\"\n";
    let found = one(text);
    assert_eq!(
        &*found.demand.keys()[0].labels[0].1,
        "two\nlines, one \"cell\""
    );
}

#[test]
fn rows_are_not_instances() {
    // One instance-hour in three rows: 1,866 s + 1,665 s + 69 s.
    let text = "hour,region,instance_type,hours\n\
                2026-10-18T05:00Z,us-east-1,m5.large,0.5183333333\n\
                2026-10-18T05:00Z,us-east-1,m5.large,0.4625\n\
                2026-10-18T05:00Z,us-east-1,m5.large,1.91666667E-2\n";
    assert_eq!(one(text).demand.seconds(0), [3_600]);
}

#[test]
fn gaps_are_filled_as_told() {
    let text = "hour,region,instance_type,count\n\
                2026-10-18T05:00Z,us-east-1,m5.large,3\n\
                2026-10-18T07:00Z,us-east-1,m5.large,0\n";
    let refused = read(&[("usage", text.into())], &Options::default()).unwrap_err();
    assert!(
        refused.contains("2026-10-18T06:00Z to 2026-10-18T07:00Z"),
        "{refused}"
    );
    let previous = Options {
        fill_gaps: Some(Fill::Previous),
        ..Options::default()
    };
    let found = read(&[("usage", text.into())], &previous).unwrap();
    assert_eq!(found.demand.seconds(0), [10_800, 10_800, 0]);
    assert_eq!(found.report.missing.len(), 1);
}

/// The files of tests/import hold the same nine rows.
#[test]
fn the_same_rows_are_read_alike_however_they_are_stored() {
    let options = Options {
        tags: vec!["team".into()],
        ..zeros()
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import");
    let found = |name: &str| {
        let input = Input::path(name, folder.join(name));
        import(&[input], &options, &|_| {}).unwrap()
    };
    let csv = found("cur2.csv");
    assert_eq!(csv.demand.keys().len(), 3);
    assert_eq!(csv.report.files[0].format, "CUR 2.0");
    let (windows, row) = csv.demand.rows().next().unwrap();
    assert_eq!(windows.platform.to_string(), "Windows");
    assert_eq!(
        (&*windows.labels[0].0, &*windows.labels[0].1),
        ("team", "batch")
    );
    // 0.5 h, 0.5001 h and 0.5002 h in whole seconds: 1,800, 1,800.36 and 1,800.72.
    assert_eq!(row, [1_800, 1_800, 1_801]);
    assert!(
        csv.demand
            .keys()
            .iter()
            .any(|key| key.market == Market::Spot)
    );
    for name in [
        "cur2-map.parquet",
        "cur2-struct.parquet",
        "cur2-pages-v2.parquet",
        "cur2-int96-decimal.parquet",
    ] {
        let parquet = found(name);
        assert_eq!(parquet.demand, csv.demand, "{name}");
        assert_eq!(parquet.commitments.usage, csv.commitments.usage, "{name}");
        assert_eq!(parquet.report.window, csv.report.window, "{name}");
    }
}

/// Whatever byte of a Parquet file is damaged, the import ends with an answer; polars alone panics on some.
#[test]
fn a_damaged_byte_is_an_error_at_most() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import/cur2-map.parquet");
    let whole = fs::read(file).unwrap();
    let mut refused = 0;
    for at in (0..whole.len()).step_by(97) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0xff;
        refused += usize::from(read(&[("damaged", damaged)], &zeros()).is_err());
    }
    assert!(refused > 10, "{refused}");
}

#[test]
fn the_same_line_items_in_csv_and_parquet_are_noticed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import");
    let inputs = ["cur2.csv", "cur2-map.parquet"].map(|name| Input::path(name, folder.join(name)));
    let refused = import(&inputs, &zeros(), &|_| {}).unwrap_err();
    assert_eq!(
        refused[0].message,
        "9 rows are in `cur2.csv` and in `cur2-map.parquet`"
    );
}

#[test]
fn what_a_reservation_and_a_plan_covered_is_kept_apart() {
    let head = "identity/LineItemId,lineItem/UsageAccountId,lineItem/LineItemType,lineItem/UsageStartDate,lineItem/UsageEndDate,lineItem/ProductCode,lineItem/UsageType,lineItem/Operation,lineItem/UsageAmount,lineItem/UnblendedCost,pricing/publicOnDemandRate,reservation/ReservationARN,reservation/EffectiveCost,reservation/NumberOfReservations,pricing/OfferingClass,savingsPlan/SavingsPlanARN,savingsPlan/SavingsPlanRate,savingsPlan/SavingsPlanEffectiveCost,savingsPlan/RecurringCommitmentForBillingPeriod\n";
    let hour = "2026-10-01T05:00:00Z,2026-10-01T06:00:00Z";
    let text = format!(
        "{head}a,1,RIFee,2026-10-01T00:00:00Z,2026-10-31T23:59:59Z,AmazonEC2,HeavyUsage:m5.large,RunInstances,744,44.64,,arn:ri,,1,,,,,\n\
         b,1,DiscountedUsage,{hour},AmazonEC2,BoxUsage:m5.large,RunInstances,0.5,0,0.096,arn:ri,0.03,,standard,,,,\n\
         c,1,SavingsPlanCoveredUsage,{hour},AmazonEC2,BoxUsage:m5.large,RunInstances,0.25,0.024,0.096,,,,,arn:sp,0.07,0.0175,\n\
         d,1,SavingsPlanNegation,{hour},AmazonEC2,BoxUsage:m5.large,RunInstances,0.25,-0.024,,,,,,arn:sp,,,\n\
         e,1,SavingsPlanRecurringFee,{hour},ComputeSavingsPlans,ComputeSP:1yrNoUpfront,,1,0.02,,,,,,arn:sp,,,0.02\n\
         f,1,Usage,{hour},AmazonEC2,BoxUsage:m5.large,RunInstances,0.25,0.024,0.096,,,,,,,,\n"
    );
    let found = one(text);
    // All three are one stream of demand: 0.5 h + 0.25 h + 0.25 h.
    assert_eq!(found.demand.seconds(0), [3_600]);
    let usage = &found.commitments.usage;
    let covers: Vec<&Cover> = usage.iter().map(|usage| &usage.cover).collect();
    assert_eq!(
        covers,
        [
            &Cover::None,
            &Cover::Reservation("arn:ri".into()),
            &Cover::SavingsPlan("arn:sp".into())
        ]
    );
    let costs: Vec<i64> = usage
        .iter()
        .map(|usage| usage.hours[0].pico_dollars)
        .collect();
    assert_eq!(costs, [24_000_000_000, 30_000_000_000, 17_500_000_000]);
    let reservation = &found.commitments.reservations[0];
    assert_eq!(reservation.period.unwrap().len(), 744);
    assert_eq!(reservation.class.as_deref(), Some("standard"));
    let plan = &found.commitments.savings_plans[0];
    assert_eq!(plan.hourly_commitment().unwrap().to_string(), "0.02");
    assert_eq!(found.report.skipped[&Skip::Negation].rows, 1);
    assert_eq!(found.report.skipped[&Skip::Commitment].rows, 2);
}

/// One row of a small bill: account, type, hour, thousandths of an instance-hour, Spot.
type Row = (u8, u8, u8, u16, bool);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec(
        (0_u8..2, 0_u8..3, 0_u8..30, 1_u16..2_500, any::<bool>()),
        1..40,
    )
}

fn line((index, row): (usize, &Row)) -> String {
    let (account, kind, hour, milli, spot) = *row;
    let kind = ["m5.large", "c5.xlarge", "t3.nano"][usize::from(kind)];
    let usage = if spot { "SpotUsage" } else { "BoxUsage" };
    let (day, hour) = (hour / 24 + 1, hour % 24);
    format!(
        "id{index},2026-10-{day:02}T{hour:02}:00:00Z,{account},AmazonEC2,EU-{usage}:{kind},RunInstances,{}.{:03}\n",
        milli / 1000,
        milli % 1000
    )
}

const BILL: &str = "identity_line_item_id,line_item_usage_start_date,line_item_usage_account_id,line_item_product_code,line_item_usage_type,line_item_operation,line_item_usage_amount\n";

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn order_and_splitting_do_not_matter(rows in rows(), seed in any::<u64>(), parts in 1_usize..4) {
        let mut lines: Vec<String> = rows.iter().enumerate().map(line).collect();
        let whole = one(format!("{BILL}{}", lines.concat()));
        let mut state = seed | 1;
        lines.sort_by_cached_key(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state >> 33
        });
        let size = lines.len().div_ceil(parts);
        let files: Vec<(&str, Vec<u8>)> = lines
            .chunks(size)
            .map(|lines| ("part", format!("{BILL}{}", lines.concat()).into_bytes()))
            .collect();
        let split = read(&files, &zeros()).unwrap();
        prop_assert_eq!(&split.demand, &whole.demand);
        prop_assert_eq!(&split.commitments, &whole.commitments);
        prop_assert_eq!(&split.report.doubts, &whole.report.doubts);
    }

    #[test]
    fn what_is_written_is_read_back(rows in rows()) {
        let lines: Vec<String> = rows.iter().enumerate().map(line).collect();
        let demand = one(format!("{BILL}{}", lines.concat())).demand;
        let (mut csv, mut parquet) = (Vec::new(), Vec::new());
        write_csv(&demand, &mut csv).unwrap();
        write_parquet(&demand, &mut parquet).unwrap();
        // Written demand has no gaps: it must come back without filling.
        prop_assert_eq!(&read(&[("csv", csv)], &Options::default()).unwrap().demand, &demand);
        prop_assert_eq!(&read(&[("parquet", parquet)], &Options::default()).unwrap().demand, &demand);
    }
}

fn bursar() -> Command {
    Command::new(env!("CARGO_BIN_EXE_bursar"))
}

#[test]
fn folders_patterns_and_manifests_name_files() {
    let folder = tempfile::tempdir().unwrap();
    let month = folder.path().join("report/20261001-20261101");
    fs::create_dir_all(&month).unwrap();
    let row = |hour: u8| {
        format!("hour,region,instance_type,count\n2026-10-18T{hour:02}:00Z,us-east-1,m5.large,1\n")
    };
    fs::write(month.join("a.csv"), row(5)).unwrap();
    fs::write(month.join("b.csv"), row(6)).unwrap();
    fs::write(month.join("notes.txt"), "not usage").unwrap();
    let keys =
        r#"{"reportKeys": ["report/20261001-20261101/a.csv", "report/20261001-20261101/b.csv"]}"#;
    fs::write(folder.path().join("Manifest.json"), keys).unwrap();
    for name in ["report", "report/*/*.csv", "Manifest.json"] {
        let output = bursar()
            .current_dir(folder.path())
            .args(["import", name, "--format", "json"])
            .output()
            .unwrap();
        let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(found["inputs"].as_array().unwrap().len(), 2, "{name}");
        assert_eq!(found["instance_hours"], "2.00", "{name}");
        assert_eq!(found["inputs"][0]["sha256"].as_str().unwrap().len(), 64);
    }
}

#[test]
fn demand_is_written_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("usage.csv"), SIMPLE).unwrap();
    for out in ["demand.csv", "demand.parquet"] {
        let run = |args: &[&str]| {
            bursar()
                .current_dir(folder.path())
                .args(args)
                .output()
                .unwrap()
        };
        assert!(run(&["import", "usage.csv", "--out", out]).status.success());
        let again = run(&["import", out, "--format", "json"]);
        let found: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
        assert_eq!(found["instance_hours"], "5.50", "{out}");
    }
}

/// An import must work where there is no network at all.
#[test]
fn no_network_is_needed() {
    let can = Command::new("unshare").args(["-rn", "true"]).status();
    if !can.is_ok_and(|status| status.success()) {
        println!("skipped: `unshare -rn` does not work here");
        return;
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import/cur2-map.parquet");
    let output = Command::new("unshare")
        .args(["-rn", env!("CARGO_BIN_EXE_bursar"), "import"])
        .arg(file)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// What rows of a bill are, by the rules of docs.aws.amazon.com ("Line item details", "Capacity Reservation
/// pricing and billing", "Dedicated Hosts"): line type, service, usage type, operation, and why left out.
const KINDS: &str = "\
Usage,AmazonEC2,BoxUsage:m5.large,RunInstances,
Usage,AmazonEC2,BoxUsage,RunInstances,
Usage,AmazonEC2,UnusedBox:m5.large,RunInstances,
Usage,AmazonEC2,DedicatedUsage:m5.large,RunInstances:0002,
Usage,ElasticMapReduce,BoxUsage:m5.large,RunInstances,OtherService
Usage,AmazonEC2,Reservation:m5.large,RunInstances,CapacityTotal
Usage,AmazonEC2,HostBoxUsage:m5.large,RunInstances,OnHost
Usage,AmazonEC2,HostUsage:m5,RunInstances,Host
Usage,AmazonEC2,CPUCredits:t3,RunInstances,NotInstances
Usage,AmazonEC2,EBS:VolumeUsage.gp3,CreateVolume-Gp3,NotInstances
Tax,AmazonEC2,BoxUsage:m5.large,RunInstances,Tax
Credit,AmazonEC2,BoxUsage:m5.large,RunInstances,Discount
Fee,AmazonEC2,HeavyUsage:m5.large,RunInstances,OtherCharge
RIFee,AmazonRDS,HeavyUsage:db.m5.large,CreateDBInstance,OtherService
RIFee,AmazonEC2,HeavyUsage:m5.large,RunInstances,Commitment";

#[test]
fn every_kind_of_row_is_used_or_left_out_for_a_reason() {
    let head = "identity/LineItemId,lineItem/LineItemType,lineItem/ProductCode,lineItem/UsageType,lineItem/Operation,lineItem/UsageStartDate,lineItem/UsageAmount,product/operatingSystem,product/preInstalledSw\n";
    let rest = "2026-10-01T05:00:00Z,1,Linux,NA\n";
    let usage = format!("id,Usage,AmazonEC2,BoxUsage:c5.large,RunInstances,{rest}");
    for kind in KINDS.lines() {
        let (row, reason) = kind.rsplit_once(',').unwrap();
        let found = one(format!("{head}{usage}row,{row},{rest}"));
        let skipped: Vec<String> = found
            .report
            .skipped
            .keys()
            .map(|skip| format!("{skip:?}"))
            .collect();
        let expected: Vec<&str> = Some(reason)
            .filter(|reason| !reason.is_empty())
            .into_iter()
            .collect();
        assert_eq!(skipped, expected, "{row}");
        assert_eq!(found.report.used(), 2 - expected.len() as u64, "{row}");
        let fees = usize::from(reason == "Commitment");
        assert_eq!(found.commitments.reservations.len(), fees, "{row}");
    }
}
