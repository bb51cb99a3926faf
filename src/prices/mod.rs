//! Row 2. Holds every rate with key, date and source, and answers "what was the rate, and how do we know" or
//! says why not.

mod answer;
mod book;
mod bundled;
mod derive;
pub mod import;
mod layout;
mod linux;
mod packed;
mod question;
mod rules;
mod user_book;

pub use answer::{Basis, MissingPrice, Product, Provenance, ReservedPrice, Sourced};
pub use book::{GivenRate, InvalidRate, Offer, PriceBook};
pub use user_book::{ImportedFile, UserBook};
mod walk;

pub use walk::{by_region, platforms};
