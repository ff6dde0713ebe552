//! Editing: done, merged, in conflict, refused, repeated.

use serde_json::json;

use crate::world::{PRESIDENCY, World};

#[tokio::test]
async fn an_edit_is_answered_with_what_it_affected() {
    let world = World::new().await;
    let base = world.cursor().await;
    let done = world
        .set(&base, "B.5.1", "progress", "Cyber Europe 2016 is planned")
        .await;
    assert_eq!(done["__typename"], "EditDone");
    assert_eq!(done["outcomes"], json!(["APPLIED"]));
    assert_eq!(done["events"][0]["kind"], "CellSet");
    assert_eq!(done["events"][0]["author"], "NL");
    assert_eq!(done["events"][0]["capacity"], "PRESIDENCY");
    assert_eq!(
        done["events"][0]["summary"],
        "Set \"progress\" of action B.5.1"
    );
    assert_eq!(
        done["affected"][0]["content"]["printed"],
        "Cyber Europe 2016 is planned"
    );
    let again = world
        .set(
            &done["cursor"],
            "B.5.1",
            "progress",
            "Cyber Europe 2016 is planned",
        )
        .await;
    assert_eq!(again["outcomes"], json!(["UNCHANGED"]));
}

#[tokio::test]
async fn a_conflict_carries_all_three_texts_and_its_cursor_settles_it() {
    let world = World::new().await;
    let base = world.cursor().await;
    world.set(&base, "B.1.1", "due", "September 2015").await;
    let met = world.set(&base, "B.1.1", "due", "December 2015").await;
    assert_eq!(met["__typename"], "EditConflicts");
    let conflict = &met["conflicts"][0];
    assert_eq!(conflict["register"], "due");
    assert_eq!(conflict["base"]["printed"], "July 2015");
    assert_eq!(conflict["theirs"]["printed"], "September 2015");
    assert_eq!(conflict["yours"]["printed"], "December 2015");
    assert_eq!(conflict["theirEvent"]["author"], "NL");
    let settled = world
        .set(&met["cursor"], "B.1.1", "due", "December 2015")
        .await;
    assert_eq!(settled["outcomes"], json!(["APPLIED"]));
}

#[tokio::test]
async fn disjoint_changes_of_one_text_are_merged_and_the_answer_says_so() {
    let world = World::new().await;
    let base = world.cursor().await;
    let text = "3rd trilogue on 30/4/15 (no date for next one). Written input by COM on 27/05. Technical meeting on 1/06.";
    world
        .set(&base, "B.1.1", "progress", &text.replace("3rd", "Third"))
        .await;
    let merged = world
        .set(
            &base,
            "B.1.1",
            "progress",
            &text.replace("1/06.", "1/06 in Brussels."),
        )
        .await;
    assert_eq!(merged["outcomes"], json!(["MERGED"]));
    let both = text
        .replace("3rd", "Third")
        .replace("1/06.", "1/06 in Brussels.");
    assert_eq!(merged["affected"][0]["content"]["printed"], both);
}

#[tokio::test]
async fn refusals_name_the_command_and_the_rule() {
    let world = World::new().await;
    let base = world.cursor().await;
    let (action, column) = world.cell("A.1.1", "progress").await;
    let set = |content: &str| json!({ "setCell": { "action": action, "column": column, "content": content } });
    let cases = [
        (
            json!({ "commands": [set("SECRET UE/EU SECRET")] }),
            "CLASSIFIED",
        ),
        (
            json!({ "commands": [set(&"x".repeat(30_000))] }),
            "TOO_LONG",
        ),
        (json!({ "commands": [set("bell \u{7}")] }), "INVALID"),
        (
            json!({ "effective": "2016-12-31", "commands": [set("later")] }),
            "BAD_DATE",
        ),
        (json!({ "commands": [] }), "INVALID"),
        (
            json!({ "commands": [{ "remove": { "subject": "nonsense" } }] }),
            "INVALID",
        ),
        (
            json!({ "commands": [{ "closePresidency": { "presidency": "2016H1-NL" } }] }),
            "BAD_DATE",
        ),
        (
            json!({ "roadMap": "00000000-0000-0000-0000-0000000000ff", "commands": [set("nowhere")] }),
            "NOT_FOUND",
        ),
    ];
    for (mut input, code) in cases {
        input["base"] = base.clone();
        let refused = world.edit(PRESIDENCY, input).await;
        assert_eq!(refused["__typename"], "EditRefused", "{code}: {refused}");
        assert_eq!(refused["refusals"][0]["code"], code, "{refused}");
    }
    for input in [
        json!({ "commands": [set("now")] }),
        json!({ "effective": "2015-07-01", "commands": [set("earlier")] }),
    ] {
        let mut input = input;
        input["base"] = base.clone();
        let refused = world.edit("EE", input).await;
        assert_eq!(refused["refusals"][0]["code"], "NOT_ALLOWED", "{refused}");
    }
    assert_eq!(world.cursor().await, base, "a refused edit changes nothing");
}

#[tokio::test]
async fn a_repeated_edit_mints_the_same_ids_and_answers_alike() {
    let world = World::new().await;
    let base = world.cursor().await;
    let (field, _) = world.cell("A.1.1", "progress").await;
    let input = json!({
        "commandId": "01900000-0000-7000-8000-000000000001",
        "base": base,
        "commands": [{ "addField": { "title": "A field of its own" } }],
    });
    let first = world.edit("GSC", input.clone()).await;
    let again = world.edit("GSC", input).await;
    assert_eq!(again["repeated"], true);
    assert_eq!(first["affected"], again["affected"]);
    assert_eq!(first["version"], again["version"]);
    let other = json!({
        "commandId": "01900000-0000-7000-8000-000000000001",
        "base": world.cursor().await,
        "commands": [{ "retitle": { "subject": field, "title": "Another" } }],
    });
    let reused = world.edit("GSC", other).await;
    assert_eq!(reused["refusals"][0]["code"], "COMMAND_ID_REUSED");
}
