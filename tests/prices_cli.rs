//! `bursar prices` as a user sees it.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot run its program has to stop"
)]

use assert_cmd::Command;

fn bursar(arguments: &str) -> Command {
    let mut command = Command::cargo_bin("bursar").unwrap();
    command.args(arguments.split(' '));
    command
}

fn stdout(arguments: &str) -> String {
    let run = bursar(arguments).assert().success();
    String::from_utf8(run.get_output().stdout.clone()).unwrap()
}

fn stderr(arguments: &str) -> String {
    let run = bursar(arguments).assert().code(1);
    assert!(run.get_output().stdout.is_empty());
    String::from_utf8(run.get_output().stderr.clone()).unwrap()
}

/// 0.16207 / 0.2478 = 65.4 % (No Upfront of 2025-04 and On-Demand of 2026-05, pricing-data/).
#[test]
fn every_option_stands_side_by_side() {
    let text = stdout("prices show m7i.xlarge --region ap-northeast-2 --format csv");
    assert_eq!(text.lines().count(), 1 + 1 + 12 + 12 + 1);
    let line =
        "Standard Reserved (1 year, No Upfront)\",0,0.16207,0.162070,34.6,65.4,observed,2025-04-04";
    assert!(text.contains(line), "{text}");
}

#[test]
fn json_has_amounts_as_text() {
    let text = stdout("prices show m7i.xlarge --region ap-northeast-2 --format json");
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["schema_version"], 1);
    assert_eq!(document["price_book"].as_str().unwrap().len(), 12);
    let offers = document["offers"].as_array().unwrap();
    assert_eq!(offers[0]["kind"], "on-demand");
    assert_eq!(offers[0]["hourly"], "0.2478");
    assert_eq!(offers[3]["payment_option"], "all-upfront");
    assert_eq!(offers[3]["upfront"], "1325");
}

#[test]
fn a_wrong_name_is_answered_with_the_nearest() {
    assert_eq!(
        stderr("prices show m7i.large --region us-est-1"),
        "error: unknown region `us-est-1`\nhint: did you mean `us-east-1`? `bursar prices regions` lists all\n"
    );
    assert!(stderr("prices show m7i.larg").contains("did you mean `m7i.large`?"));
    assert!(stderr("prices show m7i.large --os beos").contains("known are linux, windows"));
    assert!(stderr("prices show m7i.large --tenancy mine").contains("expected shared, dedicated"));
}

#[test]
fn regions_are_listed_with_what_they_sell() {
    let text = stdout("prices regions --format csv");
    assert_eq!(text.lines().count(), 1 + 104);
    assert!(
        text.contains("\nap-northeast-2,Asia Pacific (Seoul),region,"),
        "{text}"
    );
}

#[test]
fn the_examples_of_the_help_run() {
    for command in [
        "prices show",
        "prices regions",
        "prices list",
        "prices status",
    ] {
        let help = stdout(&format!("{command} --help"));
        let examples = help.split("Examples:").nth(1).unwrap().lines();
        let examples: Vec<&str> = examples
            .filter_map(|line| line.trim().strip_prefix("bursar "))
            .collect();
        assert_eq!(examples.len(), 2, "{help}");
        for example in examples {
            stdout(example);
        }
    }
}

/// Figures of pricing-data/services: internet-egress, inter-region, inter-az, nat-gateway, stated.
#[test]
fn a_network_is_priced_with_its_tiers_and_what_is_free() {
    let text = stdout("prices network --region us-east-1 --to eu-west-1 --format csv");
    for line in [
        "internet-egress,internet-egress-gb,GB,0,0.09,observed,2025-06-05,internet-egress-2025-06",
        "internet-egress,internet-egress-gb,GB,153600,0.05,observed,",
        "inter-region,inter-region-gb-to-eu-west-1,GB,0,0.02,observed,2025-06-05,",
        "inter-az,inter-az-in-gb,GB,0,0.01,observed,2024-08-09,",
        "nat-gateway,nat-gateway-hour,hour,0,0.045,observed,2025-10-28,",
        "stated,internet-ingress-gb,GB,0,free,observed,",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let text = stdout("prices network --region us-east-1");
    assert!(text.contains("the first 100 GB a month over all regions are free (since 2021-12-01"));
}

#[test]
fn services_and_hosts_have_their_source() {
    let text = stdout("prices services --region eu-west-1 --service ebs --format json");
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let charges = document["charges"].as_array().unwrap();
    assert!(charges.iter().all(|charge| charge["service"] == "ebs"));
    let io2 = charges
        .iter()
        .find(|c| c["item"] == "ebs-io2-iops-month")
        .unwrap();
    // misc_euwest1_2023-02, SKUs 85KRDVUN28TUQW7Y and FVSCZFYXY7RHFESB: 0.072 and 0.0504 then, too.
    assert_eq!(
        io2["tiers"][0],
        serde_json::json!({"from": 0, "to": 32000, "usd": "0.072"})
    );
    assert_eq!(
        io2["tiers"][1],
        serde_json::json!({"from": 32000, "to": 64000, "usd": "0.0504"})
    );
    assert_eq!(io2["source"], "ebs-pages-2024-07");
    // dedicated_host_2026-05: af-south-1, c5.
    let text = stdout("prices hosts --region af-south-1 --format csv");
    assert!(text.contains("c5,4.514,2.654452,1.697412,"), "{text}");
    let text = stdout("prices show c5.xlarge --region af-south-1");
    assert!(
        text.contains("Dedicated Host of c5: $4.514 an hour (dedicated-hosts-2026-05, 2026-05-12)")
    );
    assert!(text.contains("of instances interrupted a month (spot-advisor-2025-06, 2025-06-28)"));
}

#[test]
fn spot_prices_of_the_past_are_shown_by_month_and_by_day() {
    // spot_history_regional_2024: c5.12xlarge in af-south-1 on 2023-02-20.
    let days = stdout("prices spot c5.12xlarge --region af-south-1 --to 2023-02-28 --format csv");
    assert_eq!(days, "day,usd\n2023-02-20,0.8208\n");
    let months = stdout("prices spot c5.12xlarge --region af-south-1");
    let february = months.lines().find(|line| line.contains("2023-02"));
    let cells: Vec<&str> = february.unwrap().split_whitespace().collect();
    assert_eq!(cells, ["2023-02", "1", "0.8208", "0.8208", "0.8208"]);
    assert!(
        months.contains("Source spot-history-2024-05, 2024-05-14."),
        "{months}"
    );
}
