//! What is owned, bought again each time it ends.

use crate::catalog::Term;
use crate::commitment::{Portfolio, ReservedScope};
use crate::prices::Product;
use crate::units::{Hour, HourSpan};

use super::super::candidates::Market;
use super::super::plans::Failed;

/// What is owned together with its renewals before an hour, at today's rates: the same again at the hour it ends. The
/// renewals stand behind what is owned.
pub(super) fn renewed(
    owned: &Portfolio,
    horizon: HourSpan,
    market: &impl Market,
) -> Result<Portfolio, Failed> {
    let mut all = owned.clone();
    for one in &owned.reserved_instances {
        if one.scope == ReservedScope::Hosts {
            continue;
        }
        let product = Product {
            region: one.region,
            instance_type: one.instance_type,
            platform: one.platform,
            tenancy: one.tenancy,
        };
        for (number, alive) in lives(one.alive.end(), one.term, horizon) {
            let fee = market.reserved(product, one.offering_class, one.term, one.payment_option);
            let mut again = one.clone();
            again.fee = fee.map_err(|missing| Failed::Unrenewable {
                id: one.id.clone(),
                missing: Box::new(missing),
            })?;
            again.id = format!("{} renewed {number}", one.id);
            again.alive = alive;
            all.reserved_instances.push(again);
        }
    }
    for one in &owned.savings_plans {
        for (number, alive) in lives(one.alive.end(), one.term, horizon) {
            let mut again = one.clone();
            again.id = format!("{} renewed {number}", one.id);
            again.alive = alive;
            all.savings_plans.push(again);
        }
    }
    Ok(all)
}

/// One term after the other from an end inside the horizon on.
fn lives(end: Hour, term: Term, horizon: HourSpan) -> impl Iterator<Item = (usize, HourSpan)> {
    let starts = (0..).map(move |number| end.plus(number * term.hours()));
    let starts = starts.take_while(move |&start| horizon.contains(start));
    let lives = starts.map(move |start| HourSpan::new(start, start.plus(term.hours())));
    (1..).zip(lives)
}
