//! Completes a portfolio file: Reserved Instances whose price it leaves out get the price book's.

use crate::billing::reserved_product;
use crate::commitment::{Declared, Portfolio, ReservedFee, ReservedInstance};
use crate::prices::{MissingPrice, PriceBook, ReservedPrice, Sourced};

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
        let price =
            reserved_price(ri, book).map_err(|missing| Box::new((ri.id.clone(), missing)))?;
        ri.fee = ReservedFee {
            upfront: price.value.upfront,
            hourly: price.value.hourly,
        };
    }
    Ok(portfolio)
}

/// What one of it costs in the price book: an instance, or a host.
///
/// # Errors
/// The price that is missing.
pub fn reserved_price(
    ri: &ReservedInstance,
    book: &PriceBook,
) -> Result<Sourced<ReservedPrice>, MissingPrice> {
    let product = reserved_product(ri);
    if ri.is_of_hosts() {
        book.host_reservation(product, ri.term, ri.payment_option)
    } else {
        book.reserved(product, ri.offering_class, ri.term, ri.payment_option)
    }
}
