//! Tests of where metadata are found, and what is read of them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn texts(urls: Vec<Url>) -> Vec<String> {
    urls.into_iter().map(String::from).collect()
}

#[test]
fn path_of_an_issuer_is_inserted_before_it_is_appended() {
    assert_eq!(
        texts(metadata_places(&url("https://a.example/tenant/one/"))),
        [
            "https://a.example/.well-known/oauth-authorization-server/tenant/one",
            "https://a.example/.well-known/openid-configuration/tenant/one",
            "https://a.example/tenant/one/.well-known/openid-configuration",
        ]
    );
    assert_eq!(
        texts(metadata_places(&url("https://a.example"))),
        [
            "https://a.example/.well-known/oauth-authorization-server",
            "https://a.example/.well-known/openid-configuration",
        ]
    );
}

#[test]
fn metadata_of_a_server_are_at_its_path_or_at_the_root() {
    let places = well_known(&url("https://a.example/x/mcp?key=1"));
    assert_eq!(
        texts(places),
        [
            "https://a.example/.well-known/oauth-protected-resource/x/mcp",
            "https://a.example/.well-known/oauth-protected-resource",
        ]
    );
}

#[test]
fn resource_is_the_server_or_above_it() {
    let server = url("https://a.example/team/mcp?x=1");
    for resource in [
        "https://a.example/team/mcp",
        "https://A.example:443/team/mcp/",
        "https://a.example/team",
        "https://a.example",
    ] {
        assert!(is_for(resource, &server), "{resource}");
    }
    for resource in [
        "https://a.example/team/mcp/more",
        "https://a.example/tea",
        "https://b.example/team/mcp",
        "http://a.example/team/mcp",
        "https://a.example:8443/team/mcp",
        "https://a.example/team/mcp#x",
        "team",
    ] {
        assert!(!is_for(resource, &server), "{resource}");
    }
}

#[test]
fn issuers_are_compared_letter_for_letter_but_for_the_slash_of_an_origin() {
    assert!(is_same_issuer("https://a.example", "https://a.example/"));
    for other in [
        "https://A.example",
        "https://a.example/x",
        "https://a.example:443",
        "https://b.example",
        "",
    ] {
        assert!(!is_same_issuer(other, "https://a.example"), "{other}");
    }
    assert!(!is_same_issuer(
        "https://a.example/x/",
        "https://a.example/x"
    ));
}
