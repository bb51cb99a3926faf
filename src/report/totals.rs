//! Charges added up by columns, as a table, CSV records and JSON.

use serde_json::{Map, Value, json};

use super::Table;
use super::format::dollars;
use crate::analysis::{Group, Grouping};
use crate::units::{HourSpan, Money};

/// The groups as a table with their sum.
pub fn table(groups: &[Group], columns: &[Grouping], span: HourSpan) -> Table {
    let names: Vec<String> = columns.iter().map(Grouping::name).collect();
    let mut heads: Vec<&str> = names.iter().map(String::as_str).collect();
    heads.extend([">instance-hours", ">effective, $", ">billed, $", ">list, $"]);
    let mut table = Table::new(format!("Charges by {}, {span}", names.join(", ")), &heads);
    for group in groups {
        let mut cells: Vec<String> = group.texts.iter().map(|text| or_dash(text)).collect();
        cells.push(group.instance_hours.to_decimal(2).to_string());
        cells.extend([group.effective, group.billed, group.list].map(|money| dollars(money, 2)));
        table.row(cells);
    }
    let sum = |of: fn(&Group) -> Money| dollars(groups.iter().map(of).sum(), 2);
    let mut total: Vec<String> = vec![String::new(); columns.len()];
    if let Some(first) = total.first_mut() {
        "Total".clone_into(first);
    }
    let hours: crate::units::Quantity<_> = groups.iter().map(|group| group.instance_hours).sum();
    total.push(hours.to_decimal(2).to_string());
    total.extend([sum(|g| g.effective), sum(|g| g.billed), sum(|g| g.list)]);
    table.row(total);
    table.note("Effective spreads upfront fees over the hours they serve; billed is cash; list is what the usage costs On-Demand.".to_owned());
    table
}

fn or_dash(text: &str) -> String {
    if text.is_empty() {
        "-".to_owned()
    } else {
        text.to_owned()
    }
}

/// The head of the CSV.
pub fn head(columns: &[Grouping]) -> Vec<String> {
    let mut names: Vec<String> = columns.iter().map(Grouping::name).collect();
    names.extend(
        [
            "instance_hours",
            "effective_cost",
            "billed_cost",
            "list_cost",
        ]
        .map(str::to_owned),
    );
    names
}

/// One group as the cells of [`head`]: dollars exact to ten decimals.
pub fn record(group: &Group) -> Vec<String> {
    let mut cells = group.texts.clone();
    cells.push(group.instance_hours.to_decimal(9).normalize().to_string());
    let exact = |money: Money| money.to_decimal(10).normalize().to_string();
    cells.extend([group.effective, group.billed, group.list].map(exact));
    cells
}

/// The groups as JSON objects, in order.
pub fn json(groups: &[Group], columns: &[Grouping]) -> Value {
    let head = head(columns);
    let object = |group: &Group| {
        let pairs = head.iter().cloned().zip(record(group));
        let pairs = pairs.map(|(name, cell)| (name, json!(cell)));
        Value::Object(pairs.collect::<Map<String, Value>>())
    };
    groups.iter().map(object).collect()
}
