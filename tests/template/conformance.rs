//! Public examples of a cost tool (`../shared/usage/infracost`), read in place: nothing is missing, and the
//! quantities are those that the other tool has.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use bursar::estate::Charge;
use serde_json::Value;

use super::{estate, lines};
use crate::shared::shared;

fn text(name: &str) -> Option<String> {
    Some(fs::read_to_string(shared(&format!("usage/infracost/{name}"))?).unwrap())
}

#[test]
fn the_example_plan_is_read_whole() {
    let Some(text) = text("example_plan.json") else {
        return;
    };
    let estate = estate(&text);
    assert_eq!(
        lines(&estate),
        [
            "aws_instance.web_app: m5.4xlarge Linux, On-Demand 730 hours",
            // 50 GB and 1,000 GB as the plan has them; 800 IOPS of io1.
            "aws_instance.web_app: Storage (gp2) 50 GB-months",
            "aws_instance.web_app: Storage (io1) 1000 GB-months",
            "aws_instance.web_app: Provisioned IOPS 800 IOPS-months",
            "aws_lambda_function.hello_world: Requests ? requests",
            "aws_lambda_function.hello_world: Duration ? GB-seconds",
        ]
    );
    assert!(
        estate
            .resources
            .iter()
            .all(|resource| resource.region.as_str() == "us-east-1")
    );
}

#[test]
fn the_example_template_is_read_whole() {
    let Some(text) = text("example_cf.json") else {
        return;
    };
    let lines = lines(&estate(&text));
    assert_eq!(lines.len(), 3);
    for line in lines {
        let why = "not covered: bursar has no prices for the type AWS::DynamoDB::Table";
        assert!(line.ends_with(why), "{line}");
    }
}

/// A plan as Terraform would write it of the examples' resources. References stand where Terraform has them: in
/// the configuration, and as unknown in the planned values.
fn plan(example: &Value) -> String {
    let mut planned = Vec::new();
    let mut changes = Vec::new();
    let mut configured = Vec::new();
    for resource in example["resources"].as_array().unwrap() {
        let (kind, name) = (
            resource["type"].as_str().unwrap(),
            resource["name"].as_str().unwrap(),
        );
        let address = format!("{kind}.{name}");
        let (mut values, mut expressions) = (resource["attributes"].clone(), Value::Null);
        let unknown = take_references(&mut values, &mut expressions);
        planned.push(
            serde_json::json!({"address": address, "mode": "managed", "type": kind, "name": name,
            "values": values}),
        );
        changes.push(serde_json::json!({"address": address, "change": {"after_unknown": unknown}}));
        configured.push(
            serde_json::json!({"address": address, "mode": "managed", "type": kind, "name": name,
            "provider_config_key": "aws", "expressions": expressions}),
        );
    }
    let region = &example["region"];
    serde_json::json!({
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes,
        "configuration": {
            "provider_config": {"aws": {"expressions": {"region": {"constant_value": region}}}},
            "root_module": {"resources": configured}
        }
    })
    .to_string()
}

/// Moves `${a.b.c}` out of the values into expressions; what is left in its place is unknown.
fn take_references(values: &mut Value, expressions: &mut Value) -> Value {
    match values {
        Value::String(text) if text.starts_with("${") => {
            let name = text
                .trim_start_matches("${")
                .trim_end_matches('}')
                .to_owned();
            let whole = name.rsplit_once('.').unwrap().0.to_owned();
            *expressions = serde_json::json!({"references": [name, whole]});
            *values = Value::Null;
            Value::Bool(true)
        }
        Value::Array(items) => {
            let mut each = vec![Value::Null; items.len()];
            let unknown = items
                .iter_mut()
                .zip(&mut each)
                .map(|(v, e)| take_references(v, e))
                .collect();
            *expressions = Value::Array(each);
            Value::Array(unknown)
        }
        Value::Object(map) => {
            let mut unknown = serde_json::Map::new();
            let mut each = serde_json::Map::new();
            for (key, value) in map {
                let mut expression = Value::Null;
                unknown.insert(key.clone(), take_references(value, &mut expression));
                each.insert(key.clone(), expression);
            }
            *expressions = Value::Object(each);
            Value::Object(unknown)
        }
        _ => Value::Bool(false),
    }
}

