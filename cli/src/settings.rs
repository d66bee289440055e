//! Finds the settings files, and the name of a skill in them. Of several files, one alone has the limits; the policy is
//! the chain of all of them.

use std::path::{Path, PathBuf};

use clap::Args;
use etcetera::BaseStrategy as _;
use mcp_host::{AuthorizationSettings, Place, Policy, Settings, SettingsError};

use super::exit::Failure;

/// The name of the file in all places.
const FILE: &str = "mcp-host.toml";

/// The file of the machine.
const ORGANISATION: &str = "/etc/mcp-host/mcp-host.toml";

// `--settings`
#[derive(Args, Clone, Default)]
pub(crate) struct SettingsArgs {
    /// The settings file: limits and policy. Otherwise ./mcp-host.toml, then mcp-host/mcp-host.toml in the user's
    /// configuration directory; the policy is that of both.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

/// The files of all places.
struct Files {
    organisation: PathBuf,
    /// `None`: this user has no configuration directory.
    user: Option<PathBuf>,
    project: PathBuf,
}

impl SettingsArgs {
    /// Reads the first settings file that exists. Fails only if a named file is missing.
    pub(crate) fn find(&self) -> Result<Option<Settings>, Failure> {
        let found = match &self.settings {
            Some(file) => Settings::read(file).map(Some),
            None => {
                let files = Files::here();
                let candidates = [Some(files.project), files.user, Some(files.organisation)];
                let mut found = candidates.into_iter().flatten().map(|file| read(&file));
                found.find_map(Result::transpose).transpose()
            }
        };
        found.map_err(|error| Failure::usage(error.into()))
    }

    /// The policy of all places: the organisation, the user, the project, and the skill of this name. `--settings`
    /// takes the place of the files of user and project.
    pub(crate) fn policy(&self, skill: Option<&str>) -> Result<Option<Policy>, Failure> {
        let named = self.settings.as_deref();
        chain(&Files::here(), named, skill, None).map_err(|error| Failure::usage(error.into()))
    }

    /// The same as if the file of the user's rules were this one.
    pub(crate) fn policy_with(
        &self,
        user: Settings,
        skill: Option<&str>,
    ) -> Result<Option<Policy>, Failure> {
        let named = self.settings.as_deref();
        let chain = chain(&Files::here(), named, skill, Some(user));
        chain.map_err(|error| Failure::usage(error.into()))
    }

    /// `[serve.authorization]`: of the organisation, else of the user. A directory that was cloned says nothing about
    /// who may ask.
    pub(crate) fn authorization(&self) -> Result<Option<AuthorizationSettings>, Failure> {
        let named = self.settings.as_deref();
        authorization(&Files::here(), named).map_err(Failure::usage)
    }

    /// The file of the user's rules, whether it exists or not.
    pub(crate) fn user_file(&self) -> PathBuf {
        self.settings.clone().unwrap_or_else(place)
    }

