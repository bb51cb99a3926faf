//! How the prices behind a purchase are known.

use crate::billing::{Coverable, product_of};
use crate::catalog::SavingsPlanKind;
use crate::demand::Market;
use crate::optimize::{CandidateKind, Purchase};
use crate::prices::{Basis, PriceBook};

/// How the prices behind a purchase are known: the least certain of them, with its share of the usage covered
/// where they differ.
pub fn basis_of<'a>(
    purchase: &Purchase,
    usage: impl Into<Coverable<'a>>,
    book: &PriceBook,
) -> String {
    let Coverable { demand, beside } = usage.into();
    let candidate = &purchase.candidate;
    let (term, payment) = (candidate.term, candidate.payment_option);
    let basis = match candidate.kind {
        CandidateKind::Reserved { class, product, .. } => {
            let price = book.reserved(product, class, term, payment);
            price.ok().map(|price| price.provenance.basis)
        }
        CandidateKind::Hosts { host, .. } => {
            let price = book.host_reservation(host, term, payment);
            price.ok().map(|price| price.provenance.basis)
        }
        CandidateKind::SavingsPlan(scope) => {
            let kind: SavingsPlanKind = scope.kind();
            let covered = demand.keys().iter().filter(|key| {
                matches!(key.market, Market::OnDemand | Market::SpotEligible)
                    && scope.covers(key.instance_type.family(), key.region)
            });
            let instances = covered.filter_map(|key| {
                let product = product_of(key);
                let price = book.savings_plan(product, kind, term, payment).ok()?;
                Some(price.provenance.basis)
            });
            let lines = beside.lines().iter();
            let lines = lines.filter(|line| scope.covers_item(&line.item, line.region));
            let others = lines.filter_map(|line| {
                let (region, item) = (line.region, &line.item);
                let price = book.savings_plan_beside(region, item, kind, term, payment);
                Some(price.ok()?.provenance.basis)
            });
            instances.chain(others).max_by_key(uncertainty)
        }
    };
    basis.map_or_else(|| "unknown".to_owned(), |basis| basis.to_string())
}

/// Orders bases from the most certain to the least.
fn uncertainty(basis: &Basis) -> (u8, rust_decimal::Decimal) {
    match basis {
        Basis::Observed => (0, rust_decimal::Decimal::ZERO),
        Basis::Averaged { .. } | Basis::Rule(_) => (1, rust_decimal::Decimal::ZERO),
        Basis::Estimated { error_percent, .. } => (2, *error_percent),
    }
}
