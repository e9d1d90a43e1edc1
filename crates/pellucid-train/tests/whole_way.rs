//! The whole way in miniature: every stage takes a step on what the stage before has written, and every file
//! is what the host takes it for.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, and one that skips says so"
)]

use std::path::Path;

use pellucid_nets::Weights;
use pellucid_nets::checkpoint::{Family, FileKind, LayerModel, inspect_file};
use pellucid_train::Device;
use pellucid_train::config::Config;
use pellucid_train::measure::{MeasureConfig, measure};
use pellucid_train::pack::{PackConfig, pack};
use pellucid_train::run::{End, run};

fn train(folder: &Path, name: &str, task: &str) {
    let text = format!(
        r#"{{ "out": "{name}", "seed": 2,
            "schedule": {{ "steps": 1, "batch": 2, "rate": 0.001 }}, "data": {{ "size": 64 }}, "task": {task} }}"#
    );
    let path = folder.join(format!("{name}.json"));
    std::fs::write(&path, text).unwrap();
    let config = Config::read(&path).unwrap();
    assert_eq!(run(&config, None, &Device::Cpu, &mut |_| true).unwrap(), End::Done);
    for file in ["state.safetensors", "log.csv", "loss.png", "sheet-000001.png"] {
        assert!(config.out.join(file).exists(), "{name} has no {file}");
    }
}

/// What a file is, having made sure that nothing is missing and nothing too much.
fn kind(path: &Path) -> FileKind {
    let found = inspect_file(path).unwrap();
    assert!(found.missing.is_empty(), "{}: missing {:?}", path.display(), found.missing);
    assert!(found.unexpected.is_empty(), "{}: {:?}", path.display(), found.unexpected);
    found.kind
}

#[test]
fn every_stage_follows_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    train(
        folder,
        "autoencoder",
        r#"{ "autoencoder": { "base_width": 32, "multipliers": [1, 1, 1, 1], "residual_blocks": 1, "cut": 16,
            "divergence": 0.001 } }"#,
    );
    let file = folder.join("autoencoder/autoencoder.safetensors");
    assert!(matches!(kind(&file), FileKind::Vae { .. }));
    train(
        folder,
        "four",
        r#"{ "autoencoder": { "base_width": 32, "multipliers": [1, 1, 1, 1], "residual_blocks": 1, "cut": 16,
            "divergence": 0.001, "layers": true, "start": "autoencoder/autoencoder.safetensors" } }"#,
    );
    let four = kind(&folder.join("four/autoencoder.safetensors"));
    assert!(matches!(four, FileKind::Vae { vae, .. } if vae.channels == 4));
    train(
        folder,
        "transparency",
        r#"{ "transparency": { "autoencoder": "autoencoder/autoencoder.safetensors",
            "encoder_widths": [4, 4, 4, 4, 8, 8, 8, 8], "decoder_widths": [8, 8, 8, 8], "attention_levels": 1,
            "residual_blocks": 1, "cut": 64, "discriminator_width": 4 } }"#,
    );
    for file in ["vae_transparent_encoder.safetensors", "vae_transparent_decoder.safetensors"] {
        let found = kind(&folder.join("transparency").join(file));
        assert!(!matches!(found, FileKind::Unknown), "{file}: {found:?}");
    }
    goes_on_with_the_decoder(folder);
    train(
        folder,
        "denoiser",
        r#"{ "denoiser": { "autoencoder": "autoencoder/autoencoder.safetensors", "transparency": "transparency",
            "base_width": 32, "multipliers": [1, 1, 1, 1], "text_width": 64, "text_layers": 1, "examples": 7 } }"#,
    );
    let checkpoint = folder.join("denoiser/checkpoint.safetensors");
    starts_from(folder, &checkpoint);
    assert!(matches!(kind(&checkpoint), FileKind::Checkpoint { .. }));

    for addition in [
        "layer",
        "foreground_to_blended",
        "background_to_blended",
        "foreground_and_blended_to_background",
        "background_and_blended_to_foreground",
        "joint",
        "foreground_to_background",
        "background_to_foreground",
        "edges",
    ] {
        let task = format!(
            r#"{{ "addition": {{ "kind": "{addition}", "checkpoint": "denoiser/checkpoint.safetensors",
                "examples": "denoiser", "examples_seed": 2, "examples_count": 7, "rank": 2, "control_width": 8,
                "autoencoder": "autoencoder/autoencoder.safetensors", "transparency": "transparency" }} }}"#
        );
        train(folder, addition, &task);
    }
    needs_only_a_checkpoint(folder);
    additions_start_from_their_like(folder);
    let patch = kind(&folder.join("layer/layer_transparent_attn.safetensors"));
    let wanted = LayerModel::TransparentAttention;
    assert!(
        matches!(patch, FileKind::LayerPatch { family: Some(Family::Sd15), which, .. } if which == wanted),
        "{patch:?}"
    );
    let blended = kind(&folder.join("foreground_to_blended/layer_fg2ble.safetensors"));
    let wanted = LayerModel::OneToBlended;
    assert!(
        matches!(blended, FileKind::LayerPatch { which, .. } if which == wanted),
        "{blended:?}"
    );
    let joint = kind(&folder.join("joint/layer_joint.safetensors"));
    assert!(matches!(joint, FileKind::AttentionSharing(sharing) if sharing.frames == 3));
    let edges = kind(&folder.join("edges/control_edges.safetensors"));
    assert!(matches!(edges, FileKind::ControlNet { .. }), "{edges:?}");

    train(folder, "judge", r#"{ "judge": { "width": 4 } }"#);
    measures(folder);
    packs(folder);
}

