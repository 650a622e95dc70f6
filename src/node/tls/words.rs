//! Why TLS was not agreed upon with a peer, in words that say what can be done about it.

use std::borrow::Cow;

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

/// What is wrong.
pub(crate) fn in_words(error: &Error) -> Cow<'static, str> {
    let certificate = match error {
        Error::InvalidCertificate(certificate) => certificate,
        Error::AlertReceived(alert) if is_about_us(*alert) => {
            return format!("the peer does not take the certificate that we show, or wants one ({alert:?})")
                .into();
        }
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            return "the peer does not speak TLS".into();
        }
        other => return other.to_string().into(),
    };
    match certificate {
        // The second is what is found when somebody else has the name of an authority that we trust.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "its certificate is signed by nobody whom we trust".into()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired".into()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate does not hold yet".into()
        }
        CertificateError::NotValidForName => "its certificate is for another name".into(),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names: Vec<&str> = presented.iter().map(|name| unquoted(name)).collect();
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            let expected = expected.to_str();
            format!("its certificate is for another name than {expected}; it names: {names}").into()
        }
        other => format!("its certificate can't be accepted: {other:?}").into(),
    }
}

/// `DnsName("a.example")` is how a name is told to programmers.
fn unquoted(name: &str) -> &str {
    name.split('"').nth(1).unwrap_or(name)
}

/// Whether the peer has ended the handshake because of what we are. In TLS 1.3 that may come when we take the handshake
/// for done, and then nothing that we said was read (RFC 8446 4.4.2.4).
pub(crate) fn refuses_us(error: &Error) -> bool {
    matches!(error, Error::AlertReceived(alert) if is_about_us(*alert))
}

fn is_about_us(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::CertificateRequired
    )
}
