//! `bursar explain RUN --purchase N`: one purchase of a run, billed with a little more, a little less and none of it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::certify::{Check, fleet_args, load, options, same_inputs};
use super::fleet::Fleet;
use super::optimize::{events, failed};
use super::report::run_file;
use super::run_file::RunFile;
use super::{Failure, Format, Output, OutputArgs};
use crate::diagnostics::{Diagnostic, Place};
use crate::optimize::{Options, Plan, Purchase, buy, explain_purchase, prepare};
use crate::report::optimize::recommended;
use crate::report::purchase::{self as report, Shown};
use crate::report::run::{Run, RunPlan};

/// `which` is the plan's name and the purchase's number, from 1 on.
pub(super) fn run(
    files: &[String],
    (plan, number): (Option<&str>, usize),
    output: &OutputArgs,
) -> Result<ExitCode, Failure> {
    let [path] = files else {
        let problem = Diagnostic::new("`--purchase` is of one run, and several files are given");
        return Err(problem.hint("give the run.json, or its folder").into());
    };
    let path = run_file(&PathBuf::from(path));
    let file = RunFile::read(&path)?;
    if file.is_ladder() {
        return super::explain_ladder::run(&file.ladder()?, &path, (plan, number), output);
    }
    let run = file.run()?;
    let plan = match plan {
        Some(name) => plan_of(&run, name, &path)?,
        None => recommended(&run).map_err(Failure::new)?,
    };
    let index = index_of((&plan.name, plan.purchases.len()), number, &path)?;
    let arguments = fleet_args(&run.inputs, &run.settings);
    let mut fleet = load(&arguments, &run.settings, output.quiet)?;
    events(run.settings.events.as_deref(), &mut fleet)?;
    let changed = same_inputs(&run.price_book, &run.inputs, &fleet);
    unchanged(&changed, "optimize", &path)?;
    let options = options(&run.settings, &fleet).ok_or_else(|| no_options(&path))?;
    let bought = bought(plan, &fleet, &options, &path)?;
    let working = super::working("billing the window with other amounts", output.quiet);
    let found = explain_purchase(
        &bought,
        index,
        fleet.usage(),
        &fleet.portfolio,
        &fleet.book,
        &options,
    )
    .map_err(|error| failed(&error))?;
    working.finish_and_clear();
    let shown = Shown {
        price_book: &run.price_book,
        plan: &plan.name,
        cost: report::counted(&plan.cost, None).map_err(Failure::new)?,
        purchases: plan.purchases.iter().collect(),
        index,
        found: &found,
        asks_for_capacity: !run.settings.rules.zonal.is_empty(),
        dated: None,
    };
    print(&shown, &fleet, output)
}

/// Prints what was found.
pub(super) fn print(
    shown: &Shown<'_>,
    fleet: &Fleet,
    output: &OutputArgs,
) -> Result<ExitCode, Failure> {
    let mut text = Output::new();
    match output.format {
        Format::Json => text.json(&report::json(shown, &fleet.inputs))?,
        format => text.tables(&report::tables(shown).map_err(Failure::new)?, format)?,
    }
    text.finish(output)?;
    Ok(ExitCode::SUCCESS)
}

/// Refuses inputs that are not those of the run; `made_with` is the command that made it.
pub(super) fn unchanged(checks: &[Check], made_with: &str, path: &Path) -> Result<(), Failure> {
    let Some(changed) = checks.iter().find(|check| !check.holds) else {
        return Ok(());
    };
    let message = format!("the {} is not what the run was made with", changed.what);
    let hint = format!("make the run again with `bursar {made_with}`, or bring its inputs back");
    Err(Diagnostic::new(message).at(at(path)).hint(hint).into())
}

/// Settings that cannot be.
pub(super) fn no_options(path: &Path) -> Failure {
    Diagnostic::new("the run's settings name a term or payment option that does not exist")
        .at(at(path))
        .into()
}

pub(super) fn at(path: &Path) -> Place {
    Place::file(path.display().to_string())
}

/// The plan of a name.
fn plan_of<'a>(run: &'a Run, name: &str, path: &Path) -> Result<&'a RunPlan, Failure> {
    let found = run.plans.iter().find(|plan| plan.name == name);
    found.ok_or_else(|| no_plan(name, run.plans.iter().map(|plan| &plan.name), path))
}

/// A plan that the run does not have.
pub(super) fn no_plan<'a>(
    name: &str,
    names: impl Iterator<Item = &'a String>,
    path: &Path,
) -> Failure {
    let names: Vec<&str> = names.map(String::as_str).collect();
    let problem = Diagnostic::new(format!("the run has no plan `{name}`")).at(at(path));
    problem
        .hint(format!("its plans: {}", names.join(", ")))
        .into()
}

/// The place of a purchase from its number, among so many of a plan.
pub(super) fn index_of(
    (plan, count): (&str, usize),
    number: usize,
    path: &Path,
) -> Result<usize, Failure> {
    if (1..=count).contains(&number) {
        return Ok(number - 1);
    }
    let message = format!("the plan `{plan}` has no purchase {number}");
    let hint = match count {
        0 => "it buys nothing".to_owned(),
        count => format!("its purchases are numbered from 1 to {count}, in the order of its list"),
    };
    Err(Diagnostic::new(message).at(at(path)).hint(hint).into())
}

/// Something in a run that nobody sells for this usage.
pub(super) fn not_sold(scope: &str, path: &Path) -> Failure {
    let message = format!("`{scope}` cannot be bought for this usage");
    Diagnostic::new(message).at(at(path)).into()
}

/// The plan billed again.
fn bought(plan: &RunPlan, fleet: &Fleet, options: &Options, path: &Path) -> Result<Plan, Failure> {
    let usage = &fleet.usage();
    let tariff = prepare(usage, &fleet.portfolio, &fleet.book, options).map_err(|e| failed(&e))?;
    let purchases = plan.purchases.iter().map(|bought| {
        let found = bought.find(tariff.candidates());
        found.ok_or_else(|| not_sold(&bought.scope, path))
    });
    let purchases = purchases.collect::<Result<Vec<Purchase>, Failure>>()?;
    let name = (plan.name.as_str(), plan.title.as_str());
    buy(
        name,
        purchases,
        usage,
        &fleet.portfolio,
        &fleet.book,
        options,
    )
    .map_err(|e| failed(&e))
}