fn measures(folder: &Path) {
    let text = r#"{ "autoencoder": "autoencoder/autoencoder.safetensors", "transparency": "transparency",
        "prompts": { "checkpoint": "denoiser/checkpoint.safetensors", "judge": "judge/judge.safetensors",
            "count": 3, "steps": 1, "guidance": 2.0 },
        "additions": { "checkpoint": "denoiser/checkpoint.safetensors", "edges": "edges/control_edges.safetensors",
            "joint": "joint/layer_joint.safetensors",
            "foreground_to_background": "foreground_to_background/layer_fg2bg.safetensors",
            "count": 1, "steps": 1, "guidance": 2.0 },
        "four_channels": "four/autoencoder.safetensors", "examples": 1, "seed": 1, "size": 64 }"#;
    let path = folder.join("measure.json");
    std::fs::write(&path, text).unwrap();
    let found = measure(&MeasureConfig::read(&path).unwrap(), &Device::Cpu).unwrap();
    for figures in [found.seen, found.held_out] {
        let (prompts, additions) = (figures.prompts.unwrap(), figures.additions.unwrap());
        for rate in [prompts.thing, prompts.judge_thing, prompts.colour, additions.edges.unwrap()] {
            assert!((0.0..=1.0).contains(&rate), "{figures:?}");
        }
        assert!(additions.joint_delta_e.unwrap() > 0.0 && additions.kept_delta_e.unwrap() >= 0.0);
        let errors = [figures.codec, figures.threshold, figures.matte, figures.four_channels];
        let errors = errors.map(Option::unwrap);
        assert!(errors.iter().all(|errors| errors.layers_db.is_finite()), "{figures:?}");
        assert!(figures.autoencoder_layers_db.is_finite());
    }
}

