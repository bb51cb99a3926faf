//! Row 5. Lays results out for people and machines.

pub mod backtest;
pub mod bill;
pub mod capacity;
pub mod cash;
mod cell;
pub mod chart;
pub mod compare;
pub mod currency;
mod document;
pub mod estimate;
pub mod explain;
mod focus;
pub mod format;
pub mod hosts;
mod html;
pub mod import;
pub mod ladder;
mod language;
mod markdown;
pub mod network;
pub mod optimize;
mod origin;
#[cfg(feature = "pdf")]
pub mod pdf;
pub mod purchase;
pub mod purchases;
pub mod reconcile;
pub mod run;
pub mod saved;
pub mod service_bill;
mod table;
pub mod totals;
mod xlsx;

pub use cell::{Cell, Unit, Value};
pub use currency::Exchange;
pub use document::{Block, Document, Figure, Picture, Stop, WhatIf};
pub use focus::{focus_columns, focus_object, focus_record, focus_service_record};
pub use language::Language;
pub use origin::{Origin, Origins};
pub use table::{Align, Column, Table};
pub use xlsx::XlsxError;
