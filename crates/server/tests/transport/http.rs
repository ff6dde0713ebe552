//! Claims about GraphQL over HTTP: statuses, media types, methods, bounds.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::Method;
use roadbook_server::{Limits, ReadOnlyReason, Ready, Settings};
use serde_json::json;
use sha2::Digest as _;

use crate::support::{GRAPHQL_RESPONSE, JSON, Server, soon};

#[tokio::test]
async fn a_query_is_answered_in_the_media_type_asked_for() {
    let server = Server::default().await;
    for (accept, expected) in [
        (
            GRAPHQL_RESPONSE,
            "application/graphql-response+json; charset=utf-8",
        ),
        (JSON, "application/json; charset=utf-8"),
        ("*/*", "application/json; charset=utf-8"),
    ] {
        let answer = server
            .post(accept, &json!({"query": "{ hello organisation }"}))
            .await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), expected);
        assert_eq!(
            answer.json(),
            json!({"data": {"hello": "hello world", "organisation": "LV"}})
        );
    }
}

#[tokio::test]
async fn a_media_type_that_is_not_ours_is_406() {
    let server = Server::default().await;
    server
        .post("text/html", &json!({"query": "{ hello }"}))
        .await
        .refused(406, "NOT_ACCEPTABLE");
    server
        .get("text/html", &[("query", "{ hello }")])
        .await
        .refused(406, "NOT_ACCEPTABLE");
}

#[tokio::test]
async fn a_query_is_answered_by_get() {
    let server = Server::default().await;
    let parameters = [
        (
            "query",
            "query A($n: String!) { hello(name: $n) } query B { hello }",
        ),
        ("operationName", "A"),
        ("variables", r#"{"n":"you"}"#),
    ];
    let answer = server.get(GRAPHQL_RESPONSE, &parameters).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({"data": {"hello": "hello you"}}));
}

#[tokio::test]
async fn a_mutation_by_get_is_405_and_does_nothing() {
    let server = Server::default().await;
    let answer = server
        .get(GRAPHQL_RESPONSE, &[("query", "mutation { set(value: 7) }")])
        .await;
    answer.refused(405, "MUTATION_BY_GET");
    assert_eq!(answer.header("allow"), "POST");
    assert_eq!(*server.probe.value.borrow(), 0);
    let answer = server
        .post(JSON, &json!({"query": "mutation { set(value: 7) }"}))
        .await;
    assert_eq!(answer.json(), json!({"data": {"set": 7}}));
}

#[tokio::test]
async fn a_subscription_over_http_is_refused_with_the_way_to_go() {
    let server = Server::default().await;
    let error = server
        .post(
            GRAPHQL_RESPONSE,
            &json!({"query": "subscription { quiet }"}),
        )
        .await
        .refused(400, "SUBSCRIPTION_OVER_HTTP");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("graphql-transport-ws")
    );
    server
        .get(JSON, &[("query", "subscription { quiet }")])
        .await
        .refused(400, "SUBSCRIPTION_OVER_HTTP");
}

#[tokio::test]
async fn other_methods_are_405() {
    let server = Server::default().await;
    for method in [
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
        Method::OPTIONS,
        Method::HEAD,
    ] {
        let answer = server.send(method, "/graphql", &[], "").await;
        assert_eq!(answer.status, 405);
        assert_eq!(answer.header("allow"), "GET, POST");
    }
}

#[tokio::test]
async fn what_a_foreign_page_can_send_without_asking_is_refused() {
    let server = Server::default().await;
    let bearer = server.bearer();
    let body = r#"{"query":"mutation { set(value: 7) }"}"#;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        let headers = [
            ("content-type", content_type),
            ("authorization", bearer.as_str()),
        ];
        server
            .send(Method::POST, "/graphql", &headers, body)
            .await
            .refused(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    let without = [("authorization", bearer.as_str())];
    server
        .send(Method::POST, "/graphql", &without, body)
        .await
        .refused(415, "UNSUPPORTED_MEDIA_TYPE");
    // A GET cannot carry Authorization without a preflight, and without Authorization nothing executes.
    server
        .send(Method::GET, "/graphql?query=%7Bhello%7D", &[], "")
        .await
        .refused(401, "UNAUTHENTICATED");
    let preflight = [
        ("origin", "https://evil.example"),
        ("access-control-request-method", "POST"),
    ];
    let answer = server
        .send(Method::OPTIONS, "/graphql", &preflight, "")
        .await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
    assert_eq!(*server.probe.value.borrow(), 0);
}

