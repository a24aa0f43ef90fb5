//! The life of the processes: signals, reloads, upgrades, accidents.

mod accidents;
mod reload;
mod shutdown;
mod upgrade;
mod workers;
