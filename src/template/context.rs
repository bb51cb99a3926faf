//! What every resource of a template is read with: the others, the options, and what was assumed on the way.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};

use super::declared::{Declared, Language, View, references};
use super::image;
use super::node::{Node, Reference, Value};
use super::source::Source;
use crate::catalog::Platform;
use crate::diagnostics::Diagnostic;

/// What every resource is read with.
pub(super) struct Context<'a> {
    pub(super) source: Source<'a>,
    pub(super) language: Language,
    pub(super) resources: &'a [Declared],
    by_base: HashMap<String, Vec<usize>>,
    /// By the ids and names that resources have of their own.
    by_name: HashMap<&'a str, Vec<usize>>,
    /// Addresses that other resources refer to, collected when first asked for.
    referred: OnceCell<HashSet<String>>,
    /// Platforms by image, or by the address of what looks an image up.
    images: HashMap<String, Platform>,
    platform: Option<Platform>,
    notes: RefCell<BTreeMap<String, Vec<String>>>,
}

/// Properties by which others may call a resource.
const OWN_NAMES: [&str; 5] = [
    "id",
    "arn",
    "name",
    "LaunchTemplateName",
    "LaunchConfigurationName",
];

/// So many addresses are named in a note; of the others, how many.
const NAMED: usize = 5;

impl<'a> Context<'a> {
    pub(super) fn new(
        source: Source<'a>,
        language: Language,
        resources: &'a [Declared],
        images: HashMap<String, Platform>,
        platform: Option<Platform>,
    ) -> Self {
        let mut by_base: HashMap<String, Vec<usize>> = HashMap::new();
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, resource) in resources.iter().enumerate() {
            by_base.entry(base(&resource.address)).or_default().push(at);
            for name in OWN_NAMES
                .iter()
                .filter_map(|key| resource.values.get(key)?.as_text())
            {
                by_name.entry(name).or_default().push(at);
            }
        }
        Self {
            source,
            language,
            resources,
            by_base,
            by_name,
            referred: OnceCell::new(),
            images,
            platform,
            notes: RefCell::default(),
        }
    }

    /// The platform of instances whose image says none.
    pub(super) fn assumed_platform(&self) -> Platform {
        self.platform.unwrap_or(Platform::LINUX)
    }

    /// The platform that an image is known to have.
    pub(super) fn platform_of(&self, image: &Node) -> Option<Platform> {
        let known = |name: &str| self.images.get(name).copied();
        if let Some(text) = image.as_text() {
            return known(text).or_else(|| image::platform(text));
        }
        references(image)
            .iter()
            .find_map(|reference| known(&base(&reference.resource)))
    }

    /// A resource's properties.
    pub(super) const fn view(&self, resource: &'a Declared) -> View<'a> {
        View {
            source: self.source,
            language: self.language,
            node: &resource.values,
        }
    }

    /// The resources that a reference names: all with this address but for their index.
    pub(super) fn named(&self, reference: &Reference) -> Vec<&'a Declared> {
        let found = self.by_base.get(&base(&reference.resource));
        let found = found
            .into_iter()
            .flatten()
            .filter_map(|&at| self.resources.get(at));
        let found: Vec<&Declared> = found.collect();
        let exact = found
            .iter()
            .find(|known| known.address == reference.resource);
        exact.map_or(found.clone(), |exact| vec![*exact])
    }

    /// The resources that a value means: those it follows from, or the one whose id or name it is.
    pub(super) fn meant(&self, node: &Node) -> Vec<&'a Declared> {
        if let Some(text) = node.as_text() {
            let found = self.by_name.get(text).into_iter().flatten();
            return found.filter_map(|&at| self.resources.get(at)).collect();
        }
        references(node)
            .iter()
            .flat_map(|reference| self.named(reference))
            .collect()
    }

    /// Whether another resource refers to this one.
    pub(super) fn is_referred_to(&self, declared: &Declared) -> bool {
        let referred = self.referred.get_or_init(|| {
            let mut referred = HashSet::new();
            for from in self.resources {
                self.collect(&from.values, from, &mut referred);
            }
            referred
        });
        referred.contains(declared.address.as_str())
    }

    fn collect(&self, node: &Node, from: &Declared, referred: &mut HashSet<String>) {
        match &node.value {
            Value::List(items) => items
                .iter()
                .for_each(|item| self.collect(item, from, referred)),
            Value::Map(entries) => {
                let nodes = entries.iter().map(|entry| &entry.node);
                nodes.for_each(|node| self.collect(node, from, referred));
            }
            Value::Unknown(_) => {
                let named = references(node)
                    .iter()
                    .flat_map(|reference| self.named(reference));
                let others = named.filter(|known| !std::ptr::eq(*known, from));
                referred.extend(others.map(|known| known.address.clone()));
            }
            Value::Null | Value::Text(_) => {}
        }
    }

    /// The one resource of one of `kinds` that a value means. Of several with an index it is the one whose index
    /// is that of `from`.
    pub(super) fn the_one(
        &self,
        node: &Node,
        kinds: &[&str],
        from: &Declared,
    ) -> Option<&'a Declared> {
        let mut found = self.meant(node);
        found.retain(|known| kinds.contains(&known.kind.as_str()));
        let same = found
            .iter()
            .find(|known| index(&known.address) == index(&from.address));
        same.or_else(|| found.first()).copied()
    }

    /// Something that was taken one way and could have been taken another.
    pub(super) fn note(&self, what: &str, address: &str) {
        let mut notes = self.notes.borrow_mut();
        let addresses = notes.entry(what.to_owned()).or_default();
        if addresses.last().is_none_or(|last| last != address) {
            addresses.push(address.to_owned());
        }
    }

    /// What was noted, a line for each thing.
    pub(super) fn doubts(&self) -> Vec<Diagnostic> {
        let notes = self.notes.borrow();
        let lines = notes.iter().map(|(what, addresses)| {
            let named: Vec<&str> = addresses.iter().take(NAMED).map(String::as_str).collect();
            let more = match addresses.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            Diagnostic::new(format!("{what}: {}{more}", named.join(", ")))
        });
        lines.collect()
    }
}

/// An address without its indexes: `module.web.aws_instance.a` of `module.web[0].aws_instance.a["x"]`.
pub(super) fn base(address: &str) -> String {
    let mut depth = 0_usize;
    let mut quoted = false;
    let kept = |c: &char| {
        match c {
            '"' if depth > 0 => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted && depth > 0 => {
                depth -= 1;
                return false;
            }
            _ => {}
        }
        depth == 0
    };
    address.chars().filter(kept).collect()
}

/// The index at the end of an address, with its brackets; empty: there is none.
pub(super) fn index(address: &str) -> &str {
    match address.rfind('[') {
        Some(at) if address.ends_with(']') => address.get(at..).unwrap_or(""),
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_loses_its_indexes() {
        assert_eq!(
            base("module.web[0].aws_instance.a[\"x]\"]"),
            "module.web.aws_instance.a"
        );
        assert_eq!(index("aws_instance.a[\"x\"]"), "[\"x\"]");
        assert_eq!(index("module.web[0].aws_instance.a"), "");
    }
}
