//! The report people sign: the decision first, then how it was found and what it rests on.

use rust_decimal::Decimal;

use crate::report::chart::Scene;
use crate::report::format::{dollars, number, percent};
use crate::report::run::{Run, RunPurchase};
use crate::report::{Block, Cell, Document, Figure, Picture, Table, Unit};
use crate::units::Money;

use super::charts::Charts;
use super::figures::{
    ReportError, baselines, decimal, kind_label, kind_short, measures, money, owned, recommended,
    saving, shown, terms, terms_of,
};
use super::tables::{above, amount, both_bases, buyers, options, plans, rules, unpriced};
use super::{charges, what_if};

/// Hours of a year as AWS counts a term.
const HOURS_PER_YEAR: i128 = 8_760;

/// The whole report.
pub fn document(run: &Run, charts: &Charts) -> Result<Document, ReportError> {
    let subtitle = format!(
        "{} to {}, {} hours of usage",
        run.window_start,
        run.window_end,
        number(run.horizon_hours.into())
    );
    let footer = format!(
        "{} - price book {} of {}",
        run.program, run.price_book, run.price_book_as_of
    );
    let mut document = Document::new("What to commit to on AWS", subtitle, footer);
    decision(&mut document, run)?;
    document.push(Block::Table(short_list(run)?));
    document.push(picture(
        &charts.savings,
        "Savings against hourly commitment: the cheapest mix beside the usual rules.",
    )?);
    document.push(Block::PageBreak);
    compared(&mut document, run, charts)?;
    document.push(Block::Heading("Usage, and what covers it".into()));
    document.push(picture(
        &charts.usage,
        "Usage by hour over the window, stacked as what covers it.",
    )?);
    document.push(picture(&charts.week, "One week of usage, hour by hour.")?);
    if let Some(table) = charges::accounts(run)? {
        document.push(Block::Heading(table.title.clone()));
        document.push(Block::Table(short(table)));
    }
    document.push(Block::Heading("Purchase list".into()));
    document.push(Block::Table(purchase_list(run)?));
    for table in super::spot::table(run)?
        .into_iter()
        .chain(super::capital::tables(run)?)
    {
        document.push(Block::Heading(table.title.clone()));
        document.push(Block::Table(short(table)));
    }
    over_time(&mut document, run, charts)?;
    if !run.options.is_empty() {
        document.push(Block::Heading("Other terms and payment options".into()));
        document.push(Block::Table(short(options(run)?)));
    }
    if let Some(scene) = &charts.duration {
        document.push(picture(
            scene,
            "Usage of every hour by its height, and the share of hours from which each term pays.",
        )?);
    }
    if let Some(table) = unpriced(run)? {
        document.push(Block::Heading(table.title.clone()));
        document.push(Block::Table(short(table)));
    }
    if let Some(table) = charges::table(run)? {
        document.push(Block::Heading(table.title.clone()));
        document.push(Block::Table(short(table)));
    }
    rests_on(&mut document, run)?;
    Ok(document)
}

/// Every plan, and the chosen one under other demand.
fn compared(document: &mut Document, run: &Run, charts: &Charts) -> Result<(), ReportError> {
    document.push(Block::Heading("Every plan, billed the same way".into()));
    document.push(Block::Table(short(plans(run)?)));
    if let Some(table) = both_bases(run)? {
        document.push(Block::Heading(table.title.clone()));
        document.push(Block::Table(short(table)));
    }
    document.push(picture(
        &charts.plans,
        "Cost of every plan over the window, with the certified lower bound.",
    )?);
    if let Some(scene) = &charts.bridge {
        let alt = "From everything On-Demand to the recommended plan, a step for each kind of commitment.";
        document.push(picture(scene, alt)?);
    }
    for table in rules(run)?
        .into_iter()
        .chain(buyers(run)?)
        .chain(super::risk::tables(run)?)
    {
        document.push(Block::Heading(table.title.clone()));
        document.push(Block::Table(short(table)));
    }
    if let Some(scene) = &charts.frontier {
        let alt = "Expected against worst saving of the mixes between both, and of every plan.";
        document.push(picture(scene, alt)?);
    }
    if let Some(table) = what_if::table(run)? {
        document.push(Block::Heading(table.title.clone()));
        if let Some(block) = what_if::block(run)? {
            document.push(Block::WhatIf(block));
        }
        document.push(Block::Table(short(table)));
    }
    Ok(())
}

/// What is paid when, and when it ends.
fn over_time(document: &mut Document, run: &Run, charts: &Charts) -> Result<(), ReportError> {
    if charts.cash.is_none() && charts.expiries.is_none() {
        return Ok(());
    }
    document.push(Block::Heading("What is paid when, and when it ends".into()));
    for (scene, alt) in [
        (
            &charts.cash,
            "What is paid for commitments in each month, by kind of fee.",
        ),
        (
            &charts.expiries,
            "A line for each commitment, from its purchase to its end.",
        ),
    ] {
        if let Some(scene) = scene {
            document.push(picture(scene, alt)?);
        }
    }
    document
        .blocks
        .extend(super::over_time::cash_table(run)?.map(Block::Table));
    Ok(())
}

