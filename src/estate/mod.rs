//! Row 2. What is planned: resources with their charges and monthly quantities; read from `estate.toml`,
//! templates and plans. No prices.

mod amount;
mod charges;
mod component;
mod cron;
mod fees;
mod file;
mod flow;
mod kinds;
mod model;
mod running;
mod schedule;
mod usage;

pub use amount::{Amount, Band, Level};
pub use component::{Charge, Component, Market};
pub use cron::{Cron, CronError};
pub use file::read_estate;
pub use flow::{EdgeArea, Flow, Place, Via};
pub use model::{
    Attachment, CapacityReservation, DirectConnect, Endpoint, Estate, Fargate, FargateKind, Hosts,
    Instances, Lambda, LoadBalancer, LoadBalancerKind, NatGateway, PublicIpv4, Resource, Spec,
    TransitGatewayAttachment, Volume, VolumeKind, Vpn,
};
pub use running::{Hours, Month, Running};
pub use schedule::{Load, Profile, Scaling, Windows};
pub use usage::{Usage, read_usage};
