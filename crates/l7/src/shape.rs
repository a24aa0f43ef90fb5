//! May change the response: in nginx's order of filters.

pub mod conditional;
mod expires;
pub mod fields;
mod range;

use crate::exchange::Exchange;
use crate::response::Response;

impl Exchange<'_> {
    /// Shapes a response: preconditions first, then added fields, then ranges.
    pub fn shape(&mut self, mut response: Response) -> Response {
        if let Some(status) = self.error_status
            && response.head.status == 200
        {
            response.head.status = status;
            response.conditional = false;
        }
        self.carry_fields(&mut response);
        response = self.judge_preconditions(response);
        self.add_fields(&mut response);
        response = self.cut_ranges(response);
        self.name_server(&mut response);
        response
    }
}
