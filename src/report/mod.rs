//! Row 5. Lays results out for people and machines.

pub mod import;
mod table;

pub use table::{Align, Column, Table};
