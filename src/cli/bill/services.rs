//! What `bursar bill` bills beside instances: tables of use, rows of bills, the fee for Dedicated Instances.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use clap::{Args, ValueEnum};
use rust_decimal::Decimal;

use crate::billing::{
    Bill, FreeAllowance, Hosts, ServiceBill, ServiceSettings, Terabyte, UnknownCapacity, hosts,
};
use crate::catalog::{Region, ServiceItem};
use crate::cli::fleet::{Fleet, FleetArgs};
use crate::cli::inputs;
use crate::cli::{Failure, say, warn};
use crate::demand::ServiceDemand;
use crate::demand::import::{BillServices, Import, Input, Skip, bill_services};
use crate::diagnostics::Diagnostic;
use crate::prices::{MissingService, PriceBook};
use crate::units::HourSpan;

/// How use beside instances is billed.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct ServiceArgs {
    /// Bill a bill's network, storage, tasks and functions, too (its rows are read a second time)
    #[arg(long)]
    services: bool,

    /// What the free allowance of a month (100 GB out to the internet) does to the tiers
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Free::Before)]
    free_allowance: Free,

    /// How many gigabytes a terabyte of a tier has
    #[arg(long, value_enum, value_name = "GB", default_value_t = Size::Binary)]
    terabyte: Size,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Free {
    /// The first tier starts behind it
    Before,
    /// It is the free beginning of the first tier
    Inside,
    /// There is none
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Size {
    /// 1,024, as in AWS's price list
    #[value(name = "1024")]
    Binary,
    /// 1,000
    #[value(name = "1000")]
    Decimal,
}

impl ServiceArgs {
    /// How AWS's open questions are answered.
    pub(in crate::cli) const fn settings(&self) -> ServiceSettings {
        ServiceSettings {
            free_allowance: match self.free_allowance {
                Free::Before => FreeAllowance::BeforeTiers,
                Free::Inside => FreeAllowance::InsideFirstTier,
                Free::None => FreeAllowance::None,
            },
            terabyte: match self.terabyte {
                Size::Binary => Terabyte::Binary,
                Size::Decimal => Terabyte::Decimal,
            },
        }
    }

    /// Reads a fleet and what was used beside it, with `tags` besides those asked for. Its window is what `part` makes
    /// of all the hours of both.
    pub(in crate::cli) fn load(
        &self,
        fleet: &FleetArgs,
        quiet: bool,
        tags: &[String],
        part: impl FnOnce(HourSpan) -> Result<HourSpan, Failure>,
    ) -> Result<(Fleet, ServiceDemand), Failure> {
        let mut beside = ServiceDemand::default();
        let fleet = fleet.load_over(quiet, tags, |import, book| {
            beside = self.found(import, book, &fleet.files, quiet)?;
            let usage = import.demand.span();
            part(beside.span().map_or(usage, |span| usage.hull(span)))
        })?;
        Ok((fleet, beside))
    }

    /// Everything used beside instances in the fleet's window, and before it in the month that it starts in: tiers
    /// count that. What instances and reservations make due is added to what was found.
    pub(in crate::cli) fn demand(
        fleet: &Fleet,
        found: ServiceDemand,
    ) -> Result<(ServiceDemand, Vec<Hosts>), Failure> {
        let window = fleet.import.demand.span();
        let mut demand = found;
        demand.extend(ServiceDemand::dedicated_fees(&fleet.import.demand));
        demand.extend(ServiceDemand::capacity_block_fees(&fleet.import.capacity));
        let found = hosts(&fleet.import.demand, &demand, &fleet.book);
        let (hosts, hours) = found.map_err(|unknown| unknown_capacity(&unknown))?;
        demand.extend(hours);
        let month = window.start().calendar_month();
        let demand = demand.within(HourSpan::new(month.start(), window.end()));
        Ok((demand, hosts))
    }

    /// Everything that tables of use, and with `--services` bills, say was used beside instances.
    fn found(
        &self,
        import: &Import,
        book: &PriceBook,
        files: &[String],
        quiet: bool,
    ) -> Result<ServiceDemand, Failure> {
        if !self.services {
            tell_under_plans(import, quiet);
            return Ok(import.services.clone());
        }
        if bills(import, files)?.is_empty() {
            return Err(
                Diagnostic::new("`--services` reads bills, and none of the files is one")
                    .hint("tables of use beside instances are billed without it (docs/file-formats.md)")
                    .into(),
            );
        }
        used_beside(import, book, files, quiet)
    }
}

/// Everything that tables of use, and bills if there are any, say was used beside instances.
pub(in crate::cli) fn used_beside(
    import: &Import,
    book: &PriceBook,
    files: &[String],
    quiet: bool,
) -> Result<ServiceDemand, Failure> {
    let mut demand = import.services.clone();
    let bills = bills(import, files)?;
    if bills.is_empty() {
        return Ok(demand);
    }
    let priced = Priced::new(book);
    let found = bill_services(&bills, &|region, item| priced.has(region, item))?;
    tell_others(&found, quiet);
    tell_reserved(&found, quiet);
    tell_spread(&found, quiet);
    demand.extend(found.demand);
    Ok(demand)
}

/// Which uses of databases the price book has: rows repeat them, and each answer is looked up once.
struct Priced<'a> {
    book: &'a PriceBook,
    known: RefCell<BTreeMap<(Region, ServiceItem), bool>>,
}

