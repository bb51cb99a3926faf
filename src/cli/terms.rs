//! Which terms and payment options may be bought.

use clap::{Args, ValueEnum};

use crate::catalog::{PaymentOption, Term};

/// The options that say it.
#[derive(Debug, Clone, Args)]
pub(super) struct TermArgs {
    /// Terms that may be bought
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "1yr",
        value_name = "TERM"
    )]
    term: Vec<TermChoice>,

    /// Payment options that may be bought, or `any`
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "no-upfront",
        value_name = "PAYMENT"
    )]
    payment: Vec<PaymentChoice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TermChoice {
    /// One year
    #[value(name = "1yr")]
    OneYear,
    /// Three years
    #[value(name = "3yr")]
    ThreeYears,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PaymentChoice {
    /// Nothing at purchase
    NoUpfront,
    /// About half at purchase
    PartialUpfront,
    /// Everything at purchase
    AllUpfront,
    /// Whichever is cheapest
    Any,
}

impl TermArgs {
    /// Every allowed term with every allowed payment option, in their order.
    pub(super) fn allowed(&self) -> Vec<(Term, PaymentOption)> {
        all_terms()
            .filter(|&(term, payment)| {
                let term_allowed = self.term.iter().any(|choice| Term::from(*choice) == term);
                term_allowed && self.payment.iter().any(|choice| choice.allows(payment))
            })
            .collect()
    }
}

/// Every term with every payment option, in their order.
pub(super) fn all_terms() -> impl Iterator<Item = (Term, PaymentOption)> {
    let payments = |term: &'static Term| PaymentOption::ALL.iter().map(|&payment| (*term, payment));
    Term::ALL.iter().flat_map(payments)
}

impl From<TermChoice> for Term {
    fn from(choice: TermChoice) -> Self {
        match choice {
            TermChoice::OneYear => Self::OneYear,
            TermChoice::ThreeYears => Self::ThreeYears,
        }
    }
}

impl PaymentChoice {
    fn allows(self, payment: PaymentOption) -> bool {
        match self {
            Self::Any => true,
            Self::NoUpfront => payment == PaymentOption::NoUpfront,
            Self::PartialUpfront => payment == PaymentOption::PartialUpfront,
            Self::AllUpfront => payment == PaymentOption::AllUpfront,
        }
    }
}
