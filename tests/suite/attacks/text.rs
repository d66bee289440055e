//! Text from outside is safe wherever it is shown.
