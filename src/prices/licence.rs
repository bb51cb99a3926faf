//! What "Optimize CPUs" charges for licences: by active vCPU, beside the instance at its Linux rate.
//!
//! AWS lists $0.046 a vCPU-hour for Windows, with SQL Server 0.063 (Web), 0.166 (Standard), 0.421 (Enterprise); lower
//! ones of some families are told. They are what the licence adds to the On-Demand price, by vCPU of the type (but for
//! the fourth decimal of Web), so that an instance with all its vCPUs costs what it always cost.
//! Source: docs.aws.amazon.com, EC2 User Guide, "Optimize CPUs for License-Included instances".

use std::sync::Arc;

use super::answer::{Basis, Product, Sourced};
use super::book::PriceBook;
use super::service::MissingService;
use super::tiers::Tiers;
use crate::catalog::{InstanceType, Platform, Region, Tenancy, attributes};
use crate::units::{Metered, Rate};

/// The rule that such a price follows.
const RULE: &str = "licence-by-vcpu";

impl PriceBook {
    /// The licence of an instance by active vCPU and hour.
    ///
    /// # Errors
    /// Either On-Demand price is missing, or the platform's is not above that of Linux.
    pub(super) fn licence_by_vcpu(
        &self,
        region: Region,
        (platform, instance_type): (Platform, InstanceType),
    ) -> Result<Sourced<Tiers>, MissingService> {
        let missing = |known: String| MissingService {
            wanted: format!("licence of {platform} by vCPU of {instance_type}"),
            region,
            known: format!("; {known}"),
        };
        let price = |platform| {
            let product = Product {
                region,
                instance_type,
                platform,
                tenancy: Tenancy::Shared,
            };
            self.on_demand(product)
                .map_err(|error| missing(error.to_string()))
        };
        let (with, without) = (price(platform)?, price(Platform::LINUX)?);
        let vcpus = attributes(instance_type).map(|known| known.vcpus);
        let vcpus = vcpus.ok_or_else(|| missing("the catalogue does not know the type".into()))?;
        let all = with.value.to_decimal() - without.value.to_decimal();
        let rate = all
            .checked_div(vcpus.into())
            .map(Rate::<Metered>::from_decimal_rounded);
        match rate {
            Some(Ok(rate)) if !rate.is_zero() => {
                let mut provenance = with.provenance;
                if provenance.basis == Basis::Observed {
                    provenance.basis = Basis::Rule(Arc::from(RULE));
                }
                Ok(Sourced {
                    value: Tiers::flat("vCPU-hour", rate),
                    provenance,
                })
            }
            _ => Err(missing(
                "On-Demand costs no more with it than without".into(),
            )),
        }
    }
}
