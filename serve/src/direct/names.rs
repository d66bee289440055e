//! Names under which clients see the tools of servers: letters, digits, `_` and `-`, at most 64.

/// What every client takes.
const LONGEST: usize = 64;

/// Digits of a digest, in place of what does not fit.
const DIGITS: usize = 8;

/// `server_tool`. A name that is too long ends with a digest of the whole.
pub(super) fn passed_name(server: &str, tool: &str) -> String {
    let letter = |char: char| match char {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => char,
        _ => '_',
    };
    let mut name: String = format!("{server}_{tool}").chars().map(letter).collect();
    if name.len() > LONGEST {
        let mut hasher = blake3::Hasher::new();
        hasher.update(server.as_bytes());
        hasher.update(&[0]);
        hasher.update(tool.as_bytes());
        name.truncate(LONGEST - DIGITS - 1);
        name.push('_');
        name.push_str(&hasher.finalize().to_hex()[..DIGITS]);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_every_client_takes() {
        assert_eq!(passed_name("git-hub", "list_issues"), "git-hub_list_issues");
        assert_eq!(
            passed_name("my server", "repo.get/file"),
            "my_server_repo_get_file"
        );
        assert_eq!(passed_name("é", "箱"), "___");
        let long = passed_name("server", &"x".repeat(100));
        assert_eq!(long.len(), LONGEST);
        assert_ne!(long, passed_name("server", &"x".repeat(101)));
        assert!(long.starts_with("server_xxx"));
    }
}
