//! Completes a portfolio file: Reserved Instances whose price it leaves out get the price book's.

use crate::billing::reserved_product;
use crate::catalog::PaymentOption;
use crate::commitment::{Declared, Portfolio, ReservedFee, ReservedInstance};
use crate::prices::{MissingPrice, PriceBook};
use crate::units::Rate;

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
        if ri.is_of_hosts() {
            ri.fee = host_fee(ri, book).map_err(|missing| Box::new((ri.id.clone(), missing)))?;
            continue;
        }
        let price = book
            .reserved(
                reserved_product(ri),
                ri.offering_class,
                ri.term,
                ri.payment_option,
            )
            .map_err(|missing| Box::new((ri.id.clone(), missing)))?;
        ri.fee = ReservedFee {
            upfront: price.value.upfront,
            hourly: price.value.hourly,
        };
    }
    Ok(portfolio)
}

/// The fee of one host: the book has All Upfront alone, spread over the hours of the term.
fn host_fee(hosts: &ReservedInstance, book: &PriceBook) -> Result<ReservedFee, MissingPrice> {
    let missing = |known: String| MissingPrice {
        asked: "the price book",
        wanted: format!(
            "Dedicated Host Reservation ({}, {})",
            hosts.term, hosts.payment_option
        ),
        product: reserved_product(hosts),
        known,
    };
    if hosts.payment_option != PaymentOption::AllUpfront {
        return Err(missing(
            "; of reserved hosts it has All Upfront prices alone".into(),
        ));
    }
    let family = hosts.instance_type.family();
    let host = book.dedicated_host(hosts.region, family.as_str());
    let host = host.map_err(|error| missing(format!("; {error}")))?;
    let hourly = host.value.all_upfront(hosts.term);
    let hourly = hourly.ok_or_else(|| missing(String::new()))?;
    Ok(ReservedFee {
        upfront: hourly.for_one().times(i128::from(hosts.term.hours())),
        hourly: Rate::from_steps(0),
    })
}
