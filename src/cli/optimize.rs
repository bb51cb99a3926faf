//! `bursar optimize`: the cheapest mix of purchases, with its proof.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use rust_decimal::Decimal;

use super::fleet::{Fleet, FleetArgs};
use super::purchasing::{FEW_TRIALS, PurchasingArgs};
use super::report::{Kind, Style, documents, prepare_folder, report_of, write_all};
use super::risk::{Futures, ObjectiveChoice};
use super::spot::SpotShareArgs;
use super::terms::all_terms;
use super::{Failure, Format, Output, OutputArgs};
use crate::billing::{accrued, hourly_coverage};
use crate::catalog::{Account, PaymentOption, Term};
use crate::commitment::Sharing;
use crate::diagnostics::Diagnostic;
use crate::optimize::{
    Failed, Kinds, Optimized, Options, Plan, RuleName, cheapest, optimize, what_if,
};
use crate::prices::Contract;
use crate::report::Origins;
use crate::report::optimize::{TermOption, basis_of, break_even_utilization, tables};
use crate::report::run::{
    InputFile, PROGRAM, Run, RunOption, RunRisk, RunRule, RunRules, RunSettings, SCHEMA_VERSION,
    Shown, UnpricedUsage, amount, capital_cost, run_plan, savings_percent,
};
use crate::threads::side_by_side;
use crate::units::Money;

/// Find the cheapest mix of Reserved Instances and Savings Plans, and prove how good it is
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bursar optimize examples/01-web-shop/usage.csv --report reports/01-web-shop
  bursar optimize examples/03-windows-and-owned-ris/usage.csv --own examples/03-windows-and-owned-ris/portfolio.toml --term 1yr,3yr --payment any")]
pub(super) struct OptimizeArgs {
    #[command(flatten)]
    fleet: FleetArgs,

    /// Search until the mix is within 0.001 % of the bound instead of 0.01 %
    #[arg(long)]
    tight: bool,

    /// Leave out the table of other terms and payment options
    #[arg(long)]
    no_options: bool,

    /// Judge every plan by what may happen: FILE names events with probabilities (docs/file-formats.md); `default` is
    /// as it was, 10 % more, 25 % less, the largest family shut down, its Linux moved to Graviton or Fargate
    #[arg(long, value_name = "FILE|default")]
    events: Option<String>,

    /// What the robust mix is to do well by over the events
    #[arg(
        long,
        value_enum,
        default_value = "mixed",
        requires = "events",
        value_name = "AIM"
    )]
    objective: ObjectiveChoice,

    /// Write charts (PNG), the report (PDF, HTML) and run.json into FOLDER
    #[arg(long, value_name = "FOLDER")]
    report: Option<PathBuf>,

    #[command(flatten)]
    output: OutputArgs,

    // Last, because a heading in --help is that of all that follows.
    #[command(flatten)]
    purchasing: PurchasingArgs,

    /// Hold capacity for this usage: its Reserved Instances are zonal, in its Availability Zone, as many as pay for
    /// themselves; selected as by --spot-eligible, may be given again. What that costs against regional ones is printed
    #[arg(long, value_name = "SELECTOR")]
    zonal: Vec<String>,

    #[command(flatten)]
    spot: SpotShareArgs,
}

