//! Takes updates to the bot's own address, one after the other, again and again until it says 200.

use std::sync::Arc;
use std::time::Duration;

use super::Shared;

/// How long until an update that was not taken comes again.
const AGAIN: Duration = Duration::from_millis(50);

/// Where updates go by themselves.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// The bot's address.
    pub url: String,
    /// What proves to the bot that it is Telegram that calls.
    pub secret: String,
    /// Why the last update was not taken.
    pub last_error: Option<String>,
}

/// Delivers until it is dropped.
pub async fn deliver(shared: Arc<Shared>) {
    let client = teloxide::net::default_reqwest_settings().build().expect("a client");
    loop {
        let mut moved = shared.listen();
        let next = {
            let state = shared.state();
            state.webhook.clone().zip(state.updates.front().cloned())
        };
        let Some((webhook, update)) = next else {
            if moved.changed().await.is_err() {
                return;
            }
            continue;
        };
        let mut request = client.post(&webhook.url).header("content-type", "application/json").body(update.to_string());
        if !webhook.secret.is_empty() {
            request = request.header("X-Telegram-Bot-Api-Secret-Token", &webhook.secret);
        }
        let error = match request.send().await {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("Wrong response from the webhook: {}", answer.status())),
            Err(_) => Some("Connection refused".to_owned()),
        };
        let taken = error.is_none();
        {
            let mut state = shared.state();
            if taken {
                let number = update["update_id"].clone();
                state.updates.retain(|update| update["update_id"] != number);
            }
            if let Some(webhook) = &mut state.webhook {
                webhook.last_error = error;
            }
        }
        if taken {
            shared.tell();
        } else {
            tokio::time::sleep(AGAIN).await;
        }
    }
}
