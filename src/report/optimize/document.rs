//! The report people sign: the decision first, then how it was found and what it rests on.

use crate::optimize::{CandidateKind, Purchase};
use crate::report::chart::{ChartError, Scene};
use crate::report::format::{dollars, number, percent};
use crate::report::run::{gap, kind_label, kind_short, scope_of};
use crate::report::{Block, Document, Figure, Picture};
use crate::units::Money;

use super::charts::Charts;
use super::tables::{both_bases, options, plans, saving};
use super::{Findings, break_even_hours, fees};

/// Hours of a year as AWS counts a term.
const HOURS_PER_YEAR: i128 = 8_760;

/// The whole report.
pub fn document(findings: &Findings, charts: &Charts) -> Result<Document, ChartError> {
    let span = findings.demand.span();
    let subtitle = format!(
        "{} to {}, {} hours of usage",
        span.start(),
        span.end(),
        number(span.len().into())
    );
    let footer = format!(
        "bursar {} - price book {} of {}",
        env!("CARGO_PKG_VERSION"),
        findings.book.id(),
        findings.book.as_of()
    );
    let mut document = Document::new("What to commit to on AWS", subtitle, footer);
    decision(&mut document, findings);
    document.push(Block::Table(short_list(findings)));
    document.push(picture(
        &charts.savings,
        "Savings against hourly commitment: the cheapest mix beside the usual rules.",
    )?);
    document.push(Block::PageBreak);
    document.push(Block::Heading("Every plan, billed the same way".into()));
    document.push(Block::Table(short(plans(findings))));
    if let Some(table) = both_bases(findings) {
        document.push(Block::Heading(table.title.clone()));
        document.push(Block::Table(short(table)));
    }
    document.push(picture(
        &charts.plans,
        "Cost of every plan over the window, with the certified lower bound.",
    )?);
    document.push(Block::Heading("Usage, and what covers it".into()));
    document.push(picture(
        &charts.usage,
        "Usage by hour over the window, stacked as what covers it.",
    )?);
    document.push(picture(&charts.week, "One week of usage, hour by hour.")?);
    document.push(Block::Heading("Purchase list".into()));
    document.push(Block::Table(purchase_list(findings)));
    if !findings.options.is_empty() {
        document.push(Block::Heading("Other terms and payment options".into()));
        document.push(Block::Table(short(options(findings))));
    }
    rests_on(&mut document, findings);
    Ok(document)
}

/// The sentence the reader came for, and the figures behind it.
fn decision(document: &mut Document, findings: &Findings) {
    let found = findings.found;
    let (saved, share) = saving(findings, &found.cheapest);
    let commitment: Money = found
        .cheapest
        .purchases
        .iter()
        .map(Purchase::hourly_commitment)
        .sum();
    let (upfront, _) = fees(&found.cheapest);
    let count = found.cheapest.purchases.len();
    document.push(Block::Decision(if count == 0 {
        "Buy nothing: no purchase of the allowed kinds would have saved money in this window."
            .into()
    } else {
        format!(
            "Commit to {} an hour in {} {}: it would have saved {} ({}\u{a0}%) of this window's cost.",
            dollars(commitment, 3),
            count,
            if count == 1 { "purchase" } else { "purchases" },
            dollars(saved, 2),
            percent(share)
        )
    }));
    let hours = i128::try_from(findings.demand.span().len())
        .unwrap_or(i128::MAX)
        .max(1);
    let yearly = saved.times(HOURS_PER_YEAR).per(hours);
    let best = found.baselines.iter().min_by_key(|plan| plan.bill.total());
    let against = best.map_or_else(String::new, |plan| {
        let more = plan.bill.total() - found.cheapest.bill.total();
        format!("{} less than the best usual rule", dollars(more, 2))
    });
    let above =
        gap(found.cheapest.bill.total(), found.lower_bound) * rust_decimal::Decimal::ONE_HUNDRED;
    document.push(Block::Figures(vec![
        Figure::new(
            "Cost of the window",
            dollars(found.cheapest.bill.total(), 2),
            format!("{} On-Demand", dollars(found.on_demand.bill.total(), 2)),
        ),
        Figure::new("Saving a year, at this pace", dollars(yearly, 0), against),
        Figure::new(
            "Above the certified bound",
            format!("{:.3}\u{a0}%", above.round_dp(3)),
            format!("no plan costs less than {}", dollars(found.lower_bound, 2)),
        ),
        Figure::new(
            "Paid at purchase",
            dollars(upfront, 2),
            break_even_text(findings),
        ),
    ]));
    document.push(Block::Paragraph(
        "The mix was chosen on this window's usage as it was. If usage falls, commitments stay: look at the \
         coverage and at what is owed over the term before signing. Spot usage and what stays On-Demand are \
         part of every figure."
            .into(),
    ));
}

fn break_even_text(findings: &Findings) -> String {
    match break_even_hours(&findings.found.cheapest) {
        Some(0) => "saves from the first hour on".into(),
        Some(hours) => format!("earned back after {} hours", number(hours.into())),
        None => "not earned back at this pace".into(),
    }
}