pub(super) fn run(arguments: &OptimizeArgs) -> Result<ExitCode, Failure> {
    if let Some(folder) = &arguments.report {
        prepare_folder(folder)?;
    }
    if let Some(path) = &arguments.output.out {
        super::output::check_writable(path)?;
    }
    if arguments.fleet.no_sharing {
        return Err(unshared(
            "without sharing each account is a fleet of its own: run `optimize` on the usage of each",
        ));
    }
    let kinds = arguments.purchasing.kinds()?;
    let on_spot = arguments.spot.settings();
    let tagged = super::spot::with_tags(&arguments.fleet, on_spot.as_ref())?;
    let mut fleet = super::zonal::with_tags(&tagged, &arguments.zonal)?
        .load_beside(arguments.purchasing.services, arguments.output.quiet)?;
    super::spot::set_apart(on_spot.as_ref(), &mut fleet)?;
    super::zonal::allowed(&arguments.zonal, kinds)?;
    super::zonal::name(&arguments.zonal, &mut fleet)?;
    if fleet.portfolio.sharing != Sharing::Organization {
        return Err(unshared(
            "run `optimize` on the usage of each group of accounts",
        ));
    }
    let futures = events(arguments.events.as_deref(), &mut fleet)?;
    let (mut options, buyers) = arguments.options(kinds, &fleet)?;
    let searching = super::working("searching for the cheapest mix", arguments.output.quiet);
    let found = super::buyers::best(&buyers, &fleet, &mut options)?;
    let others = arguments.other_terms(&fleet, &options, &found)?;
    let future = futures.map(|futures| arguments.future(&futures, &found, &fleet, &options));
    let (robust, risk) = future.transpose()?.unwrap_or_default();
    let mut run = arguments.run_file(&fleet, &options, (&found, robust.as_ref()), &others);
    run.risk = risk;
    run.buyers = super::buyers::compared(&buyers, &found.cheapest, &fleet, &options)?;
    run.doubts
        .extend(super::buyers::without_usage(&buyers, &fleet));
    run.spot = super::spot::beside_none((&found, robust.as_ref()), &fleet, &options)?;
    searching.finish_and_clear();
    let mut written = Vec::new();
    if let Some(folder) = &arguments.report {
        run.shown = Some(shown(&fleet, &options, (&found, robust.as_ref()))?);
        written = write_report(folder, &run)?;
    }
    let mut output = Output::new();
    match arguments.output.format {
        Format::Json => {
            run.shown = None;
            output.json(&run)?;
        }
        format => output.tables(&tables(&run).map_err(Failure::new)?, format)?,
    }
    output.finish(&arguments.output)?;
    for doubt in &run.doubts {
        super::say(&format!("note: {doubt}"), arguments.output.quiet);
    }
    for path in &written {
        super::say(&format!("wrote {}", path.display()), arguments.output.quiet);
    }
    Ok(ExitCode::SUCCESS)
}

/// Everything that is found for a fleet; savings are measured from everything On-Demand.
pub(super) fn search(fleet: &Fleet, options: &Options) -> Result<Optimized, Failure> {
    let found = optimize(fleet.usage(), &fleet.portfolio, &fleet.book, options);
    let found = found.map_err(|error| failed(&error))?;
    Ok(match super::spot::all_on_demand(fleet, options)? {
        Some(on_demand) => found.measured_from(on_demand),
        None => found,
    })
}

impl OptimizeArgs {
    fn options(&self, kinds: Kinds, fleet: &Fleet) -> Result<(Options, Vec<Account>), Failure> {
        let from = (&self.fleet, self.output.quiet);
        let (mut options, buyers) = self.purchasing.options_and_buyers(kinds, from, fleet)?;
        if self.tight {
            options.tolerance = 1e-5;
        }
        Ok((options, buyers))
    }

    /// The cheapest plan of each term and payment option alone.
    fn other_terms(
        &self,
        fleet: &Fleet,
        options: &Options,
        found: &Optimized,
    ) -> Result<Vec<TermOption>, Failure> {
        if self.no_options {
            return Ok(Vec::new());
        }
        let usage = &fleet.usage();
        let plan_of = |(term, payment_option): (Term, PaymentOption)| {
            let terms = vec![(term, payment_option)];
            let plan = if terms == options.terms {
                found.cheapest.clone()
            } else {
                let alone = Options {
                    terms,
                    trials: FEW_TRIALS,
                    threads: 1,
                    ..options.clone()
                };
                match cheapest(usage, &fleet.portfolio, &fleet.book, &alone) {
                    // The note below the table says what is not in it.
                    Err(Failed::Rules(_)) => return Ok(None),
                    plan => plan?,
                }
            };
            Ok(Some(TermOption {
                term,
                payment_option,
                plan,
            }))
        };
        let plans: Result<Vec<Option<TermOption>>, Failed> =
            side_by_side(options.threads, all_terms(), plan_of);
        let plans = plans.map_err(|error| failed(&error))?;
        Ok(plans.into_iter().flatten().collect())
    }

