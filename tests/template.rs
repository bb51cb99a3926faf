//! CloudFormation templates and Terraform plans: what is read from them, and that nothing is left out.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod cli;
mod cloudformation;
mod conformance;
mod damaged;
mod terraform;

use bursar::estate::{Component, Estate, Level, Month, Spec};
use bursar::template::{Options, read};

/// A template read in us-east-1 without parameters.
fn estate(text: &str) -> Estate {
    estate_with(text, &[])
}

fn estate_with(text: &str, parameters: &[(&str, &str)]) -> Estate {
    read(text, "t", &options(parameters)).unwrap_or_else(|problems| panic!("{}", all(&problems)))
}

/// What is told of a template that is wrong.
fn told(text: &str) -> String {
    all(&read(text, "t", &options(&[])).unwrap_err())
}

fn all(problems: &[bursar::diagnostics::Diagnostic]) -> String {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn options(parameters: &[(&str, &str)]) -> Options {
    let owned = parameters
        .iter()
        .map(|&(key, value)| (key.to_owned(), value.to_owned()));
    Options {
        region: Some("us-east-1".parse().unwrap()),
        parameters: owned.collect(),
        ..Options::default()
    }
}

/// Every line of an estate, such as `web: m7i.large Linux, On-Demand 730 hours`; `?` is what depends on use.
fn lines(estate: &Estate) -> Vec<String> {
    let of_resource = |resource: &bursar::estate::Resource| {
        let components = resource.components(Month::Average);
        let address = resource.address.clone();
        components
            .into_iter()
            .map(move |component| format!("{address}: {}", line(&component)))
    };
    estate.resources.iter().flat_map(of_resource).collect()
}

fn line(component: &Component) -> String {
    use bursar::estate::Charge;
    let quantity = match component.quantity.known() {
        Some(known) => known.round_dp(9).normalize().to_string(),
        None => match component.quantity.at(Level::Typical) {
            Some(typical) => format!("?{}", typical.normalize()),
            None => "?".to_owned(),
        },
    };
    match &component.charge {
        Charge::Free(why) => format!("free: {why}"),
        Charge::NotCovered(why) => format!("not covered: {why}"),
        _ => format!("{} {quantity} {}", component.name, component.unit),
    }
}

/// The components without the addresses: what is paid.
fn paid(estate: &Estate) -> Vec<String> {
    let specs = estate.resources.iter();
    let paid =
        specs.filter(|resource| !matches!(resource.spec, Spec::Free(_) | Spec::NotCovered(_)));
    let mut paid: Vec<String> = paid
        .flat_map(|resource| resource.components(Month::Average))
        .map(|component| line(&component))
        .collect();
    paid.sort();
    paid
}
