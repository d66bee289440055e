//! One account for a run: what the host allocates for a guest counts as the guest's.
