//! The limits of a run, from its options and the settings file.

use clap::{ArgMatches, Args, Command, FromArgMatches};
use mcp_host::{InForce, Limit, Limits, Origin, Overrides, Policy, Profile, Settings, resolve};

use super::exit::Failure;
use super::settings::SettingsArgs;

// `--settings`, `--profile`, and an option for each limit.
#[derive(Args)]
pub(crate) struct LimitArgs {
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    #[command(flatten)]
    asked: Asked,
}

/// The limits that the options set. There is an option for each `Limit`.
struct Asked(Overrides);

/// The limits of a run, the settings file that has them if there is one, and the policy.
pub(crate) struct Found {
    pub(crate) in_force: InForce,
    pub(crate) settings: Option<Settings>,
    /// The policy of all places.
    pub(crate) policy: Option<Policy>,
}

impl LimitArgs {
    /// Reads the settings file, and applies the options on top. `skill` is the skill's name in the file.
    pub(crate) fn find(&self, skill: Option<&str>) -> Result<Found, Failure> {
        let settings = self.settings.find()?;
        let mut places = settings
            .as_ref()
            .map(|settings| settings.limits(skill))
            .unwrap_or_default();
        places.push((Origin::Option, self.asked.0.clone()));
        Ok(Found {
            in_force: resolve(&places),
            settings,
            policy: self.settings.policy(skill)?,
        })
    }
}

impl Args for Asked {
    fn augment_args(command: Command) -> Command {
        let default = Limits::default();
        let profile = clap::Arg::new("profile")
            .long("profile")
            .value_name("PROFILE")
            .help("All limits at once: `strict`, `moderate` (the default) or `permissive`. Single limits replace its values")
            .value_parser(|name: &str| name.parse::<Profile>())
            .help_heading("Limits");
        Limit::ALL
            .into_iter()
            .fold(command.arg(profile), |command, limit| {
                let value = limit.show(default.get(limit));
                let arg = clap::Arg::new(limit.option())
                    .long(limit.option())
                    .value_name(limit.placeholder())
                    .help(format!("{} [default: {value}]", limit.meaning()))
                    .value_parser(move |text: &str| limit.parse(text))
                    .help_heading("Limits");
                command.arg(arg)
            })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Asked {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let values = Limit::ALL.into_iter().filter_map(|limit| {
            let value = matches.get_one::<u64>(limit.option())?;
            Some((limit, *value))
        });
        Ok(Self(Overrides {
            profile: matches.get_one::<Profile>("profile").copied(),
            values: values.collect(),
        }))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
