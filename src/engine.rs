//! The engine: what prices, bills and optimises, a crate of its own (src/engine/Cargo.toml says why).

pub mod analysis;
pub mod billing;
pub mod catalog;
pub mod commitment;
pub mod demand;
pub mod diagnostics;
pub mod optimize;
pub mod prices;
pub mod threads;
pub mod units;