    fn run_file(
        &self,
        fleet: &Fleet,
        options: &Options,
        (found, robust): (&Optimized, Option<&Plan>),
        others: &[TermOption],
    ) -> Run {
        let usage = &fleet.usage();
        let demand = usage.demand;
        let on_demand = found.on_demand.bill.total();
        let basis = |bought: &_| basis_of(bought, usage, &fleet.book);
        let contract = fleet.book.contract();
        let rules = RunRules::of(&options.rules, &self.zonal);
        let plan = |plan: &_| {
            run_plan(
                plan,
                found.lower_bound,
                on_demand,
                contract.is_some(),
                basis,
            )
        };
        let span = demand.span();
        Run {
            schema_version: SCHEMA_VERSION,
            program: PROGRAM.into(),
            price_book: fleet.book.id().into(),
            price_book_as_of: fleet.book.as_of().to_string(),
            currency: fleet.book.currency().into(),
            inputs: fleet.inputs.clone(),
            settings: self.run_settings(options),
            window_start: span.start().to_string(),
            window_end: span.end().to_string(),
            horizon_hours: span.len(),
            on_demand_cost: amount(on_demand),
            public_on_demand_cost: contract.map(|_| amount(found.on_demand.bill.public_total())),
            negotiated_discounts: contract.map(Contract::describe),
            on_demand: Some(plan(&found.on_demand)),
            lower_bound: amount(found.lower_bound),
            plans: every_plan(found, robust).into_iter().map(plan).collect(),
            risk: None,
            options: others
                .iter()
                .map(|option| run_option(option, on_demand))
                .collect(),
            rules: found
                .rule_prices
                .iter()
                .map(|price| RunRule::new(&rules, price, span.len()))
                .collect(),
            spot: None,
            buyers: Vec::new(),
            unpriced: unpriced(found),
            unpriced_usage: UnpricedUsage::of(&found.cheapest.bill, demand),
            missing_prices: found.missing.iter().map(ToString::to_string).collect(),
            doubts: doubts(fleet, found),
            shown: None,
            certificate: found.certificate.clone(),
        }
    }

    /// The robust mix, and the risk of every plan.
    fn future(
        &self,
        futures: &Futures,
        found: &Optimized,
        fleet: &Fleet,
        options: &Options,
    ) -> Result<(Option<Plan>, Option<RunRisk>), Failure> {
        let others = every_plan(found, None);
        let robust = futures.robust(self.objective, &others, fleet, options)?;
        let (plan, stated) = robust.unzip();
        let mut risk = futures.risk(&every_plan(found, plan.as_ref()), fleet)?;
        risk.robust = stated;
        Ok((plan, Some(risk)))
    }

    fn run_settings(&self, options: &Options) -> RunSettings {
        let mut settings = self.purchasing.settings(options, &self.fleet);
        settings.spot = self.spot.settings();
        settings.rules.zonal.clone_from(&self.zonal);
        settings.events.clone_from(&self.events);
        let objective = self.events.as_ref().map(|_| self.objective.word());
        settings.objective = objective.map(str::to_owned);
        if self.tight {
            settings.tolerance = "0.00001".into();
        }
        settings
    }
}

/// The plans of the run file, in its order.
fn every_plan<'a>(found: &'a Optimized, robust: Option<&'a Plan>) -> Vec<&'a Plan> {
    let all = [&found.cheapest].into_iter().chain(robust);
    let all = all.chain(&found.baselines);
    all.chain(&found.owned).collect()
}

/// The events that were asked for; their file becomes one of the fleet's.
pub(super) fn events(asked: Option<&str>, fleet: &mut Fleet) -> Result<Option<Futures>, Failure> {
    let Some(asked) = asked else {
        return Ok(None);
    };
    let (futures, input) = Futures::read(asked, fleet)?;
    fleet.inputs.extend(input);
    Ok(Some(futures))
}

fn run_option(option: &TermOption, on_demand: Money) -> RunOption {
    let (upfront, _) = crate::report::optimize::fees(&option.plan);
    let commitment: Money = option
        .plan
        .purchases
        .iter()
        .map(crate::optimize::Purchase::hourly_commitment)
        .sum();
    let cost = option.plan.bill.total();
    RunOption {
        term: option.term.code().into(),
        payment_option: option.payment_option.code().into(),
        cost: amount(cost),
        capital_cost: capital_cost(&option.plan),
        savings_percent: savings_percent(cost, on_demand).to_string(),
        upfront: amount(upfront),
        hourly_commitment: amount(commitment),
        break_even_hours: option
            .break_even_hours()
            .map(|hours| Decimal::from(hours).to_string()),
        lock_in: amount(option.lock_in()),
        break_even_utilization: break_even_utilization(&option.plan).map(|share| share.to_string()),
    }
}

