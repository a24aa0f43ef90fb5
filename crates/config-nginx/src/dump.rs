//! The configuration as it was read, with every included file, in the form of `nginx -T`.

use std::fmt::Write;

use diagnostic::{FileId, Sources};

use crate::tree::{Node, Tree};

/// Each file once, under a line `# configuration file NAME:`, in the order in which they were first read.
pub fn dump(tree: &Tree, sources: &Sources) -> String {
    let mut files = vec![tree.file];
    included(&tree.nodes, &mut files);
    let mut seen: Vec<&str> = Vec::new();
    let mut text = String::new();
    for file in files {
        let name = sources.name(file);
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# configuration file {name}:\n{}", sources.text(file));
    }
    text
}

fn included(nodes: &[Node], files: &mut Vec<FileId>) {
    for node in nodes {
        let Node::Directive(directive) = node else { continue };
        if let Some(block) = &directive.block {
            included(&block.nodes, files);
        }
        for tree in &directive.included {
            files.push(tree.file);
            included(&tree.nodes, files);
        }
    }
}
