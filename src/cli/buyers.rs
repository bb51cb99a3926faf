//! `--buyers`: of the accounts that may buy the one with which the mix costs least, and what the others come to.

use super::Failure;
use super::fleet::Fleet;
use super::optimize::{failed, search};
use super::purchasing::buyer_of;
use crate::catalog::Account;
use crate::optimize::{Optimized, Options, Plan, buy};
use crate::report::run::{RunBuyer, amount};
use crate::units::Money;

/// The cheapest mix, bought by the best of the accounts that may; by the one of `options` where any may.
///
/// What is bought does not depend on who buys it, whose usage is served first does: so the mix is searched once, billed
/// with each of them, and searched again where another one than the first is best.
pub(super) fn best(
    buyers: &[Account],
    fleet: &Fleet,
    options: &mut Options,
) -> Result<Optimized, Failure> {
    let found = search(fleet, options)?;
    let costs = costs(buyers.iter().copied(), &found.cheapest, fleet, options)?;
    // The first of equal ones.
    let Some(&(best, _)) = costs.iter().min_by_key(|(_, cost)| *cost) else {
        return Ok(found);
    };
    if best == options.buyer {
        return Ok(found);
    }
    options.buyer = best;
    search(fleet, options)
}

/// What a plan comes to with each of the accounts that may buy it, and with the one that would if any might.
pub(super) fn compared(
    buyers: &[Account],
    plan: &Plan,
    fleet: &Fleet,
    options: &Options,
) -> Result<Vec<RunBuyer>, Failure> {
    if buyers.is_empty() {
        return Ok(Vec::new());
    }
    let unbound = buyer_of(fleet.usage());
    let others = [unbound].into_iter().filter(|own| !buyers.contains(own));
    let all = buyers.iter().copied().chain(others);
    let costs = costs(all, plan, fleet, options)?;
    let row = |(account, cost): (Account, Money)| RunBuyer {
        account: account.to_string(),
        may_buy: buyers.contains(&account),
        cost: amount(cost),
    };
    Ok(costs.into_iter().map(row).collect())
}

fn costs(
    buyers: impl Iterator<Item = Account>,
    plan: &Plan,
    fleet: &Fleet,
    options: &Options,
) -> Result<Vec<(Account, Money)>, Failure> {
    let cost = |buyer: Account| {
        let names = (plan.name.as_str(), plan.title.as_str());
        let (usage, own) = (fleet.usage(), &fleet.portfolio);
        let options = Options {
            buyer,
            ..options.clone()
        };
        let billed = buy(
            names,
            plan.purchases.clone(),
            usage,
            own,
            &fleet.book,
            &options,
        );
        let billed = billed.map_err(|error| failed(&error))?;
        Ok((buyer, billed.counted()))
    };
    buyers.map(cost).collect()
}

/// Of the accounts that may buy those without usage: perhaps misspelt.
pub(super) fn without_usage(buyers: &[Account], fleet: &Fleet) -> Option<String> {
    let usage = fleet.usage();
    let instances = usage.demand.keys().iter().map(|key| key.account);
    let beside = usage.beside.lines().iter().map(|line| line.account);
    let used: Vec<Account> = instances.chain(beside).collect();
    let unused = buyers.iter().filter(|buyer| !used.contains(buyer));
    let unused: Vec<String> = unused.map(ToString::to_string).collect();
    (!unused.is_empty()).then(|| {
        format!(
            "of the accounts that may buy these have no usage, as a management account should: {}",
            unused.join(", ")
        )
    })
}
