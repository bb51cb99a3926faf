//! `bursar certify`: checks a run's proof again, without any solver.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::config::ConfigArgs;
use super::discounts::DiscountArgs;
use super::engine::EngineArgs;
use super::fleet::{Fleet, FleetArgs};
use super::import::FillGaps;
use super::optimize::{events, paths_of};
use super::risk::Futures;
use super::run_file::RunFile;
use super::spot;
use super::user_prices::UserPrices;
use super::{Failure, Format, Output, OutputArgs, buyers, certify_ladder, certify_spot};
use crate::catalog::Account;
use crate::optimize::{CostOfCapital, Kinds, Options, Plan, Rules, buy, prepare};
use crate::report::Table;
use crate::report::optimize::basis_of;
use crate::report::run::{
    InputFile, Run, RunBuyer, RunPlan, RunRisk, RunSettings, SCHEMA_VERSION, amount, run_plan,
    terms_from,
};
use crate::units::Money;

/// Check the proof of a run again: inputs, lower bound, and the bill of every plan; no solver takes part
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code 0 when everything holds, 3 at the first that does not.

Examples:
  bursar certify reports/01-web-shop/run.json
  bursar certify reports/01-web-shop/run.json --format json")]
pub(super) struct CertifyArgs {
    /// The run.json that `bursar optimize --report` wrote
    #[arg(value_name = "RUN")]
    run: PathBuf,

    #[command(flatten)]
    output: OutputArgs,
}

/// One thing that was checked.
#[derive(Debug, serde::Serialize)]
pub(super) struct Check {
    pub(super) what: String,
    pub(super) claimed: String,
    pub(super) found: String,
    pub(super) holds: bool,
}

pub(super) fn run(arguments: &CertifyArgs) -> Result<ExitCode, Failure> {
    let quiet = arguments.output.quiet;
    let file = RunFile::read(&arguments.run)?;
    let (checks, fleet) = if file.is_ladder() {
        certify_ladder::checks(&file.ladder()?, quiet)?
    } else {
        checks(&file.run()?, quiet)?
    };
    let holds = checks.iter().all(|check| check.holds);
    let mut output = Output::new();
    match arguments.output.format {
        Format::Json => output.json(&serde_json::json!({
            "schema_version": SCHEMA_VERSION,
            "price_book": fleet.book.id(),
            "inputs": fleet.inputs,
            "holds": holds,
            "checks": checks,
        }))?,
        format => output.tables(&[table(&checks, holds)], format)?,
    }
    output.finish(&arguments.output)?;
    Ok(if holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(3)
    })
}

/// Everything that a run of `optimize` claims, and the fleet it is about.
fn checks(run: &Run, quiet: bool) -> Result<(Vec<Check>, Fleet), Failure> {
    let arguments = fleet_args(&run.inputs, &run.settings);
    let mut fleet = load(&arguments, &run.settings, quiet)?;
    let futures = events(run.settings.events.as_deref(), &mut fleet)?;
    let mut checks = same_inputs(&run.price_book, &run.inputs, &fleet);
    if checks.iter().all(|check| check.holds) {
        check_proof(run, &fleet, futures.as_ref(), &mut checks)?;
    }
    Ok((checks, fleet))
}

/// The fleet of a run, with what may run on Spot set apart.
pub(super) fn load(
    arguments: &FleetArgs,
    settings: &RunSettings,
    quiet: bool,
) -> Result<Fleet, Failure> {
    let on_spot = settings.spot.as_ref();
    let arguments = spot::with_tags(arguments, on_spot)?;
    let by_zone = &settings.rules.zonal;
    let arguments = super::zonal::with_tags(&arguments, by_zone)?;
    let mut fleet = arguments.load_beside(settings.services, quiet)?;
    spot::set_apart(on_spot, &mut fleet)?;
    super::zonal::name(by_zone, &mut fleet)?;
    Ok(fleet)
}

/// The arguments the run was made with.
pub(super) fn fleet_args(inputs: &[InputFile], settings: &RunSettings) -> FleetArgs {
    FleetArgs {
        files: paths_of(inputs, "usage"),
        own: paths_of(inputs, "portfolio").first().map(PathBuf::from),
        fill_gaps: settings.fill_gaps.as_deref().and_then(FillGaps::from_word),
        tag: settings.tags.clone(),
        allow_unpriced: settings.allow_unpriced,
        no_sharing: !settings.sharing,
        discounts: DiscountArgs {
            discounts: paths_of(inputs, "discounts").first().map(PathBuf::from),
            discounts_on: settings
                .discounts_on
                .as_deref()
                .and_then(|day| day.parse().ok()),
        },
        prices: UserPrices {
            prices: paths_of(inputs, "prices").first().map(PathBuf::from),
        },
        // The run names its files; what a folder's commands use today is not its business.
        config: ConfigArgs::none(),
        engine: EngineArgs::default(),
    }
}

