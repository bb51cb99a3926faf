//! `bursar backtest`: what buying by a rule would have cost, month by month over history.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::beside::NO_PLAN_SERVES;
use super::fleet::{Fleet, FleetArgs};
use super::optimize::{failed, unshared};
use super::output::{check_writable, write_file};
use super::purchasing::{FEW_TRIALS, PurchasingArgs};
use super::risk::foreseen;
use super::rules::only_with_meaning;
use super::{Failure, Format, Output, OutputArgs};
use crate::commitment::Sharing;
use crate::diagnostics::Diagnostic;
use crate::optimize::{
    Backtest, BuyingRule, Every, NoBacktest, Options, Replay, RuleName, backtest,
};
use crate::report::backtest::{self as report, Shown};

/// Replay buying rules over history: each buys on the past alone, the months after are billed, and so on to the end
#[derive(Debug, Args)]
#[command(mut_arg("file", |file| file.long("rules-file")), after_help = "\
Rules to buy by: best (the cheapest mix on the past), robust (what `optimize --events default` would buy on the past:
half the mean, half the mean over the worst fifth), one-compute-sp, minimum-usage, coverage-70, coverage-80,
ri-then-compute-sp, ec2-sp-then-compute-sp, both-recommendations, online and online-randomised (no forecast, with a
proven worst case: docs/optimisation.md).

Examples:
  bursar backtest examples/01-web-shop/usage.csv
  bursar backtest examples/01-web-shop/usage.csv --rules best,one-compute-sp,coverage-70 --look-back 1 --chart backtest.png")]
pub(super) struct BacktestArgs {
    #[command(flatten)]
    fleet: FleetArgs,

    /// How often a rule may buy
    #[arg(long, value_enum, default_value = "month", value_name = "PERIOD")]
    every: EveryChoice,

    /// Rules to buy by (all unless given)
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    rules: Vec<BuyingRule>,

    /// Months of the past that a rule looks at (all of it unless given)
    #[arg(long, value_name = "MONTHS", value_parser = clap::value_parser!(u32).range(1..))]
    look_back: Option<u32>,

    /// Seed of the randomised rule
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,

    /// Draw what each rule cost, as a picture or a drawing
    #[arg(long, value_name = "FILE.png|FILE.svg")]
    chart: Option<PathBuf>,

    #[command(flatten)]
    output: OutputArgs,

    // Last, because a heading in --help is that of all that follows.
    #[command(flatten)]
    purchasing: PurchasingArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EveryChoice {
    /// At the start of every calendar month, UTC
    Month,
    /// At the start of every third one
    Quarter,
}

pub(super) fn run(arguments: &BacktestArgs) -> Result<ExitCode, Failure> {
    let quiet = arguments.output.quiet;
    for path in arguments.output.out.iter().chain(&arguments.chart) {
        check_writable(path)?;
    }
    let drawn = arguments.chart.as_deref().map(Drawing::of).transpose()?;
    let kinds = arguments.purchasing.kinds()?;
    let services = arguments.purchasing.services;
    let fleet = arguments.fleet.load_beside(services, quiet)?;
    if arguments.fleet.no_sharing || fleet.portfolio.sharing != Sharing::Organization {
        return Err(unshared(
            "run `backtest` on the usage of each account or group by itself",
        ));
    }
    let from = (&arguments.fleet, quiet);
    let options = Options {
        trials: FEW_TRIALS,
        ..arguments.purchasing.options(kinds, from, &fleet)?
    };
    only_with_meaning(&options.rules, "backtest", meaningless)?;
    let replay = arguments.replay();
    let working = super::working("replaying history", quiet);
    let foresee = |past, owned: &_| foreseen(&fleet, past, owned);
    let (usage, owned, book) = (fleet.usage(), &fleet.portfolio, &fleet.book);
    let found = backtest(usage, owned, book, &options, &replay, foresee)
        .map_err(|why| no_backtest(&why))?;
    working.finish_and_clear();
    let doubts = arguments.doubts(&fleet, &found);
    let settings = arguments.purchasing.settings(&options, &arguments.fleet);
    let shown = Shown {
        found: &found,
        replay: &replay,
        settings: &settings,
        book: &fleet.book,
        inputs: &fleet.inputs,
        doubts: &doubts,
    };
    if let (Some(path), Some(drawn)) = (&arguments.chart, drawn) {
        write_file(path, &drawn.bytes(&report::chart(&shown))?)?;
    }
    let mut output = Output::new();
    match arguments.output.format {
        Format::Json => output.json(&report::json(&shown))?,
        format => output.tables(&report::tables(&shown), format)?,
    }
    output.finish(&arguments.output)?;
    for doubt in &doubts {
        super::say(&format!("note: {doubt}"), quiet);
    }
    Ok(ExitCode::SUCCESS)
}

impl BacktestArgs {
    fn replay(&self) -> Replay {
        let rules = if self.rules.is_empty() {
            &BuyingRule::ALL[..]
        } else {
            &self.rules[..]
        };
        let mut once: Vec<BuyingRule> = Vec::new();
        for &rule in rules {
            if !once.contains(&rule) {
                once.push(rule);
            }
        }
        Replay {
            every: match self.every {
                EveryChoice::Month => Every::Month,
                EveryChoice::Quarter => Every::Quarter,
            },
            look_back: self.look_back,
            rules: once,
            seed: self.seed,
        }
    }

