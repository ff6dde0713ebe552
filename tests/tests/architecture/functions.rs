//! The length of functions, counted in the syntax tree and not by a lint that can be silenced.
//!
//! A line counts if it holds code: blank lines and comments are free, so that explaining costs nothing.

use syn::visit::{self, Visit};
use syn::{Block, Ident, ImplItemFn, ItemFn, TraitItemFn};

use crate::assert_kept;
use crate::source::sources;

/// A longer function has a part that deserves a name.
const LINES_MAX: usize = 70;

/// A function with a body.
struct Function {
    name: String,
    /// The line on which the body opens.
    line: usize,
    /// Lines of code between the braces.
    length: usize,
}

/// Collects the functions of one file.
struct Functions<'text> {
    lines: Vec<&'text str>,
    found: Vec<Function>,
}

impl Functions<'_> {
    fn note(&mut self, name: &Ident, body: &Block) {
        let opens = body.brace_token.span.open().start().line;
        let closes = body.brace_token.span.close().start().line;
        // Lines are numbered from 1, so the line after the opening one stands at the index `opens`.
        let within = self.lines.iter().take(closes - 1).skip(opens);
        let length = within.filter(|line| holds_code(line)).count();
        self.found.push(Function {
            name: name.to_string(),
            line: opens,
            length,
        });
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, node: &'ast ItemFn) {
        self.note(&node.sig.ident, &node.block);
        visit::visit_item_fn(self, node);
    }

    fn visit_impl_item_fn(&mut self, node: &'ast ImplItemFn) {
        self.note(&node.sig.ident, &node.block);
        visit::visit_impl_item_fn(self, node);
    }

    fn visit_trait_item_fn(&mut self, node: &'ast TraitItemFn) {
        if let Some(body) = &node.default {
            self.note(&node.sig.ident, body);
        }
        visit::visit_trait_item_fn(self, node);
    }
}

#[test]
fn no_function_is_longer_than_70_lines() {
    let mut violations = Vec::new();
    for source in sources() {
        for function in functions(&source.text, &source.syntax()) {
            if function.length > LINES_MAX {
                violations.push(format!(
                    "{}:{}: `{}` has {} lines",
                    source.place, function.line, function.name, function.length
                ));
            }
        }
    }
    assert_kept(
        "a function stops at 70 lines of code: give a name to a part of it",
        &violations,
    );
}

#[test]
fn lines_of_code_are_counted_and_others_are_free() {
    let text = "fn short() {}\n\nimpl Thing {\n    fn long(\n        &self,\n    ) {\n        // Why.\n\n        one();\n        two();\n    }\n}\n";
    let syntax = syn::parse_file(text).unwrap();
    let found = functions(text, &syntax);
    let lengths: Vec<(&str, usize, usize)> = found
        .iter()
        .map(|function| (function.name.as_str(), function.line, function.length))
        .collect();
    assert_eq!(lengths, [("short", 1, 0), ("long", 6, 2)]);
}

fn functions(text: &str, syntax: &syn::File) -> Vec<Function> {
    let mut visitor = Functions {
        lines: text.lines().collect(),
        found: Vec::new(),
    };
    visitor.visit_file(syntax);
    visitor.found
}

fn holds_code(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with("//")
}
