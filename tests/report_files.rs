//! Charts and the PDF as files: sizes, words, pages, and the same bytes twice. All figures are invented.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

pub(crate) mod documents;
mod korean;
mod over_time;
mod page;
mod pages;
mod sample;
mod saved;
mod what_if;
mod workbook;

use bursar::report::chart::{Coverage, Layer, Level, Scene, UsageChart};
use bursar::units::{Hour, HourSpan};

/// Where `BURSAR_LOOK` asks the pictures to be left for looking at; no test depends on it.
fn leave(name: &str, bytes: &[u8]) {
    #[expect(clippy::disallowed_methods, reason = "a developer asks for the files")]
    if let Some(folder) = std::env::var_os("BURSAR_LOOK") {
        std::fs::write(std::path::Path::new(&folder).join(name), bytes).unwrap();
    }
}

/// Paints it twice each way and gives the SVG.
fn painted(name: &str, scene: &Scene) -> String {
    let png = scene.to_png().unwrap();
    leave(&format!("{name}.png"), &png);
    let image = image::load_from_memory(&png).unwrap().to_rgb8();
    assert_eq!(image.width(), 1_416);
    assert!(image.height() > 200, "{}", image.height());
    let colours: std::collections::BTreeSet<[u8; 3]> = image.pixels().map(|p| p.0).collect();
    assert!(colours.len() > 20, "{name}: {} colours", colours.len());

    let svg = scene.to_svg().unwrap();
    leave(&format!("{name}.svg"), svg.as_bytes());
    assert!(svg.starts_with("<svg role=\"img\" width=\"680\" "), "{svg}");
    assert_eq!(svg, scene.to_svg().unwrap());
    for text in scene.texts() {
        let text = text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('\'', "&apos;");
        assert!(svg.contains(&text), "{name}: `{text}` is not in the SVG");
    }
    svg
}

#[test]
fn usage_of_three_days_three_months_and_a_year() {
    for (name, hours, step) in [
        ("usage-3d", 72, "Each step is an hour."),
        ("usage-40d", 960, "Each step is an hour."),
        ("usage-90d", 2_160, "Each step is the mean of a day"),
        ("usage-1y", 8_760, "Each step is the mean of a day"),
    ] {
        let svg = painted(name, &sample::usage(hours).scene().unwrap());
        assert!(svg.contains(step), "{name}");
        for label in [
            "Reserved Instances",
            "EC2 Instance Savings Plan",
            "Compute Savings Plan",
            "On-Demand",
            "Spot",
        ] {
            assert!(svg.contains(label), "{name}: {label}");
        }
    }
}

#[test]
fn a_week_can_be_cut_out_of_a_quarter() {
    let quarter = sample::usage(2_160);
    let start = quarter.span.start().plus(24 * 5);
    let week = quarter.within(HourSpan::new(start, start.plus(168)));
    assert_eq!(week.span.len(), 168);
    assert_eq!(
        week.layers[0].dollars_per_hour,
        quarter.layers[0].dollars_per_hour[120..288]
    );
    painted("usage-week", &week.scene().unwrap());
}

#[test]
fn odd_usage_is_still_a_picture() {
    let start = Hour::parse("2026-07-01T00:00Z").unwrap();
    let span = HourSpan::new(start, start.plus(240));
    let chart = |layers, levels| UsageChart {
        title:
            "Usage of a very small account with an unusually long name & a <sign> in it, for a test"
                .into(),
        span,
        layers,
        levels,
    };
    let flat = |coverage, dollars| Layer {
        coverage,
        dollars_per_hour: vec![dollars; 240],
    };
    let none = chart(vec![flat(Coverage::OnDemand, 0.0)], vec![]);
    let scene = none.scene().unwrap();
    assert!(scene.texts().any(|text| text == "No usage in this window"));
    leave("usage-none.png", &scene.to_png().unwrap());

    let one = chart(vec![flat(Coverage::OnDemand, 0.0042)], vec![]);
    painted("usage-one", &one.scene().unwrap());

    let level = Level {
        name: "Commitments with a name that goes on and on".into(),
        detail: "$5,000.00 an hour".into(),
        dollars_per_hour: vec![5_000.0; 240],
    };
    let large = chart(
        vec![
            flat(Coverage::ReservedInstance, 4_100.0),
            flat(Coverage::Ec2InstanceSavingsPlan, 2.0),
            flat(Coverage::ComputeSavingsPlan, 3.0),
            flat(Coverage::OnDemand, 1.0),
            flat(Coverage::Spot, 0.5),
        ],
        vec![level],
    );
    painted("usage-thin", &large.scene().unwrap());
}

