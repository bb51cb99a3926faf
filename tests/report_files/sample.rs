//! An invented fleet and an invented result, to draw and to typeset. No figure here is a price of AWS's.
#![expect(clippy::unwrap_used, reason = "part of a test, which may panic")]

use MarkKind::{Baseline, Chosen};
use bursar::report::chart::{
    Coverage, Layer, Level, Mark, MarkKind, PlanBar, PlansChart, SavingsChart, UsageChart,
};
use bursar::units::{Hour, HourSpan, Money};
use rust_decimal::Decimal;

pub(crate) fn cents(cents: i64) -> Money {
    Money::from_decimal(Decimal::new(cents, 2)).unwrap()
}

/// A fleet with days, weekends, growth and noise, from 1 July 2026.
#[expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "an invented picture"
)]
pub(crate) fn usage(hours: i64) -> UsageChart {
    let start = Hour::parse("2026-07-01T00:00Z").unwrap();
    let span = HourSpan::new(start, start.plus(hours));
    let mut noise = 2_026_u32;
    let mut layers = [const { Vec::new() }; 5];
    for (index, hour) in span.hours().enumerate() {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let jitter = f64::from(noise >> 16) / 65_536.0 - 0.5;
        let of_day = f64::from(hour.hour_of_day());
        let day = (1.0
            - ((of_day - 14.0) / 24.0 * std::f64::consts::TAU)
                .cos()
                .abs()
                .powi(3))
        .mul_add(-1.0, 1.0)
        .max(0.0)
            * f64::from(u8::from((6.0..22.0).contains(&of_day)));
        // 1970-01-01 was a Thursday.
        let weekend = matches!((hour.epoch_hours().div_euclid(24) + 3) % 7, 5 | 6);
        let week = if weekend { 0.45 } else { 1.0 };
        let growth = 1.0 + 0.25 * index as f64 / 2_160.0;
        let total = (21.0 + 24.0 * day * week) * growth + 1.6 * jitter;
        let mut rest = total;
        for (layer, most) in layers.iter_mut().zip([11.0, 5.0, 12.5, 1e9]) {
            let covered = rest.min(most);
            layer.push(covered);
            rest -= covered;
        }
        let batch = if of_day < 5.0 {
            6.0 + 2.0 * jitter
        } else {
            0.0
        };
        layers[4].push(batch);
    }
    let kinds = [
        Coverage::ReservedInstance,
        Coverage::Ec2InstanceSavingsPlan,
        Coverage::ComputeSavingsPlan,
        Coverage::OnDemand,
        Coverage::Spot,
    ];
    UsageChart {
        title: "Usage and what covers it".into(),
        span,
        layers: kinds
            .into_iter()
            .zip(layers)
            .map(|(coverage, dollars_per_hour)| Layer {
                coverage,
                dollars_per_hour,
            })
            .collect(),
        levels: vec![Level {
            name: "Commitments can cover".into(),
            detail: "$28.50 an hour".into(),
            dollars_per_hour: vec![28.5; span.len()],
        }],
    }
}

/// A curve with its top at $17.43 an hour and six plans by the usual rules.
#[expect(clippy::float_arithmetic, reason = "an invented picture")]
pub(crate) fn savings() -> SavingsChart {
    let curve = (0..=70).map(|n| {
        let x = f64::from(n) / 2.0;
        let over = (x - 12.0).max(0.0);
        (x, 2_120.8 * x - 195.3 * over * over)
    });
    let mark = |kind, name: &str, hourly: i64, saving: i64| Mark {
        kind,
        name: name.into(),
        hourly_commitment: cents(hourly),
        saving: cents(saving),
    };
    SavingsChart {
        title: "Saving against commitment".into(),
        subtitle: [
            "90 days from 1 July 2026, against On-Demand".into(),
            "Curve: one Compute Savings Plan alone. Points: whole plans.".into(),
        ],
        level: "commitments, dollars an hour".into(),
        curve: curve.collect(),
        marks: vec![
            mark(Chosen, "Cheapest mix", 1_743, 3_120_658),
            mark(
                Baseline,
                "One Compute Savings Plan at its best",
                1_902,
                2_650_000,
            ),
            mark(
                Baseline,
                "One Compute Savings Plan, 80 % coverage",
                1_310,
                2_402_117,
            ),
            mark(
                Baseline,
                "Reserved Instances for every always-on type",
                1_120,
                2_210_004,
            ),
            mark(
                Baseline,
                "EC2 Instance Savings Plans, 70 % coverage",
                1_055,
                1_954_410,
            ),
            mark(
                Baseline,
                "Both recommendations bought together",
                3_144,
                -420_096,
            ),
            mark(Baseline, "Nothing", 0, 0),
        ],
    }
}

