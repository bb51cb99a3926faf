//! A bill as cells that a test can change one by one.

use bursar::analysis::{Cause, Check, Difference, Reconciliation, reconcile};
use bursar::demand::import::Input;

/// Heads and rows of text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sheet {
    pub(crate) heads: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Sheet {
    pub(crate) fn read(csv: &[u8]) -> Self {
        let mut reader = csv::Reader::from_reader(csv);
        let heads = reader
            .headers()
            .unwrap()
            .iter()
            .map(str::to_owned)
            .collect();
        let rows = reader.records().map(|row| {
            let row = row.unwrap();
            row.iter().map(str::to_owned).collect()
        });
        Self {
            heads,
            rows: rows.collect(),
        }
    }

    /// Adds a row of these cells; the others are empty.
    pub(crate) fn push(&mut self, cells: &[(&str, String)]) {
        for (head, _) in cells {
            if !self.heads.iter().any(|known| known == head) {
                self.heads.push((*head).to_owned());
            }
        }
        let mut row = vec![String::new(); self.heads.len()];
        for (head, cell) in cells {
            let place = self.place(head);
            row[place].clone_from(cell);
        }
        self.rows.push(row);
    }

    fn place(&self, head: &str) -> usize {
        let place = self.heads.iter().position(|known| known == head);
        place.unwrap_or_else(|| panic!("no column {head}"))
    }

    pub(crate) fn get(&self, row: usize, head: &str) -> &str {
        self.rows[row]
            .get(self.place(head))
            .map_or("", String::as_str)
    }

    pub(crate) fn set(&mut self, row: usize, head: &str, text: impl Into<String>) {
        let place = self.place(head);
        self.rows[row].resize(self.heads.len(), String::new());
        self.rows[row][place] = text.into();
    }

    /// The first row whose cells are these.
    pub(crate) fn find(&self, cells: &[(&str, &str)]) -> usize {
        let found = (0..self.rows.len()).find(|&row| {
            cells
                .iter()
                .all(|(head, text)| self.get(row, head) == *text)
        });
        found.unwrap_or_else(|| panic!("no row {cells:?}"))
    }

    pub(crate) fn to_csv(&self) -> Vec<u8> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.heads).unwrap();
        for row in &self.rows {
            let missing = self.heads.len() - row.len();
            let filled = std::iter::repeat_n("", missing);
            writer
                .write_record(row.iter().map(String::as_str).chain(filled))
                .unwrap();
        }
        writer.into_inner().unwrap()
    }

    pub(crate) fn reconciled(&self) -> Reconciliation {
        let input = Input::bytes("bill.csv", self.to_csv());
        reconcile(&[input], true, 2).unwrap_or_else(|problems| panic!("{}", problems[0]))
    }
}

/// The unexplained differences of one check.
pub(crate) fn unexplained(found: &Reconciliation, check: Check) -> Vec<&Difference> {
    let total = found.book.causes.get(&Cause::Unexplained);
    let all = total.into_iter().flat_map(|total| &total.largest);
    all.filter(|difference| difference.check == check).collect()
}

/// Everything that is unexplained, for a message.
pub(crate) fn told(found: &Reconciliation) -> String {
    format!("{:#?}", found.book.causes.get(&Cause::Unexplained))
}
