//! Reads one Parquet file: polars groups the rows by tuple and period, and each group is asked about once.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::sync::Arc;

use polars::prelude::{
    AnyValue, Column as Series, DataFrame, DataType, Engine, Expr, Field, IntoLazy, LazyFrame,
    ParquetReader, PlRefPath, PlSmallStr, PolarsError, PolarsResult, ScanArgsParquet, Schema,
    SerReader, StringChunked, UInt64Chunked, as_struct, col, len, lit, when,
};
use polars::prelude::{BooleanChunked, IntoColumn};

use super::classify::{Outcome, Rules};
use super::codes::{Codes, Shape, Test};
use super::columns::Layout;
use super::groups::Groups;
use super::identity::{self, Identities};
use super::input::{Input, Source};
use super::spec::{Format, Role, plain_name};
use super::table::FileTally;
use super::tally::{Identity, Tally};
use crate::diagnostics::{Diagnostic, Place};

/// A Parquet file that is open for queries.
pub(super) struct ParquetFile<'a> {
    input: &'a Input,
    frame: LazyFrame,
    schema: Schema,
    layout: Layout,
}

/// Reads a file.
///
/// # Errors
/// The first problem found; rows are counted from 1.
pub(super) fn read(input: &Input, rules: &Rules, identify: bool) -> Result<FileTally, Diagnostic> {
    let file = ParquetFile::open(input, rules)?;
    let codes = Arc::new(Codes::default());
    let groups = Groups::new(file.grouped(&codes)?, codes.tuples());
    let groups = groups.map_err(|error| file.failed(&error))?;
    let mut tally = Tally::default();
    groups.add_to(&mut tally, &file, rules)?;
    if tally.rows == 0 {
        return Err(
            Diagnostic::new("the file has columns and no rows").at(Place::file(&input.name))
        );
    }
    if tally
        .entries
        .iter()
        .any(|entry| matches!(entry.outcome, Outcome::Fee))
    {
        tally.fees = file.fees()?;
    }
    if identify && file.layout.has(Role::RowId) && file.layout.has(Role::Interval) {
        tally.identity = Identity::Rows;
        tally.identities = Identities::default();
        for hash in file.identities()? {
            tally.identities.push(hash);
        }
    }
    let name = input.name.clone();
    Ok(FileTally {
        name,
        packing: "",
        layout: file.layout,
        tally,
        sha256: None,
    })
}

impl<'a> ParquetFile<'a> {
    fn open(input: &'a Input, rules: &Rules) -> Result<Self, Diagnostic> {
        let failed = |error: PolarsError| failed(&input.name, &error);
        let mut frame = match &input.source {
            // The path is never a URL: the file was opened before by its name on this machine.
            Source::Path(path) => {
                let path = std::path::absolute(path).map_err(|error| failed(error.into()))?;
                let arguments = ScanArgsParquet {
                    glob: false,
                    ..ScanArgsParquet::default()
                };
                LazyFrame::scan_parquet(PlRefPath::new(path.to_string_lossy()), arguments)
                    .map_err(failed)?
            }
            Source::Bytes(bytes) => {
                let reader = ParquetReader::new(io::Cursor::new(bytes.clone()));
                reader.finish().map_err(failed)?.lazy()
            }
        };
        let schema = frame.collect_schema().map_err(failed)?.as_ref().clone();
        let names = schema.iter_names().map(ToString::to_string).collect();
        let layout = Layout::new(&input.name, names, &rules.tags)?;
        Ok(Self {
            input,
            frame,
            schema,
            layout,
        })
    }

