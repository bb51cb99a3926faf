//! Completes a portfolio file: Reserved Instances whose price it leaves out get the price book's.

use crate::billing::reserved_product;
use crate::commitment::{Declared, Portfolio, ReservedFee};
use crate::prices::{MissingPrice, PriceBook};

/// The declared portfolio with every fee filled in at today's price.
///
/// # Errors
/// The id of the first Reserved Instance that the price book has no price for, and why.
pub fn with_fees(
    declared: Declared,
    book: &PriceBook,
) -> Result<Portfolio, Box<(String, MissingPrice)>> {
    let mut portfolio = declared.portfolio;
    for index in declared.without_fee {
        let ri = &mut portfolio.reserved_instances[index];
        let product = reserved_product(ri);
        let price = if ri.is_of_hosts() {
            book.host_reservation(product, ri.term, ri.payment_option)
        } else {
            book.reserved(product, ri.offering_class, ri.term, ri.payment_option)
        };
        let price = price.map_err(|missing| Box::new((ri.id.clone(), missing)))?;
        ri.fee = ReservedFee {
            upfront: price.value.upfront,
            hourly: price.value.hourly,
        };
    }
    Ok(portfolio)
}
