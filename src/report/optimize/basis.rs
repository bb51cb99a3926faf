//! How the prices behind a purchase are known.

use crate::billing::product_of;
use crate::catalog::SavingsPlanKind;
use crate::demand::{Demand, Market};
use crate::optimize::{CandidateKind, Purchase};
use crate::prices::{Basis, PriceBook};

/// How the prices behind a purchase are known: the least certain of them, with its share of the usage covered
/// where they differ.
pub fn basis_of(purchase: &Purchase, demand: &Demand, book: &PriceBook) -> String {
    let candidate = &purchase.candidate;
    let (term, payment) = (candidate.term, candidate.payment_option);
    let basis = match candidate.kind {
        CandidateKind::Reserved { class, product, .. } => {
            let price = book.reserved(product, class, term, payment);
            price.ok().map(|price| price.provenance.basis)
        }
        CandidateKind::SavingsPlan(scope) => {
            let kind: SavingsPlanKind = scope.kind();
            let covered = demand.keys().iter().filter(|key| {
                key.market == Market::OnDemand
                    && scope.covers(key.instance_type.family(), key.region)
            });
            covered
                .filter_map(|key| {
                    let product = product_of(key);
                    let price = book.savings_plan(product, kind, term, payment).ok()?;
                    Some(price.provenance.basis)
                })
                .max_by_key(uncertainty)
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
