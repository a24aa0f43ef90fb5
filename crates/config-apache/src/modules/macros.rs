//! The directives of `mod_macro`, which act while the text is read.

use crate::table::{EVERYWHERE, FLAG, Module, Row, at_least, at_reading, no_effect, take};

pub(crate) static MODULE: Module = Module { name: "mod_macro", identifier: "macro_module", built: true, rows: ROWS };

const WHY: &str = "there are no warnings that it could silence";

const ROWS: &[Row] = &[
    at_reading("<Macro>", EVERYWHERE, at_least(1)),
    no_effect("MacroIgnoreBadNesting", EVERYWHERE, FLAG, WHY),
    no_effect("MacroIgnoreEmptyArgs", EVERYWHERE, FLAG, WHY),
    at_reading("UndefMacro", EVERYWHERE, take(1)),
    at_reading("Use", EVERYWHERE, at_least(1)),
];
