//! The keyring of the desktop as the place of the key of the logins: the Secret Service of freedesktop.org, over the
//! session bus. Waits a second for it, asks no person, and unlocks nothing.

use std::sync::{Mutex, PoisonError};

/// The length of a key, in bytes.
pub(super) const KEY: usize = 32;

type Key = [u8; KEY];

/// Whether the keyring of the desktop may hold the key of the logins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyring {
    /// It may, where there is one that answers. So far on Linux only.
    Used,
    /// The key is in a file.
    Unused,
}

/// What it gave once: a keyring that is locked later takes nothing away from this process.
static KNOWN: Mutex<Vec<Key>> = Mutex::new(Vec::new());

impl Keyring {
    /// The keys that it gave this process before.
    pub(super) fn known(self) -> Vec<Key> {
        match self {
            Self::Used => KNOWN.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            Self::Unused => Vec::new(),
        }
    }

    /// The keys in it, the one to use first: two processes may have made one each. With `make`, one is made where there
    /// is none. The error says in words why it gives none.
    pub(super) fn keys(self, make: bool) -> Result<Vec<Key>, String> {
        if self == Self::Unused {
            return Err("this program is not to use it".to_owned());
        }
        let keys = service::keys(make)?;
        KNOWN
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&keys);
        Ok(keys)
    }
}

#[cfg(not(target_os = "linux"))]
mod service {
    use super::Key;

    pub(super) fn keys(_make: bool) -> Result<Vec<Key>, String> {
        Err("this program knows none on this system".to_owned())
    }
}

#[cfg(target_os = "linux")]
mod service {
    use std::collections::HashMap;
    use std::env;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::Serialize;
    use tokio::time::timeout;
    use zbus::wire::DynamicDeserialize;
    use zbus::{Connection, DynamicType, ObjectPath, OwnedObjectPath, OwnedVariant, Variant};

    use super::{KEY, Key};
    use crate::login::random;

    /// How long the keyring has for everything.
    const PATIENCE: Duration = Duration::from_secs(1);
    /// The environment names the bus.
    const BUS: &str = "DBUS_SESSION_BUS_ADDRESS";
    const SERVICE: &str = "org.freedesktop.secrets";
    const ROOT: &str = "/org/freedesktop/secrets";
    const OF_SERVICE: &str = "org.freedesktop.Secret.Service";
    const OF_COLLECTION: &str = "org.freedesktop.Secret.Collection";
    const OF_ITEM: &str = "org.freedesktop.Secret.Item";
    const OF_PROPERTIES: &str = "org.freedesktop.DBus.Properties";
    /// What the key is found by.
    const ATTRIBUTES: [(&str, &str); 2] = [("application", "mcp-host"), ("purpose", "logins")];
    const LABEL: &str = "mcp-host: key of the logins";
    /// No object: nothing has this name, or nothing is to be asked.
    const NONE: &str = "/";

    /// Session, parameters, value and media type.
    type Secret = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