impl<'a> Priced<'a> {
    const fn new(book: &'a PriceBook) -> Self {
        let known = RefCell::new(BTreeMap::new());
        Self { book, known }
    }

    fn has(&self, region: Region, item: &ServiceItem) -> bool {
        let mut known = self.known.borrow_mut();
        let found = known.entry((region, item.clone()));
        *found.or_insert_with(|| self.book.service(region, item).is_ok())
    }
}

/// Instances on hosts that cannot be packed.
fn unknown_capacity(unknown: &BTreeSet<UnknownCapacity>) -> Failure {
    let problem = |unknown: &UnknownCapacity| {
        let family = unknown.0.family();
        Diagnostic::new(unknown.to_string()).hint(format!(
            "say how many hosts there were: a table `hour,region,item,quantity` with the item `dedicated-host-{family}-hour`"
        ))
    };
    Failure::Data(unknown.iter().map(problem).collect())
}

/// The files that are bills.
fn bills(import: &Import, files: &[String]) -> Result<Vec<Input>, Failure> {
    let is_bill = |input: &Input| {
        let mut read = import.report.files.iter();
        read.any(|file| {
            let name = file.name.strip_prefix(input.name.as_str());
            name.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) && file.is_bill()
        })
    };
    let inputs = inputs::resolve(files)?;
    Ok(inputs.into_iter().filter(is_bill).collect())
}

/// What the bill has and bursar does not bill.
fn tell_others(found: &BillServices, quiet: bool) {
    if found.others.is_empty() {
        return;
    }
    let rows: u64 = found.others.values().map(|(rows, _)| rows).sum();
    let cost: Decimal = found.others.values().map(|(_, cost)| cost).sum();
    let mut dearest: Vec<_> = found.others.iter().collect();
    dearest.sort_by_key(|(_, (_, cost))| std::cmp::Reverse(*cost));
    let mut lines = vec![format!(
        "{rows} rows of usage are of charges without a name here and in no total; the bill has {} dollars for them",
        cost.round_dp(2)
    )];
    lines.extend(
        dearest
            .iter()
            .take(5)
            .map(|((service, usage_type), (rows, cost))| {
                let cost = cost.round_dp(6).normalize();
                format!("  {service} {usage_type}: {rows} rows, {cost} dollars")
            }),
    );
    let message = lines.join("\n");
    warn(&Diagnostic::new(message), quiet);
}

/// Databases under reservations of their own, which are no part of this bill.
fn tell_reserved(found: &BillServices, quiet: bool) {
    let (rows, cost) = found.reserved;
    if rows == 0 {
        return;
    }
    let message = format!(
        "{rows} rows are of databases that Reserved Instances or nodes covered: they are in no total, nor are the fees; the bill has {} dollars for the rows",
        cost.round_dp(2)
    );
    warn(&Diagnostic::new(message), quiet);
}

/// Rows of Fargate, Lambda and databases that plans of the bill served: left out, the plans look idle.
fn tell_under_plans(import: &Import, quiet: bool) {
    let left = import.report.skipped.get(&Skip::UnderPlan);
    let Some(rows) = left.map(|left| left.rows).filter(|rows| *rows > 0) else {
        return;
    };
    let message = format!(
        "Savings Plans served Fargate, Lambda or databases in {rows} rows of the bill, which are not read: what they used of the plans counts as unused"
    );
    warn(
        &Diagnostic::new(message).hint("--services reads and bills them"),
        quiet,
    );
}

/// Rows of Fargate, Lambda, hosts and databases that do not say in which hours they were used.
fn tell_spread(found: &BillServices, quiet: bool) {
    let rows = match found.spread {
        0 => return,
        1 => "1 row".to_owned(),
        rows => format!("{rows} rows"),
    };
    let note = "the row of Fargate, Lambda, a Dedicated Host or a database covers more than an hour: its use is spread evenly";
    say(&format!("note: {note} ({rows})"), quiet);
}

/// What plans were taken not to cover beside instances.
pub(super) fn without_plan_rates(bill: &Bill) -> Vec<Diagnostic> {
    let missing = bill.without_service_plan_rate.iter();
    let told = missing.map(|missing| {
        Diagnostic::new(format!("{missing}: its use was taken as not covered"))
            .hint("a price book of your own may have it: `bursar prices import`")
    });
    told.collect()
}

/// Use without a price, as errors.
pub(in crate::cli) fn unpriced(bill: &ServiceBill<'_>) -> Failure {
    without_price(bill.unpriced.iter().map(|(_, missing)| missing))
}

/// Prices of use that are missing, each once.
pub(in crate::cli) fn without_price<'a>(
    missing: impl Iterator<Item = &'a MissingService>,
) -> Failure {
    let mut problems: Vec<Diagnostic> = Vec::new();
    for missing in missing {
        let problem = Diagnostic::new(missing.to_string())
            .hint("--allow-unpriced lists such use and leaves it out of every total; `bursar prices services` lists the names");
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    Failure::Data(problems)
}
