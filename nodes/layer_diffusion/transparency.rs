//! Tells whether a model really drew transparency.

use std::sync::Arc;

use pellucid_graph::{
    Check, CheckFn, Checked, Cost, In, NodeError, NodeKind, Out, Param, Run, RunFn,
};
use pellucid_pixel::{Alpha, Image};
use pellucid_value::{Table, Value};

const PLAIN: In<Image> = In::new("plain", "The latents decoded by the autoencoder alone.");
const LAYER: In<Image> = In::new("layer", "The same latents decoded as layers.");
const REQUIRE: Param<bool> =
    Param::bool("require", false, "Whether to fail when a layer did not come out transparent.");
const REPORT: Out<Arc<Table>> = Out::new(
    "report",
    "For every layer `transparent` (1 or 0), `clear`, `haze`, `soft` and `opaque` (shares of pixels), \
     `border` (mean alpha along the edges), and `grey` and `spread` (mean and deviation of the plain \
     picture where the layer is clear).",
);

/// Alpha up to this is clear, 1 minus this is opaque.
const ALMOST: f32 = 12.5 / 255.0;
/// The least share of clear pixels of a layer.
const LEAST_CLEAR: f64 = 0.02;
/// The most that clear pixels of the plain picture may differ from mid grey in the mean.
const GREY_RANGE: f64 = 0.06;
/// The most that they may differ among each other.
const MOST_SPREAD: f64 = 0.08;

/// The record of `transparency`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "transparency".into(),
        family: "layer_diffusion".into(),
        docs: "Tells whether a model drew transparent layers or merely pictures. A layer counts as transparent when some of it is clear and the plain picture is the neutral grey there that layer models paint where nothing is. Many retrained models have lost that.".into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![PLAIN.decl(), LAYER.decl()],
        params: vec![REQUIRE.decl()],
        outputs: vec![REPORT.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (plain, layer) = (cx.fact(PLAIN), cx.fact(LAYER));
    if (plain.width, plain.height, plain.batch) != (layer.width, layer.height, layer.batch) {
        let message = format!(
            "{} plain pictures of {}x{}, but {} layers of {}x{}",
            plain.batch, plain.width, plain.height, layer.batch, layer.width, layer.height
        );
        return Err(NodeError::at(PLAIN, message).hint("decode the same latents"));
    }
    if layer.alpha == Alpha::Opaque {
        return Err(NodeError::at(LAYER, "the layers have no alpha").hint("use `decode_layer`"));
    }
    Ok(Checked::Facts(vec![REPORT.fact(())]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let (plain, layer) = (cx.input(PLAIN), cx.input(LAYER));
    let looks: Vec<Look> = (0..layer.fact.batch)
        .map(|frame| {
            let width = layer.fact.width as usize;
            look(plain.frame(frame), layer.frame(frame), width)
        })
        .collect();
    if cx.param(REQUIRE)
        && let Some(failed) = looks.iter().find(|look| !look.is_transparent())
    {
        return Err(NodeError::assertion(failed.verdict()).hint(
            "try another seed, the sampler the layer model was made for, or another base model",
        ));
    }
    let mut table = Table::default();
    let mut column = |name: &str, value: fn(&Look) -> f64| {
        table.push(name, looks.iter().map(value).collect());
    };
    column("transparent", |look| f64::from(u8::from(look.is_transparent())));
    column("clear", |look| look.clear);
    column("haze", |look| look.haze);
    column("soft", |look| look.soft);
    column("opaque", |look| look.opaque);
    column("border", |look| look.border);
    column("grey", |look| look.grey);
    column("spread", |look| look.spread);
    Ok(vec![REPORT.put(Arc::new(table))])
}

/// What there is to see in a layer.
struct Look {
    clear: f64,
    haze: f64,
    soft: f64,
    opaque: f64,
    border: f64,
    grey: f64,
    spread: f64,
}

impl Look {
    fn is_transparent(&self) -> bool {
        self.clear >= LEAST_CLEAR
            && (self.grey - 0.5).abs() <= GREY_RANGE
            && self.spread <= MOST_SPREAD
    }

    fn verdict(&self) -> String {
        if self.clear < LEAST_CLEAR {
            return format!(
                "the layer is not transparent: {:.1} % of it is clear, and {:.1} % hazy",
                100.0 * self.clear,
                100.0 * self.haze
            );
        }
        format!(
            "the layer is not to be trusted: where it is clear the plain picture is {:.2} +- {:.2} \
             and not mid grey",
            self.grey, self.spread
        )
    }
}

fn look(plain: &[[f32; 4]], layer: &[[f32; 4]], width: usize) -> Look {
    let count = layer.len().max(1) as f64;
    let share =
        |is: &dyn Fn(f32) -> bool| layer.iter().filter(|pixel| is(pixel[3])).count() as f64 / count;
    let height = layer.len() / width.max(1);
    let edge = (0..layer.len()).filter(|index| {
        let (x, y) = (index % width, index / width);
        x == 0 || y == 0 || x + 1 == width || y + 1 == height
    });
    let edge: Vec<f64> = edge.map(|index| f64::from(layer[index][3])).collect();
    let under: Vec<f64> = plain
        .iter()
        .zip(layer)
        .filter(|(_, layer)| layer[3] <= ALMOST)
        .flat_map(|(plain, _)| plain[..3].iter().map(|v| f64::from(*v)))
        .collect();
    let grey = mean(&under);
    let square: Vec<f64> = under.iter().map(|v| (v - grey).powi(2)).collect();
    const TOUCH: f32 = 0.5 / 255.0;
    Look {
        clear: share(&|alpha| alpha <= ALMOST),
        haze: share(&|alpha| alpha > TOUCH && alpha <= ALMOST),
        soft: share(&|alpha| alpha > ALMOST && alpha < 1.0 - ALMOST),
        opaque: share(&|alpha| alpha >= 1.0 - ALMOST),
        border: mean(&edge),
        grey,
        spread: mean(&square).sqrt(),
    }
}

fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixels(alpha: &[f32]) -> Vec<[f32; 4]> {
        alpha.iter().map(|a| [1.0, 1.0, 1.0, *a]).collect()
    }

    #[test]
    fn a_thing_on_grey_is_transparent() {
        let layer = pixels(&[0.0, 0.0, 1.0, 0.5]);
        let plain = [[0.5, 0.5, 0.5, 1.0]; 4];
        assert!(look(&plain, &layer, 2).is_transparent());
    }

    #[test]
    fn an_opaque_picture_or_one_on_white_is_not() {
        let white = [[1.0; 4]; 4];
        assert!(!look(&white, &pixels(&[1.0; 4]), 2).is_transparent());
        assert!(!look(&white, &pixels(&[0.0, 0.0, 1.0, 1.0]), 2).is_transparent());
    }
}
