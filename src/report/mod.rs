//! Row 5. Lays results out for people and machines.

mod focus;
mod table;

pub use focus::{FOCUS_COLUMNS, focus_object, focus_record};
pub use table::{Align, Column, Table};