/// The largest purchases, for page 1.
fn short_list(findings: &Findings) -> crate::report::Table {
    const MOST: usize = 8;
    let mut bought: Vec<&Purchase> = findings.found.cheapest.purchases.iter().collect();
    bought.sort_by_key(|purchase| std::cmp::Reverse(purchase.effective_hourly()));
    let mut table = crate::report::Table::new(
        "What to buy",
        &["purchase", "for", "term", ">effective, $/h"],
    );
    for purchase in bought.iter().take(MOST) {
        let candidate = &purchase.candidate;
        table.row([
            kind_label(candidate),
            scope_of(candidate),
            format!("{}, {}", candidate.term, candidate.payment_option),
            dollars(purchase.effective_hourly(), 3)
                .trim_start_matches('$')
                .to_owned(),
        ]);
    }
    if bought.len() > MOST {
        table.note(format!(
            "and {} smaller ones: see the purchase list.",
            bought.len() - MOST
        ));
    }
    table
}

/// Every purchase, a line each.
fn purchase_list(findings: &Findings) -> crate::report::Table {
    let heads = [
        "purchase",
        "term",
        ">amount",
        ">effective, $/h",
        ">upfront, $",
        "price known as",
    ];
    let mut table = crate::report::Table::new("", &heads);
    let plain = |money: Money, places| dollars(money, places).trim_start_matches('$').to_owned();
    for purchase in &findings.found.cheapest.purchases {
        let candidate = &purchase.candidate;
        let commitment = purchase.hourly_commitment();
        let amount = match candidate.kind {
            CandidateKind::Reserved { .. } => number(purchase.steps.into()),
            CandidateKind::SavingsPlan(_) => format!("{}/h", dollars(commitment, 3)),
        };
        table.row([
            format!("{}, {}", kind_short(candidate), scope_of(candidate)),
            format!("{}, {}", candidate.term, candidate.payment_option),
            amount,
            plain(purchase.effective_hourly(), 3),
            plain(purchase.fees().0, 2),
            super::basis_of(purchase, findings.demand, findings.book),
        ]);
    }
    table.note(
        "Amount: instances of a Reserved Instance (RI), dollars an hour of a Savings Plan (SP). A Savings Plan \
         bought by mistake may be returned within 7 days of the same month; a Reserved Instance may not.",
    );
    table
}

/// Without its title, which the heading above says already.
fn short(mut table: crate::report::Table) -> crate::report::Table {
    table.title.clear();
    table
}

/// Prices, settings, fingerprints, certificate.
fn rests_on(document: &mut Document, findings: &Findings) {
    document.push(Block::Heading("What this rests on".into()));
    document.push(Block::List(price_notes(findings)));
    if !findings.doubts.is_empty() {
        document.push(Block::Heading("To be taken with a grain of salt".into()));
        document.push(Block::List(findings.doubts.to_vec()));
    }
    let mut facts = findings.settings.clone();
    facts.push((
        "price book".into(),
        format!("{} of {}", findings.book.id(), findings.book.as_of()),
    ));
    for input in findings.inputs {
        facts.push((input.path.clone(), format!("sha256 {}", input.sha256)));
    }
    let certificate = &findings.found.certificate;
    facts.push((
        "certificate".into(),
        format!("for problem {}", certificate.problem),
    ));
    document.push(Block::Facts(facts));
    document.push(Block::Note(
        "The lower bound is proved by the certificate in run.json; `bursar certify run.json` checks it without \
         any solver and bills every plan again."
            .into(),
    ));
}

fn price_notes(findings: &Findings) -> Vec<String> {
    let mut notes = vec![
        "On-Demand and All Upfront Standard Reserved prices are observed; Savings Plan rates follow from \
         Reserved ones by rules that were checked against published rates (docs: pricing-data/rules.toml)."
            .to_owned(),
    ];
    let uncertain = findings.found.cheapest.purchases.iter().filter(|purchase| {
        super::basis_of(purchase, findings.demand, findings.book).starts_with("estimated")
    });
    let uncertain = uncertain.count();
    if uncertain > 0 {
        notes.push(format!(
            "{uncertain} of {} purchases rest on estimated prices; the purchase list shows the error. Look the \
             price up before buying.",
            findings.found.cheapest.purchases.len()
        ));
    }
    if !findings.found.missing.is_empty() {
        notes.push(format!(
            "{} prices are missing; nothing was proposed there. The first: {}.",
            findings.found.missing.len(),
            findings
                .found
                .missing
                .first()
                .map(ToString::to_string)
                .unwrap_or_default()
        ));
    }
    if !findings.found.deviations.is_empty() {
        notes.push(format!(
            "In {} places AWS's order of application is not the cheapest one; the bound holds all the same.",
            findings.found.deviations.len()
        ));
    }
    notes
}

fn picture(scene: &Scene, alt: &str) -> Result<Block, ChartError> {
    Ok(Block::Picture(Picture {
        svg: scene.to_svg()?,
        alt: alt.into(),
    }))
}
