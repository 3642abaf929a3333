//! A shift of a running desk: files that are dropped, a mail server in front of it, an author who edits its pack.

use std::collections::VecDeque;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;

use rustix::process::{Pid, Signal, kill_process};

use super::{Blow, Town};
use crate::kills::lmtp;
use crate::kills::running::Running;
use crate::kills::story::{Mail, Shift};

impl Town {
    /// A shift of a running desk.
    pub(super) fn serve(&mut self, step: usize, blows: &mut VecDeque<Blow>, shift: Shift) {
        for (folder, mails) in [("taking", shift.left), ("inbox", shift.waiting)] {
            fs::create_dir_all(self.desk.data().join(folder)).expect("a folder");
            self.drop_into(folder, mails);
        }
        let mut plan = VecDeque::from([shift.first, shift.then]);
        let mut by_lmtp: VecDeque<Mail> = shift.lmtp.iter().copied().collect();
        for attempt in 0.. {
            let blow = blows.pop_front();
            let at = self.moment(step, 2 * attempt);
            let args = ["serve", "--format", "json", "--lmtp", "127.0.0.1:0", "--now", &at];
            let mut running = Running::start(self.command(step, &args, blow));
            if let Some(Blow::After(moment)) = blow {
                running.dies_after(moment);
            }
            let done = self.work(&mut running, &mut plan, &mut by_lmtp, shift.edit);
            let (status, log) = running.end();
            self.count_passed(step, log.as_bytes());
            let killed = status.signal() == Some(9);
            self.after(step, blow, killed);
            if !killed {
                assert!(done && status.success(), "the desk ended by itself: {log}");
                break;
            }
            if plan.len() == 1 {
                // Nobody who writes files asks whether the desk is alive.
                self.drop_into("inbox", plan.pop_front().unwrap_or_default());
            }
        }
        let files = [shift.left, shift.waiting, shift.first, shift.then].concat();
        for mail in files.into_iter().map(|(_, mail)| mail).chain(shift.lmtp.iter().copied()) {
            self.acknowledge(step, mail);
        }
        // Out of the way of the next step: what it left is due.
        self.collect();
    }

    /// Gives a running desk its work, and asks it to stop. Says whether it lived to hear that.
    fn work(
        &mut self,
        running: &mut Running,
        plan: &mut VecDeque<&[(&'static str, Mail)]>,
        by_lmtp: &mut VecDeque<Mail>,
        edit: bool,
    ) -> bool {
        let mut expected = self.waiting_files();
        let Some(ready) = running.ready() else { return false };
        if edit {
            let file = self.desk.pack.join("flows/reset.yaml");
            let text = fs::read_to_string(&file).expect("the flow");
            fs::write(&file, format!("{text}# looked at again\n")).expect("the edit is saved");
            expected += 1;
        }
        loop {
            if let Some(mails) = plan.pop_front() {
                self.drop_into("inbox", mails);
                expected += mails.len();
            }
            while let Some(mail) = by_lmtp.front() {
                // As a mail server does: what is not acknowledged stays in its queue.
                if !lmtp::hand_over(ready["lmtp"].as_str().expect("the door's place"), &self.write(*mail)) {
                    return false;
                }
                by_lmtp.pop_front();
                expected += 1;
            }
            while expected > 0 {
                match running.next() {
                    Some(line) if line.contains(" mail decision=") || line.contains("an edit of the pack takes") => {
                        expected -= 1;
                    }
                    Some(_) => {}
                    None => return false,
                }
            }
            if plan.is_empty() {
                let _ = kill_process(Pid::from_child(&running.child), Signal::TERM);
                return true;
            }
        }
    }

    /// Writes files as a mail program does: whole at once.
    fn drop_into(&mut self, folder: &str, mails: &[(&'static str, Mail)]) {
        let folder = self.desk.data().join(folder);
        for (name, mail) in mails {
            let bytes = self.write(*mail);
            let draft = folder.join(format!(".{name}"));
            fs::write(&draft, bytes).expect("it is written");
            // A writer uses a name again as soon as it is free, and another until then.
            let free = (1..).map(|n| folder.join(if n == 1 { (*name).to_owned() } else { format!("{name}.{n}") }));
            let place = free.into_iter().find(|place| !place.exists()).expect("some name is free");
            fs::rename(draft, place).expect("it is dropped");
        }
    }

    fn waiting_files(&self) -> usize {
        let count = |folder: &str| {
            let entries = fs::read_dir(self.desk.data().join(folder)).expect("a folder").flatten();
            entries.filter(|entry| !entry.file_name().to_string_lossy().starts_with('.')).count()
        };
        count("inbox") + count("taking")
    }
}
