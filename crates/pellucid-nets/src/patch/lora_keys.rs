//! The keys of LoRA files.

/// What a tensor of a LoRA file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Up,
    Down,
    Middle,
    Alpha,
    Norms,
    HadamardA1,
    HadamardB1,
    HadamardA2,
    HadamardB2,
    HadamardCore1,
    HadamardCore2,
    Kronecker1,
    Kronecker2,
    KroneckerA1,
    KroneckerB1,
    KroneckerA2,
    KroneckerB2,
    KroneckerCore2,
    Diff,
    BiasDiff,
    Set,
    /// Known, and not to be left out in silence.
    Unsupported,
}

/// The layer that a key of a LoRA file speaks of; `None` if it is none of a LoRA file.
pub fn lora_layer(key: &str) -> Option<&str> {
    split(key).map(|(layer, _)| layer)
}

/// The layer of a key and what the tensor is for.
pub(super) fn split(key: &str) -> Option<(&str, Role)> {
    ENDS.iter()
        .find_map(|(end, role)| Some((key.strip_suffix(end)?, *role)))
        .filter(|(layer, _)| !layer.is_empty())
}

/// What keys end in, after the name of a layer: the words of several trainers.
const ENDS: [(&str, Role); 42] = [
    (".lora_up.weight", Role::Up),
    (".lora_down.weight", Role::Down),
    (".lora_mid.weight", Role::Middle),
    (".lora_B.weight", Role::Up),
    (".lora_A.weight", Role::Down),
    (".lora_B.default.weight", Role::Up),
    (".lora_A.default.weight", Role::Down),
    (".lora_B", Role::Up),
    (".lora_A", Role::Down),
    (".lora.up.weight", Role::Up),
    (".lora.down.weight", Role::Down),
    ("_lora.up.weight", Role::Up),
    ("_lora.down.weight", Role::Down),
    (".lora_linear_layer.up.weight", Role::Up),
    (".lora_linear_layer.down.weight", Role::Down),
    (".alpha", Role::Alpha),
    (".dora_scale", Role::Norms),
    (".hada_w1_a", Role::HadamardA1),
    (".hada_w1_b", Role::HadamardB1),
    (".hada_w2_a", Role::HadamardA2),
    (".hada_w2_b", Role::HadamardB2),
    (".hada_t1", Role::HadamardCore1),
    (".hada_t2", Role::HadamardCore2),
    (".lokr_w1", Role::Kronecker1),
    (".lokr_w2", Role::Kronecker2),
    (".lokr_w1_a", Role::KroneckerA1),
    (".lokr_w1_b", Role::KroneckerB1),
    (".lokr_w2_a", Role::KroneckerA2),
    (".lokr_w2_b", Role::KroneckerB2),
    (".lokr_t2", Role::KroneckerCore2),
    (".diff", Role::Diff),
    (".diff_b", Role::BiasDiff),
    (".w_norm", Role::Diff),
    (".b_norm", Role::BiasDiff),
    (".set_weight", Role::Set),
    (".reshape_weight", Role::Unsupported),
    (".oft_blocks", Role::Unsupported),
    (".oft_diag", Role::Unsupported),
    (".a1.weight", Role::Unsupported),
    (".a2.weight", Role::Unsupported),
    (".b1.weight", Role::Unsupported),
    (".b2.weight", Role::Unsupported),
];
