//! Trained models as they are shipped: half precision, with a card that says what they are.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use pellucid_nets::Weights;
use serde::Deserialize;

use crate::error::TrainError;
use crate::files::write_atomically;
use crate::parameters::tensors_of;
use crate::state::{Precision, save_model};

/// What to pack.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackConfig {
    /// The folder to fill.
    pub out: PathBuf,
    /// The title of the card.
    pub title: String,
    /// What it says first.
    pub note: String,
    /// The licence of the models.
    pub licence: String,
    /// The models.
    pub models: Vec<PackedModel>,
}

/// One model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackedModel {
    /// The run's folder.
    pub run: PathBuf,
    /// The configuration of the run, which the card quotes.
    pub config: PathBuf,
    /// The model's file in it.
    pub file: String,
    /// Its name in the packed folder, below a folder of ComfyUI's names if it likes.
    pub name: String,
}

impl PackConfig {
    /// Reads what to pack; paths are relative to the file's folder.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let text = std::fs::read_to_string(path).map_err(|error| TrainError::file(path, error))?;
        let mut config: Self = serde_json::from_str(&text)
            .map_err(|error| TrainError::Config(format!("{}: {error}", path.display())))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        config.out = folder.join(&config.out);
        for model in &mut config.models {
            model.run = folder.join(&model.run);
            model.config = folder.join(&model.config);
        }
        Ok(config)
    }
}

/// Writes the models and their card; gives the bytes of all models together.
pub fn pack(config: &PackConfig) -> Result<u64, TrainError> {
    let mut card =
        format!("# {}\n\n{}\n\nLicence: {}\n", config.title, config.note, config.licence);
    let mut all = 0;
    for model in &config.models {
        let from = model.run.join(&model.file);
        let weights = Weights::open(&from)?;
        let tensors = tensors_of(&weights)?;
        // A packed model keeps what is known of its run, to be packed again without it. All in one entry: those of
        // a file are in no order.
        let known = weights.metadata().get(TRAINED).cloned();
        let trained = match (last_losses(&model.run), known) {
            (None, Some(known)) => known,
            (losses, _) => {
                let steps = weights.metadata().get("steps").cloned().unwrap_or_else(|| "?".into());
                format!("trained for {steps} steps.\n\n{}", losses.unwrap_or_default())
            }
        };
        let numbers: usize = tensors.values().map(|tensor| tensor.elem_count()).sum();
        let to = config.out.join(&model.name);
        let notes = BTreeMap::from([(TRAINED.to_owned(), trained.clone())]);
        save_model(&to, &tensors, Precision::F16, &notes)?;
        let bytes = std::fs::metadata(&to).map_err(|error| TrainError::file(&to, error))?.len();
        all += bytes;
        let quoted = std::fs::read_to_string(&model.config)
            .map_err(|error| TrainError::file(&model.config, error))?;
        let _ = write!(
            card,
            "\n## {}\n\n{numbers} numbers in half precision, {bytes} bytes; {}\nMade by `pellucid train` with:\n\n```json\n{}\n```\n",
            model.name,
            trained,
            quoted.trim_end()
        );
    }
    write_atomically(&config.out.join("README.md"), card.as_bytes())?;
    Ok(all)
}

/// The key in the metadata of a packed model of how it was trained.
const TRAINED: &str = "trained";

/// The means of the log's last hundred rows, as a list; nothing when there is no log.
fn last_losses(run: &Path) -> Option<String> {
    let log = std::fs::read_to_string(run.join("log.csv")).ok()?;
    let mut lines = log.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let rows: Vec<Vec<f32>> = lines
        .map(|line| line.split(',').map(|field| field.parse().unwrap_or(f32::NAN)).collect())
        .collect();
    let last = &rows[rows.len().saturating_sub(100)..];
    let mut text = format!("Means of the last {} steps:\n\n", last.len());
    for (column, name) in names.iter().enumerate().skip(1) {
        let of = last.iter().filter_map(|row| row.get(column));
        let mean = of.sum::<f32>() / last.len().max(1) as f32;
        let _ = writeln!(text, "- {name}: {mean:.4}");
    }
    Some(text)
}