#[test]
fn a_series_of_the_wrong_length_is_refused() {
    let mut chart = sample::usage(72);
    chart.layers[1].dollars_per_hour.pop();
    assert_eq!(
        chart.scene().unwrap_err().to_string(),
        "`EC2 Instance Savings Plan` has 71 hourly values, its window 72 hours"
    );
}

#[test]
fn savings_and_plans() {
    let svg = painted("savings", &sample::savings().scene());
    assert!(svg.contains("Cheapest mix"), "{svg}");
    assert!(svg.contains("saves $31,207"), "{svg}");
    let svg = painted("plans", &sample::plans().scene());
    assert!(svg.contains("$68,913.42"), "{svg}");
}

#[cfg(feature = "pdf")]
#[test]
#[expect(clippy::print_stderr, reason = "a test says what it did not do")]
fn the_pdf_has_pages_words_and_a_title_and_the_same_bytes_twice() {
    let document = sample::document();
    let pdf = document.to_pdf().unwrap();
    leave("report.pdf", &pdf);
    assert_eq!(pdf, document.to_pdf().unwrap());
    assert!(pdf.starts_with(b"%PDF-1.7"));
    assert!(pdf.len() < 400_000, "{} bytes", pdf.len());
    let words = sample::pdf_words(&pdf);
    assert_eq!(words.pages, 3);
    // The fonts travel inside.
    assert!(words.fonts >= 2, "{}", words.fonts);
    assert_eq!(words.title, document.title);
    let Some(text) = words.text else {
        eprintln!("skipped: the words, for want of pdftotext");
        return;
    };
    for expected in [
        "What to buy",
        "Buy one Compute Savings Plan",
        "$31,206.58",
        "lower bound",
        "Reserved Instance m6i.3xlarge, Linux",
        "Page 1 of 3",
        "sha256",
    ] {
        assert!(text.contains(expected), "{expected}:\n{text}");
    }
}

/// The day stands in the words and in the properties of the files, and nowhere where it was not asked for.
#[test]
fn a_dated_document_carries_its_day() {
    let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
    let plain = sample::document();
    let dated = sample::document().made_on(day);
    assert!(
        dated.subtitle.ends_with("; made on 2026-11-22"),
        "{}",
        dated.subtitle
    );

    let properties = |document: &bursar::report::Document| {
        let book = std::io::Cursor::new(document.to_xlsx().unwrap());
        let mut archive = zip::ZipArchive::new(book).unwrap();
        let core = archive.by_name("docProps/core.xml").unwrap();
        std::io::read_to_string(core).unwrap()
    };
    assert!(
        properties(&dated).contains("2026-11-22T"),
        "{}",
        properties(&dated)
    );
    assert!(
        !properties(&plain).contains("2026-11-22"),
        "{}",
        properties(&plain)
    );

    #[cfg(feature = "pdf")]
    {
        let has_day = |document: &bursar::report::Document| {
            let pdf = document.to_pdf().unwrap();
            pdf.windows(10).any(|bytes| bytes == b"D:20261122")
        };
        assert!(has_day(&dated) && !has_day(&plain));
    }
}
