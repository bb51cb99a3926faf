//! `bursar certify` of a ladder: inputs, the usage ahead, the bound and every bill again, without any solver.

use rust_decimal::Decimal;

use super::Failure;
use super::beside::BesideAhead;
use super::certify::{Check, dollars, fleet_args, options, same_inputs, same_risk};
use super::fleet::Fleet;
use super::ladder::{ahead, by_month, check, no_ladder};
use super::ladder_events::{LadderEvents, Ladders};
use crate::optimize::{Ahead, Candidate, DatedPlan, Dates, Failed, Horizon, RuleName};
use crate::prices::PriceBook;
use crate::report::ladder::{HeldAgainst, LadderPlan, LadderRun, ladder_plan, owned_lives};
use crate::report::optimize::basis_of;
use crate::report::run::amount;
use crate::units::{Hour, Money};

/// Everything that a ladder claims, and the fleet it is about.
pub(super) fn checks(run: &LadderRun, quiet: bool) -> Result<(Vec<Check>, Fleet), Failure> {
    let arguments = fleet_args(&run.inputs, &run.settings);
    let mut fleet = arguments.load_beside(run.settings.services, quiet)?;
    check(&fleet, &arguments)?;
    let events = LadderEvents::read(run.settings.events.as_deref(), &mut fleet)?;
    let mut checks = same_inputs(&run.price_book, &run.inputs, &fleet);
    if checks.iter().all(|check| check.holds) {
        check_all(run, (&fleet, events.as_ref()), &mut checks)?;
    }
    Ok((checks, fleet))
}

fn check_all(
    run: &LadderRun,
    (fleet, events): (&Fleet, Option<&LadderEvents>),
    checks: &mut Vec<Check>,
) -> Result<(), Failure> {
    let options = options(&run.settings, fleet);
    let (Some(options), Some(horizon)) = (options, horizon(run, fleet)?) else {
        return Err(Failure::new(
            "the run's settings name a term, payment option, date or growth that does not exist",
        ));
    };
    let dates: Vec<String> = horizon.dates.iter().map(ToString::to_string).collect();
    checks.push(Check::equal(
        "dates of purchase",
        &run.dates.join(" "),
        &dates.join(" "),
    ));
    checks.push(Check::equal(
        "horizon",
        &format!("{} to {}", run.horizon_start, run.horizon_end),
        &horizon.span.to_string(),
    ));
    let beside = BesideAhead::new(fleet, &horizon, options.buyer);
    let ahead = ahead((fleet, &beside), &horizon, &options).map_err(|why| no_ladder(&why))?;
    let failed = |error: Failed| super::optimize::failed(&error);
    let on_demand = ahead.on_demand().map_err(failed)?;
    checks.push(Check::equal(
        "cost without commitments",
        &run.on_demand_cost,
        &amount(on_demand.cost()),
    ));
    let Some((bound, candidates)) = proved(run, &ahead, checks)? else {
        return Ok(());
    };
    let proof = Proof {
        run,
        fleet,
        beside: &beside,
        ahead: &ahead,
        candidates: &candidates,
        dates: &horizon.dates,
        on_demand: &on_demand,
        bound,
    };
    let mut again = Vec::new();
    for plan in &run.plans {
        let (check, billed) = proof.plan(plan)?;
        checks.push(check);
        again.extend(billed.filter(|plan| plan.name != "on-demand"));
    }
    checks.push(proof.months()?);
    let ladders = Ladders {
        fleet,
        horizon: &horizon,
        ahead: &ahead,
        beside: &beside,
    };
    let again: Vec<&DatedPlan> = again.iter().collect();
    let risk = events.map(|events| events.risk(&again, ladders));
    checks.extend(same_risk(run.risk.as_ref(), risk.transpose()?.as_ref()));
    Ok(())
}

/// The bound that the certificate proves, and what may be bought; none where it proves nothing.
fn proved(
    run: &LadderRun,
    ahead: &Ahead<'_, PriceBook>,
    checks: &mut Vec<Check>,
) -> Result<Option<(Money, Vec<Candidate>)>, Failure> {
    let failed = |error: Failed| super::optimize::failed(&error);
    let nothing = ahead.bought("ladder", Vec::new()).map_err(failed)?;
    let (bound, candidates) = match ahead.bound(&run.certificate, &nothing.bill) {
        Ok(found) => found,
        Err(Failed::Certificate(violation)) => {
            checks.push(Check::fails(
                "lower bound",
                &run.lower_bound,
                &violation.to_string(),
            ));
            return Ok(None);
        }
        Err(error) => return Err(failed(error)),
    };
    checks.push(Check {
        what: "lower bound, proved by the certificate".into(),
        claimed: run.lower_bound.clone(),
        found: amount(bound),
        holds: dollars(&run.lower_bound).is_some_and(|claimed| claimed <= bound),
    });
    Ok(Some((bound, candidates)))
}

