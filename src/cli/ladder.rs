//! `bursar ladder`: what to buy on which date ahead, with its proof.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use rust_decimal::Decimal;

use super::beside::{BesideAhead, unserved};
use super::fleet::{Fleet, FleetArgs};
use super::ladder_events::{LadderEvents, Ladders};
use super::optimize::{failed, unshared};
use super::output::check_writable;
use super::purchasing::PurchasingArgs;
use super::report::{Kind, Style, documents, made_of, prepare_folder, write_all};
use super::rules::only_with_meaning;
use super::{Failure, Format, Output, OutputArgs};
use crate::billing::{Granularity, Usage, all_charges, hourly_coverage};
use crate::commitment::{ReservedScope, Sharing};
use crate::demand::Unprojected;
use crate::diagnostics::Diagnostic;
use crate::optimize::{
    Ahead, DatedPlan, Dates, Failed, Horizon, Ladder, NoLadder, Options, RuleName, ladder,
};
use crate::prices::{Contract, PriceBook};
use crate::report::ladder::{
    HeldAgainst, LadderCash, LadderRun, LadderSettings, expiries, ladder_plan, months, owned_lives,
    tables,
};
use crate::report::optimize::basis_of;
use crate::report::run::{RunRule, RunRules, RunSettings, SCHEMA_VERSION, amount};
use crate::units::Hour;

/// Find what to buy on which date of the months ahead, and prove how good it is
#[derive(Debug, Args)]
#[command(after_help = "\
The usage ahead is the window's whole weeks again and again, more or less with --growth. What is owned serves until it ends.
With --services what plans serve beside instances repeats as well, and is priced anew: tiers count the months ahead.
On every date each commitment of the allowed kinds may be bought at today's rates, for its term. Compared with: the same
bought once, what is owned renewed as it ends, and On-Demand. Rules hold on every date: so many purchases on each, so
many dollars upfront in all, so many dollars an hour in any hour.

Examples:
  bursar ladder examples/02-nightly-batch/usage.csv --horizon 12 --growth 20
  bursar ladder examples/03-windows-and-owned-ris/usage.csv --own examples/03-windows-and-owned-ris/portfolio.toml --every year")]
pub(super) struct LadderArgs {
    #[command(flatten)]
    fleet: FleetArgs,

    /// Months ahead; a year has 365 days, as a term has
    #[arg(long, default_value_t = 36, value_name = "MONTHS")]
    horizon: u32,

    /// Its first day (unless given: where the usage ends)
    #[arg(long, value_name = "DAY")]
    from: Option<NaiveDate>,

    /// Something may be bought on the first day of the horizon and of every such period of it, and when something owned
    /// ends
    #[arg(long, value_enum, default_value = "quarter", value_name = "PERIOD")]
    every: EveryChoice,

    /// Something may be bought on these days only
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "DAY",
        conflicts_with = "every"
    )]
    dates: Vec<NaiveDate>,

    /// Growth of the usage in per cent a year, compounded by month
    #[arg(
        long,
        default_value = "0",
        value_name = "PERCENT",
        allow_hyphen_values = true
    )]
    growth: Decimal,

    /// How much of the fees of hours after the horizon counts in the cost: 0 where usage is taken to go on, 100 where it is
    /// taken to end
    #[arg(long, default_value_t = 0, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    beyond_horizon: u8,

    /// A month in which more than so much of what is committed ends is a cliff
    #[arg(long, default_value_t = 25, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    cliff: u8,

    /// Leave out what each rule costs: a search of its own for each
    #[arg(long)]
    no_rule_prices: bool,

    /// Judge every plan by what may happen in the months ahead: FILE names events with probabilities
    /// (docs/file-formats.md); `default` is as it was, 10 % more, 25 % less, the largest family shut down, its Linux moved
    /// to Graviton or Fargate
    #[arg(long, value_name = "FILE|default")]
    events: Option<String>,

    /// Write charts (PNG), the report (PDF, HTML) and run.json into FOLDER
    #[arg(long, value_name = "FOLDER")]
    report: Option<PathBuf>,

    #[command(flatten)]
    output: OutputArgs,

    // Last, because a heading in --help is that of all that follows.
    #[command(flatten)]
    purchasing: PurchasingArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EveryChoice {
    /// Every calendar month
    Month,
    /// Every third one
    Quarter,
    /// Every 365 days
    Year,
}

impl EveryChoice {
    const fn months(self) -> u32 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        }
    }
}

