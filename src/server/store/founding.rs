//! A store before anybody is served: whoever asks does the work, on the spot, in one transaction.
//!
//! Owns the only connection until it is given to the threads ([`super::threads`]). A demo's past is
//! hundreds of small writes, one after the other; here none of them waits for another thread, or
//! for a commit of its own. Start with [`Founding::begin`]. The invariant: all that was written is there,
//! or nothing of it.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Db, Result, StoreError};

#[derive(Clone)]
pub(super) struct Founding(Arc<Mutex<Option<Db>>>);

impl Founding {
    pub(super) fn begin(db: Db) -> Result<Self> {
        db.execute_batch("BEGIN IMMEDIATE")?;
        Ok(Self(Arc::new(Mutex::new(Some(db)))))
    }

    pub(super) fn read<T>(&self, job: impl FnOnce(&Db) -> Result<T>) -> Result<T> {
        let db = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        job(db.as_ref().ok_or(StoreError::Stopped)?)
    }

    /// Whole or not at all, as with the threads.
    pub(super) fn write<T>(&self, job: impl FnOnce(&Db) -> Result<T>) -> Result<T> {
        self.read(|db| {
            db.execute_batch("SAVEPOINT change")?;
            let outcome = job(db);
            db.execute_batch(match outcome {
                Ok(_) => "RELEASE change",
                Err(_) => "ROLLBACK TO change; RELEASE change",
            })?;
            outcome
        })
    }

    /// Commits. Who still holds this finds nobody.
    pub(super) fn end(&self) -> Result<Db> {
        let db = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let db = db.ok_or(StoreError::Stopped)?;
        db.execute_batch("COMMIT")?;
        Ok(db)
    }

    /// Lets go of the database, as it was before.
    pub(super) fn give_up(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Db, Result, Store, StoreError};
    use crate::server::lasting::Lasting;

    fn add(db: &Db, id: &str) -> Result<()> {
        db.execute("INSERT INTO tools (id, body) VALUES (?1, '{}')", [id])?;
        Ok(())
    }

    async fn count(store: &Store) -> Result<i64> {
        let count = |db: &Db| Ok(db.query_row("SELECT count(*) FROM tools", [], |row| row.get(0))?);
        store.read(count).await
    }

    #[tokio::test]
    async fn only_a_store_that_is_to_last_waits_for_the_disk() {
        for (lasting, expected) in [(Lasting::ForGood, 2), (Lasting::WithTheProcess, 0)] {
            let dir = tempfile::tempdir().unwrap();
            let store = Store::found(dir.path(), lasting).unwrap().founded(dir.path()).unwrap();
            store.settle(|db| add(db, "one")).await.unwrap();
            let level = store.write(|db| {
                Ok(db.pragma_query_value(None, "synchronous", |row| row.get::<_, i64>(0))?)
            });
            assert_eq!(level.await.unwrap(), expected, "{lasting:?}");
            store.close().await;
        }
    }

    #[tokio::test]
    async fn what_is_founded_is_there_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::found(dir.path(), Lasting::WithTheProcess).unwrap();
        store.write(|db| add(db, "one")).await.unwrap();
        assert_eq!(count(&store).await.unwrap(), 1, "what is written is seen at once");
        drop(store);

        let store = Store::found(dir.path(), Lasting::WithTheProcess).unwrap();
        assert_eq!(count(&store).await.unwrap(), 0, "nobody said that it is founded");
        let failed = store.write(|db| {
            add(db, "one")?;
            Err::<(), _>(StoreError::Deleted)
        });
        assert!(failed.await.is_err());
        store.write(|db| add(db, "two")).await.unwrap();
        let left_over = store.clone();
        let store = store.founded(dir.path()).unwrap();
        assert_eq!(count(&store).await.unwrap(), 1, "a change that failed took itself back");
        assert!(matches!(count(&left_over).await, Err(StoreError::Stopped)));
        store.write(|db| add(db, "three")).await.unwrap();
        store.close().await;
    }
}
