//! Claims about the bounds on documents.

use async_graphql::parser::types::OperationType;

use super::*;

fn rule(query: &str, limits: &Limits) -> String {
    let failure = Document::read(query, limits).unwrap_err();
    assert_eq!(failure.code(), "LIMIT_EXCEEDED", "{:?}", failure.errors);
    failure.errors[0].message.clone()
}

fn limits() -> Limits {
    Limits {
        query_depth_max: 4,
        query_fields_max: 12,
        query_root_fields_max: 3,
        query_aliases_max: 2,
        query_directives_max: 2,
        query_tokens_max: 80,
        query_nesting_max: 8,
        ..Limits::default()
    }
}

#[test]
fn a_query_at_its_bounds_is_read() {
    let document = Document::read("query Q { a: x { b { c { d } } } y z }", &limits()).unwrap();
    let selected = document.select(None).unwrap();
    assert_eq!(selected.name, Some("Q"));
    assert_eq!(selected.operation.ty, OperationType::Query);
}

#[test]
fn each_bound_is_named_with_its_value() {
    for (query, expected) in [
        (
            "{ a { b { c { d { e } } } } }",
            "deeper than limits.query_depth_max = 4 allows",
        ),
        (
            "{ a { b { ...f } } } fragment f on T { c { d { e } } }",
            "limits.query_depth_max",
        ),
        (
            "{ a { b c d e f g h i j k l m } }",
            "limits.query_fields_max = 12",
        ),
        ("{ a b c d }", "limits.query_root_fields_max = 3"),
        (
            "{ ...f ...f } fragment f on Query { a b }",
            "limits.query_root_fields_max = 3",
        ),
        ("{ p { a: x b: x c: x } }", "limits.query_aliases_max = 2"),
        (
            "{ a @skip(if: true) @skip(if: true) @skip(if: true) }",
            "limits.query_directives_max = 2",
        ),
        ("query @d @d @d { a }", "limits.query_directives_max = 2"),
        (
            "{ a(x: [[[[[[[[1]]]]]]]]) }",
            "limits.query_nesting_max = 8",
        ),
        (
            &format!("{{ a {} }}", "b,".repeat(90)),
            "limits.query_tokens_max = 80",
        ),
        (
            &format!("{{ a{} }}", " !".repeat(90)),
            "limits.query_tokens_max = 80",
        ),
    ] {
        let message = rule(query, &limits());
        assert!(message.contains(expected), "{query}: {message}");
    }
}

#[test]
fn fragments_that_double_again_and_again_are_counted_without_expanding_them() {
    use std::fmt::Write as _;
    let mut query = String::from("{ ...f0 }");
    for number in 0..60 {
        write!(
            query,
            " fragment f{number} on Query {{ ...f{next} ...f{next} }}",
            next = number + 1
        )
        .unwrap();
    }
    query.push_str(" fragment f60 on Query { a }");
    let message = rule(&query, &Limits::default());
    assert!(message.contains("limits.query_fields_max"), "{message}");
}

#[test]
fn a_fragment_that_uses_itself_is_refused() {
    for query in [
        "{ ...a } fragment a on Query { ...a }",
        "{ x } fragment a on Query { ...b } fragment b on Query { ...a }",
    ] {
        let failure = Document::read(query, &limits()).unwrap_err();
        assert!(failure.errors[0].message.contains("uses itself"), "{query}");
    }
}

#[test]
fn ten_thousand_open_brackets_do_not_reach_the_parser() {
    for bracket in ["{a", "(a:[", "["] {
        rule(
            &bracket.repeat(10_000),
            &Limits {
                query_tokens_max: usize::MAX,
                ..Limits::default()
            },
        );
    }
}

#[test]
fn brackets_within_strings_and_comments_are_text() {
    let query = r#"{ a(x: "[[[[[[[[[[\"[[[[", y: """ [[[[[[[[[[ \""" [[[ """) # [[[[[[[[[[[[
    }"#;
    assert!(Document::read(query, &limits()).is_ok());
}

#[test]
fn the_operation_is_selected_by_its_name() {
    let two = "query A { a } mutation B { b }";
    let document = Document::read(two, &limits()).unwrap();
    let selected = document.select(Some("B")).unwrap();
    assert_eq!(selected.operation.ty, OperationType::Mutation);
    for (query, name) in [(two, None), (two, Some("C")), ("{ a }", Some("A"))] {
        let document = Document::read(query, &limits()).unwrap();
        let failure = document.select(name).unwrap_err();
        assert_eq!(failure.code(), "OPERATION_RESOLUTION_FAILURE");
    }
}

#[test]
fn a_syntax_error_has_its_place() {
    let failure = Document::read("{ a\n  ! }", &limits()).unwrap_err();
    assert_eq!(failure.code(), "GRAPHQL_PARSE_FAILED");
    assert_eq!(failure.errors[0].locations[0].line, 2);
}
