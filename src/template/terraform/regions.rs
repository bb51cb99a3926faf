//! The region of a planned resource: its own, or that of the provider it is made with.

use crate::catalog::Region;
use crate::diagnostics::{Diagnostic, nearest};
use crate::template::node::Node;
use crate::template::source::Source;

/// What a plan says of regions.
pub(super) struct Regions<'a> {
    providers: Option<&'a Node>,
    variables: Option<&'a Node>,
    /// The region that a data source found the default provider in.
    looked_up: Option<Region>,
}

impl<'a> Regions<'a> {
    pub(super) fn of(root: &'a Node) -> Self {
        Self {
            providers: root.at_path(&["configuration", "provider_config"]),
            variables: root.get("variables"),
            looked_up: looked_up(root.at_path(&["prior_state", "values", "root_module"])),
        }
    }

    /// The region of a resource, where the plan says it.
    ///
    /// # Errors
    /// A code that no region has.
    pub(super) fn of_resource(
        &self,
        source: Source<'_>,
        values: &Node,
        configured: Option<&Node>,
    ) -> Result<Option<Region>, Diagnostic> {
        if let Some(node) = values.get("region").filter(|node| node.as_text().is_some()) {
            return region(source, node).map(Some);
        }
        let of_arn = values.get("arn").and_then(Node::as_text);
        if let Some(region) = of_arn.and_then(|arn| arn.split(':').nth(3)?.parse().ok()) {
            return Ok(Some(region));
        }
        let key = configured
            .and_then(|node| node.get("provider_config_key")?.as_text())
            .unwrap_or("aws");
        let stated = self.provider(key);
        match stated {
            Some(node) => region(source, node).map(Some),
            None => Ok(self.looked_up),
        }
    }

    /// The region of a provider, such as `aws`, `aws.east` or `module.app:aws`.
    fn provider(&self, key: &str) -> Option<&'a Node> {
        let name = key.rsplit(':').next().unwrap_or(key);
        let provider = self
            .providers?
            .get(key)
            .or_else(|| self.providers?.get(name))?;
        let expression = provider.at_path(&["expressions", "region"])?;
        if let Some(constant) = expression.get("constant_value") {
            return Some(constant);
        }
        let names = expression
            .get("references")?
            .items()
            .iter()
            .filter_map(Node::as_text);
        let mut variables = names.filter_map(|name| name.strip_prefix("var."));
        let value = variables.find_map(|name| self.variables?.at_path(&[name, "value"]))?;
        value.as_text().map(|_| value)
    }
}

fn region(source: Source<'_>, node: &Node) -> Result<Region, Diagnostic> {
    let code = node.as_text().unwrap_or_default();
    code.parse().map_err(|_| {
        let problem = source.problem(
            &node.at,
            format!("unknown region `{code}`"),
            "no region has this code",
        );
        match nearest(code, Region::all().map(Region::as_str)) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint("`bursar prices regions` lists all"),
        }
    })
}

/// `data.aws_region`: in recent versions of the provider `region`, before `name` and `id`.
fn looked_up(module: Option<&Node>) -> Option<Region> {
    let resources = module?.get("resources")?.items().iter();
    let mut found =
        resources.filter(|node| node.get("type").and_then(Node::as_text) == Some("aws_region"));
    let values = found.next()?.get("values")?;
    let mut codes = ["region", "name", "id"]
        .iter()
        .filter_map(|key| values.get(key)?.as_text());
    codes.find_map(|code| code.parse().ok())
}
