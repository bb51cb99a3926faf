//! The rules that purchases have to keep, from the command line.

use clap::Args;
use rust_decimal::Decimal;

use super::Failure;
use crate::diagnostics::Diagnostic;
use crate::optimize::{Rules, Unkept};
use crate::units::Money;

/// The options that say them.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Rules (each with its price in the result)")]
pub(super) struct RuleArgs {
    /// Commit to so many dollars in any hour at most, with what is owned
    #[arg(long, value_parser = dollars, value_name = "DOLLARS")]
    max_hourly_commitment: Option<Money>,

    /// Pay so many dollars at purchase at most, for everything together
    #[arg(long, value_parser = dollars, value_name = "DOLLARS")]
    max_upfront: Option<Money>,

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

    /// Buy Reserved Instances and EC2 Instance Savings Plans for these families only
    #[arg(long, value_delimiter = ',', value_name = "FAMILY")]
    families: Vec<String>,

    /// Buy none of them for these families
    #[arg(long, value_delimiter = ',', value_name = "FAMILY")]
    without_families: Vec<String>,
}

impl RuleArgs {
    /// The rules, unless two of them exclude each other on their face.
    pub(super) fn rules(&self) -> Result<Rules, Failure> {
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
        Ok(Rules {
            max_hourly_commitment: self.max_hourly_commitment,
            max_upfront: self.max_upfront,
            min_coverage: self.min_coverage,
            max_coverage: self.max_coverage,
            min_utilization: self.min_utilization,
            max_purchases: self.max_purchases,
            min_saving: self.min_saving,
            families: self.families.clone(),
            without_families: self.without_families.clone(),
        })
    }
}

/// What to do when no purchases keep the rules.
pub(super) fn unkept(why: &Unkept) -> Failure {
    let hint = match why {
        Unkept::Owned { .. } => "the rule counts what is owned: it cannot be below that",
        Unkept::Uncovered { .. } => "ask for less, or allow more kinds, terms and families",
        Unkept::Family { .. } => "name families as types do: `m5` of `m5.large`",
        Unkept::Exclude { .. } | Unkept::Never { .. } => {
            "loosen one of the rules, or leave it out; without rules `optimize` finds what is cheapest"
        }
    };
    Diagnostic::new(why.to_string()).hint(hint).into()
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
