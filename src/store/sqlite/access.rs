//! Tokens, and answers that may be given again.

use iwf_model::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};

use crate::access::{ANSWERS_KEPT, Answered, MOST_ANSWERS, Token};
use crate::error::{Conflict, StoreError};

pub(super) async fn tokens(pool: &SqlitePool) -> Result<Vec<Token>, StoreError> {
    let rows = sqlx::query("SELECT name, id, role, hash, created_at FROM token ORDER BY name");
    rows.fetch_all(pool).await?.iter().map(token_of).collect()
}

pub(super) async fn token(pool: &SqlitePool, id: &str) -> Result<Option<Token>, StoreError> {
    let row = sqlx::query("SELECT name, id, role, hash, created_at FROM token WHERE id = ?").bind(id);
    row.fetch_optional(pool).await?.as_ref().map(token_of).transpose()
}

pub(super) async fn add_token(pool: &SqlitePool, token: Token) -> Result<(), StoreError> {
    let added = sqlx::query(
        "INSERT INTO token (name, id, role, hash, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(&token.name)
    .bind(&token.id)
    .bind(&token.role)
    .bind(&token.hash)
    .bind(token.created_at.as_micros())
    .execute(pool)
    .await?;
    if added.rows_affected() == 0 { Err(Conflict::TokenExists(token.name).into()) } else { Ok(()) }
}

/// What it was answered goes with it: another token may get its name.
pub(super) async fn remove_token(pool: &SqlitePool, name: &str) -> Result<(), StoreError> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let removed =
        sqlx::query("DELETE FROM token WHERE name = ?").bind(name).execute(&mut *transaction).await?;
    if removed.rows_affected() == 0 {
        return Err(Conflict::NoToken(name.to_owned()).into());
    }
    sqlx::query("DELETE FROM answered WHERE asker = ?").bind(name).execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

pub(super) async fn answered(
    pool: &SqlitePool,
    asker: &str,
    key: &str,
    now: Timestamp,
) -> Result<Option<Answered>, StoreError> {
    let row = sqlx::query(
        "SELECT asker, key, request, answer, at FROM answered WHERE asker = ? AND key = ? AND at > ?",
    )
    .bind(asker)
    .bind(key)
    .bind(now.before(ANSWERS_KEPT).as_micros())
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        let at = Timestamp::from_micros(row.try_get(4)?);
        let (asker, key, request) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        Ok(Answered { asker, key, request, answer: row.try_get(3)?, at })
    })
    .transpose()
}

/// Keeps an answer, and as few others as must be.
pub(super) async fn keep_answer(pool: &SqlitePool, answered: Answered) -> Result<(), StoreError> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query("DELETE FROM answered WHERE at <= ?")
        .bind(answered.at.before(ANSWERS_KEPT).as_micros())
        .execute(&mut *transaction)
        .await?;
    sqlx::query("INSERT OR REPLACE INTO answered (asker, key, request, answer, at) VALUES (?, ?, ?, ?, ?)")
        .bind(&answered.asker)
        .bind(&answered.key)
        .bind(&answered.request)
        .bind(&answered.answer)
        .bind(answered.at.as_micros())
        .execute(&mut *transaction)
        .await?;
    sqlx::query(
        "DELETE FROM answered WHERE at <= (SELECT at FROM answered ORDER BY at DESC LIMIT 1 OFFSET ?)",
    )
    .bind(MOST_ANSWERS)
    .execute(&mut *transaction)
    .await?;
    Ok(transaction.commit().await?)
}

fn token_of(row: &SqliteRow) -> Result<Token, StoreError> {
    Ok(Token {
        name: row.try_get(0)?,
        id: row.try_get(1)?,
        role: row.try_get(2)?,
        hash: row.try_get(3)?,
        created_at: Timestamp::from_micros(row.try_get(4)?),
    })
}
