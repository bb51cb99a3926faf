//! What may be bought, by whom and under which rules: the options of every command that searches for purchases, and how
//! a run says them.

use clap::{Args, ValueEnum};

use super::Failure;
use super::fleet::{Fleet, FleetArgs};
use super::rules::RuleArgs;
use super::terms::TermArgs;
use crate::billing::Coverable;
use crate::catalog::{Account, PaymentOption, Term};
use crate::diagnostics::Diagnostic;
use crate::optimize::{CostOfCapital, Kinds, Options, Rules};
use crate::report::run::{RunRules, RunSettings};

/// The options that say it.
#[derive(Debug, Args)]
#[command(next_help_heading = "What may be bought, and by whom")]
pub(super) struct PurchasingArgs {
    #[command(flatten)]
    terms: TermArgs,

    /// Kinds of commitment that may be bought (all unless given)
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KIND")]
    kinds: Vec<KindChoice>,

    /// Plan for what Savings Plans serve beside instances, too: Fargate, Lambda, Dedicated Hosts and databases, from
    /// tables of such use among USAGE and from a bill's rows (which are read a second time)
    #[arg(long)]
    pub(super) services: bool,

    /// The account that buys; its own usage is served first (unless given: an account without usage, as a
    /// management account should be, or the only one there is)
    #[arg(long, value_name = "ACCOUNT")]
    buyer: Option<String>,

    /// Weigh payment options by what money costs: so many per cent a year (WACC); fees of every kind are discounted
    /// to the day of purchase
    #[arg(
        long,
        visible_alias = "wacc",
        value_parser = cost_of_capital,
        allow_hyphen_values = true,
        value_name = "PERCENT"
    )]
    cost_of_capital: Option<CostOfCapital>,

    #[command(flatten)]
    rules: RuleArgs,
}

/// A kind of commitment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KindChoice {
    /// Standard Reserved Instances
    StandardRi,
    /// Convertible Reserved Instances
    ConvertibleRi,
    /// EC2 Instance Savings Plans
    Ec2InstanceSp,
    /// Compute Savings Plans
    ComputeSp,
    /// Database Savings Plans (with --services)
    DatabaseSp,
    /// Dedicated Host Reservations (with --services)
    HostReservation,
}

/// Kinds that serve nothing but what is beside instances.
const BESIDE: [(KindChoice, &str); 2] = [
    (
        KindChoice::DatabaseSp,
        "Database Savings Plans serve databases, and only instances are read",
    ),
    (
        KindChoice::HostReservation,
        "Dedicated Host Reservations serve hosts, and only instances are read",
    ),
];

/// Trials of whole steps: enough to reach the bottom for dozens of purchases.
pub(super) const TRIALS: usize = 1_500;
/// Trials for a plan that is only shown beside others: within a few cents of the bottom.
pub(super) const FEW_TRIALS: usize = 150;
/// Where a search may stop unless it is told otherwise, and how a run says it.
const TOLERANCE: (f64, &str) = (1e-4, "0.0001");

impl PurchasingArgs {
    /// The kinds chosen; all where none is. Databases are known where what is beside instances is read.
    pub(super) fn kinds(&self) -> Result<Kinds, Diagnostic> {
        let chosen = &self.kinds;
        if chosen.is_empty() {
            return Ok(Kinds::ALL);
        }
        for (beside, problem) in BESIDE {
            if chosen.contains(&beside) && !self.services {
                return Err(Diagnostic::new(problem).hint("`--services` reads both"));
            }
        }
        Ok(Kinds {
            standard: chosen.contains(&KindChoice::StandardRi),
            convertible: chosen.contains(&KindChoice::ConvertibleRi),
            ec2_instance_plan: chosen.contains(&KindChoice::Ec2InstanceSp),
            compute_plan: chosen.contains(&KindChoice::ComputeSp),
            database_plan: chosen.contains(&KindChoice::DatabaseSp),
            host_reservation: chosen.contains(&KindChoice::HostReservation),
        })
    }

