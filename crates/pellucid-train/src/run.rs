//! A run from start to end, however often it is interrupted.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use candle_core::Device;

use crate::adam::Group;
use crate::addition::AdditionRun;
use crate::autoencoder::AutoencoderRun;
use crate::config::{Config, Task};
use crate::curve::curves;
use crate::data::sheet::Sheet;
use crate::denoiser::DenoiserRun;
use crate::error::TrainError;
use crate::files::write_atomically;
use crate::judge::JudgeRun;
use crate::state;
use crate::transparency::TransparencyRun;

/// The name of the saved state in a run's folder.
pub const STATE: &str = "state.safetensors";

/// One kind of training.
pub trait Training {
    /// What the numbers that [`Training::step`] gives are.
    fn columns(&self) -> &'static [&'static str];

    /// Everything that is saved, by name.
    fn groups(&self) -> Vec<(&'static str, &Group)>;

    /// The same, to be restored.
    fn groups_mut(&mut self) -> Vec<(&'static str, &mut Group)>;

    /// Takes one step; nothing it does depends on anything but the groups and the step.
    fn step(&mut self, step: u64, rate: f32) -> Result<Vec<f32>, TrainError>;

    /// A picture of how well it goes.
    fn sheet(&self) -> Result<Sheet, TrainError>;

    /// Writes the models made so far.
    fn write(&self, folder: &Path, step: u64) -> Result<(), TrainError>;
}

/// What happens in a run.
#[derive(Clone, Debug)]
pub enum Event {
    /// Something worth a line.
    Note(String),
    /// A step was taken.
    Step {
        /// Steps done in all.
        done: u64,
        /// Steps to do in all.
        steps: u64,
        /// What the numbers are.
        columns: &'static [&'static str],
        /// The numbers.
        values: Vec<f32>,
        /// How long it took, in seconds.
        seconds: f32,
    },
    /// The state was saved.
    Saved(PathBuf),
}

/// How a sitting ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All steps are done.
    Done,
    /// It was stopped, and saved.
    Stopped,
}

/// Runs a configuration until its end, until `limit` steps of this sitting are done, or until `tell` returns
/// false; takes up a run that was begun.
pub fn run(
    config: &Config,
    limit: Option<u64>,
    device: &Device,
    tell: &mut dyn FnMut(Event) -> bool,
) -> Result<End, TrainError> {
    let mut training = start(config, device, tell)?;
    let path = config.out.join(STATE);
    let mut done = 0;
    if path.exists() {
        done = state::load(&path, &mut training.groups_mut())?;
        tell(Event::Note(format!("going on after step {done}")));
    }
    let mut rows = read_log(&config.out.join("log.csv"), done);
    let first = done;
    while done < config.schedule.steps {
        let begun = Instant::now();
        let values = training.step(done, config.schedule.rate_at(done))?;
        if values.iter().any(|value| !value.is_finite()) {
            return Err(TrainError::Diverged { step: done });
        }
        rows.push((done, values.clone()));
        done += 1;
        let (steps, columns) = (config.schedule.steps, training.columns());
        let seconds = begun.elapsed().as_secs_f32();
        let go_on = tell(Event::Step { done, steps, columns, values, seconds })
            && limit.is_none_or(|limit| done - first < limit);
        let last = done == steps || !go_on;
        if done % config.schedule.sheet_every == 0 || last {
            let sheet = png(&training.sheet()?)?;
            write_atomically(&config.out.join(format!("sheet-{done:06}.png")), &sheet)?;
        }
        if done % config.schedule.save_every == 0 || last {
            save(&*training, &config.out, done, &rows)?;
            tell(Event::Saved(path.clone()));
        }
        if !go_on {
            return Ok(if done == steps { End::Done } else { End::Stopped });
        }
    }
    Ok(End::Done)
}

fn start(
    config: &Config,
    device: &Device,
    tell: &mut dyn FnMut(Event) -> bool,
) -> Result<Box<dyn Training>, TrainError> {
    Ok(match &config.task {
        Task::Autoencoder(task) => Box::new(AutoencoderRun::start(config, task, device, tell)?),
        Task::Transparency(task) => Box::new(TransparencyRun::start(config, task, device, tell)?),
        Task::Addition(task) => Box::new(AdditionRun::start(config, task, device, tell)?),
        Task::Judge(task) => Box::new(JudgeRun::start(config, task, device, tell)?),
        Task::Denoiser(task) => Box::new(DenoiserRun::start(config, task, device, tell)?),
    })
}

/// Log and models before the state: what is newer than the state is written again.
fn save(
    training: &dyn Training,
    folder: &Path,
    done: u64,
    rows: &[(u64, Vec<f32>)],
) -> Result<(), TrainError> {
    let columns = training.columns();
    write_atomically(&folder.join("log.csv"), log(columns, rows).as_bytes())?;
    write_atomically(&folder.join("loss.png"), &png(&curves(rows, columns.len()))?)?;
    training.write(folder, done)?;
    state::save(&folder.join(STATE), done, &training.groups())
}

fn png(sheet: &Sheet) -> Result<Vec<u8>, TrainError> {
    sheet.png().map_err(|error| TrainError::Data(error.to_string()))
}

fn log(columns: &[&str], rows: &[(u64, Vec<f32>)]) -> String {
    let mut text = format!("step,{}\n", columns.join(","));
    for (step, values) in rows {
        let _ = write!(text, "{step}");
        for value in values {
            let _ = write!(text, ",{value:.6}");
        }
        text.push('\n');
    }
    text
}

/// The rows of a log that are older than `done`; a log that is not there or not readable is empty.
fn read_log(path: &Path, done: u64) -> Vec<(u64, Vec<f32>)> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let row = |line: &str| {
        let mut fields = line.split(',');
        let step: u64 = fields.next()?.parse().ok()?;
        let values = fields.map(|field| field.parse().ok()).collect::<Option<Vec<f32>>>()?;
        (step < done).then_some((step, values))
    };
    text.lines().skip(1).filter_map(row).collect()
}
