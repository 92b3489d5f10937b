//! Waiting until a file grows, without looking at it again and again where the system tells.

use std::fs::File;
use std::io;
use std::time::Duration;

#[cfg(target_os = "linux")]
pub(super) use told::Growth;
#[cfg(not(target_os = "linux"))]
pub(super) use untold::Growth;

#[cfg(target_os = "linux")]
mod told {
    use std::os::fd::{AsRawFd as _, OwnedFd};

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::inotify;

    use super::{Duration, File, io};

    /// Events of a file have no name, and take 16 bytes.
    const SOME_EVENTS: usize = 1_024;

    #[derive(Debug)]
    pub(in super::super) struct Growth(OwnedFd);

    impl Growth {
        /// From now on; what happens to the name of the file is nothing to it.
        pub(in super::super) fn watch(file: &File) -> io::Result<Self> {
            let flags = inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK;
            let watch = inotify::init(flags)?;
            let path = format!("/proc/self/fd/{}", file.as_raw_fd());
            inotify::add_watch(&watch, path, inotify::WatchFlags::MODIFY)?;
            Ok(Self(watch))
        }

        /// Until something was written since the last time, or so long.
        pub(in super::super) fn wait(&self, patience: Duration) -> io::Result<()> {
            let patience = Timespec::try_from(patience).unwrap_or_default();
            match poll(&mut [PollFd::new(&self.0, PollFlags::IN)], Some(&patience)) {
                Err(rustix::io::Errno::INTR) => return Ok(()),
                ready => ready?,
            };
            let mut events = [0; SOME_EVENTS];
            loop {
                match rustix::io::read(&self.0, &mut events) {
                    Err(rustix::io::Errno::INTR) => {}
                    Err(rustix::io::Errno::AGAIN) | Ok(0) => return Ok(()),
                    read => _ = read?,
                }
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod untold {
    use super::{Duration, File, io};

    /// How often it is looked whether there is more.
    const STEP: Duration = Duration::from_secs(1);

    #[derive(Debug)]
    pub(in super::super) struct Growth;

    impl Growth {
        pub(in super::super) fn watch(_: &File) -> io::Result<Self> {
            Ok(Self)
        }

        pub(in super::super) fn wait(&self, patience: Duration) -> io::Result<()> {
            std::thread::sleep(patience.min(STEP));
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::super::{Archive, Reader};
    use super::*;

    const SOON: Duration = Duration::from_mins(1);

    /// Offsets of the lines that are there now.
    fn offsets(reader: &mut Reader) -> Vec<u64> {
        let mut offsets = Vec::new();
        while let Some(chunk) = reader.next_chunk().unwrap() {
            if chunk.lines.is_empty() {
                break;
            }
            offsets.extend(chunk.lines.iter().map(|(line, _)| line.offset));
        }
        offsets
    }

    fn walked(text: &str) -> (tempfile::NamedTempFile, Archive, Reader, Vec<u64>) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let archive = Archive::open(file.path()).unwrap();
        let mut reader = Reader::new(&archive);
        let offsets = offsets(&mut reader);
        assert!(reader.follow().unwrap());
        (file, archive, reader, offsets)
    }

    #[test]
    fn what_is_appended_comes_once_its_line_has_ended() {
        let (mut file, archive, mut reader, before) = walked("{\"id\":\"1\"}\n{\"id\":\"2\"}\n");
        assert_eq!(before, [0, 11]);
        write!(file, "{{\"id\":").unwrap();
        assert!(archive.wait_for_growth(SOON).unwrap());
        assert!(offsets(&mut reader).is_empty(), "its line has not ended");
        writeln!(file, "\"3\"}}\n\n{{\"id\":\"4\"}}").unwrap();
        assert!(archive.wait_for_growth(SOON).unwrap());
        assert_eq!(offsets(&mut reader), [22, 34]);
        assert!(!archive.wait_for_growth(Duration::ZERO).unwrap());
        assert!(reader.follow().unwrap(), "as often as one likes");
    }

    #[test]
    fn the_rest_of_a_line_that_was_cut_off_is_no_line() {
        for (text, rest) in [("{\"id\":\"1\"}\n{\"id\":", "\"2\"}\n"), ("{\"id\":\"1\"}", "\n")] {
            let (mut file, archive, mut reader, _) = walked(text);
            writeln!(file, "{rest}{{\"id\":\"3\"}}").unwrap();
            assert!(archive.wait_for_growth(SOON).unwrap());
            assert_eq!(offsets(&mut reader), [(text.len() + rest.len()) as u64]);
        }
    }

    #[test]
    fn an_empty_file_may_begin_later() {
        let (mut file, archive, mut reader, before) = walked("");
        assert_eq!(before, [0_u64; 0]);
        assert!(reader.follow().unwrap());
        writeln!(file, "{{\"id\":\"1\"}}").unwrap();
        assert!(archive.wait_for_growth(SOON).unwrap());
        assert_eq!(offsets(&mut reader), [0]);
        assert!(reader.follow().unwrap());
        writeln!(file, "{{\"id\":\"2\"}}").unwrap();
        assert!(archive.wait_for_growth(SOON).unwrap());
        assert_eq!(offsets(&mut reader), [11]);
    }

    #[test]
    fn a_file_that_became_shorter_is_told() {
        let (file, archive, _, _) = walked("{\"id\":\"1\"}\n");
        file.as_file().set_len(3).unwrap();
        let told = archive.wait_for_growth(SOON).unwrap_err().to_string();
        assert!(told.contains("became shorter"), "{told}");
    }

    #[test]
    fn whoever_waits_is_woken() {
        let (mut file, archive, _, _) = walked("{\"id\":\"1\"}\n");
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| archive.wait_for_growth(SOON));
            writeln!(file, "{{\"id\":\"2\"}}").unwrap();
            assert!(waits.join().unwrap().unwrap());
        });
    }
}
