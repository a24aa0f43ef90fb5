//! What clients and peers see of HTTP, a module for each feature.

mod chunked;
mod half_close;
mod head;
mod hop_by_hop;
mod interim;
mod keep_alive;
mod limits;
mod location;
mod nginx_before_flask;
mod proxy_pass;
mod server_name;
mod smuggling;
mod timeouts;
mod trailers;
mod upgrade;
mod uri;
