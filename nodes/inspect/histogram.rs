//! How often which value occurs.

use std::sync::Arc;

use pellucid_graph::{
    Check, CheckFn, Checked, Choice, Cost, In, NodeError, NodeKind, Out, Param, Params, Run, RunFn,
};
use pellucid_pixel::inspect::{Channel, Histogram, HistogramSettings, histogram};
use pellucid_pixel::{Alpha, Image};
use pellucid_value::{Table, Value};

const IN: In<Image> = In::new("image", "The picture.");
const CHANNEL: Choice<Channel> = Choice::new(
    "channel",
    &Channel::NAMES,
    "What is counted: alpha, straight colour, or its Rec. 601 luma, in the encoding of the \
     picture.",
);
const BINS: Param<u32> = Param::<u32>::int("bins", 256, "Bins of equal width.").range(1, 65536);
const LO: Param<f64> =
    Param::float("lo", 0.0, "The lower end of the first bin.").range(-65536.0, 65536.0);
const HI: Param<f64> =
    Param::float("hi", 1.0, "The upper end of the last bin, which belongs to it.")
        .range(-65536.0, 65536.0);
const BELOW: Out<f64> = Out::new("below", "Pixels below the first bin.");
const ABOVE: Out<f64> = Out::new("above", "Pixels above the last bin.");
const TABLE: Out<Arc<Table>> =
    Out::new("table", "A row a bin: `from`, `to` and `count` of pixels.");

/// The record of `histogram`.
pub fn kind() -> NodeKind {
    NodeKind {
        name: "histogram".into(),
        family: "inspect".into(),
        docs: "Counts how often which value occurs, over all frames. A value v falls into bin \
               floor((v - lo) / (hi - lo) * bins)."
            .into(),
        revision: 1,
        cost: Cost::Light,
        inputs: vec![IN.decl()],
        params: vec![CHANNEL.decl(), BINS.decl(), LO.decl(), HI.decl()],
        outputs: vec![BELOW.decl(), ABOVE.decl(), TABLE.decl()],
        comfy: vec![],
        check: CheckFn::Native(check),
        run: RunFn::Native(run),
    }
}

fn check(cx: &Check) -> Result<Checked, NodeError> {
    let (lo, hi) = (cx.param(LO), cx.param(HI));
    if lo as f32 >= hi as f32 {
        let message = format!("lo is {lo}, but hi is {hi}, so the bins have no width");
        return Err(NodeError::at(LO, message).hint("give lo the smaller of the two"));
    }
    let fact = cx.fact(IN);
    if fact.alpha == Alpha::Premultiplied {
        cx.needs(fact.bytes());
    }
    Ok(Checked::Facts(vec![BELOW.fact(()), ABOVE.fact(()), TABLE.fact(())]))
}

fn run(cx: &mut Run) -> Result<Vec<Value>, NodeError> {
    let settings = settings(cx.params());
    let counted = histogram(&cx.input(IN), &settings);
    let table = bins(&counted, cx.param(LO), cx.param(HI));
    Ok(vec![
        BELOW.put(counted.below as f64),
        ABOVE.put(counted.above as f64),
        TABLE.put(Arc::new(table)),
    ])
}

fn settings(params: Params) -> HistogramSettings {
    HistogramSettings {
        channel: params.choice(CHANNEL),
        bins: params.get(BINS),
        lo: params.get(LO) as f32,
        hi: params.get(HI) as f32,
    }
}

fn bins(counted: &Histogram, lo: f64, hi: f64) -> Table {
    let count = counted.counts.len();
    let end = |bin: usize| lo + (hi - lo) * (bin as f64 / count as f64);
    let mut table = Table::default();
    table.push("from", (0..count).map(end).collect());
    table.push("to", (1..=count).map(end).collect());
    table.push("count", counted.counts.iter().map(|n| *n as f64).collect());
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_stand_side_by_side_from_end_to_end() {
        let counted = Histogram { counts: vec![3, 0, 5, 1], below: 0, above: 2 };
        let table = bins(&counted, -1.0, 1.0);
        assert_eq!(table.column("from"), Some([-1.0, -0.5, 0.0, 0.5].as_slice()));
        assert_eq!(table.column("to"), Some([-0.5, 0.0, 0.5, 1.0].as_slice()));
        assert_eq!(table.column("count"), Some([3.0, 0.0, 5.0, 1.0].as_slice()));
    }
}
