//! `bursar backtest`: what buying by a rule would have cost, month by month over history.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::fleet::{Fleet, FleetArgs};
use super::optimize::{FEW_TRIALS, KindChoice, buyer_of, failed, kinds, unshared};
use super::output::{check_writable, write_file};
use super::terms::TermArgs;
use super::{Failure, Format, Output, OutputArgs};
use crate::catalog::Account;
use crate::commitment::Sharing;
use crate::diagnostics::Diagnostic;
use crate::optimize::{
    BuyingRule, CostOfCapital, Every, Kinds, NoBacktest, Options, Replay, Rules, backtest,
};
use crate::report::backtest::{self as report, Shown};

/// Replay buying rules over history: each buys on the past alone, the months after are billed, and so on to the end
#[derive(Debug, Args)]
#[command(after_help = "\
Rules: best (the cheapest mix on the past), one-compute-sp, minimum-usage, coverage-70, coverage-80,
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

    /// Rules to replay (all unless given)
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    rules: Vec<BuyingRule>,

    /// Months of the past that a rule looks at (all of it unless given)
    #[arg(long, value_name = "MONTHS", value_parser = clap::value_parser!(u32).range(1..))]
    look_back: Option<u32>,

    #[command(flatten)]
    terms: TermArgs,

    /// Kinds of commitment that may be bought (all unless given)
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KIND")]
    kinds: Vec<KindChoice>,

    /// The account that buys (see `bursar optimize`)
    #[arg(long, value_name = "ACCOUNT")]
    buyer: Option<String>,

    /// Seed of the randomised rule
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,

    /// Draw what each rule cost, as a picture or a drawing
    #[arg(long, value_name = "FILE.png|FILE.svg")]
    chart: Option<PathBuf>,

    #[command(flatten)]
    output: OutputArgs,
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
    let kinds = kinds(&arguments.kinds, false)?;
    let fleet = arguments.fleet.load(quiet)?;
    if arguments.fleet.no_sharing || fleet.portfolio.sharing != Sharing::Organization {
        return Err(unshared(
            "run `backtest` on the usage of each account or group by itself",
        ));
    }
    let options = arguments.options(kinds, &fleet);
    let replay = arguments.replay();
    let working = super::working("replaying history", quiet);
    let demand = &fleet.import.demand;
    let found = backtest(demand, &fleet.portfolio, &fleet.book, &options, &replay)
        .map_err(|why| no_backtest(&why))?;
    working.finish_and_clear();
    let doubts = arguments.doubts(&fleet);
    let shown = Shown {
        found: &found,
        replay: &replay,
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
    fn options(&self, kinds: Kinds, fleet: &Fleet) -> Options {
        let buyer = self.buyer.as_deref().map(Account::new);
        Options {
            kinds,
            terms: self.terms.allowed(),
            buyer: buyer.unwrap_or_else(|| buyer_of(&fleet.import.demand)),
            billing: fleet.settings,
            tolerance: 1e-4,
            trials: FEW_TRIALS,
            rules: Rules::default(),
            cost_of_capital: CostOfCapital::default(),
            threads: super::import::threads(),
        }
    }

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
    fn doubts(&self, fleet: &Fleet) -> Vec<String> {
        let mut doubts: Vec<String> = fleet.notes().collect();
        doubts.extend(fleet.doubts.iter().map(|problem| problem.message.clone()));
        if let Some(fill) = self.fleet.fill_gaps {
            doubts.push(format!(
                "hours without rows were filled (--fill-gaps {}): rules bought on them and were billed for them",
                fill.word()
            ));
        }
        if !fleet.import.services.is_empty() {
            doubts.push("what was used beside instances is in no figure here".into());
        }
        doubts.push(
            "prices are today's throughout: what AWS asked at the time may have been different"
                .into(),
        );
        doubts
    }
}

fn no_backtest(why: &NoBacktest) -> Failure {
    match why {
        NoBacktest::Failed(error) => failed(error),
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
