//! Row 2. Holds every rate with key, date and source, and answers "what was the rate, and how do we know" or
//! says why not.

mod answer;
mod book;
mod bundled;
mod charges;
mod check;
mod databases;
mod derive;
mod diff;
mod discounts;
mod host_plans;
mod hosts;
pub mod import;
mod layout;
mod licence;
mod linux;
mod memo;
mod names;
mod packed;
mod question;
mod rules;
mod service;
mod service_diff;
mod service_plans;
mod spot_history;
mod spot_prices;
mod tiers;
mod user_book;
mod user_charges;
mod walk;

pub use answer::{Basis, MissingPrice, Product, Provenance, ReservedPrice, Sourced};
pub use book::{GivenRate, InvalidRate, Offer, PriceBook, Quotes};
pub use charges::{Allowance, ServiceRate};
pub use check::{Flaw, FlawKind, InvalidKnownFlaws, KnownFlaw, KnownFlaws, Subject, check};
pub use databases::DatabaseRate;
pub use diff::{Diff, Moved, Movement, diff};
pub use discounts::{Agreed, Combine, Contract, Discounts, FeeShares, Share};
pub use hosts::{DedicatedHost, HostCapacity, MissingHost, host_product};
pub use service::{InterAz, InterruptionBand, MissingService};
pub use service_diff::{MovedService, diff_services};
pub use spot_history::{MissingHistory, SpotDays};
pub use spot_prices::SpotPrices;
pub use tiers::{InvalidTiers, Tier, Tiers, gigabytes};
pub use user_book::{ImportedFile, UserBook};
pub use walk::{by_region, platforms};
