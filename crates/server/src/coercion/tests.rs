//! Claims about variables, over a schema with one of each kind of input type.

use async_graphql::parser::types::DocumentOperations;
use async_graphql::{
    EmptyMutation, EmptySubscription, Enum, InputObject, Object, OneofObject, Schema,
};
use serde_json::json;

use super::*;

#[derive(Clone, Copy, PartialEq, Eq, Enum)]
enum Colour {
    Red,
}

#[derive(InputObject)]
struct Point {
    x: i32,
    #[graphql(default = 0)]
    y: i32,
    tags: Option<Vec<String>>,
}

#[derive(OneofObject)]
enum Either {
    Left(i32),
    Right(String),
}

struct Query;

#[Object]
impl Query {
    async fn all(
        &self,
        point: Option<Point>,
        colour: Option<Colour>,
        either: Option<Either>,
    ) -> i32 {
        let left = matches!(either, Some(Either::Left(1)));
        let right = matches!(either, Some(Either::Right(ref text)) if text.is_empty());
        point.map_or(0, |point| point.x + point.y + point.tags.map_or(0, |_| 1))
            + i32::from(colour == Some(Colour::Red))
            + i32::from(left || right)
    }
}

async fn complaint(declared: &str, value: serde_json::Value) -> Option<String> {
    let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
    let types = InputTypes::learn(&schema).await;
    let document =
        async_graphql::parser::parse_query(format!("query($v: {declared}) {{ all }}")).unwrap();
    let DocumentOperations::Single(operation) = document.operations else {
        panic!()
    };
    let variables = if value.is_null() && declared.ends_with('?') {
        json!({})
    } else {
        json!({ "v": value })
    };
    check(&operation.node, &Variables::from_json(variables), &types)
        .err()
        .map(|failure| failure.errors[0].message.clone())
}

#[tokio::test]
async fn fitting_values_are_accepted() {
    for (declared, value) in [
        ("Int!", json!(1)),
        ("Int", json!(null)),
        ("Float!", json!(1)),
        ("ID!", json!(7)),
        ("ID!", json!("seven")),
        ("[Int!]!", json!([1, 2])),
        ("[Int!]!", json!(1)),
        ("Colour!", json!("RED")),
        ("Point!", json!({"x": 1})),
        ("Point!", json!({"x": 1, "y": 2, "tags": ["a"]})),
        ("Either!", json!({"left": 1})),
        ("Unheard!", json!({"of": 1})),
    ] {
        assert_eq!(
            complaint(declared, value.clone()).await,
            None,
            "{declared} {value}"
        );
    }
}

#[tokio::test]
async fn each_misfit_is_told_with_its_place() {
    for (declared, value, expected) in [
        ("ID!", json!(null), "`$v`: expected `ID!`, found null"),
        ("Int!", json!("1"), "`$v`: expected `Int`, found a string"),
        ("Int!", json!(1.5), "`$v`: expected `Int`, found a number"),
        (
            "[Int!]!",
            json!([1, null]),
            "`$v[1]`: expected `Int!`, found null",
        ),
        (
            "Colour!",
            json!("BLUE"),
            "`$v`: expected `Colour`, found a string",
        ),
        (
            "Point!",
            json!({"y": 1}),
            "`$v.x`: expected `Int!`, found nothing",
        ),
        (
            "Point!",
            json!({"x": 1, "z": 1}),
            "`$v.z`: `Point` has no such field",
        ),
        (
            "Point!",
            json!({"x": 1, "tags": [1]}),
            "`$v.tags[0]`: expected `String`, found a number",
        ),
        ("Point!", json!([]), "`$v`: expected `Point`, found a list"),
        (
            "Either!",
            json!({"left": 1, "right": ""}),
            "`$v`: `Either` takes exactly one field, not null",
        ),
        (
            "Either!",
            json!({"left": null}),
            "`Either` takes exactly one field, not null",
        ),
        (
            "Either!",
            json!({}),
            "`Either` takes exactly one field, not null",
        ),
    ] {
        let message = complaint(declared, value)
            .await
            .unwrap_or_else(|| panic!("accepted: {declared}"));
        assert!(message.contains(expected), "{message}");
    }
}

#[tokio::test]
async fn a_required_variable_that_is_absent_is_refused() {
    let types = InputTypes::default();
    let document =
        async_graphql::parser::parse_query("query($v: Int!, $w: Int! = 1) { all }").unwrap();
    let DocumentOperations::Single(operation) = document.operations else {
        panic!()
    };
    let failure = check(&operation.node, &Variables::default(), &types).unwrap_err();
    assert_eq!(
        failure.errors[0].message,
        "variable `$v`: expected `Int!`, found nothing"
    );
}
