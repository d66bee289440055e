//! Catalogs that explode as a whole.
