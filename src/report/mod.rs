//! Row 5. Lays results out for people and machines.

pub mod bill;
pub mod chart;
mod document;
pub mod explain;
mod focus;
pub mod format;
pub mod import;
pub mod optimize;
#[cfg(feature = "pdf")]
pub mod pdf;
pub mod reconcile;
pub mod run;
mod table;

pub use document::{Block, Document, Figure, Picture};
pub use focus::{FOCUS_COLUMNS, focus_object, focus_record};
pub use table::{Align, Column, Table};
