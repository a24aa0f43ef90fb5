//! Apache httpd's configuration language: text becomes a lossless tree, and through tables of directives the model.
#![forbid(unsafe_code)]
