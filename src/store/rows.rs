//! Between rows and values: strict both ways. Times are whole microseconds, so that they sort as numbers do.

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::StoreError;

/// An instant as it is kept. What is finer than a microsecond is cut off.
pub(super) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// Where a value stands, for the error when it is impossible.
#[derive(Clone, Copy)]
pub(super) struct Spot<'a> {
    pub table: &'static str,
    pub key: &'a str,
}

impl Spot<'_> {
    pub(super) fn impossible(&self, what: impl ToString) -> StoreError {
        StoreError::impossible(self.table, self.key, what)
    }

    pub(super) fn instant(&self, micros: i64) -> Result<Timestamp, StoreError> {
        Timestamp::from_microsecond(micros).map_err(|_| self.impossible(format!("`{micros}` is no time")))
    }

    pub(super) fn number<T: TryFrom<i64>>(&self, column: &str, number: i64) -> Result<T, StoreError> {
        T::try_from(number).map_err(|_| self.impossible(format!("{column} `{number}` is out of range")))
    }

    pub(super) fn yes_no(&self, column: &str, number: i64) -> Result<bool, StoreError> {
        match number {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.impossible(format!("{column} `{other}` is neither yes nor no"))),
        }
    }

    /// A value whose name in SQL is its name in JSON.
    pub(super) fn named<T: DeserializeOwned>(&self, column: &str, name: &str) -> Result<T, StoreError> {
        serde_json::from_value(serde_json::Value::String(name.to_owned()))
            .map_err(|_| self.impossible(format!("{column} `{name}` is not known")))
    }

    pub(super) fn json<T: DeserializeOwned>(&self, column: &str, text: &str) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|error| self.impossible(format!("{column}: {error} in `{text}`")))
    }
}

/// A number as it is kept. What does not fit is refused by the row's own checks, being far beyond them.
pub(super) fn whole(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

pub(super) fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::impossible("json", "a new row", error))
}