    /// `size` of `[cache]`, in bytes.
    pub(crate) fn cache_size(&self) -> Result<Option<u64>, Failure> {
        Ok(self.find()?.and_then(|settings| settings.cache_size))
    }
}

/// The file to write a rule into, where there is none yet.
pub(crate) fn place() -> PathBuf {
    let files = Files::here();
    files.user.unwrap_or(files.project)
}

impl Files {
    fn here() -> Self {
        let base = etcetera::choose_base_strategy().ok();
        Self {
            organisation: ORGANISATION.into(),
            user: base.map(|base| base.config_dir().join("mcp-host").join(FILE)),
            project: FILE.into(),
        }
    }
}

/// `None`: there is no such file.
fn read(file: &Path) -> Result<Option<Settings>, SettingsError> {
    match Settings::read(file) {
        Err(SettingsError::NotFound { .. }) => Ok(None),
        read => read.map(Some),
    }
}

fn authorization(
    files: &Files,
    named: Option<&Path>,
) -> anyhow::Result<Option<AuthorizationSettings>> {
    let own = match named {
        Some(named) => Some(Settings::read(named)?),
        None => {
            let user = files.user.as_deref().map(read).transpose()?.flatten();
            let project = read(&files.project)?.filter(|project| project.authorization.is_some());
            if let Some(project) = project
                && !is_same(&project.file, files.user.as_deref())
            {
                anyhow::bail!(
                    "`[serve.authorization]` of `{}` is not used: write it into your own file, `{}`, or name a file \
                     with `--settings`",
                    project.file.display(),
                    place().display()
                );
            }
            user
        }
    };
    let organisation = read(&files.organisation)?;
    let mut files = organisation.into_iter().chain(own);
    Ok(files.find_map(|file| file.authorization))
}

/// Whether both are one file.
fn is_same(file: &Path, other: Option<&Path>) -> bool {
    let real = file.canonicalize().ok();
    real.is_some() && real == other.and_then(|other| other.canonicalize().ok())
}

fn chain(
    files: &Files,
    named: Option<&Path>,
    skill: Option<&str>,
    mut instead: Option<Settings>,
) -> Result<Option<Policy>, SettingsError> {
    let mut places = vec![(Place::Organisation, files.organisation.as_path())];
    if named.is_none() {
        places.extend(files.user.as_deref().map(|user| (Place::User, user)));
        places.push((Place::Project, &files.project));
    }
    let named = match (named, &mut instead) {
        (None, _) => None,
        (Some(_), instead @ Some(_)) => instead.take(),
        (Some(named), None) => Some(Settings::read(named)?),
    };
    let mut tables = named.map_or_else(Vec::new, |file| file.tables(Place::User, skill));
    let mut seen = Vec::new();
    for (place, file) in places {
        // A directory of configuration may be the current one. Its file has the wider of its two places.
        let real = file.canonicalize().ok();
        if real.is_some() && seen.contains(&real) {
            continue;
        }
        seen.push(real);
        let instead = instead.take_if(|_| place == Place::User);
        let settings = match instead {
            Some(settings) => Some(settings),
            None => read(file)?,
        };
        if let Some(settings) = settings {
            tables.extend(settings.tables(place, skill));
        }
    }
    Ok(Policy::of(tables))
}

/// The name of a skill in `[skills.NAME]`: its file name without the extension, or the name of its directory.
pub(crate) fn skill_name(skill: &Path) -> Option<String> {
    // `.` and `..` have a name only after resolution; an argument that is not a path is a name already.
    let path = skill.canonicalize().unwrap_or_else(|_| skill.to_owned());
    let name = if path.is_dir() {
        path.file_name()
    } else {
        path.file_stem()
    };
    name.map(|name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use std::fs;

    use super::*;

    /// The tables of a policy: their places and files.
    fn tables(policy: Option<Policy>, dir: &Path) -> Vec<String> {
        let tables = policy.iter().flat_map(Policy::tables);
        let shown = tables.map(|table| format!("{} {table}", table.place));
        shown
            .map(|text| text.replace(&format!("{}/", dir.display()), ""))
            .collect()
    }

    #[test]
    fn a_cloned_directory_does_not_say_whose_tokens_are_taken() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str| dir.path().join(name);
        let files = Files {
            organisation: file("etc.toml"),
            user: Some(file("user.toml")),
            project: file("project.toml"),
        };
        let write = |name: &str, issuer: &str| {
            let text = format!(
                "[serve.authorization]\nissuer = \"https://{issuer}\"\nresource = \"https://r\"\n"
            );
            fs::write(file(name), text).unwrap();
        };
        let issuer = |named: Option<&Path>| {
            let found = authorization(&files, named).map_err(|error| error.to_string())?;
            Ok::<_, String>(found.map(|found| found.issuer))
        };
        assert_eq!(issuer(None), Ok(None));
        write("user.toml", "user");
        assert_eq!(issuer(None), Ok(Some("https://user".to_owned())));
        // A file that says nothing about it hides nothing either.
        fs::write(file("project.toml"), "[limits]\ncalls = 7\n").unwrap();
        assert_eq!(issuer(None), Ok(Some("https://user".to_owned())));
        write("project.toml", "evil");
        let refused = issuer(None).unwrap_err();
        assert!(refused.contains("project.toml` is not used"), "{refused}");
        write("named.toml", "named");
        let named = file("named.toml");
        assert_eq!(issuer(Some(&named)), Ok(Some("https://named".to_owned())));
        // No user goes around the organisation.
        write("etc.toml", "etc");
        assert_eq!(issuer(Some(&named)), Ok(Some("https://etc".to_owned())));
    }

    #[test]
    fn the_policy_is_that_of_all_places_and_a_named_file_is_the_users() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        let file = |name: &str| dir.join(name);
        let files = Files {
            organisation: file("etc.toml"),
            user: Some(file("user.toml")),
            project: file("project.toml"),
        };
        let found =
            |named: Option<&Path>, skill| tables(chain(&files, named, skill, None).unwrap(), dir);
        assert!(found(None, None).is_empty());
        fs::write(file("project.toml"), "[policy]\ndeny = [\"a/b\"]\n").unwrap();
        assert_eq!(found(None, None), ["project project.toml"]);
        let skill = "[policy]\n[skills.x.policy]\nread-only = true\n";
        fs::write(file("user.toml"), skill).unwrap();
        fs::write(file("etc.toml"), "[policy]\n").unwrap();
        fs::write(file("named.toml"), "[policy]\n").unwrap();
        let all = [
            "organisation etc.toml",
            "user user.toml",
            "project project.toml",
        ];
        assert_eq!(found(None, None), all);
        let own = ["skill `[skills.x.policy]` in user.toml"];
        assert_eq!(found(None, Some("x")), [&all[..], &own[..]].concat());
        let named = file("named.toml");
        assert_eq!(
            found(Some(&named), None),
            ["organisation etc.toml", "user named.toml"]
        );
        // The project is the user's own directory of configuration.
        fs::remove_file(file("project.toml")).unwrap();
        std::os::unix::fs::symlink(file("user.toml"), file("project.toml")).unwrap();
        assert_eq!(found(None, None), all[..2]);
        let missing = chain(&files, Some(&file("missing.toml")), None, None);
        assert!(matches!(missing, Err(SettingsError::NotFound { .. })));
        // A file of the organisation that cannot be read stops the run.
        fs::write(file("etc.toml"), "[policy\n").unwrap();
        assert!(chain(&files, None, None, None).is_err());
    }
}
