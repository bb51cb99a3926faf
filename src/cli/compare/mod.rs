//! `bursar compare`: what changes to a fleet would cost, side by side.

mod limit;
mod network;
mod reoptimize;
mod sweep;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use sha2::{Digest, Sha256};

use self::limit::Limit;
use self::reoptimize::Search;
use self::sweep::Sweep;
use super::bill::services::{self, ServiceArgs};
use super::fleet::{Fleet, FleetArgs, on_hosts};
use super::output::{check_writable, write_file};
use super::owned::no_fee;
use super::{Failure, Format, Output, OutputArgs};
use crate::analysis::with_fees;
use crate::diagnostics::{Diagnostic, Place};
use crate::prices::PriceBook;
use crate::report::chart::{PlanBar, PlansChart, Scene, SweepChart, SweepPoint};
use crate::report::compare::{Compared, Comparison};
use crate::report::run::{InputFile, hex};
use crate::scenario::{Case, CostSettings, NoCost, Scenario, WithFees, read_scenario};

/// Compare what changes would cost: growth, another region or family, schedules, Spot, Fargate, NAT, commitments, prices
#[derive(Debug, Args)]
#[command(
    mut_arg("files", |files| files.required(false).required_unless_present("network").value_name("BASE> <SCENARIO").help(
        "The base (usage files, folders, patterns or CUR manifests), and scenarios: files that end in .toml (docs/file-formats.md)"
    )),
    after_help = "\
Every scenario is a list of changes to the base and is billed by the same engine, under what is owned.

Examples:
  bursar compare examples/05-what-if/usage examples/05-what-if/graviton.toml examples/05-what-if/one-nat.toml
  bursar compare --network examples/05-what-if/network.toml"
)]
pub(super) struct CompareArgs {
    #[command(flatten)]
    fleet: FleetArgs,

    #[command(flatten)]
    services: ServiceArgs,

    /// Compare a range, too: shrink=0..50%:5%; also grow, spot, price (may be given again)
    #[arg(long, value_name = "WHAT=FROM..TO:STEP")]
    sweep: Vec<Sweep>,

    #[command(flatten)]
    search: Search,

    /// Draw the comparison: totals as bars, a sweep as a line
    #[arg(long, value_name = "FILE.png")]
    chart: Option<PathBuf>,

    /// Exit code 3 when a scenario costs so much more than the base: 10% or 500 (dollars)
    #[arg(long, value_name = "LIMIT")]
    fail_if_over: Option<Limit>,

    /// What each way of each flow out of private subnets costs: NAT, endpoints, addresses, peering (instead of a base)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sweep", "reoptimize", "chart", "fail_if_over", "services"])]
    network: Option<PathBuf>,

    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(arguments: &CompareArgs) -> Result<ExitCode, Failure> {
    for path in arguments.output.out.iter().chain(&arguments.chart) {
        check_writable(path)?;
    }
    if let Some(path) = &arguments.network {
        return network::run(path, &arguments.fleet, &arguments.output);
    }
    let quiet = arguments.output.quiet;
    let (scenarios, base) = arguments.files()?;
    let loading = FleetArgs {
        files: base,
        ..arguments.fleet.clone()
    };
    let (mut fleet, services) = arguments.services.load(&loading, quiet, &[], Ok)?;
    fleet.doubts.extend(on_hosts(&fleet.import.demand));
    let case = Case::new(&fleet.import.demand, services, fleet.portfolio.clone());
    let comparing = super::working("comparing", quiet);
    let mut rows = vec![arguments.costed(&Scenario::base(), &case, &fleet)?];
    for path in &scenarios {
        let (scenario, input) = read(path, &fleet.book)?;
        fleet.inputs.push(input);
        rows.push(arguments.costed(&scenario, &case, &fleet)?);
    }
    let first_swept = rows.len();
    for sweep in &arguments.sweep {
        for scenario in sweep.scenarios() {
            rows.push(arguments.costed(&scenario, &case, &fleet)?);
        }
    }
    comparing.finish_and_clear();
    different_names(&rows)?;
    let comparison = Comparison {
        span: case.span(),
        rows,
        book: &fleet.book,
        inputs: &fleet.inputs,
    };
    if let Some(path) = &arguments.chart {
        let scene = arguments.scene(&comparison, first_swept);
        write_file(path, &scene.to_png().map_err(Failure::new)?)?;
    }
    let mut output = Output::new();
    match arguments.output.format {
        Format::Json => output.json(&comparison.json())?,
        Format::Csv => output.tables(&[comparison.flat()], Format::Csv)?,
        format => output.tables(&comparison.tables(), format)?,
    }
    for doubt in &fleet.doubts {
        super::warn(doubt, quiet);
    }
    fleet.tell_notes(quiet);
    output.finish(&arguments.output)?;
    Ok(arguments.verdict(&comparison))
}

impl CompareArgs {
    /// Scenario files, and the files of the base.
    fn files(&self) -> Result<(Vec<PathBuf>, Vec<String>), Failure> {
        let is_scenario = |name: &&String| {
            let ending = Path::new(name).extension();
            ending.is_some_and(|ending| ending.eq_ignore_ascii_case("toml"))
        };
        let (scenarios, base): (Vec<&String>, Vec<&String>) =
            self.fleet.files.iter().partition(is_scenario);
        if base.is_empty() {
            return Err(Diagnostic::new("there is no base to compare with")
                .hint("name the usage first: `bursar compare usage.csv scenario.toml`")
                .into());
        }
        if scenarios.is_empty() && self.sweep.is_empty() {
            return Err(Diagnostic::new("there is nothing to compare the base with")
                .hint("name scenario files (they end in .toml), or a range such as --sweep shrink=0..50%:5%")
                .into());
        }
        let scenarios = scenarios.into_iter().map(PathBuf::from).collect();
        Ok((scenarios, base.into_iter().cloned().collect()))
    }