    /// The layout of its columns.
    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Rows, usage and cost by tuple and period; the tuples are in `codes`.
    fn grouped(&self, codes: &Arc<Codes>) -> Result<DataFrame, Diagnostic> {
        let layout = &self.layout;
        let texts = layout.tuple.iter().enumerate();
        let texts = texts.map(|(index, column)| self.text(column.place).alias(format!("t{index}")));
        let (shape, codes) = (self.shape(), Arc::clone(codes));
        let code = as_struct(texts.collect()).map(
            move |rows| codes.of(&rows, shape),
            |_, field| Ok(Field::new(field.name().clone(), DataType::UInt32)),
        );
        let instant = |role| {
            layout
                .place(role)
                .map_or_else(|| lit(0_i64), |at| self.instant(at))
        };
        let amount = layout
            .place(Role::Amount)
            .or_else(|| layout.place(Role::Count));
        let amount = amount.map_or_else(|| lit(0.0), |place| self.number(place));
        let columns = [
            code.alias("code"),
            instant(Role::Start).alias("start"),
            instant(Role::End).alias("end"),
            fixed(amount, 1e9).alias("amount"),
            fixed(self.cost(), 1e12).alias("cost"),
        ];
        let sums = [
            len().alias("rows"),
            col("amount").sum(),
            col("amount").min().alias("least"),
            col("amount").null_count().alias("nulls"),
            col("cost").sum(),
        ];
        let keys = [col("code"), col("start"), col("end")];
        self.collect(self.frame.clone().select(columns).group_by(keys).agg(sums))
    }

    /// What tells a row of instance usage from others, as for CSV rows.
    fn gate_role(&self) -> Option<(Role, Test)> {
        match self.layout.format {
            Format::Simple => None,
            Format::Focus => Some((Role::Service, super::focus::may_be_instances)),
            Format::Bill => Some((Role::UsageType, super::bill::may_be_instances)),
        }
    }

    fn shape(&self) -> Shape {
        let gate = self.gate_role().and_then(|(role, test)| {
            let index = self
                .layout
                .tuple
                .iter()
                .position(|column| column.role == role)?;
            Some((index, test))
        });
        Shape {
            short: self.layout.short,
            gate,
        }
    }

    /// Whether a row may be instance usage.
    fn gate(&self) -> Expr {
        let gate = self
            .gate_role()
            .and_then(|(role, test)| Some((self.layout.find(role)?, test)));
        let Some((place, test)) = gate else {
            return lit(true);
        };
        let gated = move |texts: Series| {
            let name = texts.name().clone();
            let texts = texts.str()?.iter();
            let passed = texts.map(|text| Some(test(text.unwrap_or_default().as_bytes())));
            let passed: BooleanChunked = passed.collect();
            Ok(passed.with_name(name).into_column())
        };
        let output =
            |_: &Schema, field: &Field| Ok(Field::new(field.name().clone(), DataType::Boolean));
        self.text(place).map(gated, output)
    }

    /// A column as text, null as the empty text, a map as JSON.
    fn text(&self, place: usize) -> Expr {
        let column = self.column(place);
        match self.dtype(place) {
            DataType::String => column.fill_null(lit("")),
            DataType::List(_) | DataType::Struct(_) => {
                let keep = self.kept_keys(place);
                column.map(
                    move |column| Ok(super::maps::to_json(&column, &*keep)),
                    |_, field| Ok(Field::new(field.name().clone(), DataType::String)),
                )
            }
            // A zone cannot be written without the zone database; bills are in UTC anyway.
            DataType::Datetime(unit, _) => column
                .cast(DataType::Int64)
                .cast(DataType::Datetime(unit, None))
                .cast(DataType::String)
                .fill_null(lit("")),
            _ => column.cast(DataType::String).fill_null(lit("")),
        }
    }

    /// Which keys of a map matter: a product has dozens, of which a few tell what the row is.
    fn kept_keys(&self, place: usize) -> Box<dyn Fn(&str) -> bool + Send + Sync> {
        let role = self
            .layout
            .tuple
            .iter()
            .find(|column| column.place == place);
        match role.map(|column| column.role) {
            Some(Role::ProductMap) => Box::new(|key| super::bill::PRODUCT_KEYS.contains(&key)),
            _ => Box::new(|_| true),
        }
    }

