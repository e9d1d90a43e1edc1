//! Noise levels on wires: a table with one column.

use std::sync::Arc;

use pellucid_graph::{Check, In, NodeError, Out, Param, Site};
use pellucid_value::{Table, Value};

pub const LEVELS: In<Arc<Table>> = In::new("levels", "Noise levels, falling.");
pub const LEVELS_OUT: Out<Arc<Table>> =
    Out::new("levels", "Noise levels, one more than there are steps, in the column `sigma`.");
pub const STEPS: Param<u32> =
    Param::<u32>::int("steps", 20, "Steps from noise to picture.").range(1, 10_000);
pub const SIGMA_MAX: Param<f64> =
    Param::float("sigma_max", 14.614642, "The highest level.").range(0.0, 5000.0);
pub const SIGMA_MIN: Param<f64> =
    Param::float("sigma_min", 0.0291675, "The lowest level before zero.").range(0.0, 5000.0);

const COLUMN: &str = "sigma";

/// Refuses ends between which levels cannot fall.
///
/// # Errors
/// At [`SIGMA_MIN`], when it is not between 0 and [`SIGMA_MAX`].
pub fn refuse_rising(cx: &Check) -> Result<(), NodeError> {
    let (low, high) = (cx.param(SIGMA_MIN), cx.param(SIGMA_MAX));
    if low > 0.0 && low < high {
        return Ok(());
    }
    let message = format!("levels cannot fall from {high} to {low}");
    Err(NodeError::at(SIGMA_MIN, message).hint("let it lie between 0 and `sigma_max`"))
}

/// Levels as a value.
pub fn value(levels: &[f32]) -> Value {
    let mut table = Table::default();
    table.push(COLUMN, levels.iter().map(|&level| f64::from(level)).collect());
    LEVELS_OUT.put(Arc::new(table))
}

/// The levels in a table.
///
/// # Errors
/// At `site`, when it holds none.
pub fn of(table: &Arc<Table>, site: impl Into<Site>) -> Result<Vec<f32>, NodeError> {
    let column = table.columns.iter().find(|(name, _)| name == COLUMN);
    let levels = column.map(|(_, levels)| levels.iter().map(|&level| level as f32).collect());
    levels.ok_or_else(|| {
        let names: Vec<&str> = table.columns.iter().map(|(name, _)| name.as_str()).collect();
        NodeError::at(site, format!("a table of {}, not of `{COLUMN}`", names.join(", ")))
            .hint("take the levels from a `schedule` node")
    })
}