/// An addition encodes its own examples, and finds the autoencoder in the checkpoint; examples of another
/// seed are refused.
fn needs_only_a_checkpoint(folder: &Path) {
    let task = |seed: u64| {
        format!(
            r#"{{ "addition": {{ "kind": "layer", "checkpoint": "denoiser/checkpoint.safetensors",
                "examples": "own", "examples_seed": {seed}, "examples_count": 5, "rank": 2,
                "autoencoder": "denoiser/checkpoint.safetensors", "transparency": "transparency" }} }}"#
        )
    };
    train(folder, "alone", &task(4));
    assert!(folder.join("own/latents-000000.safetensors").exists());
    let text = format!(
        r#"{{ "out": "other", "schedule": {{ "steps": 1, "batch": 1, "rate": 0.1 }}, "data": {{ "size": 64 }},
            "task": {} }}"#,
        task(5)
    );
    let path = folder.join("other.json");
    std::fs::write(&path, text).unwrap();
    let error = run(&Config::read(&path).unwrap(), None, &Device::Cpu, &mut |_| true).unwrap_err();
    assert!(error.to_string().contains("seed 5"), "{error}");
}

/// An addition that hardly learns stays what it started from, also the one for the other direction; one of another
/// kind is refused.
fn additions_start_from_their_like(folder: &Path) {
    let config = |kind: &str, start: &str| {
        let text = format!(
            r#"{{ "out": "more", "seed": 98, "schedule": {{ "steps": 1, "batch": 1, "rate": 1e-12 }}, "data": {{ "size": 64 }},
                "task": {{ "addition": {{ "kind": "{kind}", "checkpoint": "denoiser/checkpoint.safetensors",
                    "examples": "denoiser", "examples_seed": 2, "examples_count": 7, "rank": 2, "control_width": 8,
                    "autoencoder": "autoencoder/autoencoder.safetensors", "transparency": "transparency",
                    "start": "{start}", "snr_limit": 1.0 }} }} }}"#
        );
        let path = folder.join("more.json");
        std::fs::write(&path, text).unwrap();
        Config::read(&path).unwrap()
    };
    let first = "foreground_to_background/layer_fg2bg.safetensors";
    for (kind, start, made) in [
        ("edges", "edges/control_edges.safetensors", "control_edges.safetensors"),
        ("background_to_foreground", first, "layer_bg2fg.safetensors"),
    ] {
        let ended = run(&config(kind, start), None, &Device::Cpu, &mut |_| true).unwrap();
        assert_eq!(ended, End::Done);
        let opened = |path: &str| Weights::open(&folder.join(path)).unwrap();
        let (before, after) = (opened(start), opened(&format!("more/{made}")));
        for key in before.keys() {
            let read = |weights: &Weights| -> Vec<f32> {
                weights.plain(key).unwrap().flatten_all().unwrap().to_vec1().unwrap()
            };
            assert!(read(&before) == read(&after), "{kind}: {key}");
        }
        std::fs::remove_dir_all(folder.join("more")).unwrap();
    }
    let error = run(&config("joint", first), None, &Device::Cpu, &mut |_| true).unwrap_err();
    assert!(error.to_string().contains("layer_fg2bg"), "{error}");
}

/// A further sitting starts from what there is; an encoder that stays is the same to the bit.
fn goes_on_with_the_decoder(folder: &Path) {
    train(
        folder,
        "further",
        r#"{ "transparency": { "autoencoder": "autoencoder/autoencoder.safetensors", "start": "transparency",
            "encoder_widths": [4, 4, 4, 4, 8, 8, 8, 8], "decoder_widths": [8, 8, 8, 8], "attention_levels": 1,
            "residual_blocks": 1, "cut": 64, "discriminator_width": 4, "encoder_stays": true, "haze": 0.5 } }"#,
    );
    let tensors = |run: &str, file: &str| {
        let weights = Weights::open(&folder.join(run).join(file)).unwrap();
        let numbers = |key: &str| -> Vec<f32> {
            weights.plain(key).unwrap().flatten_all().unwrap().to_vec1().unwrap()
        };
        weights.keys().map(numbers).collect::<Vec<_>>()
    };
    let file = "vae_transparent_encoder.safetensors";
    assert!(tensors("transparency", file) == tensors("further", file));
    let file = "vae_transparent_decoder.safetensors";
    let pairs = tensors("transparency", file).into_iter().zip(tensors("further", file));
    let far = pairs.flat_map(|(a, b)| a.into_iter().zip(b)).map(|(a, b)| (a - b).abs());
    let far = far.fold(0.0, f32::max);
    // One step of AdamW moves a number by about the rate of 0.001, times what the average takes of it.
    assert!(far > 0.0 && far < 0.01, "{far}");
}