pub(super) fn options(settings: &RunSettings, fleet: &Fleet) -> Option<Options> {
    let allowed = |word: &str| settings.kinds.iter().any(|kind| kind == word);
    Some(Options {
        kinds: Kinds {
            standard: allowed("standard-ri"),
            convertible: allowed("convertible-ri"),
            ec2_instance_plan: allowed("ec2-instance-sp"),
            compute_plan: allowed("compute-sp"),
            database_plan: allowed("database-sp"),
            host_reservation: allowed("host-reservation"),
        },
        terms: terms_from(&settings.terms)?,
        buyer: Account::new(&settings.buyer),
        billing: fleet.settings,
        rules: Rules {
            zonal: fleet.zonal.clone(),
            ..settings.rules.to_rules()?
        },
        cost_of_capital: match &settings.cost_of_capital {
            Some(percent) => CostOfCapital::new(percent.parse().ok()?)?,
            None => CostOfCapital::default(),
        },
        tolerance: 0.0,
        trials: 0,
        threads: crate::threads::of_machine(),
    })
}

pub(super) fn same_inputs(price_book: &str, inputs: &[InputFile], fleet: &Fleet) -> Vec<Check> {
    let mut checks = vec![Check::equal("price book", price_book, fleet.book.id())];
    for input in inputs {
        let now = fleet.inputs.iter().find(|now| now.path == input.path);
        let now = now.map_or("not read", |now| now.sha256.as_str());
        checks.push(Check::equal(
            &format!("sha256 of {}", input.path),
            &input.sha256,
            now,
        ));
    }
    checks
}

fn check_proof(
    run: &Run,
    fleet: &Fleet,
    futures: Option<&Futures>,
    checks: &mut Vec<Check>,
) -> Result<(), Failure> {
    let usage = &fleet.usage();
    let Some(options) = options(&run.settings, fleet) else {
        return Err(Failure::new(
            "the run's settings name a term or payment option that does not exist",
        ));
    };
    let tariff = prepare(usage, &fleet.portfolio, &fleet.book, &options).map_err(Failure::new)?;
    let nothing = buy(
        ("", ""),
        Vec::new(),
        usage,
        &fleet.portfolio,
        &fleet.book,
        &options,
    )
    .map_err(Failure::new)?;
    let bound = match tariff.certified_bound(&run.certificate, &nothing.bill) {
        Ok(bound) => bound,
        Err(violation) => {
            checks.push(Check {
                what: "lower bound".into(),
                claimed: run.lower_bound.clone(),
                found: violation.to_string(),
                holds: false,
            });
            return Ok(());
        }
    };
    let claimed = dollars(&run.lower_bound);
    checks.push(Check {
        what: "lower bound, proved by the certificate".into(),
        claimed: run.lower_bound.clone(),
        found: amount(bound),
        holds: claimed.is_some_and(|claimed| claimed <= bound),
    });
    let on_demand = check_on_demand(run, &nothing, (fleet, &options), checks)?;
    let within = (bound, on_demand);
    checks.extend(certify_spot::checks(
        run,
        (fleet, &options),
        within,
        &tariff,
    )?);
    checks.extend(check_buyers(run, fleet, &options, &tariff)?);
    let mut again = Vec::new();
    for plan in &run.plans {
        let (check, billed) = check_plan(plan, fleet, &options, &tariff, within)?;
        checks.push(check);
        again.extend(billed);
    }
    if let (Some(futures), true) = (futures, again.len() == run.plans.len()) {
        checks.push(check_risk(run, fleet, futures, &again)?);
        checks.extend(check_robust(run, fleet, (futures, &options), &again)?);
    }
    Ok(())
}

