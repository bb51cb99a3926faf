//! `bursar prices diff --plan`: what the movement of prices does to the plans of a run.

use std::collections::BTreeSet;
use std::path::Path;

use rust_decimal::Decimal;
use serde::Serialize;

use super::{fixed, percent};
use crate::billing::{Bill, CommitmentTotals};
use crate::cli::Failure;
use crate::cli::certify::{fleet_args, load, options};
use crate::cli::fleet::Fleet;
use crate::cli::run_file::read_run;
use crate::cli::user_prices::UserPrices;
use crate::demand::{DemandKey, Market};
use crate::diagnostics::{Diagnostic, Place};
use crate::optimize::{Candidate, CandidateKind, Options, Purchase, Tariff, buy, prepare};
use crate::prices::{Offer, PriceBook, Product};
use crate::report::Table;
use crate::report::run::{Run, RunPurchase, amount};
use crate::units::Money;

/// The plans of a run under two books.
#[derive(Debug, Serialize)]
pub(super) struct PlanMovement {
    /// The run file, as it was named.
    run: String,
    /// The book the run was made with.
    run_price_book: String,
    plans: Vec<PlanCost>,
    /// What the purchases count on and that moved, or is no longer cheaper than On-Demand.
    rates: Vec<RateMovement>,
    /// How many rates behind the purchases are the same in both books.
    same_rates: usize,
}

/// What the window costs under a plan.
#[derive(Debug, Serialize)]
struct PlanCost {
    name: String,
    title: String,
    before: Option<Parts>,
    after: Option<Parts>,
    /// Why there is no figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<String>,
}

/// A bill by part; decimal texts in dollars.
#[derive(Debug, Serialize)]
struct Parts {
    on_demand: String,
    spot: String,
    reserved_instances: String,
    savings_plans: String,
    total: String,
}

/// One amount of a bill.
type Part = fn(&Parts) -> &String;

/// A rate that a purchase counts on.
#[derive(Debug, Serialize)]
struct RateMovement {
    product: String,
    offer: String,
    before: Option<String>,
    after: Option<String>,
    on_demand_before: Option<String>,
    on_demand_after: Option<String>,
    /// The second book sells it at On-Demand or above, or has no price.
    dearer_than_on_demand: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// One of the two books, with what could be bought at its prices.
struct Side<'a> {
    name: &'a str,
    book: &'a PriceBook,
    tariff: Tariff,
}

/// Bills the run's plans at the prices of both books, over the run's usage and what is owned.
///
/// # Errors
/// A file that changed since the run, a price that usage needs and a book does not have.
pub(super) fn compare(
    path: &Path,
    names: [&str; 2],
    after: &PriceBook,
    before_file: &UserPrices,
    quiet: bool,
) -> Result<PlanMovement, Failure> {
    let run = read_run(path)?;
    let mut arguments = fleet_args(&run.inputs, &run.settings);
    arguments.prices = before_file.clone();
    let fleet = load(&arguments, &run.settings, quiet)?;
    check_inputs(&run, &fleet, path)?;
    let options = options(&run.settings, &fleet).ok_or_else(|| {
        Failure::new("the run's settings name a term or payment option that does not exist")
    })?;
    let side = |name, book| -> Result<Side<'_>, Failure> {
        let tariff = prepare(fleet.usage(), &fleet.portfolio, book, &options);
        let tariff = tariff.map_err(|failed| Failure::new(format!("with `{name}`: {failed}")))?;
        Ok(Side { name, book, tariff })
    };
    let sides = [side(names[0], &fleet.book)?, side(names[1], after)?];
    let nothing: Bought<'_> = ("nothing-bought", "Nothing bought", &[]);
    let of_run = run.plans.iter();
    let of_run = of_run.map(|plan| (&*plan.name, &*plan.title, &*plan.purchases));
    let plans = std::iter::once(nothing)
        .chain(of_run)
        .map(|plan| cost(plan, &sides, &fleet, &options))
        .collect::<Result<_, _>>()?;
    let counted_on = counted_on(&run, &sides, &fleet);
    let moved = counted_on.iter();
    let rates: Vec<RateMovement> = moved
        .filter_map(|(product, offer)| rate(*product, *offer, &sides))
        .collect();
    Ok(PlanMovement {
        run: path.display().to_string(),
        run_price_book: run.price_book,
        plans,
        same_rates: counted_on.len() - rates.len(),
        rates,
    })
}

/// The usage and what is owned are to be those of the run; prices are what is compared.
fn check_inputs(run: &Run, fleet: &Fleet, path: &Path) -> Result<(), Failure> {
    for input in run.inputs.iter().filter(|input| input.role != "prices") {
        let now = fleet.inputs.iter().find(|now| now.path == input.path);
        if now.is_none_or(|now| now.sha256 != input.sha256) {
            let message = format!("`{}` is not what the run was made with", input.path);
            return Err(Diagnostic::new(message)
                .at(Place::file(path.display().to_string()))
                .hint("make the run again with `bursar optimize --report`, then compare")
                .into());
        }
    }
    Ok(())
}

