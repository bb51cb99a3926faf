//! `bursar explain RUN --purchase N`: one purchase of a run, billed with a little more, a little less and none of it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::certify::{fleet_args, load, options, same_inputs};
use super::fleet::Fleet;
use super::optimize::{events, failed};
use super::report::run_file;
use super::run_file::read_run;
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
    let run = read_run(&path)?;
    let plan = match plan {
        Some(name) => plan_of(&run, name, &path)?,
        None => recommended(&run).map_err(Failure::new)?,
    };
    let index = index_of(plan, number, &path)?;
    let arguments = fleet_args(&run.inputs, &run.settings);
    let mut fleet = load(&arguments, &run.settings, output.quiet)?;
    events(run.settings.events.as_deref(), &mut fleet)?;
    let changed = same_inputs(&run.price_book, &run.inputs, &fleet);
    if let Some(changed) = changed.iter().find(|check| !check.holds) {
        let problem = Diagnostic::new(format!(
            "the {} is not what the run was made with",
            changed.what
        ));
        let hint = "make the run again with `bursar optimize`, or bring its inputs back";
        return Err(problem.at(at(&path)).hint(hint).into());
    }
    let options = options(&run.settings, &fleet).ok_or_else(|| {
        Diagnostic::new("the run's settings name a term or payment option that does not exist")
            .at(at(&path))
    })?;
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
        run: &run,
        plan,
        index,
        found: &found,
    };
    let mut text = Output::new();
    match output.format {
        Format::Json => text.json(&report::json(&shown, &fleet.inputs))?,
        format => text.tables(&report::tables(&shown).map_err(Failure::new)?, format)?,
    }
    text.finish(output)?;
    Ok(ExitCode::SUCCESS)
}

fn at(path: &Path) -> Place {
    Place::file(path.display().to_string())
}

/// The plan of a name.
fn plan_of<'a>(run: &'a Run, name: &str, path: &Path) -> Result<&'a RunPlan, Failure> {
    let found = run.plans.iter().find(|plan| plan.name == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = run.plans.iter().map(|plan| plan.name.as_str()).collect();
        let problem = Diagnostic::new(format!("the run has no plan `{name}`")).at(at(path));
        problem
            .hint(format!("its plans: {}", names.join(", ")))
            .into()
    })
}

/// The place of a purchase from its number.
fn index_of(plan: &RunPlan, number: usize, path: &Path) -> Result<usize, Failure> {
    let count = plan.purchases.len();
    if (1..=count).contains(&number) {
        return Ok(number - 1);
    }
    let message = format!("the plan `{}` has no purchase {number}", plan.name);
    let hint = match count {
        0 => "it buys nothing".to_owned(),
        count => format!("its purchases are numbered from 1 to {count}, in the order of its list"),
    };
    Err(Diagnostic::new(message).at(at(path)).hint(hint).into())
}

/// The plan billed again.
fn bought(plan: &RunPlan, fleet: &Fleet, options: &Options, path: &Path) -> Result<Plan, Failure> {
    let usage = &fleet.usage();
    let tariff = prepare(usage, &fleet.portfolio, &fleet.book, options).map_err(|e| failed(&e))?;
    let purchases = plan.purchases.iter().map(|bought| {
        bought.find(tariff.candidates()).ok_or_else(|| {
            let message = format!("`{}` cannot be bought for this usage", bought.scope);
            Failure::from(Diagnostic::new(message).at(at(path)))
        })
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
