//! Row 2. Holds every rate with key, date and source, and answers "what was the rate, and how do we know" or
//! says why not.

mod answer;
mod book;
mod bundled;
mod check;
mod derive;
mod diff;
mod layout;
mod linux;
mod packed;
mod question;
mod rules;
mod walk;

pub use answer::{Basis, MissingPrice, Product, Provenance, ReservedPrice, Sourced};
pub use book::{GivenRate, InvalidRate, Offer, PriceBook};
pub use check::{Flaw, FlawKind, InvalidKnownFlaws, KnownFlaw, KnownFlaws, check};
pub use diff::{Diff, Moved, Movement, diff};
pub use walk::{by_region, platforms};
