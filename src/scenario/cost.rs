//! What a case costs, by kind of charge, billed by the engine that bills everything else.

use std::collections::{BTreeMap, BTreeSet};

use super::case::Case;
use super::prices::MovedPrices;
use crate::billing::{
    Bill, CommitmentTotals, ServiceRates, ServiceSettings, ServiceUse, Settings, SetupError, Usage,
    bill, service_bill,
};
use crate::catalog::ServiceItem;
use crate::demand::{Demand, ServiceDemand};
use crate::diagnostics::Diagnostic;
use crate::prices::{MissingService, PriceBook};
use crate::units::{Hour, HourSpan, Money};

/// A kind of charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Instances that no commitment covered.
    OnDemand,
    /// Spot Instances.
    Spot,
    /// Reserved Instances, used or not, upfront fees spread over their terms.
    ReservedInstances,
    /// Savings Plans, used or not.
    SavingsPlans,
    /// Data that moves, and the gateways, endpoints, addresses and load balancers it passes.
    Network,
    /// EBS.
    Storage,
    /// Fargate, Lambda, hosts, the fee for Dedicated Instances.
    Other,
}

impl Kind {
    /// Every one, in order, with its name for machines and for people.
    pub const ALL: [(Self, &'static str, &'static str); 7] = [
        (Self::OnDemand, "on_demand", "On-Demand"),
        (Self::Spot, "spot", "Spot"),
        (Self::ReservedInstances, "reserved_instances", "Reserved"),
        (Self::SavingsPlans, "savings_plans", "Savings Plans"),
        (Self::Network, "network", "network"),
        (Self::Storage, "storage", "storage"),
        (Self::Other, "other", "other"),
    ];

    /// The kind of a charge beside instances.
    pub fn of_item(item: &ServiceItem) -> Self {
        const NETWORK: [&str; 20] = [
            "application-load-balancer-",
            "client-vpn-",
            "cloudfront-",
            "classic-load-balancer-",
            "direct-connect-",
            "gateway-",
            "inter-az-",
            "inter-region-",
            "interface-endpoint-",
            "internet-",
            "ipam-",
            "lattice-",
            "nat-gateway-",
            "network-load-balancer-",
            "public-ipv4-",
            "regional-nat-gateway-",
            "traffic-mirroring-",
            "transit-gateway-",
            "verified-access-",
            "vpn-",
        ];
        let name = item.as_str();
        if name.starts_with("ebs-") {
            Self::Storage
        } else if NETWORK.iter().any(|prefix| name.starts_with(prefix)) {
            Self::Network
        } else {
            Self::Other
        }
    }
}

/// What a case costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Costs {
    /// Bills of the window, one for each stretch of hours with the same prices.
    pub bills: Vec<Bill>,
    /// By kind; every kind is there.
    pub by_kind: BTreeMap<Kind, Money>,
    /// Usage without a price, in no amount.
    pub unpriced: BTreeSet<String>,
}

impl Costs {
    /// Everything.
    pub fn total(&self) -> Money {
        self.by_kind.values().copied().sum()
    }
}

/// Why a case has no cost.
#[derive(Debug)]
pub enum NoCost {
    /// Its usage does not fit.
    Problem(Diagnostic),
    /// Instances without a price.
    Instances(SetupError),
    /// Use beside instances without a price.
    Services(Vec<MissingService>),
}

/// How bills are made.
#[derive(Debug, Clone, Copy)]
pub struct CostSettings {
    /// Of instances.
    pub billing: Settings,
    /// Of what is beside them.
    pub services: ServiceSettings,
}

