//! One file on its way: bytes decoded and summed while they arrive, and the verdict at the end.
//!
//! Keeps no bytes. Start with [`ArtifactStream::next`], until it says that there are no more, then
//! [`ArtifactStream::finish`]. The invariant: what is wrong with a file is always said, and what
//! came of it is never withheld.

use std::fmt;
use std::time::Duration;

use reqwest::Response;
use tokio::time::timeout;

use super::artifact_scan::{Broken, Scan};
use super::error::{self, Fault, Intent};
use super::request;
use super::{Client, ClientError};
use crate::api::Artifact;
use crate::text::{sanitize, units};

/// How long nothing may come before the connection counts as dead.
const SILENCE: Duration = Duration::from_secs(30);
const WHAT: &str = "the artifact";
/// What is read beyond the size that was promised: it may have changed since.
const SURPLUS: u64 = 1 << 20;

pub struct ArtifactStream {
    client: Client,
    response: Response,
    scan: Scan,
    listed: Artifact,
    /// Why it ended before its end.
    cut: Option<ClientError>,
}

/// Why the bytes that came are not the file that was promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    NoData,
    /// From this byte of the decoded file on.
    NotBase64 {
        at: u64,
    },
    /// The reply ended in the middle.
    CutOff {
        came: u64,
        promised: u64,
    },
    WrongSize {
        came: u64,
        promised: u64,
    },
    /// Far more came than the listing promised, and the rest was not read.
    Flooded {
        promised: u64,
    },
    /// Both in hex.
    WrongSum {
        came: String,
        promised: String,
    },
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoData => f.write_str("the service sent no data with this file"),
            Self::NotBase64 { at } => {
                write!(f, "the data is no base64 from byte {at} on; what came before is here")
            }
            Self::CutOff { came, promised } => {
                let (came, promised) = (units::bytes(*came), units::bytes(*promised));
                write!(f, "the reply was cut off: {came} of {promised} came")
            }
            Self::WrongSize { came, promised } => {
                write!(f, "the size is WRONG: {came} bytes came, {promised} were promised")
            }
            Self::Flooded { promised } => {
                let promised = units::size(*promised);
                write!(
                    f,
                    "more came than the {promised} that were promised, and the rest was not read"
                )
            }
            Self::WrongSum { came, promised } => {
                let promised = sanitize::preview(promised, 64);
                write!(f, "the checksum is WRONG: {came} came, {promised} was promised")
            }
        }
    }
}

/// A file that has arrived.
#[derive(Debug)]
pub struct Received {
    /// As the reply describes it, else as the listing did.
    pub artifact: Artifact,
    /// Bytes that came.
    pub size: u64,
    /// Their SHA-256 in hex.
    pub sum: String,
    pub flaw: Option<Flaw>,
}

impl ArtifactStream {
    pub(super) fn new(client: Client, response: Response, listed: Artifact) -> Self {
        Self { client, response, scan: Scan::new(), listed, cut: None }
    }

    /// An upper bound of the bytes to come, where the reply tells its length.
    pub fn at_most(&self) -> Option<u64> {
        self.response.content_length().map(|length| length / 4 * 3)
    }

    /// Bytes that came so far.
    pub fn size(&self) -> u64 {
        self.scan.size()
    }

    /// Hands the next bytes to `sink`; false when there are no more. Cancel safe.
    pub async fn next(&mut self, sink: &mut (dyn FnMut(&[u8]) + Send)) -> bool {
        let read = timeout(SILENCE, self.response.chunk()).await;
        let (base, intent) = (self.client.base(), Intent::Read);
        let lost = |why| ClientError::ConnectionLost { base: base.to_owned(), why, intent };
        match read {
            Ok(Ok(Some(piece))) => {
                self.scan.feed(&piece, sink);
                return !self.scan.is_broken() && !self.is_flooded();
            }
            Ok(Ok(None)) => {}
            Ok(Err(why)) => self.cut = Some(lost(error::cause(&why))),
            Err(_) => self.cut = Some(lost(format!("nothing came for {} s", SILENCE.as_secs()))),
        }
        false
    }

    fn is_flooded(&self) -> bool {
        self.size() > self.listed.size_bytes.saturating_add(SURPLUS)
    }

    /// The verdict; of a reply that ends too early to say it, with what the listing said. Fails where
    /// nothing of a file came.
    pub fn finish(self) -> Result<Received, ClientError> {
        let content_type = request::content_type(self.response.headers());
        let (is_flooded, listed) = (self.is_flooded(), &self.listed);
        let scanned = self.scan.end();
        let not_base64 = match scanned.broken {
            Some(Broken::NotBase64 { at }) => Some(Flaw::NotBase64 { at }),
            Some(Broken::TooMuch) => {
                let why = "it holds far more than an artifact does".to_owned();
                let (fault, intent) = (Fault::NotJson { why }, Intent::Read);
                return Err(ClientError::Decode { what: WHAT, fault, intent });
            }
            None => None,
        };
        let size = scanned.size;
        let flawed = |flaw| Received {
            artifact: Artifact { data: None, ..listed.clone() },
            size,
            sum: scanned.sum.clone(),
            flaw: Some(flaw),
        };
        if let Some(flaw) = not_base64 {
            // The reply was not read on.
            return Ok(flawed(flaw));
        }
        if is_flooded {
            return Ok(flawed(Flaw::Flooded { promised: listed.size_bytes }));
        }
        let cut = Flaw::CutOff { came: size, promised: listed.size_bytes };
        if let Some(error) = self.cut {
            return if size > 0 { Ok(flawed(cut)) } else { Err(error) };
        }
        let read =
            request::read_whole(&self.client, WHAT, Intent::Read, &content_type, &scanned.rest);
        let mut artifact: Artifact = match read {
            Ok(artifact) => artifact,
            Err(ClientError::Decode { fault: Fault::Truncated { .. }, .. }) if size > 0 => {
                return Ok(flawed(cut));
            }
            Err(error) => return Err(error),
        };
        artifact.data = None;
        let (promised, came) = (artifact.checksum_sha256.clone(), scanned.sum.clone());
        let flaw = if !scanned.had_data {
            Some(Flaw::NoData)
        } else if size != artifact.size_bytes {
            Some(Flaw::WrongSize { came: size, promised: artifact.size_bytes })
        } else if !came.eq_ignore_ascii_case(&promised) {
            Some(Flaw::WrongSum { came, promised })
        } else {
            None
        };
        Ok(Received { artifact, size, sum: scanned.sum, flaw })
    }
}