    pub(super) fn keys(make: bool) -> Result<Vec<Key>, String> {
        if env::var_os(BUS).is_none_or(|bus| bus.is_empty()) {
            return Err(format!("`{BUS}` names no session bus"));
        }
        // A thread of its own: callers wait here within a runtime, and one that does not answer stops no end.
        let (give, given) = mpsc::sync_channel(1);
        let ask = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let asked = match runtime {
                Ok(runtime) => runtime.block_on(async { timeout(PATIENCE, asked(make)).await }),
                Err(error) => Ok(Err(error.to_string())),
            };
            // The caller may have given up.
            let _ = give.send(asked.unwrap_or_else(|_| Err(late())));
        };
        let thread = thread::Builder::new().name("keyring".to_owned()).spawn(ask);
        thread.map_err(|error| error.to_string())?;
        given
            .recv_timeout(PATIENCE * 2)
            .unwrap_or_else(|_| Err(late()))
    }

    fn late() -> String {
        format!("it does not answer within {} s", PATIENCE.as_secs())
    }

    async fn asked(make: bool) -> Result<Vec<Key>, String> {
        let keyring = Service::open().await.map_err(|error| words(&error))?;
        let keys = keyring.keys().await?;
        if !keys.is_empty() || !make {
            return Ok(keys);
        }
        keyring.make().await?;
        keyring.keys().await
    }

    fn words(error: &zbus::Error) -> String {
        let words = error.to_string();
        crate::text::short(&crate::text::sanitize(words.as_bytes()), 300).into_owned()
    }

    /// The Secret Service, in a session in which secrets come as they are: a socket of this user's carries them.
    struct Service {
        bus: Connection,
        session: OwnedObjectPath,
    }

    impl Service {
        async fn open() -> zbus::Result<Self> {
            let bus = Connection::session().await?;
            let input = ("plain", Variant::from(""));
            let opened = ask(&bus, ROOT, OF_SERVICE, "OpenSession", &input);
            let (_, session): (OwnedVariant, OwnedObjectPath) = opened.await?;
            Ok(Self { bus, session })
        }

        async fn call<T>(
            &self,
            path: &str,
            interface: &str,
            method: &str,
            body: &(impl Serialize + DynamicType),
        ) -> Result<T, String>
        where
            T: for<'d> DynamicDeserialize<'d>,
        {
            let asked = ask(&self.bus, path, interface, method, body).await;
            asked.map_err(|error| words(&error))
        }

        /// The keys in it, in an order that stays: the oldest has the shortest and least path in most services.
        async fn keys(&self) -> Result<Vec<Key>, String> {
            let by = (HashMap::from(ATTRIBUTES),);
            let found = self.call(ROOT, OF_SERVICE, "SearchItems", &by);
            let (mut open, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) = found.await?;
            if open.is_empty() && !locked.is_empty() {
                return Err("it is locked".to_owned());
            }
            open.sort_by_key(|path| (path.as_str().len(), path.as_str().to_owned()));
            let mut keys = Vec::new();
            for path in open {
                let body = (&*self.session,);
                let secret = self.call(path.as_str(), OF_ITEM, "GetSecret", &body);
                let (_, _, value, _): Secret = secret.await?;
                let key = STANDARD.decode(value).ok();
                keys.extend(key.and_then(|key| Key::try_from(key).ok()));
            }
            Ok(keys)
        }

        /// Makes a key in the collection that the user has by default.
        async fn make(&self) -> Result<(), String> {
            let alias = ("default",);
            let named = self.call(ROOT, OF_SERVICE, "ReadAlias", &alias);
            let collection: OwnedObjectPath = named.await?;
            if collection.as_str() == NONE {
                return Err("it has no default collection".to_owned());
            }
            let body = (OF_COLLECTION, "Locked");
            let is_locked: OwnedVariant = self
                .call(collection.as_str(), OF_PROPERTIES, "Get", &body)
                .await?;
            if bool::try_from(is_locked).unwrap_or(true) {
                return Err("it is locked".to_owned());
            }
            let key = random::bytes::<KEY>().map_err(|error| error.to_string())?;
            let properties = HashMap::from([
                ("org.freedesktop.Secret.Item.Label", Variant::from(LABEL)),
                (
                    "org.freedesktop.Secret.Item.Attributes",
                    Variant::from(HashMap::from(ATTRIBUTES)),
                ),
            ]);
            let session: &ObjectPath<'_> = &self.session;
            let value = STANDARD.encode(key).into_bytes();
            let secret = (session, Vec::<u8>::new(), value, "text/plain");
            let body = (properties, secret, false);
            let made = self.call(collection.as_str(), OF_COLLECTION, "CreateItem", &body);
            let (_, prompt): (OwnedObjectPath, OwnedObjectPath) = made.await?;
            match prompt.as_str() {
                NONE => Ok(()),
                _ => Err("it asks a person first".to_owned()),
            }
        }
    }

    async fn ask<T>(
        bus: &Connection,
        path: &str,
        interface: &str,
        method: &str,
        body: &(impl Serialize + DynamicType),
    ) -> zbus::Result<T>
    where
        T: for<'d> DynamicDeserialize<'d>,
    {
        let answer = bus
            .call_method(Some(SERVICE), path, Some(interface), method, body)
            .await?;
        answer.body().deserialize()
    }
}
