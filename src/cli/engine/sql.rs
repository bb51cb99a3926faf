//! `import --emit-sql`: the aggregation as text, for an engine that somebody else runs; `--explain`, what Spark makes of it.

use clap::{Args, ValueEnum};

use super::{Engine, EngineArgs};
use crate::cli::{Failure, inputs};
use crate::demand::import::{Aggregation, Dialect, bill_columns};
use crate::diagnostics::Diagnostic;

/// What of the aggregation is shown instead of being run.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct SqlArgs {
    /// Print the aggregation as SQL instead of reading: over --table, whose columns are those of the file given
    #[arg(long, value_enum, value_name = "DIALECT", requires = "table")]
    emit_sql: Option<SqlDialect>,

    /// The table that holds the bill, as the engine names it
    #[arg(long, value_name = "NAME", requires = "emit_sql")]
    table: Option<String>,

    /// Print the query and how Spark would run it instead of running it
    #[arg(long, conflicts_with = "emit_sql")]
    explain: bool,
}

/// Whose SQL is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SqlDialect {
    /// Amazon Athena (Trino)
    Athena,
    /// Spark SQL
    Spark,
}

impl SqlArgs {
    /// What to print; `None` where the files are to be read.
    pub(in crate::cli) fn text(
        &self,
        names: &[String],
        tags: &[String],
        engine: &EngineArgs,
    ) -> Result<Option<String>, Failure> {
        if let (Some(dialect), Some(table)) = (self.emit_sql, &self.table) {
            return aggregation(table, names, tags, engine)
                .and_then(|aggregation| Ok(aggregation.sql(dialect.into())?))
                .map(Some);
        }
        if !self.explain {
            return Ok(None);
        }
        if engine.engine == Engine::Local {
            let problem =
                Diagnostic::new("`--explain` shows what an engine would do, and none is asked for");
            return Err(problem.hint("add `--engine spark`").into());
        }
        engine.plan(names, tags).map(Some)
    }
}

/// The aggregation over a table with the columns of the first file.
fn aggregation(
    table: &str,
    names: &[String],
    tags: &[String],
    engine: &EngineArgs,
) -> Result<Aggregation, Failure> {
    let files = inputs::resolve(names)?;
    let Some(sample) = files.first() else {
        return Err(Failure::new("no file tells the columns of the table"));
    };
    Ok(Aggregation {
        table: table.to_owned(),
        name: sample.name.clone(),
        columns: bill_columns(sample)?,
        tags: tags.to_vec(),
        periods: engine.billing_period.clone(),
    })
}

impl From<SqlDialect> for Dialect {
    fn from(dialect: SqlDialect) -> Self {
        match dialect {
            SqlDialect::Athena => Self::Athena,
            SqlDialect::Spark => Self::Spark,
        }
    }
}
