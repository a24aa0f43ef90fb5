//! Files that lie compressed beside the one that is asked for.

use crate::exchange::Exchange;
use crate::plan::filters::Filters;
use crate::response::{Ranges, Response};
use crate::serve::open_files::Opened;
use crate::shape::compress::coding_name;
use model::{Coding, Precompressed};
use protocol::{Fields, Method};

impl Exchange<'_> {
    /// The compressed file that the client likes best; `None`: it takes none, or there is none.
    pub async fn precompressed(&mut self, filters: &Filters, name: &[u8]) -> Option<Response> {
        if !matches!(self.request.method, Method::Get | Method::Head) {
            return None;
        }
        let liking = |rule: &Precompressed| self.liking(rule.coding, &filters.gzip, &Fields::new());
        let mut rules: Vec<_> = filters.precompressed.iter().map(|rule| (liking(rule), *rule)).collect();
        rules.sort_by_key(|(liking, _)| std::cmp::Reverse(*liking));
        for (liking, rule) in rules {
            let wanted = liking > 0 || rule.always;
            // Whether the file is there matters to other clients' caches too.
            if !wanted && !filters.vary {
                continue;
            }
            let path = [name, ending(rule.coding)].concat();
            let Ok(Opened { file, metadata }) = self.open_file(&path).await else { continue };
            if !metadata.is_file() {
                continue;
            }
            self.varies |= !rule.always;
            if wanted {
                let mut response = self.file_response(file, &metadata);
                response.ranges = Ranges::No;
                response.head.fields.push(b"Content-Encoding", coding_name(rule.coding).as_bytes());
                return Some(response);
            }
        }
        None
    }
}

/// How the names of compressed files end.
fn ending(coding: Coding) -> &'static [u8] {
    match coding {
        Coding::Gzip => b".gz",
        Coding::Brotli => b".br",
        Coding::Zstd => b".zst",
    }
}
