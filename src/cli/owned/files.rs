//! `--own`: a portfolio file with the saved answers it names, or such an answer itself.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::analysis::with_fees;
use crate::catalog::{InstanceType, instance_types};
use crate::cli::Failure;
use crate::cli::user_prices::is_known;
use crate::commitment::{Declared, Portfolio, Saved, Whose, read_answer, read_portfolio};
use crate::diagnostics::{Diagnostic, Place, nearest};
use crate::prices::{MissingPrice, PriceBook};
use crate::report::run::{InputFile, hex};

/// What is owned as files state it.
pub(in crate::cli) struct Owned {
    /// All of it.
    pub(in crate::cli) declared: Declared,
    /// The files, with their fingerprints.
    pub(in crate::cli) inputs: Vec<InputFile>,
}

impl Owned {
    /// Reads a file and every file that it names.
    pub(in crate::cli) fn read(path: &Path) -> Result<Self, Failure> {
        let (text, input) = read_text(path, "portfolio")?;
        let declared = if text.trim_start().starts_with('{') {
            read_answer(&text, &input.path, Whose::default())?
        } else {
            refuse_list(&text, &input.path)?;
            read_portfolio(&text, &input.path)?
        };
        let mut owned = Self {
            declared,
            inputs: vec![input],
        };
        for saved in std::mem::take(&mut owned.declared.saved) {
            owned.add_saved(path, &saved)?;
        }
        Ok(owned)
    }

    /// Refuses Reserved Instances of types that the catalogue does not know, or tells them where that is allowed: an
    /// unknown type matches no usage.
    pub(in crate::cli) fn know_types(
        &mut self,
        book: &PriceBook,
        allow_unknown: bool,
    ) -> Result<(), Failure> {
        let Declared {
            portfolio,
            places,
            notes,
            ..
        } = &mut self.declared;
        let mut problems = Vec::new();
        for ri in &portfolio.reserved_instances {
            let name = ri.instance_type.as_str();
            if ri.is_of_hosts() || is_known(book, ri.instance_type) {
                continue;
            }
            let message = format!("`{}` is of the unknown instance type `{name}`", ri.id);
            if allow_unknown {
                notes.push(message);
                continue;
            }
            let near = nearest(name, instance_types().map(InstanceType::as_str))
                .map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            let hint = "`--allow-unpriced` lets types pass that the catalogue does not know";
            let problem = Diagnostic::new(message).hint(near + hint);
            problems.push(match places.get(&ri.id) {
                Some(place) => problem.at(place.clone()),
                None => problem,
            });
        }
        if problems.is_empty() {
            return Ok(());
        }
        Err(Failure::Data(problems))
    }

    /// Adds an answer that the portfolio file at `beside` names.
    fn add_saved(&mut self, beside: &Path, saved: &Saved) -> Result<(), Failure> {
        let path = beside.with_file_name(&saved.file);
        let unread = |why: String| Failure::from(Diagnostic::new(why).at(saved.place.clone()));
        if !path.is_file() {
            return Err(unread(format!("there is no file `{}`", path.display())));
        }
        let (text, input) = read_text(&path, "saved answer")?;
        let answer = read_answer(&text, &input.path, saved.whose)?;
        self.inputs.push(input);
        self.merge(answer)
    }

    fn merge(&mut self, other: Declared) -> Result<(), Failure> {
        let own = &mut self.declared;
        for (id, place) in other.places {
            if let Some(first) = own.places.get(&id) {
                let hint = format!("the other stands at {first}; one of them is to go");
                let problem = Diagnostic::new(format!("two commitments have the id `{id}`"));
                return Err(problem.at(place).hint(hint).into());
            }
            own.places.insert(id, place);
        }
        let before = own.portfolio.reserved_instances.len();
        let without_fee = other.without_fee.into_iter();
        own.without_fee
            .extend(without_fee.map(|index| index + before));
        let Portfolio {
            reserved_instances,
            savings_plans,
            ..
        } = other.portfolio;
        own.portfolio.reserved_instances.extend(reserved_instances);
        own.portfolio.savings_plans.extend(savings_plans);
        own.returnable.extend(other.returnable);
        own.notes.extend(other.notes);
        Ok(())
    }

    /// Completes the fees and adds what is owned to what a bill shows. What both know counts once, as the files have
    /// it.
    pub(in crate::cli) fn join(
        self,
        of_bill: &mut Portfolio,
        book: &PriceBook,
    ) -> Result<Option<Diagnostic>, Failure> {
        let places = self.declared.places.clone();
        let owned = with_fees(self.declared, book)
            .map_err(|lacking| no_fee(places.get(&lacking.0), &lacking.0, &lacking.1))?;
        let known = |id: &str| places.keys().any(|own| tail(own) == tail(id));
        let count = |portfolio: &Portfolio| {
            portfolio.reserved_instances.len() + portfolio.savings_plans.len()
        };
        let all = count(of_bill);
        of_bill.reserved_instances.retain(|ri| !known(&ri.id));
        of_bill.savings_plans.retain(|plan| !known(&plan.id));
        let doubt = counted_twice(all - count(of_bill), count(of_bill));
        of_bill.reserved_instances.extend(owned.reserved_instances);
        of_bill.savings_plans.extend(owned.savings_plans);
        of_bill.sharing = owned.sharing;
        Ok(doubt)
    }
}

/// An id without the ARN around it, which bills have and answers of AWS have not.
fn tail(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// What `--query` or a script makes of an answer.
fn refuse_list(text: &str, name: &str) -> Result<(), Failure> {
    let mut inside = text
        .trim_start()
        .strip_prefix('[')
        .unwrap_or_default()
        .trim_start()
        .chars();
    if matches!(inside.next(), Some('{' | '"' | ']')) {
        let problem = Diagnostic::new("a JSON list is no portfolio").at(Place::file(name));
        return Err(problem
            .hint("save what AWS answers whole, without `--query`")
            .into());
    }
    Ok(())
}

/// A file's text without byte order mark, and the file's fingerprint.
fn read_text(path: &Path, role: &str) -> Result<(String, InputFile), Failure> {
    let bytes = fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
    let input = InputFile {
        path: path.display().to_string(),
        sha256: hex(&Sha256::digest(&bytes)),
        role: role.to_owned(),
    };
    let not_text = |_| {
        Failure::new(format!(
            "`{}` is not UTF-8 text; save it as UTF-8",
            input.path
        ))
    };
    let text = String::from_utf8(bytes).map_err(not_text)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
    Ok((text, input))
}

/// A bill names what is owned, too.
fn counted_twice(same: usize, others: usize) -> Option<Diagnostic> {
    if others > 0 {
        let message = format!(
            "{others} commitments are owned by what the bill says, and those of the portfolio file besides"
        );
        let hint = "leave out of the file what the bill has fee rows of";
        return Some(Diagnostic::new(message).hint(hint));
    }
    let message = format!(
        "{same} commitments stand in the bill, too: they count once, as the portfolio file has them"
    );
    (same > 0).then(|| Diagnostic::new(message))
}

/// A Reserved Instance that neither its file nor the price book has a price for.
pub(in crate::cli) fn no_fee(
    place: Option<&Place>,
    id: &str,
    missing: &MissingPrice,
) -> Diagnostic {
    let problem = Diagnostic::new(format!("`{id}` has no price: {missing}"))
        .hint("write `upfront` and `hourly` of one instance or host into the portfolio file");
    match place {
        Some(place) => problem.at(place.clone()),
        None => problem,
    }
}
