//! `bursar prices`: what the price book says; one file a question.

mod check;
mod databases;
mod diff;
mod filter;
mod hosts;
mod import;
mod list;
mod plan_diff;
mod regions;
mod service_plans;
mod services;
mod show;
mod spot;
mod status;

pub(super) use filter::platform;
pub(super) use show::{Asked, product};

use std::process::ExitCode;

use clap::{Args, Subcommand};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

use super::config::ConfigArgs;
use super::discounts::DiscountArgs;
use super::user_prices::UserPrices;
use super::{Failure, Output, OutputArgs};
use crate::catalog::{Region, UnknownRegion};
use crate::diagnostics::{Diagnostic, nearest};
use crate::prices::PriceBook;

/// The version of the JSON documents here.
const SCHEMA_VERSION: u32 = 1;

/// How every JSON document about a price book begins.
#[derive(Debug, Serialize)]
struct Head {
    schema_version: u32,
    price_book: String,
    price_book_as_of: String,
    currency: &'static str,
}

impl Head {
    fn of(book: &PriceBook) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            price_book: book.id().to_owned(),
            price_book_as_of: book.as_of().to_string(),
            currency: book.currency(),
        }
    }
}

/// Which book a table is from, below it.
fn of_book(book: &PriceBook) -> String {
    format!("Price book {} of {}.", book.id(), book.as_of())
}

/// What AWS asks for an instance, under every way it sells it
#[derive(Debug, Args)]
pub(super) struct PricesArgs {
    #[command(subcommand)]
    command: PricesCommand,
    #[command(flatten)]
    user: UserPrices,
    #[command(flatten)]
    discounts: DiscountArgs,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Subcommand)]
enum PricesCommand {
    /// Every way to buy an instance type, side by side
    #[command(after_help = "Examples:\n  \
        bursar prices show m7i.xlarge --region ap-northeast-2\n  \
        bursar prices show r6g.large --region eu-west-1 --os rhel --format csv")]
    Show(show::ShowArgs),
    /// The regions and zones that have prices
    #[command(after_help = "Examples:\n  \
        bursar prices regions\n  \
        bursar prices regions --format json")]
    Regions,
    /// What moved between two price books
    #[command(after_help = "Examples:\n  \
        bursar prices diff builtin my-rates.csv\n  \
        bursar prices diff may.prices june.prices --region eu-* --family m7i --format csv\n  \
        bursar prices diff builtin new-rates.csv --plan reports/01-web-shop/run.json")]
    Diff(diff::DiffArgs),
    #[command(after_help = import::EXAMPLES)]
    Import(import::ImportArgs),
    /// Find instance types by what they are and what they cost
    #[command(after_help = "Examples:\n  \
        bursar prices list --family m7i,c7g --vcpu 4..8 --memory-gib 16.. --sort od\n  \
        bursar prices list --arch arm64 --region eu-* --max-hourly 0.5 --sort od-per-vcpu --limit 20")]
    List(list::ListArgs),
    /// What a type's Spot Instances cost day by day, 2023-02 to 2024-05
    #[command(after_help = "Examples:\n  \
        bursar prices spot m5.large --region eu-west-1\n  \
        bursar prices spot c6g.xlarge --from 2024-03-01 --to 2024-03-31 --format csv")]
    Spot(spot::SpotArgs),
    /// How old the prices are, and how many are observed, follow by rule, or are estimated
    #[command(after_help = "Examples:\n  \
        bursar prices status\n  \
        bursar prices status --region eu-west-1 --max-age-days 365 --os windows")]
    Status(status::StatusArgs),
    /// Data transfer, NAT gateways, endpoints, addresses and VPNs in a region
    #[command(after_help = "Examples:\n  \
        bursar prices network --region eu-west-1\n  \
        bursar prices network --region us-east-1 --to eu-central-1 --format json")]
    Network(services::NetworkArgs),
    /// EBS, Fargate, Lambda, load balancers, CloudFront and Direct Connect in a region
    #[command(after_help = "Examples:\n  \
        bursar prices services --region eu-west-1 --service ebs\n  \
        bursar prices services --region us-east-1 --format csv\n  \
        bursar prices services --region us-east-1 --plans")]
    Services(services::ServicesArgs),
    /// Database Savings Plans in a region, with On-Demand beside them
    #[command(after_help = databases::EXAMPLES)]
    Databases(databases::DatabasesArgs),
    /// Dedicated Hosts in a region, On-Demand and reserved
    #[command(after_help = "Examples:\n  \
        bursar prices hosts --region eu-west-1\n  \
        bursar prices hosts --region us-east-1 --format json")]
    Hosts(hosts::HostsArgs),
    /// Look for prices that cannot be right: exit code 3 where one is not in the reviewed list
    #[command(after_help = "Examples:\n  \
        bursar prices check --region eu-west-1\n  \
        bursar prices check --region us-* --family c7g --known")]
    Check(check::CheckArgs),
}

