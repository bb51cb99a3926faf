//! The offers of one product beside each other.

use std::sync::LazyLock;

use super::super::answer::{Basis, Product, Provenance};
use super::super::book::{Offer, PriceBook};
use super::super::derive::{TOO_DEAR, ZERO};
use super::{Flaw, FlawKind, Subject, difference, is_clearly_above, step};
use crate::catalog::{OfferingClass, PaymentOption, Term};
use crate::units::{InstanceHour, Money, Rate};

/// What is known of a commitment's price.
struct Priced {
    /// Among the commitments.
    place: usize,
    offer: Offer,
    hourly: Money,
    provenance: Provenance,
}

/// How far All Upfront may be from its usual part of No Upfront, per cent.
const USUAL_WITHIN: i128 = 5;

pub(super) fn flaws(
    book: &PriceBook,
    product: Product,
    on_demand: Rate<InstanceHour>,
) -> Vec<Flaw> {
    let mut found = Found {
        product,
        flaws: Vec::new(),
    };
    let mut priced: Vec<Priced> = Vec::with_capacity(COMMITMENTS);
    let mut reason = String::new();
    let quotes = book.quotes(product);
    for (place, offer) in Offer::commitments().enumerate() {
        match quotes.get(offer) {
            Ok(quote) => priced.push(Priced {
                place,
                offer,
                hourly: quote.value.hourly_under(offer),
                provenance: quote.provenance,
            }),
            Err(missing) if missing.known.starts_with(TOO_DEAR) => {
                found.add(FlawKind::NotCheaper, format!("{offer}{}", missing.known));
                reason = missing.known;
            }
            Err(missing) if missing.known == ZERO => {
                found.add(FlawKind::Zero, offer.to_string());
                reason = missing.known;
            }
            Err(missing) => reason = missing.known,
        }
    }
    for price in &priced {
        if price.hourly.is_zero() {
            found.add(FlawKind::Zero, price.offer.to_string());
        }
        if price.hourly >= on_demand.for_one() {
            let what = format!(
                "{}; it would cost {:.6} an hour, On-Demand {on_demand}",
                price.offer, price.hourly
            );
            found.add(FlawKind::NotCheaper, what);
        }
    }
    if priced.is_empty() {
        found.add(
            FlawKind::NoCommitment,
            reason.trim_start_matches("; ").to_owned(),
        );
    }
    found.compare(&priced, book);
    found.flaws
}

/// The flaws of a product so far.
struct Found {
    product: Product,
    flaws: Vec<Flaw>,
}

impl Found {
    fn add(&mut self, kind: FlawKind, what: String) {
        let subject = Subject::Instance(self.product);
        self.flaws.push(Flaw {
            kind,
            subject,
            what,
        });
    }

    /// Offers that differ by term or payment option only.
    fn compare(&mut self, priced: &[Priced], book: &PriceBook) {
        let mut by_place = [const { None }; COMMITMENTS];
        for price in priced {
            by_place[price.place] = Some(price);
        }
        for &(kind, cheap, dear) in RELATED.iter() {
            if let (Some(cheap), Some(dear)) = (by_place[cheap], by_place[dear])
                && is_clearly_above(dear.hourly, cheap.hourly)
            {
                self.dearer(kind, dear, cheap);
            }
        }
        for class in OfferingClass::ALL {
            for term in Term::ALL {
                self.conflict(priced, book, *class, *term);
            }
        }
    }

    fn dearer(&mut self, kind: FlawKind, dear: &Priced, cheap: &Priced) {
        let by = difference(dear.hourly, cheap.hourly);
        let what = format!(
            "{} at {:.6} an hour is {by} from {} at {:.6}",
            dear.offer, dear.hourly, cheap.offer, cheap.hourly
        );
        self.add(kind, what);
    }

    /// No Upfront and All Upfront, both read somewhere, against the usual part of one another.
    fn conflict(&mut self, priced: &[Priced], book: &PriceBook, class: OfferingClass, term: Term) {
        let observed = |payment| {
            let wanted = Offer::Reserved(class, term, payment);
            let mut found = priced.iter().filter(|price| price.offer == wanted);
            found.find(|price| price.provenance.basis == Basis::Observed)
        };
        let (no, all) = (PaymentOption::NoUpfront, PaymentOption::AllUpfront);
        let (Some(none), Some(whole)) = (observed(no), observed(all)) else {
            return;
        };
        let weight = |payment| book.payment_weight(class, term, payment);
        let (Some(part_of_none), Some(part)) = (weight(no), weight(all)) else {
            return;
        };
        let usual = none.hourly.to_decimal(10) * part / part_of_none;
        let Ok(usual) = Money::from_decimal_rounded(usual) else {
            return;
        };
        let (low, high) = (whole.hourly.min(usual), whole.hourly.max(usual));
        let is_far = high.times(100) > low.times(100 + USUAL_WITHIN) && high > low + step();
        if is_far {
            let what = format!(
                "{} of {} is {:.6} an hour, {} from what {} of {} leads to, {usual:.6}",
                whole.offer,
                whole.provenance.as_of,
                whole.hourly,
                difference(whole.hourly, usual),
                none.offer,
                none.provenance.as_of,
            );
            self.add(FlawKind::Conflict, what);
        }
    }
}

/// Classes and kinds, terms, payment options.
const COMMITMENTS: usize = 4 * 2 * 3;

/// Places among the commitments of two offers, the second of which is not to be dearer: three years than one,
/// and more upfront than less.
static RELATED: LazyLock<Vec<(FlawKind, usize, usize)>> = LazyLock::new(|| {
    let offers: Vec<Offer> = Offer::commitments().collect();
    let places =
        (0..offers.len()).flat_map(|left| (left + 1..offers.len()).map(move |r| (left, r)));
    let related = |(left, right)| Some((relation(offers[left], offers[right])?, left, right));
    places.filter_map(related).collect()
});

/// What is wrong where the second of two offers is dearer.
fn relation(left: Offer, right: Offer) -> Option<FlawKind> {
    let split = |offer| match offer {
        Offer::Reserved(_, term, payment) | Offer::SavingsPlan(_, term, payment) => {
            Some((term, payment))
        }
        _ => None,
    };
    if left.kind() != right.kind() {
        return None;
    }
    let ((left_term, left_payment), (right_term, right_payment)) = (split(left)?, split(right)?);
    if left_payment == right_payment && left_term < right_term {
        return Some(FlawKind::LongerDearer);
    }
    (left_term == right_term && left_payment < right_payment).then_some(FlawKind::UpfrontDearer)
}
