//! Questions whose answering breaks down.

use model::{Reach, Responder, ResponderNames};
use tls::ocsp::Inquiry;
use tokio::task::LocalSet;

use super::*;

fn asked() -> (Asked, oneshot::Receiver<Standing>) {
    let own = rcgen::generate_simple_self_signed(vec!["one".to_owned()]).unwrap();
    let own = own.cert.der().clone();
    let about = Inquiry::new(&own, std::slice::from_ref(&own)).unwrap();
    let responder = Some(Responder { url: "http://127.0.0.1:9/".to_owned(), always: true });
    let rule = RevocationCheck { reach: Reach::Leaf, responder, kept: None, names: ResponderNames::Nobody };
    let (answer, answered) = oneshot::channel();
    (Asked { about, rule: Arc::new(rule), answer }, answered)
}

/// Who waits is let go at once, and whoever comes next does not wait for what never comes.
#[tokio::test(flavor = "current_thread")]
async fn nobody_waits_for_a_task_that_broke_down() {
    LocalSet::new()
        .run_until(async {
            let mut desk = Desk::new(Rc::default());
            let (asked, answered) = asked();
            desk.take(asked);
            // It is not what a responder sends that stops it.
            desk.asking.abort_all();
            let done = desk.asking.join_next().await.unwrap();
            assert!(done.is_err());
            desk.end(done);
            assert!(desk.waiting.is_empty());
            assert!(answered.await.is_err());
        })
        .await;
}
