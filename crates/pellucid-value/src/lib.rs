//! What wires carry: values, socket types, facts.
