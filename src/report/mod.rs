//! Row 5. Lays results out for people and machines.

pub mod chart;
mod document;
pub mod format;
#[cfg(feature = "pdf")]
pub mod pdf;
mod table;

pub use document::{Block, Document, Figure, Picture};
pub use table::{Align, Column, Table};
