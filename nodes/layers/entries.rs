//! Entries of a stack: their batch, and finding one by name or by index.

use pellucid_graph::{NodeError, Site};
use pellucid_pixel::{Layer, LayerContent};
use pellucid_source::did_you_mean;
use pellucid_value::{LayerFact, LayerFactContent, LayersFact};

/// The one batch above 1 among all pictures of all stacks, or 1.
///
/// # Errors
/// At `site`, when there are two such batches.
pub fn common_batch(stacks: &[LayersFact], site: impl Into<Site>) -> Result<u32, NodeError> {
    let mut pictures: Vec<(&str, u32)> = Vec::new();
    stacks.iter().for_each(|stack| collect(&stack.layers, &mut pictures));
    let mut many = pictures.into_iter().filter(|(_, batch)| *batch > 1);
    let Some((first, batch)) = many.next() else { return Ok(1) };
    match many.find(|(_, other)| *other != batch) {
        None => Ok(batch),
        Some((name, other)) => {
            let message = format!(
                "layer `{}` is a batch of {other}, but layer `{}` of {batch}",
                name.escape_debug(),
                first.escape_debug()
            );
            Err(NodeError::at(site, message)
                .hint("give all layers the same number of pictures, or one"))
        }
    }
}

fn collect<'a>(layers: &'a [LayerFact], pictures: &mut Vec<(&'a str, u32)>) {
    for layer in layers {
        match &layer.content {
            LayerFactContent::Image(fact, ..) => pictures.push((&*layer.name, fact.batch)),
            LayerFactContent::Group(children) => collect(children, pictures),
        }
    }
}

/// Where the first entry of that name is, as indices from the root down: the stack itself is
/// searched before its groups, each bottom first.
///
/// # Errors
/// At `site`, when there is none, with the nearest name.
pub fn by_name(
    layers: &[LayerFact],
    name: &str,
    site: impl Into<Site>,
) -> Result<Vec<usize>, NodeError> {
    find(layers, name).ok_or_else(|| {
        let mut names = Vec::new();
        all_names(layers, &mut names);
        let hint = did_you_mean(name, names.iter().copied()).unwrap_or_else(|| listed(&names));
        NodeError::at(site, format!("there is no layer `{}`", name.escape_debug())).hint(hint)
    })
}

fn find(layers: &[LayerFact], name: &str) -> Option<Vec<usize>> {
    if let Some(index) = layers.iter().position(|layer| &*layer.name == name) {
        return Some(vec![index]);
    }
    layers.iter().enumerate().find_map(|(index, layer)| match &layer.content {
        LayerFactContent::Image(..) => None,
        LayerFactContent::Group(children) => {
            find(children, name).map(|rest| [vec![index], rest].concat())
        }
    })
}

fn all_names<'a>(layers: &'a [LayerFact], names: &mut Vec<&'a str>) {
    for layer in layers {
        names.push(&layer.name);
        if let LayerFactContent::Group(children) = &layer.content {
            all_names(children, names);
        }
    }
}

fn listed(names: &[&str]) -> String {
    const MOST: usize = 12;
    let shown: Vec<String> =
        names.iter().take(MOST).map(|name| format!("`{}`", name.escape_debug())).collect();
    let more = if names.len() > MOST { ", ..." } else { "" };
    match shown.is_empty() {
        true => "the stack is empty".into(),
        false => format!("there are {}{more}", shown.join(", ")),
    }
}

/// The index of an entry among `count`, from the bottom, or from the top where negative.
///
/// # Errors
/// At `site`, when there is none.
pub fn by_index(count: usize, index: i32, site: impl Into<Site>) -> Result<usize, NodeError> {
    let count = count as i64;
    let from_bottom = if index < 0 { count + i64::from(index) } else { i64::from(index) };
    if (0..count).contains(&from_bottom) {
        return Ok(from_bottom as usize);
    }
    let message = format!("there is no layer {index} among {count}");
    let last = count - 1;
    Err(NodeError::at(site, message).hint(format!("it may be from -{count} to {last}")))
}

/// The fact of the entry at a path of [`by_name`].
pub fn fact_at<'a>(layers: &'a [LayerFact], path: &[usize]) -> Option<&'a LayerFact> {
    let (index, rest) = path.split_first()?;
    let layer = layers.get(*index)?;
    match &layer.content {
        _ if rest.is_empty() => Some(layer),
        LayerFactContent::Group(children) => fact_at(children, rest),
        LayerFactContent::Image(..) => None,
    }
}

/// The entry at a path of [`by_name`].
pub fn layer_at<'a>(layers: &'a [Layer], path: &[usize]) -> Option<&'a Layer> {
    let (index, rest) = path.split_first()?;
    let layer = layers.get(*index)?;
    match &layer.content {
        _ if rest.is_empty() => Some(layer),
        LayerContent::Group { layers, .. } => layer_at(layers, rest),
        LayerContent::Image { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use pellucid_pixel::{Alpha, ImageFact};

    use super::*;

    fn picture(name: &str, batch: u32) -> LayerFact {
        let fact = ImageFact { batch, ..ImageFact::new(1, 1, Alpha::Opaque) };
        LayerFact { name: name.into(), content: LayerFactContent::Image(fact, 0, 0) }
    }

    fn stack(layers: Vec<LayerFact>) -> LayersFact {
        LayersFact { width: 1, height: 1, batch: 1, layers: layers.into() }
    }

    fn nested() -> Vec<LayerFact> {
        let children = vec![picture("hair", 1), picture("face", 3)];
        let group = LayerFactContent::Group(children.into());
        vec![picture("table", 1), LayerFact { name: "hero".into(), content: group }]
    }

    #[test]
    fn names_are_found_in_groups_too() {
        let layers = nested();
        assert_eq!(by_name(&layers, "hero", Site::Node), Ok(vec![1]));
        let path = by_name(&layers, "face", Site::Node).unwrap();
        assert_eq!(path, [1, 1]);
        assert_eq!(&*fact_at(&layers, &path).unwrap().name, "face");
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_nearest() {
        let error = by_name(&nested(), "faec", Site::Node).unwrap_err();
        assert_eq!(error.hint.as_deref(), Some("did you mean `face`?"));
        let error = by_name(&nested(), "background", Site::Node).unwrap_err();
        assert_eq!(error.hint.as_deref(), Some("there are `table`, `hero`, `hair`, `face`"));
    }

    #[test]
    fn one_batch_above_one_is_common() {
        assert_eq!(common_batch(&[stack(nested())], Site::Node), Ok(3));
        let other = stack(vec![picture("sky", 2)]);
        assert!(common_batch(&[stack(nested()), other], Site::Node).is_err());
    }

    #[test]
    fn negative_indices_count_from_the_top() {
        assert_eq!((by_index(3, -1, Site::Node), by_index(3, 0, Site::Node)), (Ok(2), Ok(0)));
        assert!(by_index(3, 3, Site::Node).is_err() && by_index(0, 0, Site::Node).is_err());
    }
}
