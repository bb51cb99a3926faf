//! JSON of every kind, as a stream: `products` become a table of SKUs, then `terms` are read one by one; nothing is
//! kept but rates.

use std::collections::HashMap;
use std::fmt;
use std::io::Read;

use foldhash::fast::FixedState;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::file::File;
use super::json_offer::{Kept, ProductDoc, TermDoc};
use super::json_plans::{ApiRate, PlanDoc, PlanProduct};
use super::spot::{Event, History};
use crate::diagnostics::{Diagnostic, Place};

/// Reads a JSON file.
///
/// # Errors
/// The first thing that is wrong, with its SKU; JSON that ends early, with its line.
pub(super) fn read(stream: impl Read, file: &mut File<'_>) -> Result<(), Diagnostic> {
    let mut document = Document {
        products: HashMap::default(),
        plans: HashMap::default(),
        history: None,
        index: None,
        read: false,
        goes_on: false,
        wrong: None,
        file,
    };
    let mut json = serde_json::Deserializer::from_reader(stream);
    let done = Root(&mut document)
        .deserialize(&mut json)
        .and_then(|()| json.end());
    let place = Place::file(&document.file.path);
    if let Some(problem) = document.wrong.take() {
        return Err(problem.at(place));
    }
    if let Err(error) = done {
        let line = u64::try_from(error.line()).unwrap_or(0);
        let message = if error.is_eof() {
            format!("the file ends too early: {error}")
        } else {
            format!("this is no price list: {error}")
        };
        let hint = if error.to_string().starts_with("trailing characters") {
            "a file holds one answer: import the pages of a long one as files of their own"
        } else {
            "fetch the file again"
        };
        return Err(Diagnostic::new(message).at(place.line(line)).hint(hint));
    }
    if let Some(problem) = document.refusal() {
        let Some(index) = document.index else {
            return Err(problem.at(place));
        };
        // In a folder it stands beside the files it names; alone it is an error.
        let kind = index.split_once(' ').map_or(index, |(_, kind)| kind);
        kind.clone_into(&mut document.file.kind);
        document.file.refused = Some(problem.at(place));
        return Ok(());
    }
    let problem = document
        .history
        .take()
        .map(|history| history.finish(document.file));
    problem
        .unwrap_or(Ok(()))
        .map_err(|problem| problem.at(place))
}

/// What has been read of a document.
pub(super) struct Document<'a, 'b> {
    /// Products of an offer by SKU; those of offers that are not used are not kept.
    pub(super) products: HashMap<String, Kept, FixedState>,
    /// Savings Plans by SKU: family, payment option and term.
    pub(super) plans: HashMap<String, PlanProduct, FixedState>,
    history: Option<History>,
    /// Which index this is, if it is one.
    index: Option<&'static str>,
    /// Whether a part that holds prices was there.
    read: bool,
    /// Whether this is a page, and not the last.
    goes_on: bool,
    wrong: Option<Diagnostic>,
    pub(super) file: &'a mut File<'b>,
}

impl Document<'_, '_> {
    /// Stops reading for a reason of our own.
    fn stop<E: Error>(&mut self, problem: Diagnostic) -> E {
        self.wrong = Some(problem);
        E::custom("stopped")
    }

    /// Why a document that was read to its end is none with prices.
    fn refusal(&self) -> Option<Diagnostic> {
        if self.read {
            return None;
        }
        Some(match self.index {
            Some(kind) => Diagnostic::new(format!("this is {kind}, which names price files but holds no prices"))
                .hint("fetch the files it names (`currentVersionUrl` or `versionUrl`, below https://pricing.us-east-1.amazonaws.com) and import those"),
            None => Diagnostic::new("no key of this JSON is that of a price file")
                .hint("known are offer files (`products`, `terms`), Savings Plans files, `SpotPriceHistory` and `searchResults`"),
        })
    }

    fn text(&mut self, key: &str, value: &str) -> Result<(), Diagnostic> {
        let file = &mut *self.file;
        file.describe(key, value)
    }
}

/// The whole document.
struct Root<'d, 'a, 'b>(&'d mut Document<'a, 'b>);

