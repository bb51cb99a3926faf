//! bursar: what an AWS fleet costs under every way AWS sells it, and which mix of purchases is cheapest.
//!
//! The layers, from the ground up; a module uses only the ones above it in this list (ARCHITECTURE.md):
#![doc = "`units`, `threads`, `diagnostics` - `catalog` - `prices`, `demand`, `commitment`, `estate` - `billing`, `template` - `analysis`, `optimize`, `estimate`, `scenario` - `report` - `cli`."]

pub use bursar_engine::{
    analysis, billing, catalog, commitment, demand, diagnostics, optimize, prices, threads, units,
};

pub mod cli;
pub mod estate;
pub mod estimate;
pub mod report;
pub mod scenario;
pub mod template;
