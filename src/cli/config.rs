//! `bursar.toml`: the price book, the discounts and the rules that the commands of a folder use unless told otherwise.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;
use toml::Spanned;

use super::discounts::DiscountArgs;
use super::rules_file::{Rows, RulesFile};
use super::user_prices::UserPrices;
use super::{Failure, say};
use crate::diagnostics::{Diagnostic, Place};

/// The file that is looked for in the working directory, and nowhere else.
const NAME: &str = "bursar.toml";

/// Where files come from that the command line does not name.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ConfigArgs {
    /// Take --prices, --discounts and rules from FILE where they are not given [default: bursar.toml, if it is here]
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,

    /// Read no bursar.toml
    #[arg(long, global = true, conflicts_with = "config")]
    no_config: bool,
}

/// What a configuration file may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    prices: Option<Spanned<String>>,
    discounts: Option<Spanned<String>>,
    /// Read by every command that searches for purchases.
    rules: Option<Rows>,
}

impl ConfigArgs {
    /// As if there were no such file.
    pub(super) const fn none() -> Self {
        Self {
            config: None,
            no_config: true,
        }
    }

    /// Whether a file is named on the command line.
    pub(super) const fn is_given(&self) -> bool {
        self.config.is_some()
    }

    /// Puts what the file says where the command line says nothing, and tells what it put there.
    pub(super) fn fill(
        &self,
        prices: &mut UserPrices,
        discounts: Option<&mut DiscountArgs>,
        quiet: bool,
    ) -> Result<(), Failure> {
        let Some((path, text, keys)) = self.read()? else {
            return Ok(());
        };
        let name = path.display().to_string();
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        let put = |to: &mut Option<PathBuf>, key: &str, said: Option<Spanned<String>>| {
            if let (None, Some(said)) = (&to, said) {
                let file = existing(folder, &said, (&text, &name))?;
                say(
                    &format!("note: {key} of {} ({name})", file.display()),
                    quiet,
                );
                *to = Some(file);
            }
            Ok::<(), Failure>(())
        };
        put(&mut prices.prices, "prices", keys.prices)?;
        discounts.map_or(Ok(()), |discounts| {
            put(&mut discounts.discounts, "discounts", keys.discounts)
        })
    }

    /// The rules of the file, if it has any.
    pub(super) fn rules(&self) -> Result<Option<RulesFile>, Failure> {
        let Some((path, text, keys)) = self.read()? else {
            return Ok(None);
        };
        let name = path.display().to_string();
        Ok(keys.rules.map(|rows| RulesFile::within(name, text, rows)))
    }

    /// The file there is, and what it says.
    fn read(&self) -> Result<Option<(&Path, String, Keys)>, Failure> {
        let Some(path) = self.path() else {
            return Ok(None);
        };
        let bytes = fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
        let name = path.display().to_string();
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::new(format!("`{name}` is not UTF-8 text; save it as UTF-8")))?;
        let keys = keys(&text, &name)?;
        Ok(Some((path, text, keys)))
    }

    fn path(&self) -> Option<&Path> {
        match &self.config {
            Some(path) => Some(path),
            None if self.no_config => None,
            None => Some(Path::new(NAME)).filter(|path| path.exists()),
        }
    }
}

fn keys(text: &str, name: &str) -> Result<Keys, Diagnostic> {
    toml::from_str(text).map_err(|error| {
        let place = match error.span() {
            Some(span) => Place::in_text(name, text, span, "here"),
            None => Place::file(name),
        };
        Diagnostic::new(error.message()).at(place).hint(
            "a configuration file has `prices = \"FILE\"`, `discounts = \"FILE\"` and a table `[rules]`; --no-config leaves it unread",
        )
    })
}

/// A file the configuration names, seen from its own folder.
fn existing(
    folder: &Path,
    said: &Spanned<String>,
    (text, name): (&str, &str),
) -> Result<PathBuf, Diagnostic> {
    let file = folder.join(said.get_ref());
    if file.is_file() {
        return Ok(file);
    }
    let place = Place::in_text(name, text, said.span(), "no such file");
    Err(Diagnostic::new(format!("there is no file `{}`", file.display()))
        .at(place)
        .hint("files are looked for in the folder of the configuration file; --no-config leaves it unread"))
}
