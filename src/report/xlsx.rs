//! A document as an Excel workbook: a sheet for the decision, then one sheet a table, with real numbers.

use rust_decimal::Decimal;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Workbook,
    Worksheet, utility,
};

use super::{Align, Block, Cell, Document, Language, Table, Unit, Value, WhatIf};

/// Why a workbook could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the workbook cannot be made: {0}")]
pub struct XlsxError(#[from] rust_xlsxwriter::XlsxError);

type Done<T> = Result<T, rust_xlsxwriter::XlsxError>;

/// The longest text a cell holds.
const LONGEST: usize = 32_000;
/// The sheet of the decision.
const SUMMARY: &str = "Decision";
/// Where that sheet has the rate of the second currency: row and column from 0, and as formulas name it.
const RATE: (u32, u16) = (3, 1);
const RATE_NAME: &str = "Decision!$B$4";

/// The formats of a workbook.
struct Formats {
    title: Format,
    head: Format,
    right_head: Format,
    words: Format,
    grey: Format,
    strong: Format,
    sum: Format,
}

impl Document {
    /// As a whole XLSX file. Text is never a formula; amounts keep all their digits and show as many as the
    /// document does. It carries no date but [`Document::dated`]: the same document gives the same bytes.
    pub fn to_xlsx(&self) -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        let day = match &self.dated {
            Some(day) => ExcelDateTime::parse_from_str(day)?,
            None => ExcelDateTime::from_ymd(2000, 1, 1)?,
        };
        let properties = DocProperties::new()
            .set_title(cut(&self.title))
            .set_author("bursar")
            .set_creation_datetime(&day);
        book.set_properties(&properties);
        let formats = Formats::new();
        summary(book.add_worksheet(), self, &formats)?;
        for block in &self.blocks {
            match block {
                Block::Table(found) if !found.name.is_empty() => {
                    table(book.add_worksheet(), found, &formats, self.language())?;
                }
                Block::WhatIf(block) if block.levels.len() > 1 => {
                    what_if(book.add_worksheet(), block, &formats, self.language())?;
                }
                _ => {}
            }
        }
        Ok(book.save_to_buffer()?)
    }
}

impl Formats {
    fn new() -> Self {
        let ink = Color::RGB(0x001f_2933);
        let grey = Color::RGB(0x005f_6b7a);
        let head = Format::new()
            .set_bold()
            .set_font_color(grey)
            .set_text_wrap()
            .set_align(FormatAlign::Bottom)
            .set_border_bottom(FormatBorder::Medium);
        Self {
            title: Format::new()
                .set_bold()
                .set_font_size(18)
                .set_font_color(ink),
            right_head: head.clone().set_align(FormatAlign::Right),
            head,
            words: Format::new().set_text_wrap().set_align(FormatAlign::Top),
            grey: Format::new()
                .set_font_color(grey)
                .set_text_wrap()
                .set_align(FormatAlign::Top),
            strong: Format::new()
                .set_bold()
                .set_text_wrap()
                .set_align(FormatAlign::Top),
            sum: Format::new().set_bold().set_border_top(FormatBorder::Thin),
        }
    }
}

/// Title, decision, key figures, what is to be known beside them, and facts.
fn summary(sheet: &mut Worksheet, document: &Document, formats: &Formats) -> Done<()> {
    sheet.set_name(SUMMARY)?;
    sheet.set_column_width(0, 34)?;
    sheet.set_column_width(1, 24)?;
    sheet.set_column_width(2, 80)?;
    sheet.write_string_with_format(0, 0, cut(&document.title), &formats.title)?;
    sheet.write_string_with_format(1, 0, cut(&document.subtitle), &Format::new())?;
    sheet.write_string(2, 0, cut(&document.footer))?;
    let mut row = RATE.0;
    if let Some(exchange) = &document.exchange {
        let language = document.language();
        let head = format!("{} for 1 USD", exchange.currency);
        sheet.write_string(row, 0, language.say(&head))?;
        let format = Format::new()
            .set_num_format("#,##0.####")
            .set_background_color(Color::RGB(0x00ff_f8d6));
        sheet.write_number_with_format(RATE.0, RATE.1, float(exchange.rate), &format)?;
        let note = format!(
            "of {}; change it, and every {} follows",
            exchange.day, exchange.currency
        );
        sheet.write_string_with_format(row, 2, cut(&language.say(&note)), &formats.grey)?;
        row += 1;
    }
    for block in &document.blocks {
        row = piece(sheet, row, block, formats)?;
    }
    sheet.set_landscape().set_print_fit_to_pages(1, 0);
    Ok(())
}

