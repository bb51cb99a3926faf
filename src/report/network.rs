//! The ways of network flows: what each costs a month, from how much on it pays, and which to take.

use serde_json::{Value, json};

use super::Table;
use super::format::{dollars, number};
use super::run::{InputFile, amount};
use crate::prices::PriceBook;
use crate::scenario::{Amount, BreakEven, Layout, Network, Part, Path, Routed, Way, break_even};

/// Flows with their ways, and the layouts that serve them all.
#[derive(Debug)]
pub struct NetworkReport<'a> {
    /// What was asked.
    pub network: &'a Network,
    /// Every flow with its ways.
    pub routed: &'a [Routed<'a>],
    /// The cheapest first.
    pub layouts: &'a [Layout],
    /// Prices.
    pub book: &'a PriceBook,
    /// Every file read.
    pub inputs: &'a [InputFile],
}

impl NetworkReport<'_> {
    /// The tables of a terminal.
    pub fn tables(&self) -> Vec<Table> {
        let mut tables = vec![self.ways(), self.choices()];
        tables.extend(self.missing());
        tables
    }

    /// Every way of every flow.
    pub fn ways(&self) -> Table {
        let heads = [
            "flow",
            ">GB a month",
            "way",
            ">hours, $",
            ">per GB, $",
            ">a month, $",
            ">beats NAT in each zone from, GB",
            ">beats NAT that stays from, GB",
            "",
        ];
        let Network {
            region,
            zones,
            hours,
            ..
        } = self.network;
        let title =
            format!("Ways of each flow in {region}, {zones} zones, a month of {hours} hours");
        let mut table = Table::new(title, &heads);
        for (index, flow) in self.routed.iter().enumerate() {
            for way in &flow.ways {
                let [beats_all, beats_staying] = beats(flow, way);
                table.row([
                    flow.flow.name.clone(),
                    number(flow.flow.gigabytes.normalize()),
                    way.path.to_string(),
                    plain(way.fixed()),
                    dollars(way.per_gigabyte(), 4).replace('$', ""),
                    plain(way.cost(flow.gigabytes())),
                    words(beats_all),
                    words(beats_staying),
                    if self.is_recommended(index, way.path) {
                        "<- take"
                    } else {
                        ""
                    }
                    .to_owned(),
                ]);
            }
        }
        table.note("Each flow alone. What S3, a service or the internet charges for data itself is the same on every way and not in these figures.");
        table.note("NAT that stays: its hours are paid for other traffic anyway, and the flow would add its gigabytes only.");
        if self
            .routed
            .iter()
            .any(|flow| flow.way(Path::PublicIpv4).is_some())
        {
            table.note("Public addresses can be reached from outside: whether that may be is not a matter of cost.");
        }
        table.note(format!(
            "Prices: book {} of {}, US dollars.",
            self.book.id(),
            self.book.as_of()
        ));
        table
    }

    /// The layouts side by side.
    fn choices(&self) -> Table {
        let heads = [
            "NAT gateways",
            ">their hours, $",
            "flows through them",
            ">all flows a month, $",
        ];
        let title =
            "All flows together, each on its cheapest way: hours of NAT gateways are paid once";
        let mut table = Table::new(title, &heads);
        for layout in self.layouts {
            let flows = layout.paths.iter().zip(self.routed);
            let through = flows.filter(|(path, _)| path.is_nat());
            let through: Vec<&str> = through.map(|(_, flow)| flow.flow.name.as_str()).collect();
            table.row([
                gateways(layout),
                plain(layout.hours),
                through.join(", "),
                plain(layout.total),
            ]);
        }
        if let Some(best) = self.layouts.first() {
            table.note(format!(
                "Recommended: {}, {} a month.",
                best.gateways
                    .map_or_else(|| "no NAT gateway".to_owned(), |path| path.to_string()),
                dollars(best.total, 2)
            ));
        }
        table
    }

    fn missing(&self) -> Option<Table> {
        let mut table = Table::new("Ways without a price", &["flow", "way", "why"]);
        for flow in self.routed {
            for (path, why) in &flow.missing {
                table.row([flow.flow.name.clone(), path.to_string(), why.to_string()]);
            }
        }
        (!table.rows.is_empty()).then_some(table)
    }

    fn is_recommended(&self, flow: usize, path: Path) -> bool {
        let best = self.layouts.first();
        best.and_then(|best| best.paths.get(flow)) == Some(&path)
    }

    /// Everything as a document.
    pub fn json(&self) -> Value {
        let flows = self.routed.iter().enumerate().map(|(index, flow)| {
            let ways = flow.ways.iter().map(|way| {
                let [beats_all, beats_staying] = beats(flow, way).map(json_break_even);
                json!({
                    "path": way.path.code(),
                    "recommended": self.is_recommended(index, way.path),
                    "hours_cost": amount(way.fixed()),
                    "cost_per_gb": amount(way.per_gigabyte()),
                    "cost_a_month": amount(way.cost(flow.gigabytes())),
                    "beats_nat_per_az": beats_all,
                    "beats_nat_that_stays": beats_staying,
                    "charges": way.parts.iter().map(part).collect::<Vec<_>>(),
                })
            });
            let missing = flow.missing.iter();
            json!({
                "name": flow.flow.name,
                "gb_a_month": flow.flow.gigabytes.normalize().to_string(),
                "ways": ways.collect::<Vec<_>>(),
                "without_price": missing
                    .map(|(path, why)| json!({"path": path.code(), "reason": why.to_string()}))
                    .collect::<Vec<_>>(),
            })
        });
        let layouts = self.layouts.iter().map(|layout| {
            let flows = layout.paths.iter().zip(self.routed);
            json!({
                "nat_gateways": layout.gateways.map(Path::code),
                "nat_hours_cost": amount(layout.hours),
                "ways": flows
                    .map(|(path, flow)| json!({"flow": flow.flow.name, "path": path.code()}))
                    .collect::<Vec<_>>(),
                "cost_a_month": amount(layout.total),
            })
        });
        json!({
            "schema_version": 1,
            "price_book": self.book.id(),
            "price_book_as_of": self.book.as_of().to_string(),
            "currency": self.book.currency(),
            "inputs": self.inputs,
            "region": self.network.region.as_str(),
            "azs": self.network.zones,
            "hours_a_month": self.network.hours,
            "flows": flows.collect::<Vec<_>>(),
            "layouts": layouts.collect::<Vec<_>>(),
        })
    }
}

