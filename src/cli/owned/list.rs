//! `bursar owned list`: every commitment, and how near a region is to the volume discount.

use clap::Args;
use serde_json::{Value, json};

use super::{Asked, Loaded, head};
use crate::cli::{Failure, Format, Output};
use crate::commitment::{VOLUME_THRESHOLD, list_value, volume_list_values};
use crate::report::Table;
use crate::report::run::covers;
use crate::units::{HourSpan, Money};

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    pub(super) asked: Asked,
}

/// One commitment.
struct Row {
    id: String,
    what: String,
    account: String,
    alive: HourSpan,
    terms: String,
    upfront: Money,
    hourly: Money,
    list_value: Option<Money>,
}

pub(super) fn answer(loaded: &Loaded, format: Format, output: &mut Output) -> Result<(), Failure> {
    let rows = rows(loaded);
    if format == Format::Json {
        return output.json(&document(loaded, &rows));
    }
    let title = format!("Owned on {}", loaded.at);
    let heads = [
        "commitment",
        "account",
        "what",
        "terms",
        "from",
        "to",
        ">upfront, $",
        ">hourly, $",
        ">list value, $",
        "alive",
    ];
    let mut table = Table::new(title, &heads);
    for row in &rows {
        table.row([
            row.id.clone(),
            row.account.clone(),
            row.what.clone(),
            row.terms.clone(),
            row.alive.start().to_string(),
            row.alive.end().to_string(),
            row.upfront.to_decimal(2).to_string(),
            row.hourly.to_decimal(4).to_string(),
            row.list_value
                .map_or_else(String::new, |value| value.to_decimal(2).to_string()),
            state(row.alive, loaded).to_owned(),
        ]);
    }
    if format != Format::Csv {
        for note in volume_notes(loaded) {
            table.note(note);
        }
    }
    Ok(output.tables(&[table], format)?)
}

fn state(alive: HourSpan, loaded: &Loaded) -> &'static str {
    if alive.contains(loaded.at) {
        "yes"
    } else if loaded.at < alive.start() {
        "later"
    } else {
        "over"
    }
}

fn rows(loaded: &Loaded) -> Vec<Row> {
    let reserved = loaded.portfolio.reserved_instances.iter().map(|ri| {
        let (upfront, hourly) = ri.fees();
        Row {
            id: ri.id.clone(),
            what: ri.what(),
            account: ri.account.to_string(),
            alive: ri.alive,
            terms: format!("{}, {}", ri.term, ri.payment_option),
            upfront,
            hourly,
            list_value: Some(list_value(ri.fee, ri.term).times(i128::from(ri.count))),
        }
    });
    let plans = loaded.portfolio.savings_plans.iter().map(|plan| {
        let (upfront, hourly) = plan.fees();
        Row {
            id: plan.id.clone(),
            what: format!(
                "${}/h {}",
                plan.commitment.to_decimal(3),
                covers(plan.scope)
            ),
            account: plan.account.to_string(),
            alive: plan.alive,
            terms: format!("{}, {}", plan.term, plan.payment_option),
            upfront,
            hourly,
            list_value: None,
        }
    });
    reserved.chain(plans).collect()
}

/// What AWS counts towards its volume discount, by region.
fn volume_notes(loaded: &Loaded) -> Vec<String> {
    let values = volume_list_values(&loaded.portfolio.reserved_instances, loaded.at);
    let notes = values.into_iter().map(|(region, value)| {
        let reached = if value >= VOLUME_THRESHOLD {
            "AWS discounts further purchases there, by how much its pages do not say: no price here counts that"
        } else {
            "from 500000 on AWS discounts further purchases there"
        };
        format!(
            "List value of Standard Reserved Instances in {region}: ${}; {reached} (rule R68).",
            value.to_decimal(2)
        )
    });
    notes.collect()
}

fn document(loaded: &Loaded, rows: &[Row]) -> Value {
    let mut document = head(loaded);
    let plain = |money: Money| money.to_decimal(10).normalize().to_string();
    document["commitments"] = rows
        .iter()
        .map(|row| {
            json!({
                "id": row.id,
                "account": row.account,
                "what": row.what,
                "terms": row.terms,
                "start": row.alive.start().to_string(),
                "end": row.alive.end().to_string(),
                "upfront": plain(row.upfront),
                "hourly": plain(row.hourly),
                "list_value": row.list_value.map(plain),
                "alive": state(row.alive, loaded),
            })
        })
        .collect();
    let values = volume_list_values(&loaded.portfolio.reserved_instances, loaded.at);
    document["standard_list_value_by_region"] = values
        .into_iter()
        .map(|(region, value)| (region.to_string(), Value::from(plain(value))))
        .collect::<serde_json::Map<_, _>>()
        .into();
    document
}
