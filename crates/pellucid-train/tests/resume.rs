//! An interrupted run ends in the same bits as one that was not.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;

use pellucid_train::config::Config;
use pellucid_train::run::{End, Event, STATE, run};
use pellucid_train::{Device, TrainError};

fn config(folder: &Path, out: &str) -> Config {
    let text = format!(
        r#"{{
            "out": "{out}", "seed": 5,
            "schedule": {{ "steps": 4, "batch": 2, "rate": 0.001, "save_every": 2, "sheet_every": 100 }},
            "data": {{ "size": 64 }},
            "task": {{ "autoencoder": {{
                "base_width": 32, "multipliers": [1, 1, 1, 1], "residual_blocks": 1, "cut": 16, "divergence": 0.001
            }} }}
        }}"#
    );
    let path = folder.join(format!("{out}.json"));
    std::fs::write(&path, text).unwrap();
    Config::read(&path).unwrap()
}

fn quietly(_: Event) -> bool {
    true
}

#[test]
fn an_interrupted_run_ends_in_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, parts) = (config(folder.path(), "whole"), config(folder.path(), "parts"));
    assert_eq!(run(&whole, None, &Device::Cpu, &mut quietly).unwrap(), End::Done);

    // Killed in the third step: what counts is the state saved after the second.
    let mut after_three = |event: Event| !matches!(event, Event::Step { done: 3, .. });
    let kept = folder.path().join("kept");
    run(&parts, Some(2), &Device::Cpu, &mut quietly).unwrap();
    std::fs::copy(parts.out.join(STATE), &kept).unwrap();
    run(&parts, None, &Device::Cpu, &mut after_three).unwrap();
    std::fs::copy(&kept, parts.out.join(STATE)).unwrap();
    assert_eq!(run(&parts, None, &Device::Cpu, &mut quietly).unwrap(), End::Done);

    for file in [STATE, "log.csv", "autoencoder.safetensors"] {
        let read = |out: &Path| std::fs::read(out.join(file)).unwrap();
        assert!(read(&whole.out) == read(&parts.out), "{file} differs");
    }
}

#[test]
fn a_damaged_state_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), "run");
    std::fs::create_dir_all(&config.out).unwrap();
    let state = config.out.join(STATE);
    std::fs::write(&state, b"half a file").unwrap();
    assert!(run(&config, None, &Device::Cpu, &mut quietly).is_err());
    assert_eq!(std::fs::read(&state).unwrap(), b"half a file");
}

#[test]
fn wrong_configurations_are_refused_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    let good = r#"{ "out": "x", "schedule": { "steps": 1, "batch": 1, "rate": 0.1 }, "task": { "autoencoder": {
        "base_width": 32, "multipliers": [1, 1], "residual_blocks": 1, "cut": 16, "divergence": 0 } } }"#;
    std::fs::write(&path, good).unwrap();
    Config::read(&path).unwrap();
    for (from, to) in [
        ("\"steps\": 1", "\"steps\": 0"),
        ("\"rate\": 0.1", "\"rate\": -1"),
        ("\"base_width\": 32", "\"base_width\": 30"),
        ("\"cut\": 16", "\"cut\": 15"),
        ("[1, 1]", "[]"),
        ("\"out\"", "\"output\""),
        ("autoencoder", "submarine"),
    ] {
        std::fs::write(&path, good.replace(from, to)).unwrap();
        let error = Config::read(&path).unwrap_err();
        assert!(matches!(error, TrainError::Config(_)), "{to}: {error}");
    }
    assert!(matches!(Config::read(&folder.path().join("none")), Err(TrainError::File(..))));
}
