//! The command line.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};
use pellucid_graph::{Budget, Override};
use pellucid_host::{CacheChoice, Options};
use pellucid_value::{Compute, Device, Precision};

use crate::exit::Failure;

/// Makes, takes apart and puts together pictures with real alpha, by graphs written as JSON.
#[derive(Debug, Parser)]
#[command(name = "pellucid", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a graph and write its outputs
    Run(RunArgs),
    /// Run a graph again whenever a file it reads changes
    Watch(RunArgs),
    /// Find out what is wrong with a graph, without running it
    Check(CheckArgs),
    /// Say what would run, and why
    Explain(ExplainArgs),
    /// Lay out a graph file canonically
    Fmt(FmtArgs),
    /// Draw a graph
    Show(ShowArgs),
    /// The manual of the node kinds
    Kinds(KindsArgs),
    /// Print the JSON Schema of graphs
    Schema(SchemaArgs),
    /// What is in the model folders, and what a weight file is
    Models(ModelsArgs),
    /// Turn a ComfyUI workflow into a graph, or a picture back into the graph it was made by
    Import(ImportArgs),
    /// Train the networks of latent transparency, and the small models that use them
    Train(TrainArgs),
}

/// What to train.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub struct TrainArgs {
    #[command(subcommand)]
    pub command: Option<TrainCommand>,
    /// The run to start, or to take up where it was left
    pub config: Option<PathBuf>,
    /// Stop after this many steps of this sitting
    #[arg(long, value_name = "N")]
    pub steps: Option<u64>,
    /// Where to compute: cpu, cuda, cuda:N or metal
    #[arg(long, default_value = "cpu", value_parser = device)]
    pub device: Device,
}

#[derive(Debug, Subcommand)]
pub enum TrainCommand {
    /// Show what is trained on
    Data(TrainDataArgs),
    /// Measure trained models on what they were not trained on
    Measure(TrainMeasureArgs),
    /// Put trained models together, in half precision, with a card that says what they are
    Pack(TrainPackArgs),
}

#[derive(Debug, Args)]
pub struct TrainDataArgs {
    /// The contact sheet to write: layer, surroundings, both, edges, depth, matte
    #[arg(long, value_name = "FILE.png")]
    pub sheet: PathBuf,
    /// A folder of pictures with captions, instead of the pictures made by rule
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// The seed of the pictures
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Pixels along a side
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u32).range(16..=1024))]
    pub size: u32,
    /// How many examples
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=400))]
    pub count: u32,
    /// Combinations that are kept from training
    #[arg(long)]
    pub held_out: bool,
}

#[derive(Debug, Args)]
pub struct TrainPackArgs {
    /// What to pack
    pub config: PathBuf,
}

#[derive(Debug, Args)]
pub struct TrainMeasureArgs {
    /// What to measure, and with which models
    pub config: PathBuf,
    /// Where to compute: cpu, cuda, cuda:N or metal
    #[arg(long, default_value = "cpu", value_parser = device)]
    pub device: Device,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

/// The graph and all that can be said about running it.
#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub graph: GraphArgs,
    /// Write only this output (repeatable)
    #[arg(long, value_name = "OUTPUT")]
    pub only: Vec<String>,
    /// Folder to write outputs to
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub out: PathBuf,
    /// Show what is being drawn: a rough picture DIR/NODE.png, replaced as the sampler goes on
    #[arg(long, value_name = "DIR")]
    pub previews: Option<PathBuf>,
    /// Stream what happens as JSON, an object a line, to a file or to stdout (-)
    #[arg(long, value_name = "FILE|-")]
    pub events: Option<PathBuf>,
    #[command(flatten)]
    pub work: WorkArgs,
}

