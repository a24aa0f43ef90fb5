//! Tells the program which compiler built it, for `-V`.

fn main() {
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = std::process::Command::new(compiler).arg("-V").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    println!("cargo::rustc-env=ZAGUAN_COMPILER={}", text.unwrap_or_default());
    println!("cargo::rerun-if-changed=build.rs");
}
