//! AWS's worked examples, each with its source, run through the engine.
//!
//! The ones under `tests/vectors` are the figures of AWS's documentation. Where the folder `../shared/vectors`
//! stands beside the project (as in CI), its examples of the same kinds are run too.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::too_many_lines,
    reason = "a test says what it runs"
)]

mod amortized;
mod calculator;
mod databases;
mod metered;
mod plans;
pub(crate) mod read;
mod reserved;
mod services;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::shared::shared;

#[test]
fn every_example_of_the_project_comes_out() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    assert_eq!(run_folder(&folder), 63);
}

#[test]
fn every_shared_example_of_these_kinds_comes_out() {
    if let Some(folder) = shared("vectors") {
        assert!(run_folder(&folder) >= 63);
    }
}

fn run_folder(folder: &Path) -> usize {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    files.sort();
    files.iter().filter(|file| run_file(file)).count()
}

/// Runs one example; false when it is of a kind this test does not know.
fn run_file(file: &Path) -> bool {
    let example: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let name = example["name"].as_str().unwrap().to_owned();
    println!("{name}");
    match example["kind"].as_str().unwrap() {
        "ri_apply_hour" => reserved::ri_apply_hour(&example),
        "ri_share" => reserved::ri_share(&example),
        "ri_seconds" => reserved::ri_seconds(&example),
        "ri_exchange" => reserved::ri_exchange(&example),
        "ri_list_value" => reserved::ri_list_value(&example),
        "ri_footprint" => reserved::ri_footprint(&example),
        "sp_hour" => plans::sp_hour(&example),
        "sp_coverage" => plans::sp_coverage(&example),
        "sp_metrics" => plans::sp_metrics(&example, file.parent().unwrap()),
        "sp_upfront_amortize" => amortized::sp_upfront_amortize(&example),
        "amortize" => amortized::amortize(&example),
        "cur_rifee" => amortized::cur_rifee(&example),
        "cur_sp_rows" => amortized::cur_sp_rows(&example),
        "cur_amortized" => amortized::cur_amortized(&example),
        "blended" => amortized::blended(&example),
        "calculator" => calculator::calculator(&example),
        "egress" => services::egress(&example),
        "tiered" => services::tiered(&example),
        "inter_az" => services::inter_az(&example),
        "nat_gateway" => services::nat_gateway(&example),
        "nat_internet" => services::nat_internet(&example),
        "ipv4" => services::ipv4(&example),
        "privatelink" => services::privatelink(&example),
        "fargate" => services::fargate(&example),
        "lambda" => services::lambda(&example),
        "region_fee" => services::region_fee(&example),
        "cur_dt" => services::cur_dt(&example),
        "lifecycle" => metered::lifecycle(&example),
        "spot_interruption" => metered::spot_interruption(&example),
        "odcr" => metered::odcr(&example),
        "odcr_timeline" => metered::odcr_timeline(&example),
        "odcr_duration" => metered::odcr_duration(&example),
        "optimize_cpu" => metered::optimize_cpu(&example),
        "cpu_credits" => metered::cpu_credits(&example),
        "t3_breakeven" => metered::t3_breakeven(&example),
        "odcr_cancel" => metered::odcr_cancel(&example),
        "host_packing" => metered::host_packing(&example),
        "rds_ri" => databases::rds_ri(&example),
        "rds_bill" => databases::rds_bill(&example),
        "elasticache_ri" => databases::elasticache_ri(&example),
        _ => return false,
    }
    true
}
