//! What a negotiated term is of: services, items, regions, instances.

use std::fmt;
use std::sync::Arc;

use super::super::answer::Product;
use crate::catalog::{Family, InstanceType, Platform, Region, ServiceItem, Tenancy};

/// The name that instances go by among services; the others are those of `pricing-data/services`.
pub(super) const EC2: &str = "ec2";

/// What a price must be of; a condition that is not there holds for all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Conditions {
    pub(super) service: Option<Arc<str>>,
    pub(super) region: Option<Region>,
    pub(super) item: Option<ServiceItem>,
    pub(super) family: Option<Family>,
    pub(super) instance_type: Option<InstanceType>,
    pub(super) platform: Option<Platform>,
    pub(super) tenancy: Option<Tenancy>,
}

/// What is asked the price of.
pub(super) struct Asked<'a> {
    service: &'a str,
    region: Region,
    item: Option<&'a ServiceItem>,
    product: Option<Product>,
}

impl<'a> Asked<'a> {
    pub(super) fn instance(product: Product) -> Self {
        Self {
            service: EC2,
            region: product.region,
            item: None,
            product: Some(product),
        }
    }

    pub(super) fn item(service: &'a str, region: Region, item: &'a ServiceItem) -> Self {
        Self {
            service,
            region,
            item: Some(item),
            product: None,
        }
    }
}

impl Conditions {
    pub(super) fn hold(&self, asked: &Asked) -> bool {
        fn fits<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
            wanted.is_none_or(|wanted| found == Some(wanted))
        }
        let product = asked.product.as_ref();
        self.service
            .as_deref()
            .is_none_or(|service| service == asked.service)
            && fits(self.region.as_ref(), Some(&asked.region))
            && fits(self.item.as_ref(), asked.item)
            && fits(
                self.family.as_ref(),
                product.map(|p| p.instance_type.family()).as_ref(),
            )
            && fits(
                self.instance_type.as_ref(),
                product.map(|p| &p.instance_type),
            )
            && fits(self.platform.as_ref(), product.map(|p| &p.platform))
            && fits(self.tenancy.as_ref(), product.map(|p| &p.tenancy))
    }

    pub(super) fn count(&self) -> usize {
        [
            self.service.is_some(),
            self.region.is_some(),
            self.item.is_some(),
            self.family.is_some(),
            self.instance_type.is_some(),
            self.platform.is_some(),
            self.tenancy.is_some(),
        ]
        .into_iter()
        .map(usize::from)
        .sum()
    }

    /// The conditions of both, where something can meet both.
    pub(super) fn and(&self, other: &Self) -> Option<Self> {
        Some(Self {
            service: both(self.service.as_ref(), other.service.as_ref()).ok()?,
            region: both(self.region.as_ref(), other.region.as_ref()).ok()?,
            item: both(self.item.as_ref(), other.item.as_ref()).ok()?,
            family: both(self.family.as_ref(), other.family.as_ref()).ok()?,
            instance_type: both(self.instance_type.as_ref(), other.instance_type.as_ref()).ok()?,
            platform: both(self.platform.as_ref(), other.platform.as_ref()).ok()?,
            tenancy: both(self.tenancy.as_ref(), other.tenancy.as_ref()).ok()?,
        })
    }

    /// The one product that they leave, if it is one.
    pub(super) fn product(&self) -> Option<Product> {
        Some(Product {
            region: self.region?,
            instance_type: self.instance_type?,
            platform: self.platform?,
            tenancy: self.tenancy?,
        })
    }
}

/// Two that differ.
struct Differ;

/// What both ask for; one that asks for nothing agrees with all.
fn both<T: Clone + PartialEq>(a: Option<&T>, b: Option<&T>) -> Result<Option<T>, Differ> {
    match (a, b) {
        (Some(a), Some(b)) if a != b => Err(Differ),
        (one, other) => Ok(one.or(other).cloned()),
    }
}

/// `m7g in us-east-1`, `nat-gateway`, `internet-egress-gb in eu-west-1`.
impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.item, &self.instance_type, &self.family) {
            (Some(item), ..) => write!(f, "{item}")?,
            (_, Some(instance_type), _) => write!(f, "{instance_type}")?,
            (.., Some(family)) => write!(f, "{family}")?,
            _ => f.write_str(self.service.as_deref().unwrap_or("everything"))?,
        }
        if let Some(platform) = self.platform {
            write!(f, " {platform}")?;
        }
        if let Some(region) = self.region {
            write!(f, " in {region}")?;
        }
        match self.tenancy {
            None | Some(Tenancy::Shared) => Ok(()),
            Some(tenancy) => write!(f, " ({tenancy} tenancy)"),
        }
    }
}
