//! The binary `pellucid`: arguments, terminal, exit status.

fn main() {}
