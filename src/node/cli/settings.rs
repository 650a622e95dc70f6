//! Options that are made of a list of settings: `--enquire-link 60`.

use std::marker::PhantomData;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};
use iwf_model::Settings;
use iwf_model::settings::has_password;
use serde_json::{Map, Value};

/// The settings that options name. A password is given in other ways.
#[derive(Debug)]
pub(super) struct SettingArgs<S> {
    given: Map<String, Value>,
    of: PhantomData<S>,
}

impl<S> SettingArgs<S> {
    /// As the API takes them.
    pub(super) fn body(&self, password: Option<String>) -> Map<String, Value> {
        let mut body = self.given.clone();
        body.extend(password.map(|password| ("password".to_owned(), Value::String(password))));
        body
    }
}

impl<S: Settings> Args for SettingArgs<S> {
    fn augment_args(command: Command) -> Command {
        let settings = S::settings().iter().filter(|setting| !has_password(setting.key));
        settings.fold(command, |command, setting| {
            let arg = Arg::new(setting.key).long(setting.key.replace('_', "-")).value_name("VALUE");
            let help = format!("{} ({})", setting.help, setting.values);
            command.arg(arg.help(help).action(ArgAction::Append).help_heading("Settings"))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<S: Settings> FromArgMatches for SettingArgs<S> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut given = Map::new();
        for setting in S::settings().iter().filter(|setting| !has_password(setting.key)) {
            if let Some(values) = matches.get_many::<String>(setting.key) {
                let values: Vec<&str> = values.map(String::as_str).collect();
                given.insert(setting.key.to_owned(), Value::String(values.join(", ")));
            }
        }
        Ok(Self { given, of: PhantomData })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.given.extend(Self::from_arg_matches(matches)?.given);
        Ok(())
    }
}
