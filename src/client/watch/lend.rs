//! Requests beside the watching, out of the same budget: somebody looks for something.

use super::WatchPlan;
use crate::api::Timestamp;

impl WatchPlan {
    /// Lets one request be sent that is no ask of the plan, or says when to try again. They have half
    /// of the budget, so that watching goes on beside them.
    pub fn lend(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        self.notice(now);
        if let Some(next_try) = self.breaker.next_try() {
            return Err(next_try.max(super::after(now, super::CHANGED)));
        }
        let ready = self.budget.ready_at(now, false).max(self.lent.ready_at(now, true));
        if ready > now {
            return Err(ready);
        }
        self.budget.spend(now, false);
        self.lent.spend(now, true);
        self.minute.count(now);
        Ok(())
    }
}