/// The sentence the reader came for, and the figures behind it.
fn decision(document: &mut Document, run: &Run) -> Result<(), ReportError> {
    let plan = recommended(run)?;
    let saved = saving(run, plan)?;
    let share = decimal(&plan.savings_percent)?;
    let count = plan.purchases.len();
    document.push(Block::Decision(if count == 0 {
        "Buy nothing: no purchase of the allowed kinds would have saved money in this window."
            .into()
    } else {
        format!(
            "Commit to {} an hour in {} {}{}: it would have saved {} ({}\u{a0}%) of this window's cost.",
            dollars(money(&measures(run, plan)?.hourly_commitment)?, 3),
            count,
            if count == 1 { "purchase" } else { "purchases" },
            beside(run)?,
            dollars(saved, 2),
            percent(Some(share))
        )
    }));
    document.push(Block::Figures(key_figures(run)?));
    if let Some(owned) = owned(run).filter(|_| count > 0) {
        let old = saving(run, owned)?;
        document.push(Block::Paragraph(format!(
            "Of that, {} comes from what is bought; what is owned saves {} without it.",
            dollars(saved - old, 2),
            dollars(old, 2)
        )));
    }
    if let Some(words) = super::risk::decision(run)? {
        document.push(Block::Paragraph(words));
        return Ok(());
    }
    document.push(Block::Paragraph(
        "The mix was chosen on this window's usage as it was. If usage falls, commitments stay: look at the \
         coverage and at what is owed over the term before signing. Spot usage and what stays On-Demand are \
         part of every figure."
            .into(),
    ));
    Ok(())
}

/// What has to run on Spot for the saving to be that, where that was decided, too.
fn beside(run: &Run) -> Result<String, ReportError> {
    let Some(spot) = &run.spot else {
        return Ok(String::new());
    };
    if spot.plan != recommended(run)?.name {
        return Ok(", and run on Spot what they leave of the usage selected".into());
    }
    let mut hours = Decimal::ZERO;
    for line in &spot.usage {
        hours += decimal(&line.on_spot_hours)?;
    }
    let hours = number(hours.round_dp(0));
    Ok(format!(", and run {hours} instance-hours on Spot"))
}

fn key_figures(run: &Run) -> Result<Vec<Figure>, ReportError> {
    let plan = recommended(run)?;
    let cost = money(&plan.cost)?;
    let hours = i128::try_from(run.horizon_hours)
        .unwrap_or(i128::MAX)
        .max(1);
    let yearly = saving(run, plan)?.times(HOURS_PER_YEAR).per(hours);
    let mut best: Option<Money> = None;
    for plan in baselines(run) {
        let cost = money(&plan.cost)?;
        best = Some(best.map_or(cost, |best| best.min(cost)));
    }
    let against = best.map_or_else(String::new, |best| {
        format!(
            "the window costs {} less than by the best usual rule",
            dollars(best - cost, 2)
        )
    });
    let above = above(plan)?;
    let upfront = money(&measures(run, plan)?.upfront)?;
    Ok(vec![
        Figure::new(
            "Cost of the window",
            sum(cost, 2),
            format!("{} On-Demand", dollars(money(&run.on_demand_cost)?, 2)),
        ),
        Figure::new("Saving a year, at this pace", sum(yearly, 0), against),
        Figure::new(
            "Above the certified bound",
            Cell::new(
                format!("{:.3}\u{a0}%", above.round_dp(3)),
                above,
                Unit::Percent,
                3,
            ),
            format!(
                "no plan costs less than {}",
                dollars(money(&run.lower_bound)?, 2)
            ),
        ),
        Figure::new("Paid at purchase", sum(upfront, 2), break_even_text(run)?),
    ])
}

/// An amount with its currency sign.
fn sum(amount: Money, places: u32) -> Cell {
    Cell::new(
        dollars(amount, places),
        amount.to_decimal(10),
        Unit::Money,
        places,
    )
}

fn break_even_text(run: &Run) -> Result<String, ReportError> {
    Ok(match measures(run, recommended(run)?)?.break_even_hours {
        Some(0) => "saves from the first hour on".into(),
        Some(hours) => format!("earned back after {} hours", number(hours.into())),
        None => "not earned back at this pace".into(),
    })
}

/// The largest purchases, for page 1.
fn short_list(run: &Run) -> Result<Table, ReportError> {
    const MOST: usize = 8;
    let mut bought: Vec<(Money, &RunPurchase)> = Vec::new();
    for purchase in &recommended(run)?.purchases {
        bought.push((money(&purchase.effective_hourly)?, purchase));
    }
    bought.sort_by_key(|&(hourly, _)| std::cmp::Reverse(hourly));
    let heads = ["purchase", "for", "term", ">effective, $/h"];
    let mut table = Table::new("What to buy", &heads);
    for &(hourly, purchase) in bought.iter().take(MOST) {
        table.row([
            kind_label(&purchase.kind)?.into(),
            purchase.scope.clone().into(),
            terms_of(purchase)?.into(),
            Cell::rate(hourly, 3),
        ]);
    }
    if bought.len() > MOST {
        table.note(format!(
            "and {} smaller ones: see the purchase list.",
            bought.len() - MOST
        ));
    }
    Ok(table)
}

