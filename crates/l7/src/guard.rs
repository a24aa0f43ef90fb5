//! May refuse a request before it is served.

mod body_limit;