impl Case {
    /// What it costs.
    ///
    /// # Errors
    /// Usage without a price, unless the settings allow that; then it is listed.
    pub fn cost(&self, book: &PriceBook, settings: CostSettings) -> Result<Costs, NoCost> {
        let demand = self.demand().map_err(NoCost::Problem)?;
        let used = self.all_services(&demand);
        let mut costs = Costs {
            bills: Vec::new(),
            by_kind: Kind::ALL
                .iter()
                .map(|(kind, ..)| (*kind, Money::ZERO))
                .collect(),
            unpriced: BTreeSet::new(),
        };
        for stretch in self.stretches() {
            let prices = MovedPrices::during(book, self.price_changes(), stretch);
            let part = demand.within(stretch);
            let beside = service_bill(&used, &prices, settings.services).within(stretch, &used);
            let usage = Usage {
                demand: &part,
                beside: Some(&beside),
            };
            let billed = bill(usage, self.portfolio(), &prices, settings.billing);
            costs.add_bill(billed.map_err(NoCost::Instances)?);
            if !(beside.unpriced.is_empty() || settings.billing.allow_unpriced) {
                let missing = beside.unpriced.into_iter().map(|(_, missing)| missing);
                return Err(NoCost::Services(missing.collect()));
            }
            for charge in &beside.charges {
                *costs.kind(Kind::of_item(&charge.key.item)) += charge.cost;
            }
            let missing = beside.unpriced.iter();
            costs
                .unpriced
                .extend(missing.map(|(_, missing)| missing.to_string()));
        }
        Ok(costs)
    }

    /// What plans may cover beside instances, at the prices of the window.
    ///
    /// # Errors
    /// Usage that does not fit.
    pub fn under_plans(
        &self,
        rates: &impl ServiceRates,
        settings: ServiceSettings,
    ) -> Result<ServiceUse, Diagnostic> {
        let used = self.all_services(&self.demand()?).under_plans();
        let beside = service_bill(&used, rates, settings);
        Ok(ServiceUse::of(&beside, self.span()))
    }

    /// Use beside instances with the fees that follow from instances, from the beginning of the window's first month
    /// on: tiers count that.
    fn all_services(&self, demand: &Demand) -> ServiceDemand {
        let mut all = self.services().clone();
        all.extend(ServiceDemand::dedicated_fees(demand));
        let month = self.span().start().calendar_month();
        all.within(HourSpan::new(month.start(), self.span().end()))
    }

    /// The window cut where a price moves. Hours stand alone, so bills of the parts add up to the bill.
    pub fn stretches(&self) -> Vec<HourSpan> {
        let window = self.span();
        let moves = self.price_changes().iter();
        let moves = moves.flat_map(|change| [change.during.from, change.during.to]);
        let mut cuts: BTreeSet<Hour> = moves
            .flatten()
            .filter(|hour| window.contains(*hour))
            .collect();
        cuts.extend([window.start(), window.end()]);
        let cuts: Vec<Hour> = cuts.into_iter().collect();
        let pairs = cuts.windows(2);
        pairs.map(|pair| HourSpan::new(pair[0], pair[1])).collect()
    }
}

impl Costs {
    fn kind(&mut self, kind: Kind) -> &mut Money {
        self.by_kind.entry(kind).or_default()
    }

    fn add_bill(&mut self, bill: Bill) {
        *self.kind(Kind::OnDemand) += bill.on_demand_cost();
        *self.kind(Kind::Spot) += bill.spot_cost();
        let sum =
            |owned: &[CommitmentTotals]| -> Money { owned.iter().map(|totals| totals.cost).sum() };
        *self.kind(Kind::ReservedInstances) += sum(&bill.reserved_instances);
        *self.kind(Kind::SavingsPlans) += sum(&bill.savings_plans);
        // Beside instances everything is added at its price without commitments; what those cover is paid with them.
        for line in &bill.services {
            let covered = line.reserved + line.savings_plan;
            *self.kind(Kind::of_item(&line.item)) -= line.contracted * covered;
        }
        let missing = bill.unpriced.iter().map(|(_, missing)| missing.to_string());
        self.unpriced.extend(missing);
        self.bills.push(bill);
    }
}
