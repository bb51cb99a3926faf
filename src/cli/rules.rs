//! The rules that purchases have to keep, from the command line and from a file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;
use rust_decimal::Decimal;

use super::config::ConfigArgs;
use super::rules_file::RulesFile;
use super::{Failure, say};
use crate::catalog::Account;
use crate::diagnostics::Diagnostic;
use crate::optimize::{RuleName, Rules, Unkept};
use crate::units::Money;

/// The options that say them.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Rules that purchases have to keep")]
pub(super) struct RuleArgs {
    /// Take the rules that are not given here from FILE, instead of `[rules]` in bursar.toml (docs/file-formats.md)
    #[arg(long = "rules", value_name = "FILE")]
    file: Option<PathBuf>,

    /// Commit to so many dollars in any hour at most, with what is owned
    #[arg(long, value_parser = dollars, value_name = "DOLLARS")]
    max_hourly_commitment: Option<Money>,

    /// Pay so many dollars at purchase at most, for everything together
    #[arg(long, value_parser = dollars, value_name = "DOLLARS")]
    max_upfront: Option<Money>,

    /// Let commitments, owned ones too, cost so much in calendar years at most: 2027=1000000,2028=500000
    #[arg(long, value_parser = year_of_dollars, value_delimiter = ',', value_name = "YEAR=DOLLARS")]
    max_lock_in: Vec<(i32, Money)>,

    /// Cover so much of the usage at least, by what it costs On-Demand
    #[arg(long, value_parser = percent, value_name = "PERCENT")]
    min_coverage: Option<Decimal>,

    /// Cover so much of it at most
    #[arg(long, value_parser = percent, value_name = "PERCENT")]
    max_coverage: Option<Decimal>,

    /// Use so much of what is committed at least, by what it costs, with what is owned
    #[arg(long, value_parser = percent, value_name = "PERCENT")]
    min_utilization: Option<Decimal>,

    /// Buy so many things at most
    #[arg(long, value_name = "COUNT")]
    max_purchases: Option<usize>,

    /// Buy nothing that saves less than so many dollars in the window, beside all else that is bought
    #[arg(long, value_parser = dollars, value_name = "DOLLARS")]
    min_saving: Option<Money>,

    /// Buy Reserved Instances, Dedicated Host Reservations and EC2 Instance Savings Plans for these families only
    #[arg(long, value_delimiter = ',', value_name = "FAMILY")]
    families: Vec<String>,

    /// Buy none of them for these families
    #[arg(long, value_delimiter = ',', value_name = "FAMILY")]
    without_families: Vec<String>,

    /// Let only these accounts buy: the one of them with which the mix costs least does
    #[arg(
        long,
        value_delimiter = ',',
        conflicts_with = "buyer",
        value_name = "ACCOUNT"
    )]
    buyers: Vec<String>,
}

impl RuleArgs {
    /// The rules, with those of a file.
    pub(super) fn filled(&self, config: &ConfigArgs, quiet: bool) -> Result<Self, Failure> {
        let file = match &self.file {
            Some(path) => Some(RulesFile::read(path)?),
            None => config.rules()?,
        };
        let mut filled = self.clone();
        let Some(file) = file else {
            return Ok(filled);
        };
        let taken = filled.fill(&file)?;
        if !taken.is_empty() {
            let (name, taken) = (&file.name, taken.join(", "));
            say(&format!("note: rules of {name}: {taken}"), quiet);
        }
        Ok(filled)
    }

    /// The accounts that may buy; none where any may.
    pub(super) fn buyers(&self) -> Result<Vec<Account>, Diagnostic> {
        let mut buyers = Vec::new();
        for name in &self.buyers {
            let account = Account::new(name.trim());
            let wrong = if name.trim().is_empty() {
                Some("`buyers` names an account without a name".to_owned())
            } else if buyers.contains(&account) {
                Some(format!("`buyers` names {account} twice"))
            } else {
                None
            };
            if let Some(wrong) = wrong {
                return Err(Diagnostic::new(wrong).hint("name each account once"));
            }
            buyers.push(account);
        }
        Ok(buyers)
    }

    /// Puts a file's rules where the command line says nothing; their names.
    fn fill(&mut self, file: &RulesFile) -> Result<Vec<String>, Diagnostic> {
        let mut taken = Vec::new();
        for (key, value) in &file.rows {
            let put = match key.get_ref().as_str() {
                "max-hourly-commitment" => {
                    file.put(&mut self.max_hourly_commitment, value, dollars)
                }
                "max-upfront" => file.put(&mut self.max_upfront, value, dollars),
                "max-lock-in" => file.put_years(&mut self.max_lock_in, value, year_of_dollars),
                "min-coverage" => file.put(&mut self.min_coverage, value, percent),
                "max-coverage" => file.put(&mut self.max_coverage, value, percent),
                "min-utilization" => file.put(&mut self.min_utilization, value, percent),
                "max-purchases" => file.put(&mut self.max_purchases, value, count),
                "min-saving" => file.put(&mut self.min_saving, value, dollars),
                "families" => file.put_words(&mut self.families, value),
                "without-families" => file.put_words(&mut self.without_families, value),
                "buyers" => file.put_words(&mut self.buyers, value),
                _ => Err(file.unknown(key, &NAMES)),
            };
            if put? {
                taken.push(key.get_ref().clone());
            }
        }
        Ok(taken)
    }

