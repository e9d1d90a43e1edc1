//! Named lists of numbers: reports and histograms.

/// Named columns of numbers, in a fixed order. A report of a batch has one number a frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Name and numbers of every column.
    pub columns: Vec<(String, Vec<f64>)>,
}

impl Table {
    /// The numbers of a column.
    pub fn column(&self, name: &str) -> Option<&[f64]> {
        self.columns.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_slice())
    }

    /// Adds a column at the end.
    pub fn push(&mut self, name: impl Into<String>, numbers: Vec<f64>) {
        self.columns.push((name.into(), numbers));
    }
}