/// A run that hardly learns stays what it started from.
fn starts_from(folder: &Path, checkpoint: &Path) {
    let key = "model.diffusion_model.middle_block.0.in_layers.2.weight";
    let table = "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight";
    let again = folder.join("again");
    std::fs::create_dir(&again).unwrap();
    let path = folder.join("again.json");
    let text = r#"{ "out": "again", "seed": 99, "schedule": { "steps": 1, "batch": 1, "rate": 1e-12 }, "data": { "size": 64 },
        "task": { "denoiser": { "autoencoder": "autoencoder/autoencoder.safetensors", "transparency": "transparency",
            "base_width": 32, "multipliers": [1, 1, 1, 1], "text_width": 64, "text_layers": 1, "examples": 2,
            "start": "denoiser/checkpoint.safetensors" } } }"#;
    std::fs::write(&path, text).unwrap();
    let config = Config::read(&path).unwrap();
    assert_eq!(run(&config, None, &Device::Cpu, &mut |_| true).unwrap(), End::Done);
    let read = |path: &Path, key: &str| -> Vec<f32> {
        let tensor = Weights::open(path).unwrap().plain(key).unwrap();
        tensor.flatten_all().unwrap().to_vec1().unwrap()
    };
    let made = again.join("checkpoint.safetensors");
    assert!(read(checkpoint, key) == read(&made, key));
    // Rows of words that captions use are taken over, the others are fresh.
    let (before, after) = (read(checkpoint, table), read(&made, table));
    let same = before.chunks(64).zip(after.chunks(64)).filter(|(a, b)| a == b).count();
    assert!((50..1000).contains(&same), "{same} rows");
}

fn packs(folder: &Path) {
    let text = r#"{ "out": "packed", "title": "Miniatures", "note": "Hardly trained.", "licence": "CC0-1.0",
        "models": [ { "run": "denoiser", "config": "denoiser.json", "file": "checkpoint.safetensors",
            "name": "checkpoints/mini.safetensors" } ] }"#;
    let path = folder.join("pack.json");
    std::fs::write(&path, text).unwrap();
    let bytes = pack(&PackConfig::read(&path).unwrap()).unwrap();
    let file = folder.join("packed/checkpoints/mini.safetensors");
    assert_eq!(bytes, std::fs::metadata(&file).unwrap().len());
    assert!(matches!(kind(&file), FileKind::Checkpoint { .. }));
    let card = std::fs::read_to_string(folder.join("packed/README.md")).unwrap();
    for words in
        ["# Miniatures", "Hardly trained.", "CC0-1.0", "trained for 1 steps", "\"seed\": 2"]
    {
        assert!(card.contains(words), "the card lacks `{words}`");
    }
    // What is packed can be packed again, without the run, and says the same.
    let text = text.replace(r#""run": "denoiser""#, r#""run": "packed/checkpoints""#);
    let text = text.replace("\"checkpoint.safetensors\"", "\"mini.safetensors\"");
    std::fs::write(&path, text.replace(r#""out": "packed""#, r#""out": "repacked""#)).unwrap();
    pack(&PackConfig::read(&path).unwrap()).unwrap();
    for name in ["README.md", "checkpoints/mini.safetensors"] {
        let read = |folder_name: &str| std::fs::read(folder.join(folder_name).join(name)).unwrap();
        assert!(read("packed") == read("repacked"), "{name}");
    }
}
