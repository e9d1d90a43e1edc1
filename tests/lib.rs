//! Golden suite: graphs with expected pictures or findings.