/// Every purchase, a line each.
fn purchase_list(run: &Run) -> Result<Table, ReportError> {
    let heads = [
        "purchase",
        "term",
        ">amount",
        ">effective, $/h",
        ">upfront, $",
        "price known as",
    ];
    let mut table = Table::new("", &heads).named("purchases").summed();
    for purchase in &recommended(run)?.purchases {
        table.row([
            format!("{}, {}", kind_short(&purchase.kind)?, purchase.scope).into(),
            terms_of(purchase)?.into(),
            match purchase.count {
                Some(count) => Cell::count(count),
                None => amount(purchase)?,
            },
            Cell::rate(money(&purchase.effective_hourly)?, 3),
            Cell::money(money(&purchase.upfront)?, 2),
            purchase.price_basis.clone().into(),
        ]);
    }
    table.note(
        "Amount: instances of a Reserved Instance (RI), dollars an hour of a Savings Plan (SP). A Savings Plan \
         bought by mistake may be returned within 7 days of the same month; a Reserved Instance may not.",
    );
    Ok(table)
}

/// Without its title, which the heading above says already.
fn short(mut table: Table) -> Table {
    table.title.clear();
    table
}

/// Prices, settings, fingerprints, certificate.
fn rests_on(document: &mut Document, run: &Run) -> Result<(), ReportError> {
    document.push(Block::Heading("What this rests on".into()));
    document.push(Block::List(price_notes(run)?));
    if !run.doubts.is_empty() {
        document.push(Block::Heading("To be taken with a grain of salt".into()));
        document.push(Block::List(run.doubts.clone()));
    }
    let mut facts = settings(run)?;
    facts.push((
        "price book".into(),
        format!("{} of {}", run.price_book, run.price_book_as_of),
    ));
    for input in &run.inputs {
        facts.push((input.path.clone(), format!("sha256 {}", input.sha256)));
    }
    facts.push((
        "certificate".into(),
        format!("for problem {}", run.certificate.problem),
    ));
    document.push(Block::Facts(facts));
    document.push(Block::Note(
        "The lower bound is proved by the certificate in run.json; `bursar certify run.json` checks it without \
         any solver and bills every plan again."
            .into(),
    ));
    Ok(())
}

/// What was asked for, name and value.
fn settings(run: &Run) -> Result<Vec<(String, String)>, ReportError> {
    let asked = &run.settings;
    let bought = asked
        .terms
        .iter()
        .map(|(term, payment)| terms(term, payment));
    let bought: Vec<String> = bought.collect::<Result<_, ReportError>>()?;
    let tolerance = decimal(&asked.tolerance)? * Decimal::ONE_HUNDRED;
    let mut facts: Vec<(String, String)> = vec![
        ("may be bought".into(), asked.kinds.join(", ")),
        ("terms".into(), bought.join("; ")),
        ("buying account".into(), asked.buyer.clone()),
        (
            "discount sharing".into(),
            if asked.sharing { "on" } else { "off" }.into(),
        ),
        (
            "search stops within".into(),
            format!("{} % of the bound", tolerance.normalize()),
        ),
    ];
    if let Some(negotiated) = &run.negotiated_discounts {
        facts.push(("negotiated discounts".into(), negotiated.clone()));
    }
    Ok(facts)
}

fn price_notes(run: &Run) -> Result<Vec<String>, ReportError> {
    let mut notes = vec![
        "On-Demand and All Upfront Standard Reserved prices are observed; Savings Plan rates follow from \
         Reserved ones by rules that were checked against published rates (docs: pricing-data/rules.toml)."
            .to_owned(),
    ];
    let bought = &recommended(run)?.purchases;
    let uncertain = bought
        .iter()
        .filter(|purchase| purchase.price_basis.starts_with("estimated"));
    let uncertain = uncertain.count();
    if uncertain > 0 {
        notes.push(format!(
            "{uncertain} of {} purchases rest on estimated prices; the purchase list shows the error. Look the \
             price up before buying.",
            bought.len()
        ));
    }
    if let Some(first) = run.missing_prices.first() {
        notes.push(format!(
            "{} prices are missing; nothing was proposed there. The first: {first}.",
            run.missing_prices.len(),
        ));
    }
    let deviations = shown(run)?.deviations;
    if deviations > 0 {
        notes.push(format!(
            "In {deviations} places AWS's order of application is not the cheapest one; the bound holds all the same."
        ));
    }
    Ok(notes)
}

fn picture(scene: &Scene, alt: &str) -> Result<Block, ReportError> {
    Ok(Block::Picture(Picture {
        svg: scene.to_svg()?,
        alt: alt.into(),
    }))
}
