//! What there is to buy and what stands above it, of a run or of a ladder.

use sha2::{Digest, Sha256};

use super::Order;
use crate::report::format::dollars;
use crate::report::ladder::LadderRun;
use crate::report::optimize::ReportError;
use crate::report::optimize::figures::{hour, money, recommended, window};
use crate::report::run::{InputFile, Run, hex};

/// The purchases of a plan in their order, ready to be written as code.
pub struct PurchaseList {
    pub(super) orders: Vec<Order>,
    /// What stands above either file: whence it comes, who buys, what can be undone. Without marks of comment.
    pub(super) preface: Vec<String>,
    /// Names the plan and its inputs.
    pub(super) token: String,
}

/// What can be undone, whoever buys.
const RETURNS: [&str; 5] = [
    "",
    "A Savings Plan of at most 100 dollars an hour may be returned within seven days of its purchase, in the",
    "same UTC calendar month, by the account that bought it; an organization may return ten in a calendar year.",
    "https://docs.aws.amazon.com/savingsplans/latest/userguide/return-sp.html",
    "A Reserved Instance cannot be returned.",
];

/// What can be undone of what is queued: docs/billing-rules.md, R91.
const QUEUED: [&str; 6] = [
    "",
    "Purchases of days ahead are queued: AWS makes them on their day, with the default payment method. Until then they",
    "may be deleted: `aws savingsplans delete-queued-savings-plan`, `aws ec2 delete-queued-reserved-instances`.",
    "Reserved Instances may be queued up to three years ahead.",
    "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ri-market-concepts-buying.html",
    "https://docs.aws.amazon.com/savingsplans/latest/APIReference/API_CreateSavingsPlan.html",
];

impl PurchaseList {
    /// What a run's recommended plan buys, all of it now.
    ///
    /// # Errors
    /// A run that does not hold what it should.
    pub fn of_run(run: &Run) -> Result<Self, ReportError> {
        let plan = recommended(run)?;
        let of = plan.purchases.len();
        let orders = plan.purchases.iter().zip(1..);
        let orders = orders.map(|(bought, number)| Order::read(number, of, bought));
        let (span, cost) = (window(run)?, dollars(money(&plan.cost)?, 2));
        let lines = [
            format!(
                "Purchases of the plan `{}`, written by {} with price book {} of {}.",
                plan.title, run.program, run.price_book, run.price_book_as_of
            ),
            format!("It was made on the usage of {span}, which costs {cost} under it."),
            buyer(&run.settings.buyer),
        ];
        let bought = plan.purchases.iter().map(|bought| format!("{bought:?}"));
        Ok(Self {
            orders: orders.collect::<Result<_, _>>()?,
            preface: one_line(&lines, &[&RETURNS]),
            token: token(&run.inputs, &run.price_book, bought),
        })
    }

    /// What a ladder buys, each thing on its date.
    ///
    /// # Errors
    /// A ladder that does not hold what it should.
    pub fn of_ladder(run: &LadderRun) -> Result<Self, ReportError> {
        let plan = run.plans.iter().find(|plan| plan.name == "ladder");
        let plan = plan.ok_or_else(|| ReportError::Reading("it has no plan `ladder`".into()))?;
        let of = plan.purchases.len();
        let orders = plan.purchases.iter().zip(1..).map(|(bought, number)| {
            let order = Order::read(number, of, &bought.purchase)?;
            Ok::<_, ReportError>(order.on(hour(&bought.at)?))
        });
        let cost = dollars(money(&plan.cost)?, 2);
        let lines = [
            format!(
                "Purchases of the plan `{}`, written by {} with price book {} of {}.",
                plan.title, run.program, run.price_book, run.price_book_as_of
            ),
            format!(
                "It was made for {} to {}, which costs {cost} under it. {}",
                run.horizon_start, run.horizon_end, run.projection
            ),
            buyer(&run.settings.buyer),
        ];
        let bought = plan.purchases.iter().map(|bought| format!("{bought:?}"));
        Ok(Self {
            orders: orders.collect::<Result<_, _>>()?,
            preface: one_line(&lines, &[&QUEUED, &RETURNS]),
            token: token(&run.inputs, &run.price_book, bought),
        })
    }
}

fn buyer(buyer: &str) -> String {
    format!("Buy as the account that the plan is made for: {buyer}.")
}

/// What a person wrote stays on its line: a comment that ends early would be a command.
fn one_line(lines: &[String; 3], notes: &[&[&str]]) -> Vec<String> {
    let lines = lines.iter().map(String::as_str);
    let notes = notes.iter().copied().flatten().copied();
    let all = lines.chain(notes);
    all.map(|line| line.replace(|c: char| c.is_control(), " "))
        .collect()
}

/// Names the plan and its inputs, so that running the script twice asks AWS for the same Savings Plans.
fn token(
    inputs: &[InputFile],
    price_book: &str,
    purchases: impl Iterator<Item = String>,
) -> String {
    let mut digest = Sha256::new();
    for text in inputs.iter().map(|input| &input.sha256) {
        digest.update(text);
    }
    digest.update(price_book);
    for bought in purchases {
        digest.update(bought);
    }
    let bytes = digest.finalize();
    let short: String = hex(&bytes).chars().take(16).collect();
    format!("bursar-{short}")
}