pub(super) fn run(arguments: &LadderArgs) -> Result<ExitCode, Failure> {
    let quiet = arguments.output.quiet;
    if let Some(folder) = &arguments.report {
        prepare_folder(folder)?;
    }
    if let Some(path) = &arguments.output.out {
        check_writable(path)?;
    }
    let kinds = arguments.purchasing.kinds()?;
    let services = arguments.purchasing.services;
    let mut fleet = arguments.fleet.load_beside(services, quiet)?;
    check(&fleet, &arguments.fleet)?;
    let events = LadderEvents::read(arguments.events.as_deref(), &mut fleet)?;
    let from = (&arguments.fleet, quiet);
    let options = arguments.purchasing.options(kinds, from, &fleet)?;
    only_with_meaning(&options.rules, "ladder", meaningless)?;
    let horizon = arguments.horizon(&fleet).map_err(|why| no_ladder(&why))?;
    let searching = super::working("searching for the cheapest ladder", quiet);
    let beside = BesideAhead::new(&fleet, &horizon, options.buyer);
    let ahead = ahead((&fleet, &beside), &horizon, &options).map_err(|why| no_ladder(&why))?;
    let found = ladder(&ahead).map_err(|error| no_ladder(&error.into()))?;
    let mut run = arguments.run_file((&fleet, &beside), (&ahead, &horizon, &options), &found)?;
    let ladders = Ladders {
        fleet: &fleet,
        horizon: &horizon,
        ahead: &ahead,
        beside: &beside,
    };
    let risk = events.map(|events| events.risk(&bought_plans(&found), ladders));
    run.risk = risk.transpose()?;
    searching.finish_and_clear();
    let mut written = Vec::new();
    if let Some(folder) = &arguments.report {
        written = write_report(folder, &run)?;
    }
    let mut output = Output::new();
    match arguments.output.format {
        Format::Json => output.json(&run)?,
        format => output.tables(&tables(&run).map_err(Failure::new)?, format)?,
    }
    output.finish(&arguments.output)?;
    for doubt in &run.doubts {
        super::say(&format!("note: {doubt}"), quiet);
    }
    for path in &written {
        super::say(&format!("wrote {}", path.display()), quiet);
    }
    Ok(ExitCode::SUCCESS)
}

/// The plans of a run that buy something, or leave what is owned, in its order.
fn bought_plans(found: &Ladder) -> Vec<&DatedPlan> {
    let plans = [&found.best, &found.once].into_iter();
    plans.chain(&found.renewed).chain(&found.owned).collect()
}

/// Refuses fleets for which no ladder can be made.
pub(super) fn check(fleet: &Fleet, arguments: &FleetArgs) -> Result<(), Failure> {
    if arguments.no_sharing || fleet.portfolio.sharing != Sharing::Organization {
        return Err(unshared(
            "run `ladder` on the usage of each account or group by itself",
        ));
    }
    if fleet.book.contract().is_some() && arguments.discounts.discounts_on.is_none() {
        return Err(Diagnostic::new(
            "negotiated discounts hold for days that are agreed, and a ladder buys on days ahead",
        )
        .hint("`--discounts-on DAY` takes the terms of one day for all of it")
        .into());
    }
    Ok(())
}

/// The usage ahead of a fleet, ready to be planned and billed.
pub(super) fn ahead<'a>(
    (fleet, beside): (&'a Fleet, &BesideAhead<'_>),
    horizon: &'a Horizon,
    options: &'a Options,
) -> Result<Ahead<'a, PriceBook>, NoLadder> {
    let demand = &fleet.import.demand;
    let ahead = Ahead::new(demand, horizon, &fleet.portfolio, &fleet.book, options)?;
    Ok(ahead.with_beside(beside.lines()?))
}