/// Which graph, and where its files are.
#[derive(Debug, Args)]
pub struct GraphArgs {
    /// The graph file, or a ComfyUI workflow (.json, or .png with one in it)
    pub graph: PathBuf,
    /// Set a param: NAME=VALUE of the graph, or NODE.PARAM=VALUE (repeatable)
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Folder that files of the graph may not lie outside of (default: the nearest folder above
    /// with a file `pellucid.root` in it, or the graph's own)
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Folder whose graphs are offered as kinds (repeatable)
    #[arg(long, value_name = "DIR")]
    pub nodes: Vec<PathBuf>,
    /// Folder of models, or of ComfyUI (repeatable)
    #[arg(long, value_name = "DIR")]
    pub models: Vec<PathBuf>,
}

/// How to work.
#[derive(Debug, Args)]
pub struct WorkArgs {
    /// Device for networks: cpu, cuda, cuda:N or metal, where this build has them
    #[arg(long, default_value = "cpu", value_parser = device)]
    pub device: Device,
    /// Numbers that networks compute in: f32 is the reference
    #[arg(long, default_value = "f32", value_parser = precision)]
    pub dtype: Precision,
    /// Threads to work with (default: all)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// The most memory that values may take, such as 800M or 4G (default: four fifths of it all)
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub memory: Option<u64>,
    /// Folder of kept results (default: the user's cache folder)
    #[arg(long, value_name = "DIR", conflicts_with = "no_cache")]
    pub cache: Option<PathBuf>,
    /// Keep no results on disk
    #[arg(long)]
    pub no_cache: bool,
    /// The most disk space for kept results
    #[arg(long, value_name = "BYTES", value_parser = bytes, default_value = "4G")]
    pub cache_size: u64,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub graph: GraphArgs,
    /// Print the graph with what is known of every wire
    #[arg(long)]
    pub show: bool,
    /// Print findings as JSON on stdout
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ExplainArgs {
    #[command(flatten)]
    pub graph: GraphArgs,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub work: WorkArgs,
}

#[derive(Debug, Args)]
pub struct FmtArgs {
    /// The graph files; - is stdin to stdout
    #[arg(required = true)]
    pub graphs: Vec<PathBuf>,
    /// Write nothing; exit with 1 when a file is not laid out canonically
    #[arg(long)]
    pub check: bool,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    #[command(flatten)]
    pub graph: GraphArgs,
    /// The drawing to write: .svg or .dot
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

#[derive(Debug, Args)]
pub struct KindsArgs {
    /// A kind; all when left out
    pub kind: Option<String>,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Folder whose graphs are offered as kinds (repeatable)
    #[arg(long, value_name = "DIR")]
    pub nodes: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// A ComfyUI workflow (API or UI format), or a picture written by ComfyUI or pellucid
    pub file: PathBuf,
    /// The graph to write (default: stdout)
    #[arg(short, long, value_name = "GRAPH.json")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ModelsArgs {
    #[command(subcommand)]
    pub command: Option<ModelsCommand>,
    /// Folder of models (repeatable)
    #[arg(long, value_name = "DIR")]
    pub models: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// List what is in the model folders
    List(ListArgs),
    /// Say what a weight file is, and what is wrong with it
    Inspect(InspectArgs),
}

#[derive(Debug, Args)]
pub struct ListArgs {
    /// Folder of models (repeatable)
    #[arg(long, value_name = "DIR")]
    pub models: Vec<PathBuf>,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The file, or its name in the model folders
    pub file: PathBuf,
    /// Look at every number, for those that are not finite
    #[arg(long)]
    pub numbers: bool,
    /// Folder of models (repeatable)
    #[arg(long, value_name = "DIR")]
    pub models: Vec<PathBuf>,
    /// Print as JSON
    #[arg(long)]
    pub json: bool,
}

/// The model folders named on the command line, then those of the environment, then folders `models` that are
/// there without being named: above the graph, in the current folder, beside the program.
pub fn model_folders(named: &[PathBuf], graph: Option<&Path>) -> Vec<PathBuf> {
    let more = std::env::var_os("PELLUCID_MODELS").unwrap_or_default();
    let more = std::env::split_paths(&more).filter(|path| !path.as_os_str().is_empty());
    let mut folders: Vec<PathBuf> = named.iter().cloned().chain(more).collect();
    let graph = graph.and_then(|path| std::path::absolute(path).ok());
    let above = graph.iter().flat_map(|graph| graph.ancestors().skip(1)).map(Path::to_owned);
    let program = std::env::current_exe().ok().and_then(|path| Some(path.parent()?.to_owned()));
    let places = [above.map(with_models).find(|path| path.is_dir())]
        .into_iter()
        .chain([std::env::current_dir().ok().map(with_models), program.map(with_models)]);
    for folder in places.flatten().filter(|path| path.is_dir()) {
        if !folders.iter().any(|known| same(known, &folder)) {
            folders.push(folder);
        }
    }
    folders
}

fn with_models(folder: PathBuf) -> PathBuf {
    folder.join("models")
}

fn same(a: &Path, b: &Path) -> bool {
    a == b || a.canonicalize().ok().is_some_and(|a| b.canonicalize().ok() == Some(a))
}

impl GraphArgs {
    /// The options they stand for, with everything else as usual.
    pub fn options(&self) -> Options {
        let mut options = Options::new(&self.graph, crate::commands::builtin());
        options.set = self.set.iter().map(|text| Override { text: text.clone() }).collect();
        options.root = self.root.clone();
        options.nodes = self.nodes.clone();
        options.models = model_folders(&self.models, Some(&self.graph));
        options
    }
}

impl WorkArgs {
    /// Puts what they say into options.
    pub fn apply(&self, options: &mut Options) -> Result<(), Failure> {
        if let Some(threads) = self.threads {
            options.threads = threads as usize;
        }
        options.compute = Compute { device: self.device, precision: self.dtype };
        options.budget = Budget { memory: self.memory.or_else(most_memory), ..Budget::default() };
        options.cache = match (&self.cache, self.no_cache) {
            (_, true) => CacheChoice::None,
            (Some(dir), _) => CacheChoice::Dir(dir.clone(), self.cache_size),
            (None, _) => match user_cache() {
                Some(dir) => CacheChoice::Dir(dir, self.cache_size),
                None => CacheChoice::None,
            },
        };
        Ok(())
    }
}

/// Four fifths of the machine's memory, where the system says how much it has: rather a finding
/// than a machine that swaps.
fn most_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib * 1024 / 5 * 4)
}

/// The user's cache folder, by the habit of the system.
fn user_cache() -> Option<PathBuf> {
    let dir = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let base = if cfg!(windows) {
        dir("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        dir("HOME").map(|home| home.join("Library/Caches"))
    } else {
        dir("XDG_CACHE_HOME").or_else(|| dir("HOME").map(|home| home.join(".cache")))
    };
    base.map(|base| base.join("pellucid"))
}

/// A device by its name on the command line.
fn device(text: &str) -> Result<Device, String> {
    let built = |has: bool, name: &str, device: Device| match has {
        true => Ok(device),
        false => Err(format!("this build has no {name}; build with `--features {name}`")),
    };
    match text.split_once(':').unwrap_or((text, "0")) {
        ("cpu", "0") => Ok(Device::Cpu),
        ("cuda", index) => match index.parse() {
            Ok(index) => built(cfg!(feature = "cuda"), "cuda", Device::Cuda(index)),
            Err(_) => Err("write cuda or cuda:N".into()),
        },
        ("metal", "0") => built(cfg!(feature = "metal"), "metal", Device::Metal),
        _ => Err("it may be cpu, cuda, cuda:N or metal".into()),
    }
}

/// A type of number by its name on the command line.
fn precision(text: &str) -> Result<Precision, String> {
    match text {
        "f32" => Ok(Precision::F32),
        "bf16" => Ok(Precision::Bf16),
        "f16" => Ok(Precision::F16),
        _ => Err("it may be f32, bf16 or f16".into()),
    }
}

/// A number of bytes with an optional K, M, G or T.
fn bytes(text: &str) -> Result<u64, String> {
    let trimmed = text.trim().trim_end_matches(['B', 'b']);
    let (number, scale) = match trimmed.chars().last().map(|c| c.to_ascii_uppercase()) {
        Some('K') => (&trimmed[..trimmed.len() - 1], 1u64 << 10),
        Some('M') => (&trimmed[..trimmed.len() - 1], 1 << 20),
        Some('G') => (&trimmed[..trimmed.len() - 1], 1 << 30),
        Some('T') => (&trimmed[..trimmed.len() - 1], 1 << 40),
        _ => (trimmed, 1),
    };
    let number: f64 = number.trim().parse().map_err(|_| "write a number such as 800M or 4G")?;
    let bytes = number * scale as f64;
    if (1.0..1e18).contains(&bytes) { Ok(bytes as u64) } else { Err("it must be positive".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn bytes_take_a_suffix() {
        assert_eq!(bytes("4G"), Ok(4 << 30));
        assert_eq!(bytes("1.5k"), Ok(1536));
        assert_eq!(bytes("10"), Ok(10));
        assert!(bytes("much").is_err() && bytes("0").is_err() && bytes("-1M").is_err());
    }
}
