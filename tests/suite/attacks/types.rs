//! Types are bounded as a graph and as a tree.
