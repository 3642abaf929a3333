//! The program comes with its command line.

fn main() {}
