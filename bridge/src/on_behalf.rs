//! For which user a call is, where one program serves several. Their calls share no cached answer and no call in
//! flight. Sends nothing of it to a server, and checks no user.

use std::future::Future;

/// What tells one user from another.
pub type User = [u8; 32];

tokio::task_local! {
    static USER: User;
}

/// Makes the calls within this future those of a user. Without one, they are those of the program itself.
pub async fn on_behalf_of<F: Future>(user: Option<User>, calls: F) -> F::Output {
    match user {
        Some(user) => USER.scope(user, calls).await,
        None => calls.await,
    }
}

/// What a call is found by, for its user alone.
pub(crate) fn of_user(key: [u8; 32]) -> [u8; 32] {
    match USER.try_with(|user| *user) {
        Ok(user) => blake3::keyed_hash(&user, &key).into(),
        Err(_) => key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn users_find_what_is_theirs_and_nothing_else() {
        let key = [7; 32];
        let of = |user| on_behalf_of(user, async { of_user(key) });
        let (own, one, other) = (
            of(None).await,
            of(Some([1; 32])).await,
            of(Some([2; 32])).await,
        );
        assert_eq!(own, key);
        assert_eq!(one, of(Some([1; 32])).await);
        assert!(own != one && own != other && one != other);
        assert_eq!(of_user(key), key);
    }
}
