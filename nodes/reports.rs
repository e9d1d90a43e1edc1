//! Reports: one number a frame under each name, and the worst of them.

use std::sync::Arc;

use pellucid_value::Table;

/// The greatest PSNR that is reported, in decibels: that of equal pictures.
pub const MOST_PSNR: f64 = 999.0;

/// The numbers of one frame by name, in the order of the table.
pub type Row = Vec<(String, f64)>;

/// A row of numbers.
pub fn row<const N: usize>(numbers: [(&str, f64); N]) -> Row {
    numbers.into_iter().map(|(name, number)| (name.to_owned(), number)).collect()
}

/// The table of a batch, from rows of the same names: a column a name, a number a frame. What is
/// not finite becomes the nearest number that is.
pub fn table(rows: &[Row]) -> Arc<Table> {
    let names = rows.first().into_iter().flatten().map(|(name, _)| name);
    let mut table = Table::default();
    for (index, name) in names.enumerate() {
        table.push(name, rows.iter().map(|row| finite(row[index].1)).collect());
    }
    Arc::new(table)
}

/// The greatest number of a column: the worst frame where more is worse.
pub fn greatest(table: &Table, name: &str) -> f64 {
    frames(table, name).iter().copied().fold(f64::MIN, f64::max)
}

/// The least number of a column: the worst frame where less is worse.
pub fn least(table: &Table, name: &str) -> f64 {
    frames(table, name).iter().copied().fold(f64::MAX, f64::min)
}

/// A PSNR held to what is reported.
pub fn capped(psnr: f64) -> f64 {
    psnr.clamp(-MOST_PSNR, MOST_PSNR)
}

fn frames<'a>(table: &'a Table, name: &str) -> &'a [f64] {
    table.column(name).expect("a kind asks for columns it made")
}

/// Not a number comes of infinite errors only, so it counts as the greatest.
fn finite(number: f64) -> f64 {
    if number.is_nan() { f64::MAX } else { number.clamp(f64::MIN, f64::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_column_a_name_and_a_number_a_frame() {
        let rows = [row([("a", 1.0), ("b", f64::NAN)]), row([("a", -2.0), ("b", 0.5)])];
        let table = table(&rows);
        assert_eq!(table.column("a"), Some([1.0, -2.0].as_slice()));
        assert_eq!((greatest(&table, "a"), least(&table, "a")), (1.0, -2.0));
        assert_eq!((greatest(&table, "b"), least(&table, "b")), (f64::MAX, 0.5));
    }

    #[test]
    fn equal_pictures_have_a_finite_psnr() {
        assert_eq!([f64::INFINITY, f64::NEG_INFINITY, 40.0].map(capped), [999.0, -999.0, 40.0]);
    }
}
