//! Every test from outside the crate, as one program: linking polars and typst takes seconds each time.
//!
//! `cargo test --test suite NAME` runs the tests whose path contains NAME, such as a module's.

mod bill_rates;
mod certify;
mod compare;
mod config;
mod conformance;
mod conformance_import;
mod conformance_optimize;
mod conformance_prices;
mod discounts;
mod errors;
mod estimate;
mod examples_are_current;
mod explain;
mod focus_columns;
mod goldens;
mod import;
mod import_events;
mod import_series;
mod large_sums;
mod optimum;
mod owned;
mod plans;
mod plans_beside;
mod prices_cli;
mod prices_import;
mod prices_import_services;
mod prices_tools;
mod pricing_data;
mod properties;
mod reconcile;
mod report_files;
mod rules;
mod saved_answers;
mod service_bill;
mod services_data;
mod shared;
mod sharing;
mod slow_bill;
mod slow_services;
mod tables;
mod template;
mod tidy;
mod vectors;