fn plan_costs() -> Vec<(&'static str, i64, &'static str, &'static str)> {
    vec![
        ("On-Demand", 10_012_000, "", ""),
        ("Cheapest mix", 6_891_342, "−31.2 %", "0.004 %"),
        (
            "One Compute Savings Plan at its best",
            7_362_000,
            "−26.5 %",
            "6.84 %",
        ),
        (
            "One Compute Savings Plan, 80 % coverage",
            7_609_883,
            "−24.0 %",
            "10.43 %",
        ),
        (
            "Reserved Instances for every always-on type",
            7_801_996,
            "−22.1 %",
            "13.22 %",
        ),
        (
            "EC2 Instance Savings Plans, 70 % coverage",
            8_057_590,
            "−19.5 %",
            "16.93 %",
        ),
        (
            "Both recommendations bought together",
            10_432_096,
            "+4.2 %",
            "51.39 %",
        ),
    ]
}

pub(crate) fn plans() -> PlansChart {
    PlansChart {
        title: "What each plan costs".into(),
        subtitle: "90 days from 1 July 2026; commitments at their effective cost an hour".into(),
        plans: plan_costs()
            .into_iter()
            .map(|(name, cost, detail, _)| PlanBar {
                name: name.into(),
                cost: cents(cost),
                detail: detail.into(),
                chosen: name == "Cheapest mix",
            })
            .collect(),
        lower_bound: Some(cents(6_891_066)),
    }
}

#[cfg(feature = "pdf")]
pub(crate) use report::{document, pdf_words};

/// The assembly of a report about one optimisation, as the command line will do it.
#[cfg(feature = "pdf")]
mod report {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use bursar::report::format::dollars;
    use bursar::report::{Block, Document, Figure, Picture, Table};

    use rust_decimal::Decimal;

    use super::{cents, plan_costs, plans, savings, usage};

    pub(crate) fn document() -> Document {
        let mut report = Document::new(
            "What to buy for the web shop",
            "Usage of 90 days, 2026-07-01T00:00Z to 2026-09-29T00:00Z, 2 accounts, 4 regions",
            "bursar 0.1.0 · price book of 2026-11-20 · invented figures, for a test",
        );
        decision(&mut report);
        report.push(Block::Table(plan_table()));
        report.push(Block::Picture(Picture {
            svg: plans().scene().to_svg().unwrap(),
            alt: "Bars of what each plan costs; the cheapest mix is the shortest.".into(),
        }));
        report.push(Block::PageBreak);
        for (svg, alt) in [
            (
                usage(2_160).scene().unwrap().to_svg().unwrap(),
                "Daily usage stacked by what covered it, with the level of the commitments.",
            ),
            (
                savings().scene().to_svg().unwrap(),
                "Saving over the window against hourly commitment, with the chosen point.",
            ),
        ] {
            let alt = alt.into();
            report.push(Block::Picture(Picture { svg, alt }));
        }
        report.push(Block::Heading("Purchase list".into()));
        report.push(Block::Table(purchases()));
        provenance(&mut report);
        report
    }

