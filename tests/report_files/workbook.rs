//! The workbook read back: its numbers are those of the run, its formulas give what stands in them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;
use std::process::Command;

use rust_decimal::Decimal;
use serde_json::Value;

use super::documents::{made, money, run};

/// What a spreadsheet program finds in a workbook.
pub(crate) struct Workbook {
    pub(crate) strings: Vec<String>,
    /// By name.
    sheets: BTreeMap<String, Vec<Cell>>,
}

/// A cell as it is stored.
struct Cell {
    /// `B2`.
    place: String,
    text: String,
    formula: Option<String>,
    is_number: bool,
}

impl Workbook {
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut part = |name: &str| {
            let mut text = String::new();
            archive
                .by_name(name)
                .unwrap()
                .read_to_string(&mut text)
                .unwrap();
            text
        };
        let shared = part("xl/sharedStrings.xml");
        let strings: Vec<String> = between(&shared, "<si>", "</si>")
            .map(|item| {
                between(item, "<t", "</t>")
                    .map(|text| plain(text.split_once('>').unwrap().1))
                    .collect()
            })
            .collect();
        let book = part("xl/workbook.xml");
        let names = between(&book, "<sheet name=\"", "\"").map(plain);
        let sheets = names
            .enumerate()
            .map(|(index, name)| {
                let sheet = part(&format!("xl/worksheets/sheet{}.xml", index + 1));
                (name, cells(&sheet, &strings))
            })
            .collect();
        Self { strings, sheets }
    }

    fn cell(&self, sheet: &str, place: &str) -> &Cell {
        let cells = &self.sheets[sheet];
        cells
            .iter()
            .find(|cell| cell.place == place)
            .unwrap_or_else(|| panic!("{sheet} has no {place}"))
    }

    fn number(&self, sheet: &str, place: &str) -> Decimal {
        let cell = self.cell(sheet, place);
        assert!(cell.is_number, "{sheet} {place}: {}", cell.text);
        Decimal::from_scientific(&cell.text)
            .or_else(|_| cell.text.parse())
            .unwrap()
    }

    pub(crate) fn formulas(&self) -> Vec<&str> {
        let cells = self.sheets.values().flatten();
        cells.filter_map(|cell| cell.formula.as_deref()).collect()
    }
}

fn between<'a>(text: &'a str, start: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start)
        .skip(1)
        .filter_map(move |rest| Some(rest.split_once(end)?.0))
}

fn plain(xml: &str) -> String {
    let text = xml.replace("&lt;", "<").replace("&gt;", ">");
    text.replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

fn cells(sheet: &str, strings: &[String]) -> Vec<Cell> {
    let inside = |xml: &str, tag: &str| {
        let (_, rest) = xml.split_once(&format!("<{tag}>"))?;
        Some(plain(rest.split_once(&format!("</{tag}>"))?.0))
    };
    between(sheet, "<c r=\"", "</c>")
        .filter_map(|xml| {
            let value = inside(xml, "v")?;
            let (place, rest) = xml.split_once('"')?;
            let is_string = rest.split_once('>')?.0.contains("t=\"s\"");
            let text = if is_string {
                strings[value.parse::<usize>().unwrap()].clone()
            } else {
                value
            };
            Some(Cell {
                place: place.to_owned(),
                text,
                formula: inside(xml, "f"),
                is_number: !is_string,
            })
        })
        .collect()
}

#[test]
fn sheets_hold_the_run_s_numbers() {
    let run = run();
    let book = Workbook::read(&made().join("all/report.xlsx"));
    let names: Vec<&str> = book.sheets.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "Decision",
            "cash",
            "charges",
            "demand",
            "options",
            "plans",
            "purchases",
            "what-if"
        ]
    );
    assert_eq!(book.cell("plans", "B1").text, "cost, $");
    // Row 2 is On-Demand, row 3 the cheapest mix; a cell holds as many digits as a float.
    assert_eq!(
        book.number("plans", "B2").round_dp(6),
        exact(&run["on_demand_cost"])
    );
    assert_eq!(
        book.number("plans", "B3").round_dp(6),
        exact(&run["plans"][0]["cost"])
    );
    let what_if = &run["shown"]["what_if"];
    let share = what_if["shares"]
        .as_array()
        .unwrap()
        .iter()
        .position(|share| share == 100)
        .unwrap();
    // Demand 60 % is column B, 100 % is F.
    let cell = book.number("what-if", &format!("F{}", share + 2));
    assert_eq!(
        cell.round_dp(6),
        exact(&what_if["changes"][4]["costs"][share])
    );
    assert_eq!(cell.round_dp(6), exact(&run["plans"][0]["cost"]));
}

