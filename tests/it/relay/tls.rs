//! A certificate that is made for one test, and a machine that trusts it.

use std::path::PathBuf;
use std::sync::Arc;

use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::support::Desk;

/// What a relay called `localhost` needs to encrypt, and its certificate in PEM.
pub fn encrypting() -> (Arc<ServerConfig>, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (Arc::new(config), made.cert.pem())
}

/// A file of certificates that holds one.
pub fn trusted(desk: &Desk, certificate: &str) -> PathBuf {
    let file = desk.data().join("trusted.pem");
    std::fs::write(&file, certificate).unwrap();
    file
}
