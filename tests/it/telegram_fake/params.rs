//! What a call says, whichever way it was written: as JSON, as a form, in parts, or behind the address.

use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use axum::{Form, Json, extract::Query};
use serde_json::{Map, Value};

use super::methods::{Refusal, bad};

/// The values by name. Forms and parts give texts; JSON gives what it gives.
#[derive(Debug, Default)]
pub struct Params(pub Map<String, Value>);

impl Params {
    /// Reads a call.
    pub async fn read(request: Request) -> Result<Params, Refusal> {
        let mut values = Map::new();
        if let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(request.uri()) {
            values.extend(pairs.into_iter().map(|(name, value)| (name, Value::String(value))));
        }
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "application/json" => {
                let read = Json::<Value>::from_request(request, &()).await;
                let Ok(Json(Value::Object(object))) = read else {
                    return Err(bad("can't parse JSON object"));
                };
                values.extend(object);
            }
            "application/x-www-form-urlencoded" => {
                let read = Form::<Vec<(String, String)>>::from_request(request, &()).await;
                let Form(pairs) = read.map_err(|_| bad("can't parse parameters"))?;
                values.extend(pairs.into_iter().map(|(name, value)| (name, Value::String(value))));
            }
            "multipart/form-data" => {
                let mut parts = Multipart::from_request(request, &()).await.map_err(|_| bad("can't parse parts"))?;
                while let Ok(Some(part)) = parts.next_field().await {
                    let name = part.name().unwrap_or_default().to_owned();
                    let text = part.text().await.map_err(|_| bad("strings must be encoded in UTF-8"))?;
                    values.insert(name, Value::String(text));
                }
            }
            _ => {}
        }
        Ok(Params(values))
    }

    /// A text; empty if it is not there.
    pub fn text(&self, name: &str) -> String {
        match self.0.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        }
    }

    /// A whole number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.text(name).trim().parse().ok()
    }

    /// Yes or no; no if it is not there.
    pub fn yes(&self, name: &str) -> bool {
        matches!(self.text(name).to_ascii_lowercase().as_str(), "true" | "1" | "yes")
    }

    /// A value in JSON, which forms carry as a text.
    pub fn json(&self, name: &str) -> Result<Option<Value>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => {
                serde_json::from_str(text).map(Some).map_err(|_| bad(&format!("can't parse {name} JSON object")))
            }
            Some(value) => Ok(Some(value.clone())),
        }
    }
}