    /// What the import doubted, hours that were filled, and what no figure has.
    fn doubts(&self, fleet: &Fleet, found: &Backtest) -> Vec<String> {
        let mut doubts: Vec<String> = fleet.notes().collect();
        doubts.extend(fleet.doubts.iter().map(|problem| problem.message.clone()));
        if let Some(fill) = self.fleet.fill_gaps {
            doubts.push(format!(
                "hours without rows were filled (--fill-gaps {}): rules bought on them and were billed for them",
                fill.word()
            ));
        }
        if self.purchasing.services {
            let others = fleet
                .beside
                .as_ref()
                .is_some_and(|beside| beside.has_others);
            doubts.extend(others.then(|| NO_PLAN_SERVES.to_owned()));
        } else if !fleet.import.services.is_empty() {
            doubts.push("what was used beside instances is in no figure here".into());
        }
        doubts.extend(left_out(found));
        doubts.push(
            "prices are today's throughout: what AWS asked at the time may have been different"
                .into(),
        );
        doubts
    }
}

/// Why some rules for purchases cannot be kept by buying rules.
fn meaningless(rule: RuleName) -> Option<&'static str> {
    match rule {
        RuleName::MaxLockIn(_) => {
            Some("it is about years after the usage, and all is bought within it")
        }
        RuleName::MinCoverage | RuleName::MaxCoverage | RuleName::MinUtilization => {
            Some("it is a share of usage that nobody has seen yet when something is bought")
        }
        RuleName::MaxHourlyCommitment
        | RuleName::MaxUpfront
        | RuleName::MaxPurchases
        | RuleName::MinSaving
        | RuleName::Families
        | RuleName::WithoutFamilies
        | RuleName::Zonal => None,
    }
}

/// Buying rules that are not shown, by the rule for purchases that they break.
fn left_out(found: &Backtest) -> impl Iterator<Item = String> {
    let mut broken: BTreeMap<RuleName, Vec<&str>> = BTreeMap::new();
    for (buying, rule) in &found.broken {
        broken.entry(*rule).or_default().push(buying.title());
    }
    broken.into_iter().map(|(rule, titles)| {
        let (code, titles) = (rule.code(), titles.join("; "));
        format!("rules not shown, as they break `{code}`: {titles}")
    })
}

fn no_backtest(why: &NoBacktest) -> Failure {
    match why {
        NoBacktest::Failed(error) => failed(error),
        NoBacktest::Unforeseen(why) => Failure::from((**why).clone()),
        NoBacktest::TooShort(_) => Diagnostic::new(why.to_string())
            .hint("a rule needs a past to buy on and a future to be billed: give usage of more months")
            .into(),
        NoBacktest::NothingToBuy { .. } => Diagnostic::new(why.to_string())
            .hint("allow them with --kinds, or leave the rule out of --rules")
            .into(),
    }
}

/// The form of a chart's file, by its ending.
#[derive(Clone, Copy)]
enum Drawing {
    Png,
    Svg,
}

impl Drawing {
    fn of(path: &Path) -> Result<Self, Failure> {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("png") => Ok(Self::Png),
            Some("svg") => Ok(Self::Svg),
            _ => {
                let message = format!("`{}` is neither a .png nor a .svg file", path.display());
                Err(Diagnostic::new(message)
                    .hint("the ending says which it is to be")
                    .into())
            }
        }
    }

    fn bytes(self, scene: &crate::report::chart::Scene) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Png => scene.to_png().map_err(Failure::new),
            Self::Svg => Ok(scene.to_svg().map_err(Failure::new)?.into_bytes()),
        }
    }
}