    /// What a search is told that one account buys for.
    pub(super) fn options(
        &self,
        kinds: Kinds,
        from: (&FleetArgs, bool),
        fleet: &Fleet,
    ) -> Result<Options, Failure> {
        let (options, buyers) = self.options_and_buyers(kinds, from, fleet)?;
        if let [_, second, ..] = buyers[..] {
            let message = format!("one account buys here, and `buyers` names {second}, too");
            let hint = "name one; `bursar optimize` says with which of them the mix costs least";
            return Err(Diagnostic::new(message).hint(hint).into());
        }
        Ok(options)
    }

    /// What a search is told, with the first of the accounts that may buy; and all of those, none where any may.
    pub(super) fn options_and_buyers(
        &self,
        kinds: Kinds,
        (from, quiet): (&FleetArgs, bool),
        fleet: &Fleet,
    ) -> Result<(Options, Vec<Account>), Failure> {
        let rules = self.rules.filled(&from.config, quiet)?;
        let buyers = rules.buyers()?;
        let buyer = buyers.first().copied();
        let buyer = buyer.or_else(|| self.buyer.as_deref().map(Account::new));
        let mut beside = fleet.beside.iter().flat_map(|beside| beside.lines.lines());
        let kinds = Kinds {
            host_reservation: kinds.host_reservation
                && beside.any(|line| line.item.host_family().is_some()),
            ..kinds
        };
        let options = Options {
            kinds,
            terms: self.terms.allowed(),
            buyer: buyer.unwrap_or_else(|| buyer_of(fleet.usage())),
            billing: fleet.settings,
            rules: Rules {
                zonal: fleet.zonal.clone(),
                ..rules.stated()?
            },
            cost_of_capital: self.cost_of_capital.unwrap_or_default(),
            tolerance: TOLERANCE.0,
            trials: TRIALS,
            threads: crate::threads::of_machine(),
        };
        Ok((options, buyers))
    }

    /// The same as a run says it.
    pub(super) fn settings(&self, options: &Options, from: &FleetArgs) -> RunSettings {
        let code =
            |(term, payment): &(Term, PaymentOption)| (term.code().into(), payment.code().into());
        RunSettings {
            kinds: kind_words(options.kinds, self.services)
                .into_iter()
                .map(str::to_owned)
                .collect(),
            terms: options.terms.iter().map(code).collect(),
            buyer: options.buyer.to_string(),
            sharing: options.billing.sharing,
            fill_gaps: from.fill_gaps.map(|fill| fill.word().to_owned()),
            tags: from.tag.clone(),
            allow_unpriced: from.allow_unpriced,
            discounts_on: from.discounts.discounts_on.map(|day| day.to_string()),
            events: None,
            objective: None,
            tolerance: TOLERANCE.1.into(),
            cost_of_capital: self.cost_of_capital.map(|cost| cost.percent().to_string()),
            rules: RunRules::of(&options.rules, &[]),
            services: self.services,
            spot: None,
        }
    }
}

/// A rate a year, per cent.
fn cost_of_capital(text: &str) -> Result<CostOfCapital, String> {
    let percent = text.trim_end_matches('%').trim_end().parse().ok();
    let wrong = "a rate from 0 to 100 per cent a year is needed, such as 8";
    percent
        .and_then(CostOfCapital::new)
        .ok_or_else(|| wrong.into())
}

/// The account that buys unless one is named: the only one there is, or one without usage.
pub(super) fn buyer_of<'a>(usage: impl Into<Coverable<'a>>) -> Account {
    let usage = usage.into();
    let instances = usage.demand.keys().iter().map(|key| key.account);
    let beside = usage.beside.lines().iter().map(|line| line.account);
    let mut accounts = instances.chain(beside);
    match accounts.next() {
        Some(only) if accounts.all(|account| account == only) => only,
        _ => Account::new("management"),
    }
}

/// The words of the kinds allowed; those of what is beside instances where that was read.
pub(super) fn kind_words(kinds: Kinds, services: bool) -> Vec<&'static str> {
    [
        (kinds.standard, "standard-ri"),
        (kinds.convertible, "convertible-ri"),
        (kinds.ec2_instance_plan, "ec2-instance-sp"),
        (kinds.compute_plan, "compute-sp"),
        (kinds.database_plan && services, "database-sp"),
        (kinds.host_reservation && services, "host-reservation"),
    ]
    .into_iter()
    .filter_map(|(allowed, word)| allowed.then_some(word))
    .collect()
}