    fn decision(report: &mut Document) {
        report.push(Block::Decision(
            "Buy one Compute Savings Plan of $8.10 an hour, two EC2 Instance Savings Plans and \
             31 Reserved Instances, one year, No Upfront."
                .into(),
        ));
        report.push(Block::Figures(vec![
            Figure::new("Saving over 90 days", "$31,206.58", "31.2 % of On-Demand"),
            Figure::new("Cost over 90 days", "$68,913.42", "On-Demand: $100,120.00"),
            Figure::new("Proved lower bound", "$68,910.66", "gap 0.004 %"),
            Figure::new("Break-even", "Month 8", "if all usage stopped"),
        ]));
        report.push(Block::Paragraph(
            "Over the 90 days looked at, this mix would have cost $68,913.42 where On-Demand costs \
             $100,120.00. No mix of the kinds allowed can cost less than the lower bound of \
             $68,910.66: the proof is in the certificate beside this report and can be checked \
             without a solver."
                .into(),
        ));
        report.push(Block::List(vec![
            "The past repeats: usage outside the window is taken to be like usage in it.".into(),
            "Costs are amortised: an upfront fee counts by the hour of its term.".into(),
            "Capital costs nothing; taxes, support and credits are left out.".into(),
        ]));
    }

    fn plan_table() -> Table {
        let mut table = Table::new(
            "The plans",
            &[
                "plan",
                ">cost, $",
                ">saving, $",
                ">saving",
                ">above lower bound",
            ],
        );
        for (name, cost, percent, gap) in plan_costs() {
            table.row([
                name.to_owned(),
                dollars(cents(cost), 2),
                dollars(cents(10_012_000 - cost), 2),
                percent.to_owned(),
                gap.to_owned(),
            ]);
        }
        table.note("All plans are priced by the same hour-by-hour simulation of AWS's billing.");
        table
    }

    fn purchases() -> Table {
        let mut table = Table::new(
            "",
            &[
                "what",
                "where",
                "term",
                "payment",
                ">count",
                ">an hour, $",
                ">upfront, $",
            ],
        );
        table.row([
            "Compute Savings Plan",
            "all regions",
            "1 year",
            "No Upfront",
            "1",
            "8.1000",
            "0.00",
        ]);
        for n in 0..48 {
            table.row([
                format!("Reserved Instance m{}i.{}xlarge, Linux", 5 + n % 3, 2 + n),
                "us-east-1".into(),
                "1 year".into(),
                "No Upfront".into(),
                (1 + n % 7).to_string(),
                format!("{:.4}", Decimal::new(1_210 + 37 * n, 4)),
                "0.00".into(),
            ]);
        }
        table
    }

    fn provenance(report: &mut Document) {
        report.push(Block::Heading("Prices, settings and inputs".into()));
        report.push(Block::Facts(vec![
            (
                "Price book".into(),
                "2026-11-20, 214 observed rates, 12 by rule, none estimated".into(),
            ),
            ("Term and payment".into(), "1 year, No Upfront".into()),
            ("Input".into(), "usage.csv, 214,004 rows".into()),
            (
                "sha256".into(),
                "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
            ),
            (
                "Certificate".into(),
                "certificate.json; check it with `bursar certify`".into(),
            ),
        ]));
        report.push(Block::Note("Nothing is bought by this program.".into()));
    }

    /// What a reader of the PDF finds.
    pub(crate) struct PdfWords {
        pub(crate) pages: usize,
        pub(crate) title: String,
        /// Empty where poppler's tools are not installed.
        pub(crate) text: Option<String>,
        pub(crate) fonts: usize,
    }

    pub(crate) fn pdf_words(pdf: &[u8]) -> PdfWords {
        let raw = String::from_utf8_lossy(pdf);
        let pages = raw.matches("/Type/Page/").count() + raw.matches("/Type /Page\n").count();
        let title = raw
            .split_once("<dc:title>")
            .and_then(|(_, rest)| rest.split_once("</dc:title>"))
            .map_or("", |(title, _)| title);
        let title = title
            .rsplit_once("</rdf:li>")
            .map_or(title, |(head, _)| head);
        let title = title.rsplit_once('>').map_or(title, |(_, title)| title);
        PdfWords {
            pages,
            title: title.to_owned(),
            text: pdftotext(pdf),
            fonts: raw.matches("/FontFile").count(),
        }
    }

    fn pdftotext(pdf: &[u8]) -> Option<String> {
        let mut child = Command::new("pdftotext")
            .args(["-layout", "-", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        child.stdin.take()?.write_all(pdf).ok()?;
        let output = child.wait_with_output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
