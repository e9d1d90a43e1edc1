//! Primitives: literals that several inputs share.

use pellucid_graph::comfy::{ComfyClass, ComfyInput, flag, float, int, output, text};

/// `PrimitiveInt`
pub fn primitive_int() -> ComfyClass {
    let limit = i128::from(i64::MAX);
    primitive("PrimitiveInt", "Int", int("value", 0, -limit..=limit).control())
}

/// `PrimitiveFloat`
pub fn primitive_float() -> ComfyClass {
    let limit = i64::MAX as f64;
    primitive("PrimitiveFloat", "Float", float("value", 0.0, -limit..=limit))
}

/// `PrimitiveString`
pub fn primitive_string() -> ComfyClass {
    primitive("PrimitiveString", "String", text("value", ""))
}

/// `PrimitiveStringMultiline`
pub fn primitive_string_multiline() -> ComfyClass {
    primitive("PrimitiveStringMultiline", "String (Multiline)", text("value", ""))
}

/// `PrimitiveBoolean`
pub fn primitive_boolean() -> ComfyClass {
    primitive("PrimitiveBoolean", "Boolean", flag("value", false))
}

fn primitive(name: &str, title: &str, value: ComfyInput) -> ComfyClass {
    let ty = value.ty.name().to_owned();
    ComfyClass::new(name, title).input(value).output(output(&ty)).rewrite(|cx| {
        let value = cx.literal("value")?;
        cx.output(0, value);
        Ok(())
    })
}