impl<'de> DeserializeSeed<'de> for Root<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Root<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a price list, which is an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let document = self.0;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "offerCode" | "version" | "publicationDate" => {
                    let value: String = map.next_value()?;
                    if let Err(problem) = document.text(&key, &value) {
                        return Err(document.stop(problem));
                    }
                }
                "products" => map.next_value_seed(Part(document, Step::Products))?,
                "terms" => map.next_value_seed(Part(document, Step::Terms))?,
                "SpotPriceHistory" => {
                    document.read = true;
                    document.history.get_or_insert_default();
                    "Spot price history".clone_into(&mut document.file.kind);
                    map.next_value_seed(Part(document, Step::Spot))?;
                }
                "searchResults" => {
                    document.read = true;
                    "answer of DescribeSavingsPlansOfferingRates"
                        .clone_into(&mut document.file.kind);
                    map.next_value_seed(Part(document, Step::Api))?;
                }
                // The answer of a service that has more: how AWS's tools mark a page that another follows.
                "nextToken" | "NextToken" => {
                    let token: Option<String> = map.next_value()?;
                    document.goes_on = token.is_some_and(|token| !token.is_empty());
                }
                other => {
                    document.index = document.index.or(index(other));
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if document.goes_on {
            document.file.kind.push_str(", a page that another follows");
        }
        Ok(())
    }
}

/// What a document with this key is an index of.
fn index(key: &str) -> Option<&'static str> {
    match key {
        "offers" => Some("the index of all offers"),
        "regions" => Some("an index of regions"),
        "versions" => Some("an index of versions"),
        _ => None,
    }
}

/// Where in the document we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Products,
    Terms,
    /// The terms of one type, by SKU.
    Sold {
        reserved: bool,
    },
    Plans,
    Spot,
    Api,
}

/// A map or list of the document, read entry by entry.
struct Part<'d, 'a, 'b>(&'d mut Document<'a, 'b>, Step);

impl<'de> DeserializeSeed<'de> for Part<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("products, terms or prices")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(document, step) = self;
        if step == Step::Products {
            "offer file".clone_into(&mut document.file.kind);
        }
        while let Some(key) = map.next_key::<String>()? {
            let done = match step {
                Step::Products => {
                    let product: ProductDoc = map.next_value()?;
                    product.keep(&key, document)
                }
                Step::Terms => {
                    document.read = true;
                    match key.as_str() {
                        "OnDemand" => {
                            map.next_value_seed(Part(document, Step::Sold { reserved: false }))?;
                        }
                        "Reserved" => {
                            map.next_value_seed(Part(document, Step::Sold { reserved: true }))?;
                        }
                        "savingsPlan" => map.next_value_seed(Part(document, Step::Plans))?,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                    Ok(())
                }
                Step::Sold { reserved } => {
                    let terms: Pairs<TermDoc> = map.next_value()?;
                    terms
                        .0
                        .iter()
                        .try_for_each(|(_, term)| term.take(&key, reserved, document))
                }
                Step::Plans | Step::Spot | Step::Api => Err(Diagnostic::new(format!(
                    "`{key}` stands where a list was expected"
                ))),
            };
            done.map_err(|problem| document.stop(problem))?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self(document, step) = self;
        loop {
            let done = match step {
                Step::Products => match list.next_element::<PlanProduct>()? {
                    Some(plan) => {
                        "Savings Plans file".clone_into(&mut document.file.kind);
                        document.plans.insert(plan.sku.clone(), plan);
                        Ok(())
                    }
                    None => return Ok(()),
                },
                Step::Plans => match list.next_element::<PlanDoc>()? {
                    Some(plan) => plan.take(document),
                    None => return Ok(()),
                },
                Step::Spot => match (list.next_element::<Event>()?, &mut document.history) {
                    (Some(event), Some(history)) => history.add(&event, document.file),
                    _ => return Ok(()),
                },
                Step::Api => match list.next_element::<ApiRate>()? {
                    Some(rate) => rate.take(document.file),
                    None => return Ok(()),
                },
                Step::Terms | Step::Sold { .. } => Err(Diagnostic::new(
                    "the terms are a list where an object was expected",
                )),
            };
            done.map_err(|problem| document.stop(problem))?;
        }
    }
}

/// An object as it stands: a key that comes twice is there twice.
pub(super) struct Pairs<T>(pub(super) Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pairs<T> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Collect<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Collect<T> {
            type Value = Pairs<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<T>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        json.deserialize_map(Collect(std::marker::PhantomData))
    }
}
