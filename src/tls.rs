//! Whom this machine trusts when a line is encrypted: the relay's and the text service's alike.

use std::sync::Arc;

use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// The certificates that the machine trusts; `SSL_CERT_FILE` names others.
pub(crate) fn trusting_the_machine() -> Result<ClientConfig, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        return Err("this machine trusts no certificates, so that nobody can prove who they are; install \
             ca-certificates, or name a file in SSL_CERT_FILE"
            .into());
    }
    // Named, so that no other crate's choice of cryptography can ever change it.
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("TLS cannot be set up: {error}"))?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}