/// The months of a plan, and what ends in them.
pub(super) fn by_month(
    plan: &DatedPlan,
    ahead: &Ahead<'_, PriceBook>,
    (fleet, beside): (&Fleet, &BesideAhead<'_>),
    run: &mut LadderRun,
) -> Result<(), Failure> {
    let (demand, portfolio) = (&ahead.demand, &plan.portfolio);
    let (book, settings) = (&fleet.book, fleet.settings);
    let unpriced = |error: &_| super::unpriced(error);
    let mut cash = LadderCash::default();
    for part in beside.parts() {
        let used = beside.used(part).map_err(|why| no_ladder(&why))?;
        let priced = beside.priced(&used, part);
        let within = (part != demand.span()).then(|| demand.within(part));
        let usage = Usage {
            demand: within.as_ref().unwrap_or(demand),
            beside: Some(&priced),
        };
        let charged = all_charges(usage, portfolio, book, settings, Granularity::Month);
        cash.add(&charged.map_err(|error| unpriced(&error))?);
    }
    let covered = hourly_coverage(ahead.usage(), portfolio, book, settings);
    let covered = covered.map_err(|error| unpriced(&error))?;
    let of_databases = run.settings.services;
    run.months = months(&cash, (&covered, of_databases), portfolio, demand.span());
    run.expiries = expiries(portfolio, demand.span(), run.ladder.cliff_percent);
    Ok(())
}

impl LadderArgs {
    fn horizon(&self, fleet: &Fleet) -> Result<Horizon, NoLadder> {
        let window = fleet.import.demand.span();
        let start = self.from.map_or(window.end(), first_hour);
        if start < window.end() {
            let until = window.end();
            return Err(NoLadder::Past { from: start, until });
        }
        let dates = if self.dates.is_empty() {
            Dates::Every(self.every.months())
        } else {
            Dates::Given(self.dates.iter().copied().map(first_hour).collect())
        };
        let mut horizon = Horizon::new(start, self.horizon, &dates, &fleet.portfolio)?;
        horizon = horizon.growing(self.growth)?;
        horizon.beyond = self.beyond_horizon;
        Ok(horizon)
    }

    fn run_file(
        &self,
        (fleet, beside): (&Fleet, &BesideAhead<'_>),
        (ahead, horizon, options): (&Ahead<'_, PriceBook>, &Horizon, &Options),
        found: &Ladder,
    ) -> Result<LadderRun, Failure> {
        let window = fleet.import.demand.span();
        let mut run = LadderRun {
            schema_version: SCHEMA_VERSION,
            program: concat!("bursar ", env!("CARGO_PKG_VERSION")).into(),
            price_book: fleet.book.id().into(),
            price_book_as_of: fleet.book.as_of().to_string(),
            currency: fleet.book.currency().into(),
            inputs: fleet.inputs.clone(),
            settings: RunSettings {
                events: self.events.clone(),
                ..self.purchasing.settings(options, &self.fleet)
            },
            ladder: LadderSettings {
                months: self.horizon,
                every_months: self.dates.is_empty().then(|| self.every.months()),
                growth_percent: horizon.growth.normalize().to_string(),
                beyond_horizon_percent: horizon.beyond,
                cliff_percent: self.cliff,
            },
            negotiated_discounts: fleet.book.contract().map(Contract::describe),
            window_start: window.start().to_string(),
            window_end: window.end().to_string(),
            horizon_start: horizon.span.start().to_string(),
            horizon_end: horizon.span.end().to_string(),
            horizon_hours: horizon.span.len(),
            projection: projection(fleet, horizon),
            dates: horizon.dates.iter().map(ToString::to_string).collect(),
            on_demand_cost: amount(found.on_demand.cost()),
            lower_bound: amount(found.lower_bound),
            plans: Vec::new(),
            risk: None,
            rules: self.rules(ahead, horizon, options, found)?,
            owned: owned_lives(&fleet.portfolio),
            months: Vec::new(),
            expiries: Vec::new(),
            unpriced: unpriced(&found.best),
            missing_prices: found.missing.iter().map(ToString::to_string).collect(),
            doubts: doubts(fleet, found, options),
            certificate: found.certificate.clone(),
        };
        let against = HeldAgainst {
            on_demand: found.on_demand.cost(),
            bound: found.lower_bound,
            owned: &fleet.portfolio,
            weighs_capital: run.settings.cost_of_capital.is_some(),
        };
        let basis = |bought: &_| basis_of(bought, ahead.usage(), &fleet.book);
        run.plans = bought_plans(found)
            .into_iter()
            .chain([&found.on_demand])
            .map(|plan| ladder_plan(plan, against, basis))
            .collect();
        by_month(&found.best, ahead, (fleet, beside), &mut run)?;
        Ok(run)
    }
}

impl LadderArgs {
    /// What each rule costs.
    fn rules(
        &self,
        ahead: &Ahead<'_, PriceBook>,
        horizon: &Horizon,
        options: &Options,
        found: &Ladder,
    ) -> Result<Vec<RunRule>, Failure> {
        if self.no_rule_prices {
            return Ok(Vec::new());
        }
        let prices = ahead.rule_prices(found).map_err(|error| failed(&error))?;
        let rules = RunRules::of(&options.rules, &[]);
        let prices = prices.iter();
        let stated = prices.map(|price| RunRule::new(&rules, price, horizon.span.len()));
        Ok(stated.collect())
    }
}

/// The first hour of a day, UTC.
fn first_hour(day: NaiveDate) -> Hour {
    let seconds = day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp();
    Hour::containing_epoch_seconds(seconds)
}

/// How the usage ahead follows from the window's.
fn projection(fleet: &Fleet, horizon: &Horizon) -> String {
    let weeks = fleet.import.demand.whole_weeks();
    let weeks = if weeks == 1 {
        "the window's last week".to_owned()
    } else {
        format!("the window's last {weeks} whole weeks")
    };
    let growth = if horizon.growth.is_zero() {
        "no growth".to_owned()
    } else {
        format!(
            "{} % growth a year, compounded by month from the second month on",
            horizon.growth.normalize()
        )
    };
    format!("Usage ahead: {weeks} again and again, hour of the week by hour of the week; {growth}.")
}

fn unpriced(plan: &DatedPlan) -> Vec<String> {
    let unpriced = plan.bill.unpriced.iter();
    unpriced.map(|(_, missing)| missing.to_string()).collect()
}

/// What the import doubted, and what no figure has.
fn doubts(fleet: &Fleet, found: &Ladder, options: &Options) -> Vec<String> {
    let mut doubts: Vec<String> = fleet.notes().collect();
    doubts.extend(fleet.doubts.iter().map(|problem| problem.message.clone()));
    doubts.extend(unserved(fleet, &found.uncovered, &found.missing));
    if found.renewed.is_some() && !options.rules.names().is_empty() {
        doubts.push("what is owned is renewed whether or not that keeps the rules".into());
    }
    let owned = &fleet.portfolio.reserved_instances;
    if found.renewed.is_some() && owned.iter().any(|one| one.scope == ReservedScope::Hosts) {
        doubts.push("reserved Dedicated Hosts are not renewed in the comparison".into());
    }
    doubts
}

/// Why some rules for purchases cannot be kept by a ladder.
fn meaningless(rule: RuleName) -> Option<&'static str> {
    match rule {
        RuleName::MaxLockIn(_) => Some("it counts purchases that all begin when the usage ends"),
        RuleName::MinCoverage | RuleName::MaxCoverage | RuleName::MinUtilization => {
            Some("it is a share of one window, and the months ahead are covered date by date")
        }
        _ => None,
    }
}

pub(super) fn no_ladder(why: &NoLadder) -> Failure {
    let hint = match why {
        NoLadder::Failed(Failed::Unrenewable { .. }) => {
            "`--allow-unpriced` leaves the renewals out of the comparison and names the price"
        }
        NoLadder::Failed(error) => return failed(error),
        NoLadder::NoMonth | NoLadder::TooLong { .. } => {
            "`--horizon MONTHS` says how many, 36 unless given"
        }
        NoLadder::Growth(_) => "`--growth 20` is a fifth more a year, `--growth -20` a fifth less",
        NoLadder::NoDate | NoLadder::DateOutside { .. } | NoLadder::Past { .. } => {
            "the horizon begins where the usage ends, or on the day of `--from` after that, and has `--horizon` months"
        }
        NoLadder::Usage(Unprojected::ShorterThanAWeek { .. }) => {
            "give usage of at least a week, better of a quarter: what it lacks will not be planned for"
        }
        NoLadder::Usage(Unprojected::TooMuch(_) | Unprojected::TooMuchBeside(_)) => {
            "less growth, or a shorter horizon"
        }
    };
    Diagnostic::new(why.to_string()).hint(hint).into()
}

/// Writes charts, report and run file; gives their paths.
fn write_report(folder: &Path, run: &LadderRun) -> Result<Vec<PathBuf>, Failure> {
    let style = Style::plain();
    let saved = serde_json::to_value(run).map_err(Failure::new)?;
    let made = made_of(&saved, &style).map_err(Failure::new)?;
    let kinds = Kind::made_here([Kind::Png, Kind::Pdf, Kind::Html]);
    let mut files = match made {
        Some(made) => documents(&made, &kinds, &style)?,
        None => Vec::new(),
    };
    let mut json = Output::new();
    json.json(run)?;
    files.push(("run.json".into(), json.into_bytes()));
    write_all(folder, &files)
}
