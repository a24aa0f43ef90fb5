//! Where files lie, what they are called and of which media type they are.

use diagnostic::{Diagnostic, Origin};
use model::{Files, Part, Preconditions, Root, SinceRule, SymlinkRule, Template, TryFiles, TypeTable, TypeTableId};

use crate::lower::slot::{List, Slot, duplicate, settings};
use crate::lower::{Level, LocationKind, LocationPart, Lowering};
use crate::modules::autoindex::ListingSettings;
use crate::modules::http_core::open_files::OpenFileSettings;
use crate::table::Outcome;
use crate::tree::{self, Directive};
use crate::value;

settings! {
    /// What is inherited about files.
    struct InheritedFiles {
        root: Slot<RootSetting>,
        index: List<Template>,
        types: Slot<TypeTableId>,
        default_type: Slot<String>,
        etag: Slot<bool>,
        since: Slot<SinceRule>,
        max_ranges: Slot<u32>,
        symlinks: Slot<SymlinkRule>,
        random: Slot<bool>,
        listing: ListingSettings,
        open_files: OpenFileSettings,
    }
}

/// What a level says about files.
#[derive(Clone, Debug, Default)]
pub(crate) struct FileSettings {
    pub(crate) shared: InheritedFiles,
    /// nginx's `try_files` is not inherited.
    pub(crate) try_files: Slot<TryFiles>,
}

/// A `root` or `alias`.
#[derive(Clone, Debug)]
pub(crate) struct RootSetting {
    path: Template,
    alias: Option<Aliased>,
}

/// What an `alias` replaces.
#[derive(Clone, Debug)]
enum Aliased {
    /// The path of the location that it was written in.
    Beginning(String),
    /// The whole path.
    Whole,
}

/// Values of `if_modified_since`.
pub(crate) const SINCE: [(&str, SinceRule); 3] =
    [("off", SinceRule::Off), ("exact", SinceRule::Exact), ("before", SinceRule::Before)];

/// The table that holds where there is no `types`.
const DEFAULT_TYPES: [(&str, &str); 3] = [("html", "text/html"), ("gif", "image/gif"), ("jpg", "image/jpeg")];

impl FileSettings {
    pub(crate) fn inherit(&mut self, parent: &Self) {
        self.shared.inherit(&parent.shared);
    }

    pub(crate) fn finish(&self, lowering: &mut Lowering<'_>, location: &LocationPart) -> Files {
        let settings = &self.shared;
        let (root, alias_replaces) = root(lowering, settings, location);
        let index = || vec![Template::text("index.html", Origin::default())];
        Files {
            root,
            alias_replaces,
            index: settings.index.get().map_or_else(index, <[Template]>::to_vec),
            types: settings.types.get().copied().unwrap_or_else(|| default_types(lowering)),
            default_type: settings.default_type.or("text/plain".to_owned()),
            etag: settings.etag.or(true),
            symlinks: settings.symlinks.or(SymlinkRule::Follow),
            random: settings.random.or(false),
            listing: settings.listing.finish(),
            open_files: settings.open_files.finish(),
            max_ranges: settings.max_ranges.get().copied(),
            ..Files::default()
        }
    }

    pub(crate) fn preconditions(&self) -> Preconditions {
        Preconditions { since: self.shared.since.or(SinceRule::Exact) }
    }
}

/// How a path becomes a file name, and what an alias replaces if it is not what the location matched.
fn root(lowering: &Lowering<'_>, settings: &InheritedFiles, location: &LocationPart) -> (Root, Option<String>) {
    let Some(setting) = settings.root.get() else {
        let html = lowering.path("html").display().to_string();
        return (Root::Root(Template::text(html, Origin::default())), None);
    };
    let mut path = setting.path.clone();
    match &setting.alias {
        None => (Root::Root(path), None),
        Some(Aliased::Whole) => (Root::Alias(path), None),
        Some(Aliased::Beginning(beginning)) if matches!(location.kind, LocationKind::Regex(_)) => {
            (Root::Alias(path), Some(beginning.clone()))
        }
        Some(Aliased::Beginning(beginning)) => {
            // Inside the aliased location the same beginning is replaced: what the inner path adds to it stays.
            let added = location.name.strip_prefix(beginning.as_str()).unwrap_or_default();
            if !added.is_empty() {
                path.parts.push(Part::Text(added.to_owned()));
            }
            (Root::Alias(path), None)
        }
    }
}