#[tokio::test]
async fn json_in_another_charset_is_415() {
    let server = Server::default().await;
    let bearer = server.bearer();
    for (content_type, status) in [
        ("application/json; charset=latin1", 415),
        ("application/json; charset=\"UTF-8\"", 200),
        ("APPLICATION/JSON", 200),
        ("application/jsonp", 415),
    ] {
        let headers = [
            ("content-type", content_type),
            ("authorization", bearer.as_str()),
        ];
        let answer = server
            .send(
                Method::POST,
                "/graphql",
                &headers,
                r#"{"query":"{ hello }"}"#,
            )
            .await;
        assert_eq!(answer.status.as_u16(), status, "{content_type}");
    }
}

#[tokio::test]
async fn a_malformed_request_is_400_under_either_media_type() {
    let server = Server::default().await;
    for body in [
        "",
        "{",
        "nonsense",
        "{}",
        "1",
        r#"{"query":1}"#,
        r#"{"query":"{ hello }","variables":"x"}"#,
        r#"{"query":"{ hello }","extensions":[]}"#,
    ] {
        for accept in [JSON, GRAPHQL_RESPONSE] {
            server
                .post_text(accept, body)
                .await
                .refused(400, "BAD_REQUEST");
        }
    }
    server
        .post_text(JSON, &b"{\"query\":\"{ hello }\xff\"}"[..])
        .await
        .refused(400, "BAD_REQUEST");
    server.get(JSON, &[]).await.refused(400, "BAD_REQUEST");
    server
        .get(JSON, &[("query", "{ hello }"), ("variables", "{")])
        .await
        .refused(400, "BAD_REQUEST");
}

#[tokio::test]
async fn a_document_that_cannot_execute_is_400_or_by_old_custom_200() {
    let server = Server::default().await;
    for (body, code) in [
        (json!({"query": "{"}), "GRAPHQL_PARSE_FAILED"),
        (json!({"query": ""}), "GRAPHQL_PARSE_FAILED"),
        (
            json!({"query": "{ unheardOf }"}),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            json!({"query": "{ hello(name: 1) }"}),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            json!({"query": "query($n: Int!) { hello }", "variables": {"n": 1}}),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            json!({"query": "query($n: String!) { hello(name: $n) }"}),
            "BAD_VARIABLE",
        ),
        (
            json!({"query": "query($n: String!) { hello(name: $n) }", "variables": {"n": 1}}),
            "BAD_VARIABLE",
        ),
        (
            json!({"query": "query A { hello }", "operationName": "B"}),
            "OPERATION_RESOLUTION_FAILURE",
        ),
        (
            json!({"query": "query A { hello } query B { hello }"}),
            "OPERATION_RESOLUTION_FAILURE",
        ),
    ] {
        server
            .post(GRAPHQL_RESPONSE, &body)
            .await
            .refused(400, code);
        server.post(JSON, &body).await.refused(200, code);
    }
}

#[tokio::test]
async fn a_failed_field_is_200_with_data() {
    let server = Server::default().await;
    for accept in [JSON, GRAPHQL_RESPONSE] {
        let answer = server.post(accept, &json!({"query": "{ fails }"})).await;
        assert_eq!(answer.status, 200);
        let body = answer.json();
        assert_eq!(body["data"], json!(null));
        assert!(body.as_object().unwrap().contains_key("data"));
        assert_eq!(body["errors"][0]["path"], json!(["fails"]));
    }
}

