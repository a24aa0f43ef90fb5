//! How many requests may be tried again: each request earns a share of a retry, each retry spends a whole one.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use model::RetryBudget;

/// What one retry costs.
const RETRY: u64 = 100;

/// A group's budget, shared by all workers.
#[derive(Debug)]
pub(crate) struct Budget {
    rule: RetryBudget,
    saved: AtomicU64,
}

impl Budget {
    /// One that is full.
    pub(crate) fn new(rule: RetryBudget) -> Self {
        Self { rule, saved: AtomicU64::new(Self::most(rule)) }
    }

    fn most(rule: RetryBudget) -> u64 {
        u64::from(rule.burst) * RETRY
    }

    /// A request came.
    pub(crate) fn earn(&self) {
        let most = Self::most(self.rule);
        // A full budget, which it mostly is, is not written to.
        let _ = self.saved.try_update(Relaxed, Relaxed, |saved| {
            (saved < most).then(|| (saved + u64::from(self.rule.percent)).min(most))
        });
    }

    /// Takes what a retry costs; false: there is not enough.
    pub(crate) fn spend(&self) -> bool {
        self.saved.try_update(Relaxed, Relaxed, |saved| saved.checked_sub(RETRY)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_are_a_share_of_the_requests_beyond_what_was_saved() {
        let budget = Budget::new(RetryBudget { percent: 20, burst: 3 });
        assert_eq!([(); 4].map(|()| budget.spend()), [true, true, true, false]);
        for _ in 0..4 {
            budget.earn();
            assert!(!budget.spend());
        }
        budget.earn();
        assert_eq!([(); 2].map(|()| budget.spend()), [true, false], "five requests earn one");
    }

    #[test]
    fn what_is_saved_has_a_bound() {
        let budget = Budget::new(RetryBudget { percent: 50, burst: 2 });
        (0..1000).for_each(|_| budget.earn());
        assert_eq!((0..10).filter(|_| budget.spend()).count(), 2);
    }
}