fn exact(value: &Value) -> Decimal {
    money(value).to_decimal(10).round_dp(6)
}

#[test]
fn sums_are_formulas_whose_results_are_right() {
    let run = run();
    let book = Workbook::read(&made().join("all/report.xlsx"));
    let purchases = run["plans"][0]["purchases"].as_array().unwrap();
    let sum: Decimal = purchases
        .iter()
        .map(|bought| money(&bought["effective_hourly"]).to_decimal(10))
        .sum();
    let row = purchases.len() + 2;
    let total = book.cell("purchases", &format!("D{row}"));
    assert_eq!(
        total.formula.as_deref(),
        Some(format!("SUM(D2:D{})", row - 1).as_str())
    );
    assert_eq!(total.text.parse::<Decimal>().unwrap(), sum.normalize());
    assert_eq!(
        book.number("purchases", &format!("D{}", row + 1)),
        Decimal::from(8_760)
    );
    let year = book.cell("purchases", &format!("D{}", row + 2));
    assert_eq!(
        year.formula.as_deref(),
        Some(format!("D{row}*D{}", row + 1).as_str())
    );
    assert_eq!(
        year.text.parse::<Decimal>().unwrap(),
        (sum * Decimal::from(8_760)).normalize()
    );
}

/// LibreOffice opens the workbook and calculates what bursar wrote beside each formula.
#[test]
#[expect(clippy::print_stderr, reason = "a test says what it did not do")]
fn libreoffice_calculates_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let run_file = made().join("run/run.json");
    super::documents::succeeds(
        folder.path(),
        &[
            "report",
            run_file.to_str().unwrap(),
            "-o",
            ".",
            "--format",
            "xlsx",
            "--currency",
            "KRW",
            "--fx-rate",
            "1380@2026-11-20",
        ],
    );
    let book = Workbook::read(&folder.path().join("report.xlsx"));
    assert!(book.formulas().len() > 20, "{:?}", book.formulas());
    assert_eq!(book.number("Decision", "B4"), Decimal::from(1_380));
    let converted = Command::new("timeout")
        .args(["120", "soffice"])
        .arg(format!(
            "-env:UserInstallation=file://{}/profile",
            folder.path().display()
        ))
        .args(["--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML"])
        .args(["--outdir", "again", "report.xlsx"])
        .current_dir(folder.path())
        .output();
    let code = converted.ok().and_then(|output| output.status.code());
    if matches!(code, None | Some(124 | 127)) {
        eprintln!("skipped: LibreOffice is not installed, or does not answer");
        return;
    }
    let again = Workbook::read(&folder.path().join("again/report.xlsx"));
    let mut compared = 0;
    for (name, cells) in &book.sheets {
        for cell in cells.iter().filter(|cell| cell.formula.is_some()) {
            let (ours, theirs) = (
                book.number(name, &cell.place),
                again.number(name, &cell.place),
            );
            assert!(
                (ours - theirs).abs() < Decimal::new(1, 4),
                "{name} {}: {ours} {theirs}",
                cell.place
            );
            compared += 1;
        }
    }
    assert!(compared > 20, "{compared}");
}
