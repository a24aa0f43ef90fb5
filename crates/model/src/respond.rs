//! Files, error pages and the fields of responses.

use crate::{FieldEdit, Template};
use diagnostic::Origin;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Where files lie and how they are named.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Files {
    /// How a path becomes a file name.
    pub root: Root,
    /// The beginning of the path that an [`Root::Alias`] replaces, where that is not what the location itself
    /// matches: an expression inside a location whose alias it inherits.
    pub alias_replaces: Option<String>,
    /// Names tried in a directory, in order; one that begins with `/` is a path to re-route to.
    pub index: Vec<Template>,
    /// Extensions to media types.
    pub types: TypeTableId,
    /// Media type of other files.
    pub default_type: String,
    /// Whether files carry an entity tag.
    pub etag: bool,
    /// Whether symbolic links are followed.
    pub symlinks: SymlinkRule,
    /// Which files stay open between requests; `None`: whatever no request can tell.
    pub open_files: Option<OpenFiles>,
    /// Whether a file of a directory is chosen at random.
    pub random: bool,
    /// How directories are listed; `None`: they are not.
    pub listing: Option<Listing>,
    /// What extensions say beside the media type; `None`: nothing.
    pub extensions: Option<Box<Extensions>>,
    /// The status of a redirect to an index; `None`: the index is sent.
    pub index_redirect: Option<u16>,
    /// Where a request goes whose file is not there, or whose directory has no index.
    pub fallback: Option<Template>,
    /// Whether a directory is answered with a redirect to its path with a slash where that lacks it.
    pub directory_redirect: bool,
    /// The status of a directory that nothing is sent for.
    pub unlisted: u16,
    /// Most ranges of one response; `None`: any number, 0: ranges are not served.
    pub max_ranges: Option<u32>,
}

impl Default for Files {
    fn default() -> Self {
        Self {
            root: Root::Root(Template::default()),
            alias_replaces: None,
            index: Vec::new(),
            index_redirect: None,
            types: TypeTableId(0),
            default_type: "text/plain".into(),
            etag: true,
            symlinks: SymlinkRule::Follow,
            open_files: None,
            random: false,
            listing: None,
            extensions: None,
            fallback: None,
            directory_redirect: true,
            unlisted: 403,
            max_ranges: None,
        }
    }
}

/// Which files stay open between requests, and for how long what is known of a path is believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpenFiles {
    /// So many paths are known at most; that which was used longest ago is forgotten.
    pub most: usize,
    /// What was not used for so long is forgotten.
    pub inactive: Duration,
    /// For so long nobody looks whether a path still leads to what it led to.
    pub valid: Duration,
    /// A file stays open once it was used so often.
    pub least_uses: u64,
    /// Whether it is remembered that something is not there or may not be read.
    pub errors: bool,
}

/// How directories are listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Listing {
    /// As what.
    pub format: ListingFormat,
    /// Whether sizes are given to the byte.
    pub exact_size: bool,
    /// Whether times are the machine's (otherwise UTC).
    pub local_time: bool,
}

/// As what a directory is listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ListingFormat {
    /// A page.
    Html,
    /// JSON.
    Json,
    /// JSON as the argument of the function that the request names in `callback`.
    JsonWithCallback,
    /// XML.
    Xml,
}

/// What the extensions of a file's name say of it: all of a name's count, and the last that says a thing says it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Extensions {
    /// Media types beside those of the table; `None`: the extension says nothing of it.
    pub types: Vec<(String, Option<String>)>,
    /// Character sets.
    pub charsets: Vec<(String, Option<String>)>,
    /// Codings of content; they add up.
    pub codings: Vec<(String, Option<String>)>,
    /// Languages; they add up.
    pub languages: Vec<(String, Option<String>)>,
    /// The language of other files.
    pub default_language: Option<String>,
    /// The media type of all files, whatever extensions say.
    pub forced_type: Option<String>,
}

/// How a path becomes a file name.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Root {
    /// The path is appended.
    Root(Template),
    /// What the location matched is replaced (by a prefix), or the whole path is (in a regex location).
    Alias(Template),
}

/// Whether symbolic links are followed.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub enum SymlinkRule {
    /// They are.
    #[default]
    Follow,
    /// None is, in the part of a path that comes after the given one.
    Never(Option<Template>),
    /// Those are that belong to the owner of what they lead to; the others are not, in the part after the given one.
    SameOwner(Option<Template>),
}

/// Index of a table in [`crate::Http::type_tables`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct TypeTableId(pub u32);