    /// A time as its text, or as the number a timestamp is stored as.
    fn instant(&self, place: usize) -> Expr {
        match self.dtype(place) {
            DataType::Datetime(..) | DataType::Date => self.column(place).cast(DataType::Int64),
            _ => self.text(place),
        }
    }

    /// A number, null where a text is none.
    fn number(&self, place: usize) -> Expr {
        self.column(place).cast(DataType::Float64)
    }

    /// The effective cost of a row: of covered usage its share of the commitment.
    fn cost(&self) -> Expr {
        let of = |role| {
            self.layout
                .place(role)
                .map_or_else(|| lit(0.0), |place| self.number(place))
        };
        match (self.layout.format, self.layout.find(Role::LineType)) {
            (Format::Bill, Some(line_type))
                if self.layout.has(Role::ReservationCost) || self.layout.has(Role::PlanCost) =>
            {
                let line_type = self.text(line_type);
                when(line_type.clone().eq(lit("DiscountedUsage")))
                    .then(of(Role::ReservationCost))
                    .when(line_type.eq(lit("SavingsPlanCoveredUsage")))
                    .then(of(Role::PlanCost))
                    .otherwise(of(Role::Cost))
            }
            _ => of(Role::Cost),
        }
    }

    fn column(&self, place: usize) -> Expr {
        col(PlSmallStr::from_str(self.layout.name(place)))
    }

    /// The type of a column.
    pub(super) fn dtype(&self, place: usize) -> DataType {
        self.schema
            .get(self.layout.name(place))
            .cloned()
            .unwrap_or(DataType::Null)
    }

    /// The fee rows, each by plain column name.
    fn fees(&self) -> Result<Vec<std::collections::BTreeMap<String, String>>, Diagnostic> {
        let Some(line_type) = self.layout.find(Role::LineType) else {
            return Ok(Vec::new());
        };
        let is = |name: &'static str| self.text(line_type).eq(lit(name));
        let fees = is("RIFee")
            .or(is("SavingsPlanRecurringFee"))
            .or(is("SavingsPlanUpfrontFee"));
        let texts: Vec<Expr> = (0..self.layout.names.len())
            .map(|place| self.text(place))
            .collect();
        let found = self.collect(self.frame.clone().filter(fees).select(texts))?;
        let mut rows = vec![std::collections::BTreeMap::new(); found.height()];
        for column in found.columns() {
            let name = plain_name(column.name());
            let texts = column.str().map_err(|error| self.failed(&error))?;
            for (row, text) in rows.iter_mut().zip(texts.iter()) {
                if let Some(text) = text.filter(|text| !text.is_empty()) {
                    row.insert(name.clone(), text.to_owned());
                }
            }
        }
        Ok(rows)
    }

    /// Hashes of the identity of every row that may be instance usage, as the CSV reader takes them.
    fn identities(&self) -> Result<Vec<u64>, Diagnostic> {
        let text = |role| {
            self.layout
                .place(role)
                .map_or_else(|| lit(""), |place| self.text(place))
        };
        let amount = self
            .layout
            .place(Role::Amount)
            .map_or_else(|| lit(0.0), |at| self.number(at));
        let row = as_struct(vec![
            text(Role::RowId).alias("id"),
            text(Role::Interval).alias("interval"),
            fixed(amount, 1e9).alias("amount"),
        ]);
        let identity = row.map(
            |rows| hash_rows(&rows),
            |_, field| Ok(Field::new(field.name().clone(), DataType::UInt64)),
        );
        let query = self
            .frame
            .clone()
            .filter(self.gate())
            .select([identity.alias("hash")]);
        let found = self.collect(query)?;
        let hashes = found.column("hash").and_then(|column| column.u64());
        let hashes = hashes.map_err(|error| self.failed(&error))?;
        Ok(hashes.iter().flatten().collect())
    }