/// Checks what everything costs On-Demand, and gives it; `nothing` is a plan that buys nothing.
fn check_on_demand(
    run: &Run,
    nothing: &Plan,
    (fleet, options): (&Fleet, &Options),
    checks: &mut Vec<Check>,
) -> Result<Money, Failure> {
    let whole = spot::all_on_demand(fleet, options)?;
    let unbought = whole.as_ref().map_or(&nothing.bill, |plan| &plan.bill);
    let on_demand = unbought.without_commitments();
    checks.push(Check::equal(
        "cost without commitments",
        &run.on_demand_cost,
        &amount(on_demand),
    ));
    if run.public_on_demand_cost.is_some() || fleet.book.contract().is_some() {
        let claimed = run.public_on_demand_cost.as_deref().unwrap_or("nothing");
        let found = amount(unbought.public_without_commitments());
        checks.push(Check::equal("the same at public prices", claimed, &found));
    }
    Ok(on_demand)
}

/// Bills the cheapest plan again with each account that may buy it; the best of those is the one that does.
fn check_buyers(
    run: &Run,
    fleet: &Fleet,
    options: &Options,
    tariff: &crate::optimize::Tariff,
) -> Result<Option<Check>, Failure> {
    let may_buy = run.buyers.iter().filter(|buyer| buyer.may_buy);
    let buyers: Vec<Account> = may_buy.map(|buyer| Account::new(&buyer.account)).collect();
    let (Some(plan), false) = (run.plans.first(), run.buyers.is_empty()) else {
        return Ok(None);
    };
    let what = "cost with each account that may buy";
    let purchases = plan.purchases.iter();
    let purchases: Option<Vec<_>> = purchases
        .map(|bought| bought.find(tariff.candidates()))
        .collect();
    let Some(purchases) = purchases else {
        return Ok(Some(Check::fails(
            what,
            &plan.cost,
            "a purchase that cannot be bought",
        )));
    };
    let (usage, own) = (fleet.usage(), &fleet.portfolio);
    let billed =
        buy(("", ""), purchases, usage, own, &fleet.book, options).map_err(Failure::new)?;
    let again = buyers::compared(&buyers, &billed, fleet, options)?;
    let best = again.iter().filter(|buyer| buyer.may_buy);
    let best = best.min_by_key(|buyer| dollars(&buyer.cost));
    let is_best = best.is_some_and(|best| best.cost == amount(billed.counted()));
    let costs = |rows: &[RunBuyer]| {
        let costs: Vec<&str> = rows.iter().map(|row| row.cost.as_str()).collect();
        costs.join(", ")
    };
    Ok(Some(Check {
        what: what.to_owned(),
        claimed: costs(&run.buyers),
        found: costs(&again),
        holds: is_best && again == run.buyers,
    }))
}

/// Bills every plan under every event again.
fn check_risk(
    run: &Run,
    fleet: &Fleet,
    futures: &Futures,
    plans: &[Plan],
) -> Result<Check, Failure> {
    let mut found = futures.risk(&plans.iter().collect::<Vec<_>>(), fleet)?;
    // That is checked by itself.
    found.robust = run.risk.as_ref().and_then(|risk| risk.robust.clone());
    Ok(risk_check(run.risk.as_ref(), Some(&found)))
}

/// Whether the risk of a run without a robust mix is what is found again; none where there is none of either.
pub(super) fn same_risk(claimed: Option<&RunRisk>, found: Option<&RunRisk>) -> Option<Check> {
    let is_stated = claimed.is_some() || found.is_some();
    is_stated.then(|| risk_check(claimed, found))
}

fn risk_check(claimed: Option<&RunRisk>, found: Option<&RunRisk>) -> Check {
    let expected = |risk: Option<&RunRisk>| {
        let first = risk.and_then(|risk| risk.plans.first());
        first.map_or_else(|| "nothing".to_owned(), |plan| plan.expected_saving.clone())
    };
    let holds = claimed == found;
    let (claimed, found) = (expected(claimed), expected(found));
    Check {
        what: "savings under every event".into(),
        found: if holds || claimed != found {
            found
        } else {
            "this, but other figures beside it".to_owned()
        },
        claimed,
        holds,
    }
}

