//! `bursar bill`: what usage costs under the commitments that are owned.

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::fleet::FleetArgs;
use super::{Failure, Format, Output, OutputArgs};
use crate::billing::{Granularity, bill, charges};
use crate::diagnostics::Diagnostic;
use crate::report::{bill as report, focus_columns, focus_object, focus_record};

/// Bill usage hour by hour in AWS's order: charges by kind, coverage, utilization, savings
#[derive(Debug, Args)]
#[command(after_help = "\
With --format csv or json every single charge comes out in the columns of FOCUS 1.2.

Examples:
  bursar bill examples/01-web-shop/usage.csv
  bursar bill examples/03-windows-and-owned-ris/usage.csv --own examples/03-windows-and-owned-ris/portfolio.toml")]
pub(super) struct BillArgs {
    #[command(flatten)]
    fleet: FleetArgs,

    /// The period of a charge in CSV and JSON
    #[arg(long, value_enum, default_value_t = Period::Hour)]
    granularity: Period,

    #[command(flatten)]
    output: OutputArgs,
}

/// How long a charge's period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Period {
    /// One hour
    Hour,
    /// One UTC day
    Day,
    /// One calendar month
    Month,
}

impl From<Period> for Granularity {
    fn from(period: Period) -> Self {
        match period {
            Period::Hour => Self::Hour,
            Period::Day => Self::Day,
            Period::Month => Self::Month,
        }
    }
}

pub(super) fn run(arguments: &BillArgs) -> Result<ExitCode, Failure> {
    if let Some(path) = &arguments.output.out {
        super::output::check_writable(path)?;
    }
    let fleet = arguments.fleet.load(arguments.output.quiet)?;
    let demand = &fleet.import.demand;
    let mut output = Output::new();
    match arguments.output.format {
        format @ (Format::Table | Format::Markdown) => {
            let bill = bill(demand, &fleet.portfolio, &fleet.book, fleet.settings)
                .map_err(|error| super::unpriced(&error))?;
            let tables = report::tables(&bill, demand, &fleet.portfolio, &fleet.book);
            output.tables(&tables, format)?;
        }
        format @ (Format::Csv | Format::Json) => {
            let charges = charges(
                demand,
                &fleet.portfolio,
                &fleet.book,
                fleet.settings,
                arguments.granularity.into(),
            )
            .map_err(|error| super::unpriced(&error))?;
            let unpriced = bill(demand, &fleet.portfolio, &fleet.book, fleet.settings)
                .map_err(|error| super::unpriced(&error))?
                .unpriced;
            for (_, missing) in &unpriced {
                let message = format!("{missing}: its usage is in no charge");
                super::warn(&Diagnostic::new(message), arguments.output.quiet);
            }
            let negotiated = fleet.book.contract().is_some();
            let records = charges
                .iter()
                .map(|c| focus_record(c, demand, &fleet.portfolio, negotiated));
            if format == Format::Csv {
                write_csv(&focus_columns(negotiated), records, &mut output)?;
            } else {
                let charges: Vec<_> = records.map(|r| focus_object(r, negotiated)).collect();
                output.json(&report::json(
                    &charges,
                    &unpriced,
                    demand,
                    &fleet.book,
                    &fleet.inputs,
                ))?;
            }
        }
    }
    for doubt in &fleet.doubts {
        super::warn(doubt, arguments.output.quiet);
    }
    output.finish(&arguments.output)?;
    Ok(ExitCode::SUCCESS)
}

fn write_csv(
    columns: &[&str],
    records: impl Iterator<Item = Vec<String>>,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut writer = csv::Writer::from_writer(output.by_ref());
    writer.write_record(columns).map_err(Failure::new)?;
    for record in records {
        writer.write_record(record).map_err(Failure::new)?;
    }
    Ok(writer.flush()?)
}
