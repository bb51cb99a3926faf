//! bursar: what an AWS fleet costs under every way AWS sells it, and which mix of purchases is cheapest.
//!
//! The layers, from the ground up; a module uses only the ones above it in this list (ARCHITECTURE.md):
#![doc = "`units`, `diagnostics` - `catalog` - `prices`, `demand`, `commitment`, `estate` - `billing`, `template` - `analysis`, `optimize`, `estimate`, `scenario` - `report` - `cli`."]

pub mod analysis;
pub mod billing;
pub mod catalog;
pub mod cli;
pub mod commitment;
pub mod demand;
pub mod diagnostics;
pub mod estate;
pub mod estimate;
pub mod optimize;
pub mod prices;
pub mod report;
pub mod scenario;
pub mod template;
pub mod units;
