//! Files of all sorts, looked at.
