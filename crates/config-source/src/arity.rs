//! How many arguments a directive takes.

/// How many arguments a directive takes, and whether a block follows them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arity {
    /// The fewest.
    pub least: usize,
    /// The most.
    pub most: usize,
    /// Whether a block follows, where the language writes one behind a directive.
    pub block: bool,
}

/// Exactly so many arguments.
pub const fn take(number: usize) -> Arity {
    between(number, number)
}

/// From `least` to `most` arguments.
pub const fn between(least: usize, most: usize) -> Arity {
    Arity { least, most, block: false }
}

/// So many arguments or more.
pub const fn at_least(least: usize) -> Arity {
    between(least, usize::MAX)
}

impl Arity {
    /// The same, with a block behind.
    #[must_use]
    pub const fn block(self) -> Self {
        Self { block: true, ..self }
    }

    /// Whether so many arguments are right.
    pub fn allows(self, number: usize) -> bool {
        (self.least..=self.most).contains(&number)
    }

    /// What is expected, as the help of a diagnostic says it.
    pub fn expected(self) -> String {
        let plural = |number: usize| if number == 1 { "argument" } else { "arguments" };
        match (self.least, self.most) {
            (0, 0) => "it takes none".to_owned(),
            (least, usize::MAX) => format!("it takes {least} {} or more", plural(least)),
            (least, most) if least == most => format!("it takes {least} {}", plural(least)),
            (least, most) => format!("it takes {least} to {most} arguments"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{at_least, between, take};

    #[test]
    fn it_says_what_it_expects() {
        assert_eq!(take(0).expected(), "it takes none");
        assert_eq!(take(1).expected(), "it takes 1 argument");
        assert_eq!(at_least(2).expected(), "it takes 2 arguments or more");
        assert_eq!(between(1, 3).expected(), "it takes 1 to 3 arguments");
        assert!(between(1, 3).allows(3) && !between(1, 3).allows(4) && !between(1, 3).allows(0));
    }
}
