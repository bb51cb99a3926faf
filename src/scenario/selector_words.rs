//! A selector as a command line has it: `family=m5,region=us-east-1,tag:workload=batch`, or `all`.

use std::str::FromStr;

use super::selector::Selector;
use crate::catalog::{Account, Family, Platform};
use crate::diagnostics::{Diagnostic, nearest};

/// The words before `=`; a tag has its name behind `tag:`.
const KEYS: [&str; 5] = [
    "family",
    "instance_type",
    "account",
    "region",
    "operating_system",
];

impl FromStr for Selector {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        let mut selector = Self::default();
        if text.trim() == "all" {
            return Ok(selector);
        }
        for part in text.split(',') {
            let Some((key, value)) = part.split_once('=') else {
                return Err(wrong(part));
            };
            let (key, value) = (key.trim(), value.trim());
            if value.is_empty() {
                return Err(wrong(part));
            }
            selector.say(key, value)?;
        }
        Ok(selector)
    }
}

impl Selector {
    fn say(&mut self, key: &str, value: &str) -> Result<(), Diagnostic> {
        if let Some(name) = key.strip_prefix("tag:") {
            let tag = (name.to_owned(), value.to_owned());
            return put(&mut self.tag, key, tag);
        }
        match key {
            "family" => put(&mut self.family, key, Family::new(value)),
            "instance_type" => put(
                &mut self.instance_type,
                key,
                parsed(key, value, "m6i.large")?,
            ),
            "account" => put(&mut self.account, key, Account::new(value)),
            "region" => put(&mut self.region, key, parsed(key, value, "us-east-1")?),
            "operating_system" => {
                let platform: Platform = parsed(key, value, "linux, windows, rhel")?;
                put(&mut self.platform, key, platform)
            }
            _ => {
                let problem = Diagnostic::new(format!("usage is not selected by `{key}`"));
                let known = KEYS.join(", ");
                Err(match nearest(key, KEYS.into_iter()) {
                    Some(near) => problem.hint(format!("did you mean `{near}`?")),
                    None => problem.hint(format!("it is by {known} or tag:NAME")),
                })
            }
        }
    }
}

fn put<T>(to: &mut Option<T>, key: &str, value: T) -> Result<(), Diagnostic> {
    if to.replace(value).is_none() {
        return Ok(());
    }
    Err(Diagnostic::new(format!("one selector says `{key}` twice"))
        .hint("usage has to be all of what a selector says; give the option again for other usage"))
}

fn parsed<T: FromStr>(key: &str, value: &str, such: &str) -> Result<T, Diagnostic> {
    let wrong =
        |_| Diagnostic::new(format!("`{value}` is no {key}")).hint(format!("such as {such}"));
    value.parse().map_err(wrong)
}

fn wrong(part: &str) -> Diagnostic {
    Diagnostic::new(format!("`{part}` does not select usage")).hint(
        "such as tag:workload=batch, or family=m5,region=us-east-1 for what is both; `all` is everything",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_select_what_they_say() {
        let read = |text: &str| {
            text.parse::<Selector>()
                .map(|selector| selector.to_string())
        };
        assert_eq!(read("all").unwrap(), "all usage");
        assert_eq!(
            read("tag:workload=batch, region=us-east-1,family=m5").unwrap(),
            "m5 in us-east-1 with workload=batch"
        );
        assert_eq!(
            read("instance_type=m5.large,operating_system=windows,account=a").unwrap(),
            "m5.large Windows of account a"
        );
        for (text, problem) in [
            ("", "`` does not select usage"),
            ("m5", "`m5` does not select usage"),
            ("family=", "`family=` does not select usage"),
            ("famly=m5", "usage is not selected by `famly`"),
            ("family=m5,family=c5", "one selector says `family` twice"),
            ("region=moon", "`moon` is no region"),
            ("instance_type=large", "`large` is no instance_type"),
        ] {
            assert_eq!(read(text).unwrap_err().message, problem, "{text}");
        }
    }
}
