//! The statements of the crate, read from its sources.
//!
//! Owns how they are found: constants that begin with a verb of SQL, and statements with a repeated part, put together with
//! two of them. What is for tests alone is passed over. Invariant: whatever form a statement has, it is found or the test
//! fails, since a text with a verb and one of our tables that stands elsewhere is an error.

use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprCall, ItemConst, ItemMod, ItemStatic, Lit, LitStr};

/// Words that a statement begins with.
const VERBS: [&str; 5] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "];

/// The tables whose rows belong to road maps, and that of the epoch.
pub(crate) const TABLES: [&str; 10] = [
    "log",
    "streams",
    "events",
    "payloads",
    "backdated",
    "subjects",
    "commands",
    "snapshots",
    "snapshot_states",
    "redactions",
];

/// A statement as PostgreSQL would get it.
pub(crate) struct Statement {
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) sql: String,
}

/// All of them.
pub(crate) fn statements() -> Vec<Statement> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for path in files(&root) {
        let text = fs::read_to_string(&path).unwrap();
        let mut finder = Finder {
            file: path.strip_prefix(&root).unwrap().display().to_string(),
            found: Vec::new(),
        };
        finder.visit_file(&syn::parse_file(&text).unwrap());
        found.extend(finder.found);
    }
    found
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let (folders, sources): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    // Modules of tests stand in files of this name.
    let sources = sources
        .into_iter()
        .filter(|path| !path.ends_with("tests.rs"));
    sources
        .chain(folders.iter().flat_map(|folder| files(folder)))
        .collect()
}

struct Finder {
    file: String,
    found: Vec<Statement>,
}

impl Finder {
    fn take(&mut self, name: &str, sql: String) {
        self.found.push(Statement {
            name: name.to_owned(),
            file: self.file.clone(),
            sql,
        });
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item_mod(&mut self, node: &'ast ItemMod) {
        if !node.attrs.iter().any(is_for_tests) {
            visit::visit_item_mod(self, node);
        }
    }

    fn visit_item_const(&mut self, node: &'ast ItemConst) {
        match text(&node.expr) {
            Some(sql) if is_statement(&sql) => self.take(&node.ident.to_string(), sql),
            _ => visit::visit_item_const(self, node),
        }
    }

    fn visit_item_static(&mut self, node: &'ast ItemStatic) {
        match &*node.expr {
            Expr::Call(call) if call.args.len() == 5 => {
                self.take(&node.ident.to_string(), repeated(call));
            }
            _ => visit::visit_item_static(self, node),
        }
    }

    fn visit_lit_str(&mut self, node: &'ast LitStr) {
        let text = node.value();
        assert!(
            !is_statement(&text),
            "{}: give this statement a constant: {text}",
            self.file
        );
    }

    /// Comments are no statements.
    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}

/// Whether a text is SQL about one of our tables.
fn is_statement(text: &str) -> bool {
    let is_table = |word: &str| TABLES.contains(&word);
    let mut words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    // What asks PostgreSQL about its tables touches no row of theirs.
    let is_of_catalogue = text.contains("FROM pg_");
    VERBS.iter().any(|verb| text.starts_with(verb)) && !is_of_catalogue && words.any(is_table)
}

/// A statement with its repeated part twice: head, count of numbered placeholders, item, separator, tail.
fn repeated(call: &ExprCall) -> String {
    let part = |index: usize| text(&call.args[index]).unwrap();
    let (head, item, separator, tail) = (part(0), part(2), part(3), part(4));
    let Expr::Lit(numbered) = &call.args[1] else {
        panic!("a count is a number");
    };
    let Lit::Int(numbered) = &numbered.lit else {
        panic!("a count is a number");
    };
    let numbered: usize = numbered.base10_parse().unwrap();
    let sql = [&head, &item, &separator, &item, &tail]
        .map(String::as_str)
        .concat();
    // SQLite alone has this clause, which says nothing of keys.
    let sql = sql.replace("INSERT OR ROLLBACK", "INSERT");
    let mut parts = sql.split('?');
    let first = parts.next().unwrap().to_owned();
    (numbered + 1..)
        .zip(parts)
        .fold(first, |sql, (number, part)| format!("{sql}${number}{part}"))
}

fn text(expression: &Expr) -> Option<String> {
    let Expr::Lit(literal) = expression else {
        return None;
    };
    match &literal.lit {
        Lit::Str(text) => Some(text.value()),
        _ => None,
    }
}

fn is_for_tests(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
}