/// Media types by extension (lower case, without the dot).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct TypeTable {
    /// Extension and media type.
    pub types: Vec<(String, String)>,
}

/// Candidates to try before serving.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TryFiles {
    /// Paths below the root; one that ends in `/` must be a directory.
    pub candidates: Vec<Template>,
    /// What happens if none is there.
    pub fallback: Fallback,
    /// Where it was written.
    pub origin: Origin,
}

/// Where a request goes if no candidate is there.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Fallback {
    /// To this path.
    Path(Template),
    /// To a named location.
    Named(String),
    /// Nowhere: this status.
    Status(u16),
}

/// Conditional requests.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Preconditions {
    /// How `If-Modified-Since` compares.
    pub since: SinceRule,
}

/// How `If-Modified-Since` compares with `Last-Modified`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum SinceRule {
    /// It is ignored.
    Off,
    /// Equal: not modified.
    #[default]
    Exact,
    /// Equal or later: not modified.
    Before,
}

/// Replacement of error answers.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, as operators know them")]
pub struct ErrorPages {
    /// Pages by status.
    pub pages: Vec<ErrorPage>,
    /// Whether an error of an error page may have one too.
    pub recursive: bool,
    /// Whether redirects carry scheme and host.
    pub absolute_redirect: bool,
    /// Whether they name the site rather than what the client sent.
    pub site_name_in_redirect: bool,
    /// Their scheme where it is not the connection's.
    pub redirect_scheme: Option<String>,
    /// Which port they carry.
    pub port_in_redirect: RedirectPort,
    /// Whether the first error's status stands where its page fails; a server behind may say another.
    pub first_counts: bool,
    /// What the program says of itself in `Server` and on built-in pages.
    pub server_tokens: ServerTokens,
    /// Whether small error pages are padded for old browsers.
    pub padding: bool,
    /// Whether Internet Explorer gets a page that leads on in place of a redirect.
    pub refresh: bool,
}

/// The port of an absolute redirect; that of the scheme is left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum RedirectPort {
    /// None.
    #[default]
    None,
    /// The one that the client's connection came in through.
    OfConnection,
    /// The one that the client named with the host.
    OfRequest {
        /// What stands where it named none.
        otherwise: Option<u16>,
    },
}

/// What the program says of itself.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub enum ServerTokens {
    /// Name and version.
    #[default]
    Full,
    /// The name.
    Name,
}

/// What answers in place of an error.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ErrorPage {
    /// For these statuses.
    pub statuses: Vec<u16>,
    /// The status it is sent with.
    pub sent_with: PageStatus,
    /// A path, a URL, or `@name`.
    pub target: Template,
    /// The target is the page itself, of this media type.
    pub text: Option<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// The status that an error page is sent with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum PageStatus {
    /// The error's own.
    #[default]
    OfError,
    /// What serving the page comes to.
    OfPage,
    /// This one.
    Fixed(u16),
}

/// Fields that responses get.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ResponseFields {
    /// Added fields.
    pub add: Vec<AddField>,
    /// Changes of fields, in order, once `add` is done.
    pub edits: Vec<FieldEdit>,
    /// Added trailer fields.
    pub trailers: Vec<AddField>,
    /// `Expires` and `Cache-Control`.
    pub expires: Option<ExpiresRule>,
    /// Whether the time of an [`ExpiresRule::Variable`] counts from the file's modification.
    pub expires_from_modified: bool,
}

/// A field to add.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AddField {
    /// Its name.
    pub name: String,
    /// Its value; an empty one adds nothing.
    pub value: Template,
    /// Whether error answers get it too.
    pub always: bool,
    /// Where it was written.
    pub origin: Origin,
}

/// When a response expires.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum ExpiresRule {
    /// A time known at start.
    Fixed(ExpiresTime),
    /// A value read as such a time for each response.
    Variable(Template),
    /// By media type, for responses below 400 that do not say it themselves.
    ByType(ExpiresByType),
}

/// Times of expiry by media type.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ExpiresByType {
    /// Media types (`type/*` stands for several), the last one that fits first.
    pub types: Vec<(String, ExpiresTime)>,
    /// Of other types.
    pub default: Option<ExpiresTime>,
}

/// A time of expiry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ExpiresTime {
    /// No field is set.
    Off,
    /// 1 January 1970, and `no-cache`.
    Epoch,
    /// 31 December 2037, and ten years.
    Max,
    /// So long after now.
    After(Duration),
    /// So long before now, and `no-cache`.
    Before(Duration),
    /// So long after the file's modification.
    AfterModified(Duration),
    /// At this time of day (seconds after midnight).
    Daily(u32),
}
