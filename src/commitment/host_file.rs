//! Reads `[[host_reservation]]` of a portfolio file: Dedicated Hosts that are reserved.

use serde::Deserialize;
use toml::Spanned;

use super::file::{Source, Text};
use super::model::{ReservedInstance, ReservedScope};
use crate::catalog::{
    Account, InstanceType, NameForm, OfferingClass, PaymentOption, Platform, Tenancy, Term,
};
use crate::diagnostics::Diagnostic;

/// Reserved Dedicated Hosts as a file writes them down.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HostRow {
    pub(super) id: Text,
    account: String,
    family: Text,
    region: Text,
    term: Text,
    payment_option: Text,
    count: Spanned<i64>,
    start: Text,
    end: Option<Text>,
    upfront: Option<Text>,
    hourly: Option<Text>,
}

impl Source<'_> {
    /// A row as what it reserves, and whether it states a fee. Hosts have no type of their own: `m5.host` stands for
    /// those of the family m5.
    pub(super) fn host_reservation(
        &self,
        row: &HostRow,
    ) -> Result<(ReservedInstance, bool), Diagnostic> {
        let family = self.family(&row.family)?;
        let instance_type: InstanceType = format!("{family}.host")
            .parse()
            .map_err(|error: NameForm| self.at(&row.family, error.to_string(), "no family"))?;
        let term: Term = self.word(&row.term, "term")?;
        let stated = (row.upfront.as_ref(), row.hourly.as_ref());
        let (fee, has_fee) = self.fee(&row.payment_option, stated)?;
        let hosts = ReservedInstance {
            id: row.id.get_ref().clone(),
            account: Account::new(&row.account),
            scope: ReservedScope::Hosts,
            region: self.region(&row.region)?,
            instance_type,
            platform: Platform::LINUX,
            tenancy: Tenancy::Host,
            offering_class: OfferingClass::Standard,
            term,
            payment_option: self.word::<PaymentOption>(&row.payment_option, "payment option")?,
            count: self.count(&row.count)?,
            alive: self.alive(&row.start, row.end.as_ref(), term)?,
            fee,
        };
        Ok((hosts, has_fee))
    }
}
