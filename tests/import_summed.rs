//! Rows that another engine summed: read as what they stand for, and the query that sums them.

use bursar::demand::import::{
    Aggregation, ColumnKind, Dialect, Doubt, EngineColumn, Import, Input, Options, Skip, import,
};

const HEADER: &str = "line_item_usage_account_id,line_item_product_code,line_item_line_item_type,line_item_usage_type,\
                      line_item_operation,product_region_code,line_item_usage_start_date,line_item_usage_amount,\
                      line_item_unblended_cost";

fn read(text: &str) -> Import {
    let input = Input::bytes("bill.csv", text.as_bytes());
    import(&[input], &Options::default(), &|_| {}).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Three instances for an hour, one of them half of it, and two rows of storage.
#[test]
fn a_summed_row_stands_for_the_rows_behind_it() {
    let usage = "1,AmazonEC2,Usage,BoxUsage:m5.large,RunInstances,us-east-1,2026-04-01T00:00:00Z";
    let storage =
        "1,AmazonEC2,Usage,EBS:VolumeUsage.gp3,CreateVolume-Gp3,us-east-1,2026-04-01T00:00:00Z";
    let plain = read(&format!(
        "{HEADER}\n{usage},1,0.096\n{usage},1,0.096\n{usage},0.5,0.048\n{storage},7,0.5\n{storage},9,0.25\n"
    ));
    let summed = read(&format!(
        "{HEADER},bursar_rows,bursar_unread\n{usage},2.500000000,0.240000000000,3,0\n\
         ,AmazonEC2,Usage,,,,2026-04-01T00:00:00Z,16.000000000,0.750000000000,2,0\n"
    ));
    assert_eq!(plain.demand, summed.demand);
    assert_eq!(summed.demand.seconds(0), [9_000]);
    assert_eq!(plain.commitments, summed.commitments);
    assert_eq!(plain.report.skipped, summed.report.skipped);
    assert_eq!(summed.report.skipped[&Skip::NotInstances].rows, 2);
    assert_eq!((plain.report.rows(), plain.report.used()), (5, 3));
    assert_eq!((summed.report.rows(), summed.report.used()), (5, 3));
    assert_eq!(summed.report.doubts.get(&Doubt::Summed), Some(&5));
    assert_eq!(summed.report.files[0].packing, "summed rows");
}

fn bill(columns: &[(&str, ColumnKind)]) -> Aggregation {
    let columns = columns.iter().map(|(name, kind)| EngineColumn {
        name: (*name).to_owned(),
        kind: kind.clone(),
    });
    Aggregation {
        table: "billing.cur2".into(),
        name: "billing.cur2".into(),
        columns: columns.collect(),
        tags: vec!["team".into()],
        periods: vec!["2026-04".into()],
    }
}

/// What tells a row apart is grouped by, maps are taken apart, fees stand as they are, and nothing else is read.
#[test]
fn the_query_groups_by_what_classifies() {
    let aggregation = bill(&[
        ("line_item_line_item_type", ColumnKind::Plain),
        ("line_item_usage_type", ColumnKind::Plain),
        ("line_item_usage_start_date", ColumnKind::Plain),
        ("line_item_usage_amount", ColumnKind::Number),
        ("line_item_resource_id", ColumnKind::Plain),
        ("product", ColumnKind::Map),
        ("resource_tags", ColumnKind::Map),
        ("billing_period", ColumnKind::Plain),
    ]);
    let athena = aggregation.sql(Dialect::Athena).unwrap();
    assert_eq!(athena, include_str!("import/aggregation-athena.sql"));
    let spark = aggregation.sql(Dialect::Spark).unwrap();
    assert!(
        spark.contains(
            "CASE WHEN bursar_long THEN NULLIF(element_at(`product`, 'tenancy'), '') END"
        )
    );
    for sql in [&athena, &spark] {
        assert!(!sql.contains("resource_id"), "{sql}");
    }
}

/// Older exports are partitioned by year and month, in Hive's way without zeros.
#[test]
fn billing_periods_prune_the_partitions_there_are() {
    let aggregation = bill(&[
        ("line_item_usage_type", ColumnKind::Plain),
        ("line_item_usage_start_date", ColumnKind::Plain),
        ("line_item_usage_amount", ColumnKind::Plain),
        ("year", ColumnKind::Plain),
        ("month", ColumnKind::Plain),
    ]);
    let sql = aggregation.sql(Dialect::Spark).unwrap();
    let pruned =
        "(TRIM(CAST(`year` AS STRING)) = '2026' AND TRIM(CAST(`month` AS STRING)) IN ('04', '4'))";
    assert!(sql.contains(pruned), "{sql}");
}

/// A name cannot end the text it stands in.
#[test]
fn names_and_tags_are_quoted() {
    let mut aggregation = bill(&[
        ("charge_category", ColumnKind::Plain),
        ("service_name", ColumnKind::Plain),
        ("charge_period_start", ColumnKind::Plain),
        ("consumed_quantity", ColumnKind::Number),
        ("tags", ColumnKind::Map),
        ("billing_period_start", ColumnKind::Plain),
    ]);
    aggregation.tags = vec!["o'clock\\".into()];
    let spark = aggregation.sql(Dialect::Spark).unwrap();
    assert!(
        spark.contains(r"element_at(`tags`, 'o\'clock\\')"),
        "{spark}"
    );
    let athena = aggregation.sql(Dialect::Athena).unwrap();
    assert!(
        athena.contains(r#"element_at("tags", 'o''clock\')"#),
        "{athena}"
    );
}