    /// What purchases have to keep; unless two rules exclude each other on their face.
    pub(super) fn stated(&self) -> Result<Rules, Failure> {
        if let (Some(least), Some(most)) = (self.min_coverage, self.max_coverage)
            && least > most
        {
            let message =
                format!("`min-coverage` {least} % and `max-coverage` {most} % exclude each other");
            return Err(Diagnostic::new(message)
                .hint("give a range, or one of them")
                .into());
        }
        let both = self
            .families
            .iter()
            .find(|family| self.without_families.contains(family));
        if let Some(family) = both {
            let message = format!(
                "`families` and `without-families` exclude each other: both name `{family}`"
            );
            return Err(Diagnostic::new(message)
                .hint("name it in one of them")
                .into());
        }
        let mut max_lock_in = BTreeMap::new();
        for &(year, most) in &self.max_lock_in {
            if max_lock_in.insert(year, most).is_some() {
                let message = format!("`max-lock-in` names {year} twice");
                return Err(Diagnostic::new(message).hint("give each year once").into());
            }
        }
        Ok(Rules {
            max_hourly_commitment: self.max_hourly_commitment,
            max_upfront: self.max_upfront,
            max_lock_in,
            min_coverage: self.min_coverage,
            max_coverage: self.max_coverage,
            min_utilization: self.min_utilization,
            max_purchases: self.max_purchases,
            min_saving: self.min_saving,
            families: self.families.clone(),
            without_families: self.without_families.clone(),
            zonal: BTreeSet::new(),
        })
    }
}

/// Refuses the first rule that has no meaning in a command; `why` says it for those that have none.
pub(super) fn only_with_meaning(
    rules: &Rules,
    command: &str,
    why: impl Fn(RuleName) -> Option<&'static str>,
) -> Result<(), Diagnostic> {
    for rule in rules.names() {
        if let Some(why) = why(rule) {
            let code = rule.code();
            let message = format!("`{code}` is no rule of `{command}`: {why}");
            return Err(Diagnostic::new(message).hint(
                "leave it out; where a configuration file says it, --no-config leaves that unread",
            ));
        }
    }
    Ok(())
}

/// What to do when no purchases keep the rules.
pub(super) fn unkept(why: &Unkept) -> Failure {
    let hint = match why {
        Unkept::Owned { .. } | Unkept::Locked { .. } => {
            "the rule counts what is owned: it cannot be below that"
        }
        Unkept::Past { .. } => {
            "purchases are taken to begin when the usage ends; name years from there on"
        }
        Unkept::Uncovered { .. } => "ask for less, or allow more kinds, terms and families",
        Unkept::Family { .. } => "name families as types do: `m5` of `m5.large`",
        Unkept::Exclude { .. } | Unkept::Pair { .. } | Unkept::Never { .. } => {
            "loosen one of the rules, or leave it out; without rules `optimize` finds what is cheapest"
        }
    };
    Diagnostic::new(why.to_string()).hint(hint).into()
}

/// The options, in the order of help.
const NAMES: [&str; 11] = [
    "max-hourly-commitment",
    "max-upfront",
    "max-lock-in",
    "min-coverage",
    "max-coverage",
    "min-utilization",
    "max-purchases",
    "min-saving",
    "families",
    "without-families",
    "buyers",
];

fn count(text: &str) -> Result<usize, String> {
    text.parse()
        .map_err(|_| "a whole number is needed, such as 5".into())
}

fn year_of_dollars(text: &str) -> Result<(i32, Money), String> {
    let wrong = || "a year and dollars are needed, such as 2027=1000000".to_owned();
    let (year, most) = text.split_once('=').ok_or_else(wrong)?;
    let year = year.trim().parse().map_err(|_| wrong())?;
    if !(2000..=9998).contains(&year) {
        return Err(wrong());
    }
    Ok((year, dollars(most.trim())?))
}

fn dollars(text: &str) -> Result<Money, String> {
    let wrong = || "dollars are needed, such as 12.50".to_owned();
    let amount: Decimal = text.trim_start_matches('$').parse().map_err(|_| wrong())?;
    if amount.is_sign_negative() {
        return Err(wrong());
    }
    Money::from_decimal(amount).map_err(|error| error.to_string())
}

fn percent(text: &str) -> Result<Decimal, String> {
    let share = text.trim_end_matches('%').trim_end().parse::<Decimal>();
    match share {
        Ok(share) if (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&share) => Ok(share),
        _ => Err("a share from 0 to 100 per cent is needed, such as 80".into()),
    }
}