/// Names of a plan and what it buys.
type Bought<'a> = (&'a str, &'a str, &'a [RunPurchase]);

fn cost(
    (name, title, wanted): Bought<'_>,
    sides: &[Side<'_>; 2],
    fleet: &Fleet,
    options: &Options,
) -> Result<PlanCost, Failure> {
    let mut missing = None;
    let mut found = Vec::new();
    for side in sides {
        let purchases = wanted.iter().map(|bought| purchase(bought, side, sides));
        match purchases.collect::<Result<Vec<_>, String>>() {
            Ok(purchases) => {
                let billed = bill((name, title), purchases, side, fleet, options)?;
                found.push(Some(billed));
            }
            Err(why) => {
                missing = Some(format!("with `{}`: {why}", side.name));
                found.push(None);
            }
        }
    }
    let after = found.pop().flatten();
    let before = found.pop().flatten();
    Ok(PlanCost {
        name: name.to_owned(),
        title: title.to_owned(),
        before,
        after,
        missing,
    })
}

/// A purchase at the prices of one side. What `optimize` would not propose there, because it is dearer than
/// On-Demand, is bought all the same.
fn purchase(
    bought: &RunPurchase,
    side: &Side<'_>,
    sides: &[Side<'_>; 2],
) -> Result<Purchase, String> {
    if let Some(purchase) = bought.find(side.tariff.candidates()) {
        return Ok(purchase);
    }
    let mut either = sides.iter();
    let other = either.find_map(|side| bought.find(side.tariff.candidates()));
    let Some(mut purchase) = other else {
        return Err(format!(
            "{} {} ({}, {}) is nothing that either book sells",
            bought.kind, bought.scope, bought.term, bought.payment_option
        ));
    };
    let candidate = &mut purchase.candidate;
    let (term, payment) = (candidate.term, candidate.payment_option);
    let (price, fee) = match &mut candidate.kind {
        CandidateKind::Reserved {
            class,
            product,
            fee,
            ..
        } => (side.book.reserved(*product, *class, term, payment), fee),
        CandidateKind::Hosts { host, fee, .. } => {
            (side.book.host_reservation(*host, term, payment), fee)
        }
        CandidateKind::SavingsPlan(_) => return Ok(purchase),
    };
    let price = price.map_err(|missing| missing.to_string())?.value;
    (fee.upfront, fee.hourly) = (price.upfront, price.hourly);
    candidate.step = fee.effective_hourly(term);
    Ok(purchase)
}

fn bill(
    names: (&str, &str),
    purchases: Vec<Purchase>,
    side: &Side<'_>,
    fleet: &Fleet,
    options: &Options,
) -> Result<Parts, Failure> {
    let billed = buy(
        names,
        purchases,
        fleet.usage(),
        &fleet.portfolio,
        side.book,
        options,
    );
    let billed =
        billed.map_err(|failed| Failure::new(format!("with `{}`: {failed}", side.name)))?;
    Ok(Parts::of(&billed.bill))
}

impl Parts {
    fn of(bill: &Bill) -> Self {
        let owned =
            |totals: &[CommitmentTotals]| amount(totals.iter().map(|owned| owned.cost).sum());
        Self {
            on_demand: amount(bill.on_demand_cost() + bill.services_cost()),
            spot: amount(bill.spot_cost()),
            reserved_instances: owned(&bill.reserved_instances),
            savings_plans: owned(&bill.savings_plans),
            total: amount(bill.total()),
        }
    }
}

/// Every rate that a purchase of the run counts on: of the instance reserved, or of the usage that a Savings Plan
/// may cover.
fn counted_on(run: &Run, sides: &[Side<'_>; 2], fleet: &Fleet) -> BTreeSet<(Product, Offer)> {
    let bought = run.plans.iter().flat_map(|plan| &plan.purchases);
    let candidates = bought.filter_map(|bought| {
        let mut sides = sides.iter();
        sides.find_map(|side| bought.find(side.tariff.candidates()))
    });
    candidates
        .flat_map(|purchase| rates_of(&purchase.candidate, fleet))
        .collect()
}

fn rates_of(candidate: &Candidate, fleet: &Fleet) -> Vec<(Product, Offer)> {
    let Candidate {
        term,
        payment_option,
        ..
    } = *candidate;
    let scope = match candidate.kind {
        CandidateKind::Reserved { class, product, .. } => {
            return vec![(product, Offer::Reserved(class, term, payment_option))];
        }
        // Hosts are no instance offer: the diff of charges beside instances has them.
        CandidateKind::Hosts { .. } => return Vec::new(),
        CandidateKind::SavingsPlan(scope) => scope,
    };
    let offer = Offer::SavingsPlan(scope.kind(), term, payment_option);
    let keys = fleet.import.demand.keys().iter();
    let covered = keys.filter(|key| {
        matches!(key.market, Market::OnDemand | Market::SpotEligible)
            && scope.covers(key.instance_type.family(), key.region)
    });
    let product = |key: &DemandKey| Product {
        region: key.region,
        instance_type: key.instance_type,
        platform: key.platform,
        tenancy: key.tenancy,
    };
    covered.map(|key| (product(key), offer)).collect()
}

/// What became of a rate; `None` where it is the same and still below On-Demand.
fn rate(product: Product, offer: Offer, sides: &[Side<'_>; 2]) -> Option<RateMovement> {
    let ask = |offer: Offer| {
        sides.each_ref().map(|side| {
            let quote = side.book.quote(product, offer);
            quote.map(|price| price.value.hourly_under(offer))
        })
    };
    let [before, after] = ask(offer);
    let [on_demand_before, on_demand_after] = ask(Offer::OnDemand);
    let dearer = match (&after, &on_demand_after) {
        (Ok(after), Ok(on_demand)) => after >= on_demand,
        (Err(_), _) => before.is_ok(),
        _ => false,
    };
    let same = match (&before, &after) {
        (Ok(before), Ok(after)) => before == after,
        (Err(_), Err(_)) => true,
        _ => false,
    };
    let why = after.as_ref().err().map(ToString::to_string);
    let text = |price: Result<Money, _>| price.ok().map(amount);
    (!same || dearer).then(|| RateMovement {
        product: product.to_string(),
        offer: offer.to_string(),
        before: text(before),
        after: text(after),
        on_demand_before: text(on_demand_before),
        on_demand_after: text(on_demand_after),
        dearer_than_on_demand: dearer,
        why,
    })
}

impl PlanMovement {
    /// What each plan costs, and the rates that moved behind the purchases.
    pub(super) fn tables(&self, books: [&str; 2]) -> Vec<Table> {
        let mut tables = vec![self.costs(books)];
        if !self.rates.is_empty() {
            tables.push(self.moved());
        }
        tables
    }

    /// What each plan costs, part by part.
    pub(super) fn costs(&self, books: [&str; 2]) -> Table {
        let heads = [
            "plan",
            "part",
            ">before, $",
            ">after, $",
            ">change, $",
            ">change, %",
        ];
        let mut table = Table::new(format!("Plans of {}", self.run), &heads);
        for plan in &self.plans {
            let parts: [(&str, Part); 5] = [
                ("On-Demand", |parts| &parts.on_demand),
                ("Spot", |parts| &parts.spot),
                ("Reserved Instances", |parts| &parts.reserved_instances),
                ("Savings Plans", |parts| &parts.savings_plans),
                ("total", |parts| &parts.total),
            ];
            for (name, part) in parts {
                let sides = [&plan.before, &plan.after].map(|side| side.as_ref().map(part));
                let money = sides.map(|text| text.and_then(|text| text.parse().ok()));
                if name != "total" && money.iter().flatten().all(Decimal::is_zero) {
                    continue;
                }
                let text = |usd: Option<Decimal>| {
                    usd.map_or_else(String::new, |usd| fixed(usd, 2).to_string())
                };
                let [before, after] = money;
                let change = after.zip(before).map(|(after, before)| after - before);
                let share = change.zip(before);
                let share = share.and_then(|(change, before)| change.checked_div(before));
                table.row([
                    plan.title.clone(),
                    name.to_owned(),
                    text(before),
                    text(after),
                    text(change),
                    share.map_or_else(String::new, |share| percent(share).to_string()),
                ]);
            }
            if let Some(missing) = &plan.missing {
                table.note(format!("{}: {missing}.", plan.title));
            }
        }
        table.note(
            "The window of the run, its purchases made at the prices of each book; fees of what is owned already do \
             not move.",
        );
        if !books.contains(&self.run_price_book.as_str()) {
            table.note(format!(
                "The run was made with price book {}, which is neither of the two.",
                self.run_price_book
            ));
        }
        table
    }

    fn moved(&self) -> Table {
        let heads = [
            "product",
            "offer",
            ">before, $/h",
            ">after, $/h",
            ">On-Demand before",
            ">On-Demand after",
            "now",
        ];
        let mut table = Table::new("Rates that the purchases count on", &heads);
        for rate in &self.rates {
            let text = |price: &Option<String>| price.clone().unwrap_or_default();
            let now = match (rate.dearer_than_on_demand, &rate.after) {
                (true, Some(_)) => "dearer than On-Demand",
                (_, None) => "no price",
                _ => "moved",
            };
            table.row([
                rate.product.clone(),
                rate.offer.clone(),
                text(&rate.before),
                text(&rate.after),
                text(&rate.on_demand_before),
                text(&rate.on_demand_after),
                now.to_owned(),
            ]);
        }
        table.note(format!("The same in both books: {}.", self.same_rates));
        table
    }
}
