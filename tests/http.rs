//! What clients and peers see of HTTP, a module for each feature.

mod keep_alive;
mod nginx_before_flask;
