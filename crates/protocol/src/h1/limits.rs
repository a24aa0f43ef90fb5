//! How large a request's head may be, and which field names are taken.

/// Limits of a request's head, as nginx's directives set them.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct HeadLimits {
    /// `client_header_buffer_size`, bytes.
    pub buffer: usize,
    /// `large_client_header_buffers`, its number.
    pub large_count: usize,
    /// `large_client_header_buffers`, its size in bytes.
    pub large_size: usize,
    /// Longest request line, its end included; `None`: what the buffers hold.
    pub line: Option<usize>,
    /// `ignore_invalid_headers`: fields with a name that nginx finds odd are dropped.
    pub ignore_invalid: bool,
    /// `underscores_in_headers`: an underscore in a name is not odd.
    pub underscores: bool,
    /// `max_headers`: how many fields a request may have.
    pub fields: usize,
}

impl Default for HeadLimits {
    /// nginx's defaults: 1k, 4 8k, on, off, 1000.
    fn default() -> Self {
        Self {
            buffer: 1024,
            large_count: 4,
            large_size: 8192,
            line: None,
            ignore_invalid: true,
            underscores: false,
            fields: 1000,
        }
    }
}
