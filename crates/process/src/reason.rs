//! Why a system call failed, in the form that nginx's log lines have.

use nix::errno::Errno;
use std::io;

/// `(98: Address already in use)`; for errors that no system call made, their own text in parentheses.
pub fn reason(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(code) => format!("({code}: {})", Errno::from_raw(code).desc()),
        None => format!("({error})"),
    }
}

#[cfg(test)]
mod tests {
    use super::reason;
    use std::io;

    #[test]
    fn numbers_and_names_the_error() {
        assert_eq!(reason(&io::Error::from_raw_os_error(98)), "(98: Address already in use)");
        assert_eq!(reason(&io::Error::from_raw_os_error(2)), "(2: No such file or directory)");
        assert_eq!(reason(&io::Error::other("odd")), "(odd)");
    }
}