/// The horizon that the run says, made anew.
pub(super) fn horizon(run: &LadderRun, fleet: &Fleet) -> Result<Option<Horizon>, Failure> {
    let hour = |text: &String| Hour::parse(text).ok();
    let dates = if let Some(months) = run.ladder.every_months {
        (1..=12).contains(&months).then_some(Dates::Every(months))
    } else {
        let dates: Option<Vec<Hour>> = run.dates.iter().map(hour).collect();
        dates.map(Dates::Given)
    };
    let growth: Option<Decimal> = run.ladder.growth_percent.parse().ok();
    let (Some(start), Some(dates), Some(growth)) = (hour(&run.horizon_start), dates, growth) else {
        return Ok(None);
    };
    let horizon = Horizon::new(start, run.ladder.months, &dates, &fleet.portfolio);
    let horizon = horizon.and_then(|horizon| horizon.growing(growth));
    let mut horizon = horizon.map_err(|why| no_ladder(&why))?;
    horizon.beyond = run.ladder.beyond_horizon_percent;
    Ok(Some(horizon))
}

/// What every plan is checked against.
struct Proof<'a> {
    run: &'a LadderRun,
    fleet: &'a Fleet,
    beside: &'a BesideAhead<'a>,
    ahead: &'a Ahead<'a, PriceBook>,
    candidates: &'a [Candidate],
    dates: &'a [Hour],
    on_demand: &'a DatedPlan,
    bound: Money,
}

impl Proof<'_> {
    /// Bills a plan again and compares every figure with what the run says; gives it, where it can be made.
    fn plan(&self, plan: &LadderPlan) -> Result<(Check, Option<DatedPlan>), Failure> {
        let what = format!("cost of `{}`", plan.name);
        let Some(billed) = self.billed(plan)? else {
            let check = Check::fails(&what, &plan.cost, "a plan that cannot be made");
            return Ok((check, None));
        };
        let again = self.stated(&billed);
        let proved = plan.name == "renewed" || billed.with_capital() >= self.bound;
        let kept = match plan.name.as_str() {
            "ladder" | "once" => self.broken(&billed)?.is_none(),
            _ => true,
        };
        let holds = again == *plan && proved && kept;
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

    /// The first rule that a plan breaks.
    fn broken(&self, plan: &DatedPlan) -> Result<Option<RuleName>, Failure> {
        let broken = self.ahead.broken(&plan.bought);
        broken.map_err(|error| super::optimize::failed(&error))
    }

    fn stated(&self, plan: &DatedPlan) -> LadderPlan {
        let against = HeldAgainst {
            on_demand: self.on_demand.cost(),
            bound: dollars(&self.run.lower_bound).unwrap_or(self.bound),
            owned: &self.fleet.portfolio,
            weighs_capital: self.run.settings.cost_of_capital.is_some(),
        };
        let basis = |bought: &_| basis_of(bought, self.ahead.usage(), &self.fleet.book);
        ladder_plan(plan, against, basis)
    }

    /// The plan of that name; none where something in it cannot be bought.
    fn billed(&self, plan: &LadderPlan) -> Result<Option<DatedPlan>, Failure> {
        let found = match plan.name.as_str() {
            "on-demand" => Ok(Some(self.on_demand.clone())),
            "owned" => self.ahead.owned(),
            "renewed" => self.ahead.renewed(),
            "ladder" | "once" => {
                let bought = plan.purchases.iter();
                let bought: Option<Vec<_>> = bought
                    .map(|one| one.find(self.candidates, self.dates))
                    .collect();
                bought
                    .map(|bought| self.ahead.bought(&plan.name, bought))
                    .transpose()
            }
            _ => Ok(None),
        };
        found.map_err(|error| super::optimize::failed(&error))
    }

    /// The ladder's months, what ends in them, and what is owned.
    fn months(&self) -> Result<Check, Failure> {
        let what = "months, cash and expiries of the ladder";
        let first = self.run.plans.first().filter(|plan| plan.name == "ladder");
        let ladder = first.map(|plan| self.billed(plan)).transpose()?.flatten();
        let Some(ladder) = ladder else {
            return Ok(Check::fails(what, "of a ladder", "no ladder comes first"));
        };
        let mut again = self.run.clone();
        by_month(&ladder, self.ahead, (self.fleet, self.beside), &mut again)?;
        again.owned = owned_lives(&self.fleet.portfolio);
        let months = |run: &LadderRun| format!("{} months", run.months.len());
        Ok(Check {
            what: what.into(),
            claimed: months(self.run),
            found: if again == *self.run {
                months(&again)
            } else {
                "other figures".into()
            },
            holds: again == *self.run,
        })
    }
}
