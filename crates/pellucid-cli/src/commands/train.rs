//! `pellucid train`.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pellucid_diffusion::open_device;
use pellucid_train::TrainError;
use pellucid_train::config::Config;
use pellucid_train::data::sheet::data_sheet;
use pellucid_train::data::{Example, Source, Split};
use pellucid_train::measure::{MeasureConfig, measure};
use pellucid_train::pack::{PackConfig, pack};
use pellucid_train::run::{End, Event, run};
use pellucid_value::Device;
use serde_json::Value;

use crate::args::{TrainArgs, TrainCommand, TrainDataArgs, TrainMeasureArgs};
use crate::exit::{Exit, Failure};
use crate::{Outcome, terminal};

/// Steps between lines of progress.
const LINE_EVERY: u64 = 10;

/// Trains, or shows what is trained on, or measures.
pub fn train(args: &TrainArgs) -> Outcome {
    match (&args.command, &args.config) {
        (Some(TrainCommand::Data(args)), _) => data(args),
        (Some(TrainCommand::Measure(args)), _) => measured(args),
        (Some(TrainCommand::Pack(args)), _) => packed(&args.config),
        (None, Some(config)) => start(config, args.steps, args.device),
        _ => Err(Failure::usage("a configuration to run is missing")),
    }
}

fn start(path: &Path, limit: Option<u64>, device: Device) -> Outcome {
    let config = Config::read(path).map_err(failure)?;
    let device = open(device)?;
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))
        .map_err(|error| Failure::failed(error.to_string()))?;
    let mut means = Means::default();
    let mut tell = |event: Event| {
        match event {
            Event::Note(text) => terminal::say(&text),
            Event::Saved(path) => terminal::say(&format!("saved {}", path.display())),
            Event::Step { done, steps, columns, values, seconds } => {
                means.add(&values, seconds);
                if done % LINE_EVERY == 0 || done == steps {
                    terminal::say(&means.line(done, steps, columns));
                }
            }
        }
        !interrupted.load(Ordering::Relaxed)
    };
    match run(&config, limit, &device, &mut tell).map_err(failure)? {
        End::Stopped if interrupted.load(Ordering::Relaxed) => Ok(Exit::Interrupted),
        _ => Ok(Exit::Done),
    }
}

fn open(device: Device) -> Result<pellucid_train::Device, Failure> {
    open_device(device).map_err(|error| Failure::failed(error.to_string()))
}

/// Sums since the last line.
#[derive(Default)]
struct Means {
    count: u32,
    sums: Vec<f32>,
    seconds: f32,
}

impl Means {
    fn add(&mut self, values: &[f32], seconds: f32) {
        self.sums.resize(values.len(), 0.0);
        self.sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        self.count += 1;
        self.seconds += seconds;
    }

    fn line(&mut self, done: u64, steps: u64, columns: &[&str]) -> String {
        let means = std::mem::take(self);
        let count = means.count.max(1) as f32;
        let mut line = format!("{done}/{steps}  {:.2} s", means.seconds / count);
        for (name, sum) in columns.iter().zip(means.sums) {
            line.push_str(&format!("  {name} {:.4}", sum / count));
        }
        line
    }
}

fn data(args: &TrainDataArgs) -> Outcome {
    let split = if args.held_out { Split::HeldOut } else { Split::Training };
    let size = args.size as usize;
    let source = Source::open(args.folder.as_deref(), size).map_err(failure)?;
    for (path, why) in source.faults() {
        terminal::say(&format!("left out {}: {why}", path.display()));
    }
    let made = |index| source.example(args.seed, index, size, split);
    let examples: Vec<Example> = (0..u64::from(args.count)).map(made).collect();
    let png = data_sheet(&examples).png().map_err(|error| Failure::failed(error.to_string()))?;
    write(&args.sheet, &png)?;
    let captions: String = examples.iter().map(|e| format!("{}\n", e.of_blend)).collect();
    terminal::print(&captions)?;
    Ok(Exit::Done)
}

fn measured(args: &TrainMeasureArgs) -> Outcome {
    let config = MeasureConfig::read(&args.config).map_err(failure)?;
    let measures = measure(&config, &open(args.device)?).map_err(failure)?;
    let value = serde_json::to_value(measures)
        .map_err(|error| Failure::failed(format!("the figures cannot be written: {error}")))?;
    if args.json {
        terminal::print(&format!("{value:#}\n"))?;
        return Ok(Exit::Done);
    }
    let mut text = format!("{:24} {:>10} {:>10}\n", "", "seen", "held out");
    for (name, [seen, held_out]) in figures(&value["seen"], &value["held_out"]) {
        text.push_str(&format!("{name:24} {seen:10.4} {held_out:10.4}\n"));
    }
    terminal::print(&text)?;
    Ok(Exit::Done)
}

/// Numbers of both splits by name, those of parts with the part's name before.
fn figures(seen: &Value, held_out: &Value) -> Vec<(String, [f64; 2])> {
    let mut found = Vec::new();
    for (name, value) in seen.as_object().into_iter().flatten() {
        if value.is_object() {
            let inner = figures(value, &held_out[name]);
            found.extend(inner.into_iter().map(|(of, pair)| (format!("{name} {of}"), pair)));
        } else {
            let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
            found.push((name.clone(), [number(value), number(&held_out[name])]));
        }
    }
    found
}

fn packed(path: &Path) -> Outcome {
    let config = PackConfig::read(path).map_err(failure)?;
    let bytes = pack(&config).map_err(failure)?;
    let folder = config.out.display();
    terminal::say(&format!("{} models, {bytes} bytes, in {folder}", config.models.len()));
    Ok(Exit::Done)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|error| Failure::io(&path.display().to_string(), &error))
}

fn failure(error: TrainError) -> Failure {
    let message = error.to_string();
    match error {
        TrainError::Stopped => Failure { exit: Exit::Interrupted, message },
        TrainError::Config(_) => Failure { exit: Exit::Findings, message },
        TrainError::Data(_) => Failure { exit: Exit::Missing, message },
        TrainError::File(_, error) if error.kind() == std::io::ErrorKind::NotFound => {
            Failure { exit: Exit::Missing, message }
        }
        _ => Failure::failed(message),
    }
}