fn gateways(layout: &Layout) -> String {
    layout
        .gateways
        .map_or_else(|| "none".to_owned(), |path| path.to_string())
}

/// Against NAT gateways of its own in each zone, and against ones that stay; `None` for NAT gateways themselves.
fn beats(flow: &Routed<'_>, way: &Way) -> [Option<BreakEven>; 2] {
    let nat = flow.way(Path::NatPerZone).filter(|_| !way.path.is_nat());
    [
        nat.map(|nat| break_even(way, nat)),
        nat.map(|nat| break_even(way, &nat.without_hours())),
    ]
}

fn words(found: Option<BreakEven>) -> String {
    match found {
        None => "-".to_owned(),
        Some(BreakEven::Always) => "always".to_owned(),
        Some(BreakEven::Never) => "never".to_owned(),
        Some(BreakEven::From(gigabytes)) => number(gigabytes),
    }
}

fn json_break_even(found: Option<BreakEven>) -> Value {
    match found {
        None => Value::Null,
        Some(BreakEven::Always) => json!({"from_gb": "0"}),
        Some(BreakEven::Never) => json!({"from_gb": null}),
        Some(BreakEven::From(gigabytes)) => json!({"from_gb": gigabytes.to_string()}),
    }
}

fn part(part: &Part) -> Value {
    let provenance = &part.price.provenance;
    let quantity = match part.amount {
        Amount::Hours(hours) => json!({"hours_a_month": hours.to_string()}),
        Amount::OfGigabytes(share) => {
            json!({"share_of_gb": share.to_decimal().round_dp(6).to_string()})
        }
    };
    json!({
        "item": part.item.as_str(),
        "region": part.region.as_str(),
        "quantity": quantity,
        "price": part.price.value.to_string(),
        "source": &*provenance.source,
        "as_of": provenance.as_of.to_string(),
        "basis": provenance.basis.to_string(),
    })
}

fn plain(money: crate::units::Money) -> String {
    dollars(money, 2).replace('$', "")
}
