//! The report of what changes from one estimate to another.

use serde::Deserialize;
use serde_json::Value;

use super::{Report, dollars, money, read};
use crate::report::chart::{Step, WaterfallChart};
use crate::report::format;
use crate::report::optimize::ReportError;
use crate::report::{Block, Cell, Figure, Language, Table};
use crate::units::Money;

#[derive(Debug, Deserialize)]
struct Changes {
    total_monthly_cost_before: String,
    total_monthly_cost_after: String,
    changes: Vec<Changed>,
}

#[derive(Debug, Deserialize)]
struct Changed {
    change: String,
    address: String,
    kind: String,
    before: String,
    after: String,
}

/// Fills the report.
pub(super) fn blocks(
    saved: &Value,
    report: &mut Report,
    language: &Language,
) -> Result<(), ReportError> {
    let found: Changes = read(saved)?;
    let before = money(&found.total_monthly_cost_before)?;
    let after = money(&found.total_monthly_cost_after)?;
    report
        .document
        .push(Block::Decision(decision(after - before)));
    report.document.push(Block::Figures(vec![
        Figure::new(
            "A month before",
            dollars(before, 2),
            "as far as it is known",
        ),
        Figure::new("A month after", dollars(after, 2), "as far as it is known"),
        Figure::new("Difference", dollars(after - before, 2), "a month"),
    ]));
    let step = |(name, cost): (&str, Money)| Step {
        name: language.say(name),
        cost,
    };
    let chart = WaterfallChart {
        title: "A month before and after".into(),
        subtitle: "Against before (dashed): green is saved, red is added. US dollars.".into(),
        steps: [("before", before), ("after", after)].map(step).into(),
    };
    report.chart(
        "changes",
        chart.scene(language),
        "A bar for a month before and one for a month after; the difference is coloured.",
    )?;
    report.table("What changes", table(&found)?);
    Ok(())
}

fn decision(difference: Money) -> String {
    let text = |amount: Money| format::dollars(amount, 2);
    match difference.cmp(&Money::ZERO) {
        std::cmp::Ordering::Equal => "The month costs what it did.".to_owned(),
        std::cmp::Ordering::Greater => format!("The month becomes {} dearer.", text(difference)),
        std::cmp::Ordering::Less => format!("The month becomes {} cheaper.", text(-difference)),
    }
}

fn table(found: &Changes) -> Result<Table, ReportError> {
    let heads = [
        "change",
        "=resource",
        "=kind",
        ">before, $",
        ">after, $",
        ">difference, $",
    ];
    let mut table = Table::new("", &heads).named("changes").summed();
    for changed in &found.changes {
        let (before, after) = (money(&changed.before)?, money(&changed.after)?);
        table.row([
            changed.change.as_str().into(),
            changed.address.as_str().into(),
            changed.kind.as_str().into(),
            Cell::money(before, 2),
            Cell::money(after, 2),
            Cell::money(after - before, 2),
        ]);
    }
    Ok(table)
}