impl PricesCommand {
    /// Whether it shows what can have a discount.
    const fn shows_rates(&self) -> bool {
        matches!(
            self,
            Self::Show(_) | Self::List(_) | Self::Network(_) | Self::Services(_)
        )
    }
}

impl PricesArgs {
    /// The book that is asked, with what was negotiated where that can be shown.
    fn book(&self) -> Result<PriceBook, Failure> {
        let (mut user, mut discounts) = (self.user.clone(), self.discounts.clone());
        let shown = self.command.shows_rates().then_some(&mut discounts);
        self.config.fill(&mut user, shown, self.output.quiet)?;
        discounts.today(user.book(self.output.quiet)?.0)
    }
}

pub(super) fn run(arguments: &PricesArgs) -> Result<ExitCode, Failure> {
    let own_files = matches!(
        arguments.command,
        PricesCommand::Import(_) | PricesCommand::Diff(_)
    );
    if own_files && (arguments.user.prices.is_some() || arguments.config.is_given()) {
        let given = if arguments.config.is_given() {
            "--config"
        } else {
            "--prices"
        };
        return Err(Failure::new(format!(
            "`{given}` says nothing here: name the file among the arguments"
        )));
    }
    if arguments.discounts.are_given() && !arguments.command.shows_rates() {
        return Err(Failure::new(
            "`--discounts` says nothing here: `show`, `list`, `network` and `services` show contracted prices",
        ));
    }
    match &arguments.command {
        PricesCommand::Import(import) => return import::run(import, &arguments.output),
        PricesCommand::Diff(asked) => {
            let mut output = Output::new();
            diff::answer(asked, &arguments.output, &mut output)?;
            output.finish(&arguments.output)?;
            return Ok(ExitCode::SUCCESS);
        }
        _ => {}
    }
    let book = arguments.book()?;
    let format = arguments.output.format;
    let mut output = Output::new();
    let mut code = ExitCode::SUCCESS;
    match &arguments.command {
        PricesCommand::Show(show) => show::answer(&book, show, format, &mut output)?,
        PricesCommand::Regions => regions::answer(&book, format, &mut output)?,
        PricesCommand::Import(_) | PricesCommand::Diff(_) => {}
        PricesCommand::List(list) => list::answer(&book, list, format, &mut output)?,
        PricesCommand::Check(check) => code = check::answer(&book, check, format, &mut output)?,
        PricesCommand::Status(status) => {
            code = status::answer(&book, status, &arguments.output, &mut output)?;
        }
        PricesCommand::Spot(asked) => spot::answer(&book, asked, format, &mut output)?,
        PricesCommand::Network(asked) => services::network(&book, asked, format, &mut output)?,
        PricesCommand::Services(asked) => services::services(&book, asked, format, &mut output)?,
        PricesCommand::Databases(asked) => databases::answer(&book, asked, format, &mut output)?,
        PricesCommand::Hosts(asked) => hosts::answer(&book, asked, format, &mut output)?,
    }
    output.finish(&arguments.output)?;
    Ok(code)
}

/// A region by its code, or what it might have been.
pub(super) fn region(code: &str) -> Result<Region, Failure> {
    code.parse().map_err(|error: UnknownRegion| {
        let codes = Region::all().map(Region::as_str);
        with_hint(
            &error,
            nearest(code, codes),
            "`bursar prices regions` lists all",
        )
    })
}

fn with_hint(message: &impl ToString, near: Option<&str>, lists: &str) -> Failure {
    let hint = match near {
        Some(near) => format!("did you mean `{near}`? {lists}"),
        None => lists.to_owned(),
    };
    Diagnostic::new(message.to_string()).hint(hint).into()
}

fn rounded(value: Decimal, places: u32) -> Decimal {
    value.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}

/// Rounded, with zeros up to the last place: figures of a column stand under each other.
fn fixed(value: Decimal, places: u32) -> Decimal {
    let mut value = rounded(value, places);
    value.rescale(places);
    value
}

fn percent(share: Decimal) -> Decimal {
    fixed(share * Decimal::ONE_HUNDRED, 1)
}
