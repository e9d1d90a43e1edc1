//! Rules that every kind keeps.

use std::collections::BTreeSet;
use std::fs;

use pellucid_graph::{Arity, ParamType, ParamValue, schema};
use pellucid_tests::{kinds, repository};

#[test]
fn every_kind_is_named_well_and_documented() {
    let mut troubles = Vec::new();
    for kind in kinds().iter() {
        let mut trouble = |what: String| troubles.push(format!("{}: {what}", kind.name));
        let good = |name: &str| {
            name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
                && name.starts_with(|c: char| c.is_ascii_lowercase())
        };
        let sentence = |text: &str| text.len() > 5 && text.ends_with('.') && !text.contains("  ");
        if !good(&kind.name) {
            trouble("the name is not snake_case".into());
        }
        if !sentence(&kind.docs) {
            trouble(format!("docs are not sentences: {:?}", kind.docs));
        }
        let sockets = kind.inputs.iter().map(|i| (&i.name, &i.doc));
        let sockets = sockets.chain(kind.params.iter().map(|p| (&p.name, &p.doc)));
        for (name, doc) in sockets.chain(kind.outputs.iter().map(|o| (&o.name, &o.doc))) {
            if !good(name) || !sentence(doc) {
                trouble(format!("{name}: {doc:?}"));
            }
        }
        if kind.outputs.is_empty() {
            trouble("it has no output".into());
        }
        if kind.inputs.iter().filter(|input| input.arity == Arity::Many).count() > 1 {
            trouble("it has two inputs that take many wires".into());
        }
        for names in [
            kind.inputs.iter().map(|i| &i.name).collect::<Vec<_>>(),
            kind.params.iter().map(|p| &p.name).collect(),
            kind.outputs.iter().map(|o| &o.name).collect(),
        ] {
            if names.iter().collect::<BTreeSet<_>>().len() != names.len() {
                trouble(format!("names are not unique: {names:?}"));
            }
        }
    }
    assert!(troubles.is_empty(), "{}", troubles.join("\n"));
}

#[test]
fn every_default_lies_in_its_range() {
    for kind in kinds().iter() {
        for param in &kind.params {
            let fine = match (&param.ty, &param.default) {
                (_, None | Some(ParamValue::Unset)) => true,
                (ParamType::Float { min, max }, Some(ParamValue::Float(v))) => {
                    (*min..=*max).contains(v)
                }
                (ParamType::Int { min, max }, Some(ParamValue::Int(v))) => {
                    (*min..=*max).contains(v)
                }
                (ParamType::Choice(choices), Some(ParamValue::Choice(index))) => {
                    *index < choices.words().len()
                }
                (ParamType::Numbers { min, max }, Some(ParamValue::Numbers(v))) => {
                    (*min..=*max).contains(&v.len())
                }
                // None at all; a file that is looked up cannot be a default.
                (ParamType::Files(_), Some(ParamValue::Files(v))) => v.is_empty(),
                (ParamType::Bool, Some(ParamValue::Bool(_)))
                | (ParamType::Text, Some(ParamValue::Text(_)))
                | (ParamType::Colour, Some(ParamValue::Colour(_))) => true,
                _ => false,
            };
            assert!(fine, "{}.{}: {param:?}", kind.name, param.name);
        }
    }
}

#[test]
fn names_are_unique_and_every_file_is_in_the_list() {
    let list = pellucid_nodes::KINDS.len();
    assert_eq!(kinds().iter().count(), list, "two kinds share a name");
    let mut files = BTreeSet::new();
    for family in fs::read_dir(repository().join("nodes")).unwrap().flatten() {
        let path = family.path();
        if path.is_dir() && path.join("mod.rs").is_file() {
            for file in fs::read_dir(&path).unwrap().flatten() {
                let name = file.path().file_stem().unwrap().to_string_lossy().into_owned();
                let family = path.file_name().unwrap().to_string_lossy().into_owned();
                // A file of a family that is no kind is a helper of its kinds, and says so by
                // holding no record.
                let text = fs::read_to_string(file.path()).unwrap_or_default();
                if text.contains("pub fn kind() -> NodeKind") {
                    files.insert((family, name));
                }
            }
        }
    }
    let listed: BTreeSet<(String, String)> =
        kinds().iter().map(|kind| (kind.family.clone(), kind.name.clone())).collect();
    assert_eq!(files, listed, "nodes/FAMILY/KIND.rs on the left, KINDS on the right");
}

#[test]
fn every_kind_has_a_graph_in_the_suite() {
    let without: Vec<String> = kinds()
        .iter()
        .map(|kind| format!("{}/{}.json", kind.family, kind.name))
        .filter(|name| !repository().join("tests/graphs").join(name).is_file())
        .collect();
    assert!(without.is_empty(), "no graph: {without:?}");
}

#[test]
fn the_schema_in_graphs_is_fresh() {
    let path = repository().join("graphs/graph.schema.json");
    let want = format!("{:#}\n", schema(&kinds(), &[]));
    let have = fs::read_to_string(&path).unwrap_or_default();
    if have != want && std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &want).unwrap();
    }
    assert!(have == want, "run UPDATE=1 cargo test -p pellucid-tests, and look at the difference");
}

/// Every code that the sources tell is in the list that people read, and none that is not.
#[test]
fn every_code_is_documented() {
    let page = fs::read_to_string(repository().join("docs/findings.md")).unwrap();
    let documented: BTreeSet<&str> = page
        .lines()
        .take_while(|line| !line.starts_with("## Events"))
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let mut told = BTreeSet::new();
    let mut sources = String::new();
    let mut open: Vec<_> = ["pellucid-comfy", "pellucid-graph", "pellucid-host", "pellucid-source"]
        .iter()
        .map(|name| repository().join("crates").join(name).join("src"))
        .collect();
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if !path.ends_with("tests.rs") {
                let text = fs::read_to_string(&path).unwrap();
                // Tests at the end of a file make up codes of their own.
                sources.push_str(text.split("#[cfg(test)]").next().unwrap_or_default());
            }
        }
    }
    let dense: String = sources.split_whitespace().collect::<Vec<_>>().join(" ");
    for start in [
        "Diagnostic::error(",
        "Diagnostic::warning(",
        "self.tell(",
        "code: ",
        "=> ",
        "tell(",
        "file, ",
        "error(",
    ] {
        for rest in dense.split(start).skip(1) {
            let word = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
            if let Some(word) = word.filter(|word| documented.contains(word)) {
                told.insert(word.to_owned());
            } else if let Some(word) =
                word.filter(|_| start.contains("Diagnostic") || start.contains("tell"))
            {
                told.insert(word.to_owned());
            }
        }
    }
    let documented: BTreeSet<String> = documented.into_iter().map(str::to_owned).collect();
    assert_eq!(told, documented, "told on the left, docs/findings.md on the right");
}