fn unpriced(found: &Optimized) -> Vec<String> {
    found
        .cheapest
        .bill
        .unpriced
        .iter()
        .map(|(_, missing)| missing.to_string())
        .collect()
}

/// What the import doubted, and commitments of the bill that could not be made out.
fn doubts(fleet: &Fleet, found: &Optimized) -> Vec<String> {
    let mut doubts: Vec<String> = fleet.notes().collect();
    doubts.extend(fleet.doubts.iter().map(|problem| problem.message.clone()));
    let without = &found.cheapest.bill.without_plan_rate;
    if let Some(first) = without.first() {
        doubts.push(format!(
            "{} Savings Plan rates are missing; plans were taken not to cover that usage. The first: {first}",
            without.len()
        ));
    }
    let mut broken: BTreeMap<RuleName, Vec<&str>> = BTreeMap::new();
    for (title, rule) in &found.broken {
        broken.entry(*rule).or_default().push(title);
    }
    for (rule, titles) in broken {
        let (code, titles) = (rule.code(), titles.join("; "));
        doubts.push(format!(
            "rules of thumb not shown, as they break `{code}`: {titles}"
        ));
    }
    doubts.extend(super::zonal::none_pays(fleet, found));
    doubts.extend(super::beside::doubts(fleet, found));
    doubts
}

/// Refuses accounts that do not all share.
pub(super) fn unshared(hint: &str) -> Failure {
    Diagnostic::new("purchases are planned for accounts that share their discounts")
        .hint(hint)
        .into()
}

pub(super) fn failed(error: &Failed) -> Failure {
    match error {
        Failed::Unpriced(missing) => super::unpriced(missing),
        Failed::Rules(why) => super::rules::unkept(why),
        other => Failure::new(other),
    }
}

/// What the report shows beside the figures.
fn shown(
    fleet: &Fleet,
    options: &Options,
    (found, robust): (&Optimized, Option<&Plan>),
) -> Result<Shown, Failure> {
    let usage = &fleet.usage();
    let recommended = robust.unwrap_or(&found.cheapest);
    let portfolio = &recommended.portfolio;
    let coverage = hourly_coverage(usage, portfolio, &fleet.book, fleet.settings)
        .map_err(|error| super::unpriced(&error))?;
    let what_if = match what_if(recommended, usage, &fleet.book, options) {
        Ok(mut found) => {
            super::spot::measured_from_on_demand(&mut found, fleet, options)?;
            Some(found)
        }
        // Usage near the most a file can hold has no room to grow: the report goes without.
        Err(Failed::TooMuch(_)) => None,
        Err(error) => return Err(failed(&error)),
    };
    let shares = accrued(usage, portfolio, &fleet.book, fleet.settings)
        .map_err(|error| super::unpriced(&error))?;
    let origins = Origins {
        keys: usage.demand.keys(),
        portfolio,
        book: &fleet.book,
    };
    let held = (recommended, &fleet.portfolio);
    Ok(Shown::of(
        found,
        &coverage,
        held,
        (&shares, origins),
        what_if.as_ref(),
    ))
}

/// Writes charts, report and run file; gives their paths.
fn write_report(folder: &Path, run: &Run) -> Result<Vec<PathBuf>, Failure> {
    let kinds = Kind::made_here([Kind::Png, Kind::Pdf, Kind::Html]);
    let style = Style::plain();
    let mut files = documents(&report_of(run, &style)?, &kinds, &style)?;
    let mut json = Output::new();
    json.json(run)?;
    files.push(("run.json".into(), json.into_bytes()));
    write_all(folder, &files)
}

/// The files a run names that went in, by role.
pub(super) fn paths_of(inputs: &[InputFile], role: &str) -> Vec<String> {
    inputs
        .iter()
        .filter(|input| input.role == role)
        .map(|input| input.path.clone())
        .collect()
}
