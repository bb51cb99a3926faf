//! Row 5. Lays results out for people and machines.

pub mod bill;
pub mod cash;
pub mod chart;
pub mod compare;
mod document;
pub mod explain;
mod focus;
pub mod format;
pub mod import;
pub mod network;
pub mod optimize;
#[cfg(feature = "pdf")]
pub mod pdf;
pub mod reconcile;
pub mod run;
pub mod service_bill;
mod table;
pub mod totals;

pub use document::{Block, Document, Figure, Picture};
pub use focus::{focus_columns, focus_object, focus_record, focus_service_record};
pub use table::{Align, Column, Table};
