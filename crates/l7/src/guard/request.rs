//! Another place of the site is asked whether a request may come in.

use crate::child::Asked;
use crate::client::Client;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::guard::access::Answer;
use crate::plan::Template;
use crate::script::SetPlace;
use protocol::Name;

/// Another place of the site that is asked.
pub struct AuthRequest {
    /// Its path.
    pub path: Template,
    /// What its answer sets.
    pub set: Vec<(SetPlace, Template)>,
}

impl<'p> Exchange<'p> {
    /// Asks the place; what it answers is forgotten but for its status, its challenges and what it sets.
    pub(super) async fn ask_request(
        &mut self,
        request: &'p AuthRequest,
        client: &mut Client<'_>,
    ) -> Result<Answer, Failure> {
        let asked = Asked::get(&self.text_of(&request.path));
        let (status, values, challenges) = self
            .ask_inside(asked, client, |child, response| {
                let values: Vec<Vec<u8>> = request.set.iter().map(|(_, value)| child.text_of(value)).collect();
                let fields = &response.head.fields;
                let challenges: Vec<Vec<u8>> =
                    fields.get_all_known(Name::WwwAuthenticate).map(<[u8]>::to_vec).collect();
                (response.head.status, values, challenges)
            })
            .await?;
        for ((place, _), value) in request.set.iter().zip(values) {
            self.set_to(place, value);
        }
        Ok(match status {
            200..=299 => Answer::Granted,
            401 => {
                for challenge in challenges {
                    self.carried.push(b"WWW-Authenticate", &challenge);
                }
                Answer::Refused(401)
            }
            403 => Answer::Refused(403),
            _ => {
                self.log_error(|| format!("auth request unexpected status: {status}"));
                Answer::Refused(500)
            }
        })
    }
}
