//! Dedicated Host Reservations that could be bought: of each account for its own hosts.

use std::collections::BTreeSet;

use super::candidates::{Candidate, CandidateKind, Market, paid};
use crate::billing::ServiceUse;
use crate::catalog::{Account, Family, PaymentOption, Term};
use crate::prices::{MissingPrice, Product, host_product};
use crate::units::Hour;

/// Finds the reservations for the hosts that are used; where a price is missing that is found.
pub(super) fn reserved(
    beside: &ServiceUse,
    hour: Hour,
    market: &impl Market,
    terms: &[(Term, PaymentOption)],
    found: &mut (Vec<Candidate>, Vec<MissingPrice>),
) {
    let forms = |one| terms.iter().map(move |&terms| (one, terms));
    for ((account, host), (term, payment_option)) in used(beside).into_iter().flat_map(forms) {
        match market.host_reservation(host, term, payment_option) {
            Ok(fee) => found.0.push(Candidate {
                kind: CandidateKind::Hosts { account, host, fee },
                term,
                payment_option,
                step: fee.effective_hourly(term),
                paid: paid(fee, term, market, hour),
            }),
            Err(missing) if found.1.contains(&missing) => {}
            Err(missing) => found.1.push(missing),
        }
    }
}

/// The hosts that are used beside instances, by account.
fn used(beside: &ServiceUse) -> BTreeSet<(Account, Product)> {
    let hosts = beside.lines().iter().filter_map(|line| {
        let family = line.item.host_family().map(Family::new)?;
        Some((line.account, host_product(family, line.region)?))
    });
    hosts.collect()
}