/// Lines in the other tool's words, by resource. What it prices and bursar does not is among the differences
/// below.
fn expected(example: &Value) -> BTreeMap<String, Vec<String>> {
    let mut by_resource = BTreeMap::new();
    for resource in example["expected"].as_array().unwrap() {
        let components = resource["components"].as_array().unwrap().iter();
        let lines = components.filter_map(|component| {
            let name = component["name"].as_str()?;
            let quantity = component["monthly_quantity"].as_str().unwrap_or("?");
            Some(format!("{} {quantity}", ours(name)?))
        });
        let address = resource["resource"].as_str().unwrap().to_owned();
        by_resource.insert(address, lines.collect());
    }
    by_resource
}

/// Our name of a line of the other tool; `None`: CPU credits, detailed monitoring and EBS optimization, which
/// have no price here and are listed as not covered.
fn ours(name: &str) -> Option<String> {
    let within = || {
        name.split_once('(')
            .and_then(|(_, rest)| rest.strip_suffix(')'))
            .unwrap_or("")
    };
    Some(match name {
        "NAT gateway" | "Data processed" | "Provisioned IOPS" | "I/O requests" => name.to_owned(),
        "Storage (magnetic)" => "Storage (standard)".into(),
        _ if name.starts_with("Storage") => {
            format!("Storage ({})", within().rsplit(", ").next().unwrap())
        }
        // Reservations of the usage file are purchases, and not of the estate.
        _ if name.starts_with("Instance usage") => {
            format!("{} Linux, On-Demand", within().rsplit(", ").next().unwrap())
        }
        _ if name.starts_with("EC2 Dedicated Host") => {
            format!("Dedicated Host ({})", within().rsplit(", ").next().unwrap())
        }
        _ => return None,
    })
}

#[test]
fn the_nat_example_has_the_same_lines_and_quantities() {
    let Some(text) = text("nat_gateway_test.json") else {
        return;
    };
    let example: Value = serde_json::from_str(&text).unwrap();
    let found = lines(&estate(&plan(&example)));
    assert_eq!(
        found,
        [
            "aws_nat_gateway.nat: NAT gateway 730 hours",
            "aws_nat_gateway.nat: Data processed ? GB",
            "aws_nat_gateway.nat_withUsage: NAT gateway 730 hours",
            "aws_nat_gateway.nat_withUsage: Data processed ? GB",
        ]
    );
}

#[test]
fn the_instance_example_has_the_same_lines_and_quantities() {
    let Some(text) = text("instance_test.json") else {
        return;
    };
    let example: Value = serde_json::from_str(&text).unwrap();
    // One instance is of the type `fake`, which is none; on a Dedicated Host its hours cost nothing.
    let estate = estate(&plan(&example).replace("\"fake\"", "\"mac1.metal\""));
    let expected = expected(&example);
    let mut differences = String::new();
    for resource in &estate.resources {
        let address = &resource.address;
        let monthly_hours = example["usage"][address]["monthly_hrs"].as_i64();
        let components = resource.components(bursar::estate::Month::Average);
        let found: Vec<String> = components
            .iter()
            .filter(|component| {
                !component.unit.is_empty() && !matches!(component.charge, Charge::Free(_))
            })
            .filter_map(|component| {
                let line = super::line(component);
                let (name, _) = line.rsplit_once(' ')?;
                // The size of a root volume that nobody states is typical here, and known there.
                let line = name
                    .replace(" ?8", " 8")
                    .replace(", Dedicated Instance", "");
                Some(match monthly_hours {
                    Some(hours) => line.replace(" 730", &format!(" {hours}")),
                    None => line,
                })
            })
            .collect();
        let mut wanted = expected.get(address).cloned().unwrap_or_default();
        if address == "aws_instance.instance1_hostTenancy" {
            // The other tool leaves out an instance on a host, its volume included.
            wanted.push("Storage (gp2) 8".into());
        }
        if found != wanted {
            writeln!(differences, "{address}: {found:?}, expected {wanted:?}").unwrap();
        }
    }
    assert_eq!(differences, "");
}