/// One block that is no table; gives the row after it.
fn piece(sheet: &mut Worksheet, row: u32, block: &Block, formats: &Formats) -> Done<u32> {
    let mut next = row;
    match block {
        Block::Decision(words) => {
            next += 1;
            sheet.merge_range(next, 0, next, 2, &cut(words), &formats.strong)?;
            sheet.set_row_height(next, 34)?;
            next += 2;
        }
        Block::Figures(figures) => {
            for figure in figures {
                sheet.write_string(next, 0, cut(&figure.label))?;
                cell(sheet, (next, 1), &figure.value)?;
                sheet.write_string_with_format(next, 2, cut(&figure.detail), &formats.grey)?;
                next += 1;
            }
            next += 1;
        }
        Block::Facts(facts) => {
            for (name, value) in facts {
                sheet.write_string_with_format(next, 0, cut(name), &formats.grey)?;
                sheet.write_string(next, 1, cut(value))?;
                next += 1;
            }
        }
        Block::List(points) => {
            for point in points {
                sheet.merge_range(next, 0, next, 2, &cut(point), &formats.words)?;
                sheet.set_row_height(next, 32)?;
                next += 1;
            }
            next += 1;
        }
        Block::Note(words) | Block::Paragraph(words) => {
            sheet.merge_range(next, 0, next, 2, &cut(words), &formats.grey)?;
            sheet.set_row_height(next, 32)?;
            next += 1;
        }
        Block::Heading(_)
        | Block::Table(_)
        | Block::WhatIf(_)
        | Block::Picture(_)
        | Block::PageBreak => {}
    }
    Ok(next)
}

/// A table on a sheet of its own: frozen heads, a filter, sums where they mean something, notes below.
fn table(sheet: &mut Worksheet, table: &Table, formats: &Formats, language: &Language) -> Done<()> {
    sheet.set_name(sheet_name(&table.name))?;
    sheet.set_freeze_panes(1, 1)?;
    for (column, head) in (0_u16..).zip(&table.columns) {
        let format = match head.align {
            Align::Left => &formats.head,
            Align::Right => &formats.right_head,
        };
        sheet.write_string_with_format(0, column, cut(&head.title), format)?;
        let cells = table
            .rows
            .iter()
            .filter_map(|row| row.get(usize::from(column)));
        let longest = cells
            .map(|cell| cell.text().chars().count())
            .max()
            .unwrap_or(0);
        let width = u8::try_from(longest.clamp(12, 60)).unwrap_or(60);
        sheet.set_column_width(column, f64::from(width))?;
    }
    let mut row = 1;
    for cells in &table.rows {
        for ((column, found), head) in (0_u16..).zip(cells).zip(&table.columns) {
            match found.value().filter(|_| head.exchanged && column > 0) {
                Some(value) => exchanged(sheet, (row, column), value)?,
                None => cell(sheet, (row, column), found)?,
            }
        }
        row += 1;
    }
    let last = u16::try_from(table.columns.len().saturating_sub(1)).unwrap_or(0);
    if row > 1 {
        sheet.autofilter(0, 0, row - 1, last)?;
    }
    if table.summed && row > 1 {
        row = sums(sheet, row, table, (formats, language))?;
    }
    for note in &table.notes {
        row += 1;
        sheet.write_string(row, 0, cut(note))?;
    }
    sheet
        .set_landscape()
        .set_print_fit_to_pages(1, 0)
        .set_repeat_rows(0, 0)?;
    Ok(())
}

/// An amount in the second currency: the dollars before it, times the rate of the first sheet.
fn exchanged(sheet: &mut Worksheet, (row, column): (u32, u16), value: Value) -> Done<()> {
    let dollars = utility::row_col_to_cell(row, column - 1);
    let formula =
        Formula::new(format!("={dollars}*{RATE_NAME}")).set_result(value.number.to_string());
    sheet.write_formula_with_format(row, column, formula, &number_format(value))?;
    Ok(())
}