#[tokio::test]
async fn a_panic_is_500_and_the_server_goes_on() {
    let server = Server::default().await;
    let answer = server.post(JSON, &json!({"query": "{ panics }"})).await;
    answer.refused(500, "INTERNAL_SERVER_ERROR");
    assert_eq!(
        server
            .post(JSON, &json!({"query": "{ hello }"}))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn an_operation_beyond_its_time_is_503() {
    let server = Server::with(Limits {
        request_ms: 20,
        ..Limits::default()
    })
    .await;
    let answer = server.post(JSON, &json!({"query": "{ waits }"})).await;
    answer.refused(503, "TIMEOUT");
    assert_eq!(answer.header("retry-after"), "1");
    soon(
        server
            .probe
            .waiting
            .subscribe()
            .wait_for(|waiting| *waiting == 0),
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn a_batch_is_refused() {
    let server = Server::default().await;
    for body in [json!([{"query": "{ hello }"}]), json!([])] {
        server.post(JSON, &body).await.refused(400, "BATCH_REFUSED");
    }
}

#[tokio::test]
async fn a_body_over_the_bound_is_413() {
    let server = Server::with(Limits {
        body_bytes_max: 1000,
        ..Limits::default()
    })
    .await;
    for length in [1001, 5000, 9000] {
        let body = json!({"query": "{ hello }", "extensions": {"pad": "x".repeat(length)}});
        server
            .post(JSON, &body)
            .await
            .refused(413, "BODY_TOO_LARGE");
    }
    assert_eq!(
        server
            .post(JSON, &json!({"query": "{ hello }"}))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn deep_and_wide_queries_are_refused_by_the_name_of_the_rule() {
    let server = Server::default().await;
    let deep = format!("{{ {} leaf {} }}", "nest {".repeat(21), "}".repeat(21));
    let wide = format!(
        "{{ nest {{ {} }} }}",
        (0..61)
            .map(|n| format!("a{n}: leaf"))
            .collect::<Vec<_>>()
            .join(" ")
    );
    let roots = format!("{{ {} }}", "hello ".repeat(21));
    let fields = format!("{{ nest {{ {} }} }}", "leaf ".repeat(1001));
    for (query, rule, bound) in [
        (deep, "limits.query_depth_max", 20),
        (wide, "limits.query_aliases_max", 60),
        (roots, "limits.query_root_fields_max", 20),
        (fields, "limits.query_fields_max", 1000),
        (
            format!("{{ hello {} }}", "@include(if: true)".repeat(61)),
            "limits.query_directives_max",
            60,
        ),
        (
            format!("{{ hello {} }}", "!".repeat(6001)),
            "limits.query_tokens_max",
            6000,
        ),
        ("{".repeat(49), "limits.query_nesting_max", 48),
    ] {
        let error = server
            .post(GRAPHQL_RESPONSE, &json!({"query": query}))
            .await
            .refused(400, "LIMIT_EXCEEDED");
        assert_eq!(error["extensions"]["rule"], rule);
        assert_eq!(error["extensions"]["bound"], bound);
        assert!(
            error["message"]
                .as_str()
                .unwrap()
                .contains(&format!("{rule} = {bound}")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn long_variables_are_refused_by_the_name_of_the_rule() {
    let server = Server::with(Limits {
        variables_bytes_max: 20,
        ..Limits::default()
    })
    .await;
    let body = json!({"query": "query($n: String!) { hello(name: $n) }", "variables": {"n": "x".repeat(20)}});
    let error = server
        .post(GRAPHQL_RESPONSE, &body)
        .await
        .refused(400, "LIMIT_EXCEEDED");
    assert_eq!(error["extensions"]["rule"], "limits.variables_bytes_max");
}

#[tokio::test]
async fn without_a_good_token_it_is_401() {
    let server = Server::default().await;
    let old = format!("Bearer {}", server.token_for(Duration::from_secs(10)));
    server.clock.fetch_add(60, Ordering::Relaxed);
    let body = r#"{"query":"mutation { set(value: 7) }"}"#;
    for (authorization, expected) in [
        (None, "no token"),
        (Some("Bearer nonsense"), "malformed"),
        (Some("Basic bHY6bHY="), "malformed"),
        (Some(old.as_str()), "expired"),
    ] {
        let mut headers = vec![("content-type", JSON)];
        headers.extend(authorization.map(|value| ("authorization", value)));
        let answer = server.send(Method::POST, "/graphql", &headers, body).await;
        let error = answer.refused(401, "UNAUTHENTICATED");
        assert!(
            error["message"].as_str().unwrap().contains(expected),
            "{error}"
        );
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
    assert_eq!(*server.probe.value.borrow(), 0);
}

#[tokio::test]
async fn a_persisted_query_runs_by_its_hash_once_it_was_sent() {
    let server = Server::default().await;
    let extensions = json!({"persistedQuery": {"version": 1, "sha256Hash": sha256("{ hello }")}});
    let by_hash = json!({"extensions": extensions});
    let error = server
        .post(GRAPHQL_RESPONSE, &by_hash)
        .await
        .refused(400, "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(error["message"], "PersistedQueryNotFound");
    server
        .post(
            JSON,
            &json!({"query": "{ organisation }", "extensions": extensions}),
        )
        .await
        .refused(400, "PERSISTED_QUERY_MISMATCH");
    let first = server
        .post(
            JSON,
            &json!({"query": "{ hello }", "extensions": extensions}),
        )
        .await;
    assert_eq!(first.status, 200);
    let answer = server.post(JSON, &by_hash).await;
    assert_eq!(answer.json(), json!({"data": {"hello": "hello world"}}));
    let by_get = server
        .get(JSON, &[("extensions", &extensions.to_string())])
        .await;
    assert_eq!(by_get.json(), json!({"data": {"hello": "hello world"}}));
}

/// A document that ran is not validated again. Its variables are checked each time all the same.
#[tokio::test]
async fn a_document_that_ran_before_is_judged_as_it_was_the_first_time() {
    let greeting = "query($name: String!) { hello(name: $name) }";
    let good = json!({"query": greeting, "variables": {"name": "LV"}});
    let wrong = [
        json!({"query": greeting, "variables": {"name": 1}}),
        json!({"query": greeting, "variables": {"name": null}}),
        json!({"query": greeting}),
        json!({"query": "{ hello(name: 1) }"}),
        json!({"query": "{ hello nothing }"}),
    ];
    let server = Server::default().await;
    let mut first = Vec::new();
    for body in &wrong {
        first.push(server.post(GRAPHQL_RESPONSE, body).await);
    }
    for _ in 0..2 {
        let answer = server.post(GRAPHQL_RESPONSE, &good).await;
        assert_eq!(answer.json(), json!({"data": {"hello": "hello LV"}}));
    }
    for (body, first) in wrong.iter().zip(&first) {
        let again = server.post(GRAPHQL_RESPONSE, body).await;
        assert_eq!(again.status, 400, "{body}");
        assert_eq!((again.status, again.json()), (first.status, first.json()));
    }
}

fn sha256(text: &str) -> String {
    sha2::Sha256::digest(text.as_bytes())
        .iter()
        .fold(String::new(), |mut hash, byte| {
            write!(hash, "{byte:02x}").unwrap();
            hash
        })
}

#[tokio::test]
async fn health_tells_alive_from_ready() {
    let server = Server::default().await;
    let live = server.send(Method::GET, "/health/live", &[], "").await;
    assert_eq!(
        (live.status.as_u16(), live.json()),
        (200, json!({"status": "live"}))
    );
    let read_only = Ready::ReadOnly(vec![ReadOnlyReason {
        code: "CLOCK_SKEW",
        message: "the \"clock\" is wrong".to_owned(),
    }]);
    for (ready, status, body) in [
        (Ready::Yes, 200, json!({"status": "ready"})),
        (
            read_only,
            200,
            json!({"status": "read-only", "reasons": [
                {"code": "CLOCK_SKEW", "message": "the \"clock\" is wrong"},
            ]}),
        ),
        (Ready::No, 503, json!({"status": "unready"})),
    ] {
        *server.ready.lock().unwrap() = ready;
        let told = server.send(Method::GET, "/health/ready", &[], "").await;
        assert_eq!((told.status.as_u16(), told.json()), (status, body));
    }
}

#[tokio::test]
async fn measures_are_served_only_if_they_are_on_and_tell_no_names() {
    let off = Server::default().await;
    let absent = off.send(Method::GET, "/metrics", &[], "").await;
    assert_eq!(absent.status, 404);
    let on = Server::start(Settings {
        metrics: true,
        ..Settings::default()
    })
    .await;
    on.post(JSON, &json!({"query": "query Unmistakable { hello }"}))
        .await;
    on.post(JSON, &json!({"query": "{ fails }"})).await;
    let page = on.send(Method::GET, "/metrics", &[], "").await;
    assert_eq!(page.status, 200);
    let kind = page.header("content-type").to_owned();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    let text = String::from_utf8(page.body.to_vec()).unwrap();
    for line in [
        "operation_seconds_count{kind=\"Query\",end=\"Done\"} 1",
        "operation_seconds_count{kind=\"Query\",end=\"Errors\"} 1",
        "sockets 0",
        "# EOF",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    assert!(!text.contains("Unmistakable"), "{text}");
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let server = Server::default().await;
    for path in ["/graphql", "/health/live", "/nowhere"] {
        let answer = server.send(Method::GET, path, &[], "").await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert!(
            answer
                .header("content-security-policy")
                .contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
}

#[tokio::test]
async fn graphiql_is_served_only_if_it_is_on() {
    let off = Server::default().await;
    assert_eq!(
        off.send(Method::GET, "/graphiql", &[], "").await.status,
        404
    );
    let on = Server::start(Settings {
        graphiql: true,
        ..Settings::default()
    })
    .await;
    let page = on.send(Method::GET, "/graphiql", &[], "").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(
        page.header("content-security-policy")
            .contains("frame-ancestors 'none'")
    );
    for (path, content_type) in [
        ("/graphiql/page.js", "text/javascript"),
        ("/graphiql/page.css", "text/css"),
    ] {
        assert!(
            std::str::from_utf8(&page.body)
                .unwrap()
                .contains(path.trim_start_matches('/'))
        );
        let asset = on.send(Method::GET, path, &[], "").await;
        assert!(asset.header("content-type").starts_with(content_type));
        assert_eq!(asset.header("content-encoding"), "gzip");
        assert_eq!(asset.body[..2], [0x1f, 0x8b]);
        let again = on
            .send(
                Method::GET,
                path,
                &[("if-none-match", asset.header("etag"))],
                "",
            )
            .await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    }
}