/// The table that holds where no level says `types`.
fn default_types(lowering: &mut Lowering<'_>) -> TypeTableId {
    let types = DEFAULT_TYPES.map(|(extension, media)| (extension.to_owned(), media.to_owned())).to_vec();
    table(lowering, TypeTable { types })
}

/// Keeps a table once, however often it is written.
fn table(lowering: &mut Lowering<'_>, table: TypeTable) -> TypeTableId {
    let tables = &mut lowering.shared.type_tables;
    let index = tables.iter().position(|known| *known == table).unwrap_or_else(|| {
        tables.push(table);
        tables.len() - 1
    });
    TypeTableId(u32::try_from(index).unwrap_or(u32::MAX))
}

/// `root` and `alias`
pub(super) fn set_root(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let alias = directive.name.text == "alias";
    if let Some(origin) = level.files.shared.root.origin() {
        return Err(duplicate(directive, origin).help("a place has one `root` or one `alias`"));
    }
    if alias && matches!(level.location.kind, LocationKind::Named) {
        let message = "the \"alias\" directive cannot be used inside the named location";
        return Err(Diagnostic::error("misplaced-directive", message).at(directive.origin()));
    }
    for variable in ["document_root", "realpath_root"] {
        if word.text.contains(&format!("${variable}")) || word.text.contains(&format!("${{{variable}}}")) {
            let message =
                format!("the ${variable} variable cannot be used in the \"{}\" directive", directive.name.text);
            return Err(Diagnostic::error("invalid-value", message).at(word.origin));
        }
    }
    let mut path = lowering.path_template(value::template(word)?);
    if !alias && let Some(Part::Text(last)) = path.parts.last_mut() {
        last.truncate(last.strip_suffix('/').unwrap_or(last).len());
    }
    let alias = alias.then(|| match level.location.kind {
        LocationKind::Regex(_) => Aliased::Whole,
        _ => Aliased::Beginning(level.location.name.clone()),
    });
    level.files.shared.root.put(directive, RootSetting { path, alias })
}

/// `types { … }`: a second block at the same level adds to the first.
#[expect(clippy::unnecessary_wraps, reason = "the form of all rows' functions")]
pub(super) fn types(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let known =
        level.files.shared.types.get().and_then(|id| lowering.shared.type_tables.get(usize::try_from(id.0).ok()?));
    let mut types = known.map_or_else(Vec::new, |table| table.types.clone());
    let nodes = directive.block.as_ref().map_or(&[][..], |block| &block.nodes);
    for entry in tree::directives(nodes) {
        if entry.name.text == "include" && entry.arguments.len() != 1 {
            let message = "invalid number of arguments in \"include\" directive";
            lowering.report(Diagnostic::error("wrong-arity", message).at(entry.origin()));
            continue;
        }
        for word in &entry.arguments {
            add_type(lowering, &mut types, entry, word);
        }
    }
    let id = table(lowering, TypeTable { types });
    level.files.shared.types.replace(id, directive.origin());
    Ok(())
}

fn add_type(lowering: &mut Lowering<'_>, types: &mut Vec<(String, String)>, entry: &Directive, word: &tree::Word) {
    let extension = word.text.to_ascii_lowercase();
    let media = entry.name.text.clone();
    match types.iter_mut().find(|(known, _)| *known == extension) {
        Some((_, old)) => {
            let message = format!(
                "duplicate extension \"{extension}\", content type: \"{media}\", previous content type: \"{old}\""
            );
            *old = media;
            lowering.report(Diagnostic::warning("duplicate-extension", message).at(word.origin));
        }
        None => types.push((extension, media)),
    }
}

/// `disable_symlinks off`, or `on|if_not_owner [from=part]`
pub(super) fn symlinks(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let from = match directive.argument(1) {
        None => None,
        Some(word) if word.text.starts_with("from=") => Some(value::template_after(word, "from=".len())?),
        Some(word) => return Err(value::invalid_parameter(word, &["from="])),
    };
    let word = value::first(directive)?;
    let rule = match word.text.as_str() {
        "off" if from.is_none() => SymlinkRule::Follow,
        "on" => SymlinkRule::Never(from),
        "if_not_owner" => SymlinkRule::SameOwner(from),
        _ => return Err(value::invalid(directive, word).help("it is `on`, `if_not_owner` or `off`")),
    };
    level.files.shared.symlinks.put(directive, rule)
}