/// Checks what the robust mix comes to, and the proof that none comes to more.
fn check_robust(
    run: &Run,
    fleet: &Fleet,
    (futures, options): (&Futures, &Options),
    plans: &[Plan],
) -> Result<Vec<Check>, Failure> {
    let stated = run.risk.as_ref().and_then(|risk| risk.robust.as_ref());
    let plan = plans.iter().find(|plan| plan.name == "robust");
    let (Some(stated), Some(plan)) = (stated, plan) else {
        return Ok(Vec::new());
    };
    let what = "objective of the robust mix";
    let again = futures.robust_again(stated, plan, fleet, options)?;
    let Some((value, bounds)) = again else {
        return Ok(vec![Check::equal(what, &stated.objective, "none there is")]);
    };
    let mut checks = vec![Check::equal(what, &stated.value, &amount(value))];
    if let Some(claimed) = &stated.bound {
        let what = "no mix comes to more, proved by its certificate";
        checks.push(Check::at_most(what, claimed, Some(value), bounds.robust));
    }
    let mut proved = bounds.frontier.into_iter();
    for point in &stated.frontier {
        let (proved, value) = (proved.next().flatten(), point.value.as_deref());
        if let Some(claimed) = &point.bound {
            let what = format!("the same by {}", point.aim);
            let value = value.and_then(dollars);
            checks.push(Check::at_most(&what, &claimed.most, value, proved));
        }
    }
    Ok(checks)
}

/// Bills a plan again and compares every figure with what the run says; gives it, where it can be bought.
fn check_plan(
    plan: &RunPlan,
    fleet: &Fleet,
    options: &Options,
    tariff: &crate::optimize::Tariff,
    (bound, on_demand): (Money, Money),
) -> Result<(Check, Option<Plan>), Failure> {
    let what = format!("cost of `{}`", plan.name);
    let purchases: Option<Vec<_>> = plan
        .purchases
        .iter()
        .map(|bought| bought.find(tariff.candidates()))
        .collect();
    let Some(purchases) = purchases else {
        let found = "a purchase that cannot be bought".to_owned();
        let check = Check {
            what,
            claimed: plan.cost.clone(),
            found,
            holds: false,
        };
        return Ok((check, None));
    };
    let usage = &fleet.usage();
    let billed = buy(
        (&plan.name, &plan.title),
        purchases,
        usage,
        &fleet.portfolio,
        &fleet.book,
        options,
    )
    .map_err(Failure::new)?;
    let basis = |bought: &_| basis_of(bought, usage, &fleet.book);
    let negotiated = fleet.book.contract().is_some();
    let mut again = run_plan(&billed, bound, on_demand, negotiated, basis);
    if plan.measures.is_none() {
        // A run of before they were written down.
        again.measures = None;
    }
    // The bound is one for purchases that keep the rules. What is owned alone need not; the cheapest mix must.
    let broken = tariff.broken_by(&billed, options);
    let proved = billed.counted() >= bound || (plan.name == "owned" && broken.is_some());
    let holds = again == *plan && proved && (broken.is_none() || plan.name == "owned");
    let found = if again.cost == plan.cost && !holds {
        "this cost, but other figures beside it".to_owned()
    } else {
        again.cost
    };
    let check = Check {
        what,
        claimed: plan.cost.clone(),
        found,
        holds,
    };
    Ok((check, Some(billed)))
}

pub(super) fn dollars(text: &str) -> Option<Money> {
    Money::from_decimal(text.parse().ok()?).ok()
}

impl Check {
    pub(super) fn fails(what: &str, claimed: &str, found: &str) -> Self {
        Self {
            holds: false,
            ..Self::equal(what, claimed, found)
        }
    }

    /// That nothing comes to more than is claimed, this value neither.
    fn at_most(what: &str, claimed: &str, value: Option<Money>, bound: Option<Money>) -> Self {
        let holds = |bound: Money| {
            let stated = dollars(claimed).is_some_and(|claimed| bound <= claimed);
            stated && value.is_some_and(|value| value <= bound)
        };
        Self {
            what: what.to_owned(),
            claimed: claimed.to_owned(),
            found: bound.map_or_else(|| "no proof".to_owned(), amount),
            holds: bound.is_some_and(holds),
        }
    }

    pub(super) fn equal(what: &str, claimed: &str, found: &str) -> Self {
        Self {
            what: what.to_owned(),
            claimed: claimed.to_owned(),
            found: found.to_owned(),
            holds: claimed == found,
        }
    }
}

fn table(checks: &[Check], holds: bool) -> Table {
    let mut table = Table::new("", &["checked", ">the run says", ">found", "holds"]);
    for check in checks {
        let short = |text: &str| text.chars().take(40).collect::<String>();
        let verdict = if check.holds { "yes" } else { "NO" };
        table.row([
            &check.what,
            &short(&check.claimed),
            &short(&check.found),
            verdict,
        ]);
    }
    table.note(if holds {
        "The proof holds: no purchases of the allowed kinds cost less than the bound, and every plan costs what the run says."
    } else {
        "The proof does not hold."
    });
    table
}