    /// A scenario with its costs, and the best mix under it.
    fn costed(&self, scenario: &Scenario, base: &Case, fleet: &Fleet) -> Result<Compared, Failure> {
        let case = scenario.apply(base, &fleet.book)?;
        let settings = CostSettings {
            billing: fleet.settings,
            services: self.services.settings(),
        };
        let costs = case
            .cost(&fleet.book, settings)
            .map_err(|why| no_cost(&scenario.name, why))?;
        let best = self.search.best(scenario, &case, settings, fleet)?;
        Ok(Compared {
            name: scenario.name.clone(),
            changes: scenario
                .changes
                .iter()
                .map(|change| change.what.to_string())
                .collect(),
            costs,
            best,
            notes: case.notes().to_vec(),
        })
    }

    /// A line where there is one sweep and nothing else, else bars.
    fn scene(&self, comparison: &Comparison<'_>, first_swept: usize) -> Scene {
        match &self.sweep[..] {
            [sweep] if first_swept == 1 => line(sweep, comparison),
            _ => bars(comparison),
        }
    }

    /// Exit code 3 where a scenario costs more than the limit allows.
    fn verdict(&self, comparison: &Comparison<'_>) -> ExitCode {
        let Some(limit) = &self.fail_if_over else {
            return ExitCode::SUCCESS;
        };
        let over: Vec<&Compared> = comparison
            .rows
            .iter()
            .filter(|row| limit.is_passed(comparison, row))
            .collect();
        for row in &over {
            // Said in spite of --quiet: it is why the exit code is not 0.
            super::say(&format!("error: {}", limit.passed(comparison, row)), false);
        }
        if over.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(3)
        }
    }
}

fn read(path: &Path, book: &PriceBook) -> Result<(Scenario, InputFile), Failure> {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy());
    read_with(path, book, "scenario", |text, name, fees| {
        read_scenario(text, name, &stem.unwrap_or_default(), fees)
    })
}

/// Reads a file in which commitments may be bought that lack their fees.
pub(super) fn read_with<T>(
    path: &Path,
    book: &PriceBook,
    role: &str,
    read: impl FnOnce(&str, &str, WithFees<'_>) -> Result<T, Diagnostic>,
) -> Result<(T, InputFile), Failure> {
    let bytes = fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
    let name = path.display().to_string();
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Failure::new(format!("`{name}` is not UTF-8 text; save it as UTF-8")))?;
    let place = Place::file(name.as_str());
    let fees = |declared| {
        with_fees(declared, book).map_err(|lacking| no_fee(Some(&place), &lacking.0, &lacking.1))
    };
    let read = read(text, &name, &fees)?;
    let input = InputFile {
        sha256: hex(&Sha256::digest(&bytes)),
        role: role.into(),
        path: name,
    };
    Ok((read, input))
}

fn different_names(rows: &[Compared]) -> Result<(), Failure> {
    for (index, row) in rows.iter().enumerate() {
        if rows[..index].iter().any(|earlier| earlier.name == row.name) {
            let message = format!("two scenarios are called `{}`", row.name);
            return Err(Diagnostic::new(message)
                .hint("`name = \"...\"` at the head of a scenario file says otherwise; the base is called `base`")
                .into());
        }
    }
    Ok(())
}

/// Why a scenario has no cost, with its name before it.
pub(super) fn no_cost(scenario: &str, why: NoCost) -> Failure {
    let named = |problem: Diagnostic| Diagnostic {
        message: format!("{scenario}: {}", problem.message),
        ..problem
    };
    let failure = match why {
        NoCost::Problem(problem) => problem.into(),
        NoCost::Instances(error) => super::unpriced(&error),
        NoCost::Services(missing) => services::without_price(missing.iter()),
    };
    match failure {
        Failure::Data(problems) => Failure::Data(problems.into_iter().map(named).collect()),
        other @ Failure::BrokenPipe => other,
    }
}

fn bars(comparison: &Comparison<'_>) -> Scene {
    let totals = comparison.rows.iter().map(|row| row.costs.total());
    let least = totals.min();
    let bar = |(index, row): (usize, &Compared)| PlanBar {
        name: row.name.clone(),
        cost: row.costs.total(),
        detail: match comparison.difference_percent(row) {
            Some(share) if index > 0 => crate::report::compare::signed_percent(share),
            _ => String::new(),
        },
        chosen: Some(row.costs.total()) == least,
    };
    let chart = PlansChart {
        title: "What each scenario costs".into(),
        subtitle: format!("{}, US dollars; the cheapest in blue.", comparison.span),
        plans: comparison.rows.iter().enumerate().map(bar).collect(),
        lower_bound: None,
    };
    chart.scene()
}

fn line(sweep: &Sweep, comparison: &Comparison<'_>) -> Scene {
    let rows = comparison.rows.iter().skip(1);
    let points = rows.zip(sweep.steps()).map(|(row, percent)| SweepPoint {
        percent,
        total: row.costs.total(),
        best: row.best.as_ref().map(|best| best.total),
        stranded: row.unused(),
    });
    let chart = SweepChart {
        title: format!("What it costs to {}", sweep.verb()),
        subtitle: format!("{}, US dollars", comparison.span),
        level: sweep.level(),
        points: points.collect(),
    };
    chart.scene()
}