    /// The first row (from 1) that holds `text` in a column.
    pub(super) fn row_of(&self, place: usize, text: &str) -> Option<u64> {
        self.first_row(self.text(place).eq(lit(text.to_owned())))
    }

    /// The first row of instance usage whose amount is below zero, or is no number.
    pub(super) fn row_of_amount(&self, place: usize, negative: bool) -> Option<u64> {
        let amount = self.number(place);
        let bad = if negative {
            amount.lt(lit(0.0))
        } else {
            amount.is_null()
        };
        self.first_row(self.gate().and(bad))
    }

    /// The text of a cell, rows counted from 1.
    pub(super) fn cell(&self, place: usize, row: u64) -> Option<String> {
        let offset = i64::try_from(row).ok()? - 1;
        let query = self
            .frame
            .clone()
            .select([self.text(place).alias("cell")])
            .slice(offset, 1);
        let found = self.collect(query).ok()?;
        match found.column("cell").ok()?.get(0).ok()? {
            AnyValue::String(text) => Some(text.to_owned()),
            AnyValue::StringOwned(text) => Some(text.to_string()),
            _ => None,
        }
    }

    fn first_row(&self, wanted: Expr) -> Option<u64> {
        let query = self
            .frame
            .clone()
            .with_row_index("bursar_row", Some(1))
            .filter(wanted);
        let found = self.collect(query.select([col("bursar_row").min()])).ok()?;
        found
            .column("bursar_row")
            .ok()?
            .get(0)
            .ok()?
            .extract::<u64>()
    }

    fn collect(&self, query: LazyFrame) -> Result<DataFrame, Diagnostic> {
        let result = query.collect_with_engine(Engine::Streaming);
        Ok(result.map_err(|error| self.failed(&error))?.unwrap_single())
    }

    /// The message of a query that failed.
    pub(super) fn failed(&self, error: &PolarsError) -> Diagnostic {
        failed(&self.input.name, error)
    }

    /// The file's name.
    pub(super) fn name(&self) -> &str {
        &self.input.name
    }
}

/// A number as whole steps, so that a sum does not depend on the order of rows.
fn fixed(number: Expr, steps: f64) -> Expr {
    let scaled = number * lit(steps);
    let half = when(scaled.clone().lt(lit(0.0)))
        .then(lit(-0.5))
        .otherwise(lit(0.5));
    (scaled + half).cast(DataType::Int64)
}

fn hash_rows(rows: &Series) -> PolarsResult<Series> {
    let fields = rows.struct_()?.fields_as_series();
    let [ids, intervals, amounts] = fields.as_slice() else {
        return Err(PolarsError::ComputeError("three fields".into()));
    };
    let (ids, intervals) = (ids.str()?, intervals.str()?);
    let hashes = ids
        .iter()
        .zip(intervals.iter())
        .zip(amounts.i64()?.iter())
        .map(|((id, interval), nano)| {
            let mut hasher = identity::HASHER.build_hasher();
            hasher.write(id.unwrap_or_default().as_bytes());
            hasher.write(interval.unwrap_or_default().as_bytes());
            hasher.write_i64(nano.unwrap_or_default());
            Some(hasher.finish())
        });
    let hashes: UInt64Chunked = hashes.collect();
    Ok(hashes.with_name(rows.name().clone()).into_column())
}

fn failed(name: &str, error: &PolarsError) -> Diagnostic {
    let text = error.to_string();
    let text = text.lines().next().unwrap_or_default();
    Diagnostic::new(format!("the Parquet file cannot be read: {text}"))
        .at(Place::file(name))
        .hint("was the download cut off? fetch the file again")
}

/// A cell of a group.
pub(super) fn cell_at(texts: &StringChunked, row: usize) -> Cow<'_, str> {
    Cow::Borrowed(texts.get(row).unwrap_or_default())
}
