//! What can be wrong with what was received.

use crate::message::{Fields, Name, Status};

/// A part of a message does not follow its grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("does not follow its grammar")]
pub struct Malformed;

/// Why a message was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Defect {
    /// No SIP start line: another protocol, noise, or a keep-alive. Never answered.
    #[error("not SIP")]
    NotSip,
    /// Larger than any message we take.
    #[error("too large")]
    TooLarge,
    /// More header fields than we keep.
    #[error("too many header fields")]
    TooManyHeaders,
    /// The header section has no end: a datagram that was cut.
    #[error("no empty line after the header section")]
    Unfinished,
    /// Extra or missing blanks in the start line, or a status code that is none (RFC 3261 7.1, 7.2).
    #[error("bad start line")]
    StartLine,
    /// The Request-URI is none, is in `<>`, or has header fields (RFC 3261 7.1, 19.1.1).
    #[error("bad Request-URI")]
    RequestUri,
    /// A version other than SIP/2.0.
    #[error("version not supported")]
    Version,
    /// A CR or LF alone within the header section, or a line that is no header field.
    #[error("bad header line")]
    HeaderLine,
    /// A mandatory header field is not there (RFC 3261 8.1.1; Content-Length on a stream, 18.3).
    #[error("{} is missing", .0.as_str())]
    Missing(Name),
    /// A header field that may appear once appears again.
    #[error("{} appears more than once", .0.as_str())]
    Repeated(Name),
    /// The value of a header field does not follow its grammar or limits.
    #[error("bad {}", .0.as_str())]
    Field(Name),
    /// The method of CSeq is not that of the request (RFC 3261 8.1.1.5).
    #[error("CSeq names another method")]
    CSeqMethod,
    /// The same, and we don't know the method at all (RFC 4475 3.1.2.18).
    #[error("unknown method, and CSeq names another one")]
    UnknownMethod,
}

impl Defect {
    /// What to answer to a request with this defect, if it can be answered.
    pub const fn status(self) -> Status {
        match self {
            Self::TooLarge => Status::of(413),
            Self::Version => Status::of(505),
            Self::UnknownMethod => Status::of(501),
            Self::NotSip => Status::of(400),
            Self::TooManyHeaders => Status::new(400, "Too Many Header Fields"),
            Self::Unfinished => Status::new(400, "Header Section Not Finished"),
            Self::StartLine => Status::new(400, "Bad Request Line"),
            Self::RequestUri => Status::new(400, "Bad Request-URI"),
            Self::HeaderLine => Status::new(400, "Bad Header Line"),
            Self::Missing(_) => Status::new(400, "Missing Header Field"),
            Self::Repeated(_) => Status::new(400, "Repeated Header Field"),
            Self::CSeqMethod => Status::new(400, "CSeq Method Differs"),
            Self::Field(name) => Status::new(400, Self::bad_field(name)),
        }
    }

    const fn bad_field(name: Name) -> &'static str {
        match name {
            Name::Via => "Bad Via",
            Name::From => "Bad From",
            Name::To => "Bad To",
            Name::CallId => "Bad Call-ID",
            Name::CSeq => "Bad CSeq",
            Name::MaxForwards => "Bad Max-Forwards",
            Name::ContentLength => "Bad Content-Length",
            _ => "Bad Header Field",
        }
    }
}

/// A message that was not taken.
#[derive(Debug)]
pub struct ParseError {
    /// The first thing that is wrong with it.
    pub defect: Defect,
    /// The fields of a request that can be answered: one with a usable Via that is not an ACK. `None`
    /// for what has to be dropped: responses, ACK, noise.
    pub request: Option<Box<Fields>>,
}

impl ParseError {
    /// What to answer; `None`: drop it and count it.
    pub fn answer(&self) -> Option<Status> {
        self.request.is_some().then(|| self.defect.status())
    }
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.defect.fmt(f)
    }
}

impl std::error::Error for ParseError {}
