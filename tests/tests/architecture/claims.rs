//! Rules on tests: each runs, waits for events and never for time, and is named after what it claims.

use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprCall, ItemFn, ItemMod};

use crate::assert_kept;
use crate::source::{Source, is_for_tests, sources};

/// What is wrong with the tests of one file, each with its line.
struct Tests {
    inside: bool,
    ignored: Vec<usize>,
    sleeping: Vec<usize>,
    misnamed: Vec<(usize, String)>,
}

impl Tests {
    fn of(source: &Source) -> Self {
        let mut tests = Self {
            inside: source.is_test(),
            ignored: Vec::new(),
            sleeping: Vec::new(),
            misnamed: Vec::new(),
        };
        tests.visit_file(&source.syntax());
        tests
    }
}

impl<'ast> Visit<'ast> for Tests {
    fn visit_item_mod(&mut self, node: &'ast ItemMod) {
        let outside = self.inside;
        self.inside = outside || is_for_tests(&node.attrs);
        visit::visit_item_mod(self, node);
        self.inside = outside;
    }

    fn visit_item_fn(&mut self, node: &'ast ItemFn) {
        let name = node.sig.ident.to_string();
        let says_nothing =
            name.starts_with("test_") || matches!(name.as_str(), "test" | "works" | "it_works");
        if says_nothing && node.attrs.iter().any(is_test_attribute) {
            self.misnamed
                .push((node.sig.ident.span().start().line, name));
        }
        visit::visit_item_fn(self, node);
    }

    fn visit_attribute(&mut self, node: &'ast Attribute) {
        if node.path().is_ident("ignore") {
            self.ignored
                .push(node.bracket_token.span.open().start().line);
        }
        visit::visit_attribute(self, node);
    }

    fn visit_expr_call(&mut self, node: &'ast ExprCall) {
        if self.inside && is_sleep(&node.func) {
            self.sleeping
                .push(node.paren_token.span.open().start().line);
        }
        visit::visit_expr_call(self, node);
    }
}

#[test]
fn no_test_is_ignored() {
    let mut violations = Vec::new();
    for source in sources() {
        for line in Tests::of(&source).ignored {
            violations.push(format!("{}:{line}", source.place));
        }
    }
    assert_kept(
        "a test that does not run claims nothing: mend it or drop it",
        &violations,
    );
}

#[test]
fn no_test_sleeps() {
    let mut violations = Vec::new();
    for source in sources() {
        for line in Tests::of(&source).sleeping {
            violations.push(format!("{}:{line}", source.place));
        }
    }
    assert_kept(
        "a test waits for the event itself, never for time",
        &violations,
    );
}

#[test]
fn tests_are_named_after_their_claim() {
    let mut violations = Vec::new();
    for source in sources() {
        for (line, name) in Tests::of(&source).misnamed {
            violations.push(format!("{}:{line}: `{name}`", source.place));
        }
    }
    assert_kept("a test is named after its claim", &violations);
}

#[test]
fn a_sleep_is_found_in_a_test_module_alone() {
    let text = "fn one() { sleep(1); }\n#[cfg(test)]\nmod tests {\n    fn two() { std::thread::sleep(2); }\n}\n";
    let source = Source {
        place: "crates/example/src/lib.rs".to_owned(),
        text: text.to_owned(),
    };
    assert_eq!(Tests::of(&source).sleeping, [4]);
}

#[test]
fn an_ignored_or_misnamed_test_is_found() {
    let text = "#[tokio::test]\n#[ignore = \"slow\"]\nasync fn test_one() {}\n#[test]\nfn one_is_two() {}\n";
    let source = Source {
        place: "crates/example/tests/example.rs".to_owned(),
        text: text.to_owned(),
    };
    let tests = Tests::of(&source);
    assert_eq!(tests.ignored, [2]);
    assert_eq!(tests.misnamed, [(3, "test_one".to_owned())]);
}

/// `#[test]`, `#[tokio::test]` and their like.
fn is_test_attribute(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|segment| segment.ident == "test")
}

fn is_sleep(function: &Expr) -> bool {
    let Expr::Path(function) = function else {
        return false;
    };
    let last = function.path.segments.last();
    last.is_some_and(|segment| segment.ident == "sleep")
}