/// A row of sums below `row` rows, and what a year of the hourly ones is. The hours are there to be changed.
fn sums(
    sheet: &mut Worksheet,
    row: u32,
    table: &Table,
    (formats, language): (&Formats, &Language),
) -> Done<u32> {
    sheet.write_string_with_format(row, 0, language.say("Sum"), &formats.sum)?;
    let is_rate = |cell: &Cell| cell.value().is_some_and(|value| value.unit == Unit::Rate);
    if table.rows.iter().flatten().any(is_rate) {
        sheet.write_string(row + 1, 0, language.say("Hours of a year"))?;
        sheet.write_string(row + 2, 0, language.say("A year"))?;
    }
    for column in 0..table.columns.len() {
        let values: Vec<Value> = table
            .rows
            .iter()
            .filter_map(|cells| cells.get(column)?.value())
            .collect();
        let all = values.len() == table.rows.len();
        let (Some(first), Ok(place)) = (values.first(), u16::try_from(column)) else {
            continue;
        };
        let amounts = matches!(first.unit, Unit::Money | Unit::Rate);
        if !all || !amounts || values.iter().any(|value| value.unit != first.unit) {
            continue;
        }
        let sum: Decimal = values.iter().map(|value| value.number).sum();
        let range =
            utility::row_col_to_cell(1, place) + ":" + &utility::row_col_to_cell(row - 1, place);
        let formula = Formula::new(format!("=SUM({range})")).set_result(sum.to_string());
        let format = number_format(*first)
            .set_bold()
            .set_border_top(FormatBorder::Thin);
        sheet.write_formula_with_format(row, place, formula, &format)?;
        if first.unit == Unit::Rate {
            let hours = Format::new()
                .set_num_format("#,##0")
                .set_background_color(Color::RGB(0x00ff_f8d6));
            sheet.write_number_with_format(row + 1, place, 8_760.0, &hours)?;
            let product = format!(
                "={}*{}",
                utility::row_col_to_cell(row, place),
                utility::row_col_to_cell(row + 1, place)
            );
            let year = sum * Decimal::from(8_760);
            let formula = Formula::new(product).set_result(year.to_string());
            let format = Format::new().set_num_format("#,##0.00").set_bold();
            sheet.write_formula_with_format(row + 2, place, formula, &format)?;
        }
    }
    Ok(row + 3)
}

/// The cost at every level of a commitment under every change of demand.
fn what_if(
    sheet: &mut Worksheet,
    block: &WhatIf,
    formats: &Formats,
    language: &Language,
) -> Done<()> {
    sheet.set_name("what-if")?;
    sheet.set_freeze_panes(1, 1)?;
    sheet.set_column_width(0, 30)?;
    sheet.write_string_with_format(0, 0, cut(&block.level), &formats.head)?;
    for (column, change) in (1_u16..).zip(&block.changes) {
        let head = format!(
            "{}; {} {change}",
            language.say("cost, $"),
            language.say("usage")
        );
        sheet.write_string_with_format(0, column, cut(&head), &formats.right_head)?;
        sheet.set_column_width(column, 14)?;
        for (row, stop) in (1_u32..).zip(
            block
                .stops
                .get(usize::from(column) - 1)
                .into_iter()
                .flatten(),
        ) {
            cell(sheet, (row, column), &stop.cost)?;
        }
    }
    for (row, level) in (1_u32..).zip(&block.levels) {
        cell(sheet, (row, 0), level)?;
    }
    let row = u32::try_from(block.levels.len()).unwrap_or(0) + 2;
    let note = "Every purchase at that share of its amount; every cost was billed hour by hour.";
    sheet.write_string(row, 0, language.say(note))?;
    Ok(())
}

/// A number as a number, text as text: what begins with `=` is written as a string, never as a formula.
fn cell(sheet: &mut Worksheet, (row, column): (u32, u16), cell: &Cell) -> Done<()> {
    match cell.value() {
        Some(value) => sheet.write_number_with_format(
            row,
            column,
            float(value.number),
            &number_format(value),
        )?,
        None => sheet.write_string(row, column, cut(cell.text()))?,
    };
    Ok(())
}

fn number_format(value: Value) -> Format {
    let decimals = usize::try_from(value.places).unwrap_or(0);
    let point = if decimals > 0 { "." } else { "" };
    Format::new().set_num_format(format!("#,##0{point}{}", "0".repeat(decimals)))
}

/// The nearest number a spreadsheet can hold: read, not calculated.
fn float(number: Decimal) -> f64 {
    number.to_string().parse().unwrap_or(f64::NAN)
}

/// Text as long as a cell can hold.
fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// A name Excel takes for a sheet: 31 characters, none of `[]:*?/\`.
fn sheet_name(name: &str) -> String {
    let kept = name
        .chars()
        .filter(|character| !"[]:*?/\\'".contains(*character));
    kept.take(31).collect()
}
