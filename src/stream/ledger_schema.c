/* SPDX-License-Identifier: MIT */
/* The tables of the state file and every statement that is run on them. */
#include "stream/ledger_internal.h"

/* clang-format off: one line per thing */
/* What each format adds to the one before it. */
const char *const mfn__ledger_schema[] = {
    [0] = "CREATE TABLE files (id INTEGER PRIMARY KEY, device INTEGER, inode INTEGER,"
          " size_bytes INTEGER, modified_ns INTEGER, digest TEXT, path TEXT,"
          " items_done INTEGER NOT NULL DEFAULT 0, finished INTEGER NOT NULL DEFAULT 0,"
          " kept INTEGER NOT NULL DEFAULT 0,"
          " UNIQUE (device, inode, size_bytes, modified_ns, digest));"
          "CREATE TABLE targets (id INTEGER PRIMARY KEY, key TEXT UNIQUE);"
          "CREATE TABLE receipts (target INTEGER, result_id TEXT, name TEXT,"
          " PRIMARY KEY (target, result_id)) WITHOUT ROWID;"
          "CREATE INDEX receipts_by_name ON receipts (target, name);"
          "CREATE TABLE numbers (target INTEGER, key TEXT, value INTEGER,"
          " PRIMARY KEY (target, key)) WITHOUT ROWID;",
    [1] = "CREATE TABLE texts (target INTEGER, key TEXT, value TEXT,"
          " PRIMARY KEY (target, key)) WITHOUT ROWID;"
          "CREATE TABLE known (target INTEGER, digest TEXT, generation INTEGER,"
          " PRIMARY KEY (target, digest)) WITHOUT ROWID;"
          "CREATE TABLE inbox (id INTEGER PRIMARY KEY AUTOINCREMENT, source INTEGER, origin TEXT,"
          " line INTEGER, item INTEGER, original BLOB, only_publisher TEXT);"
          "CREATE INDEX inbox_by_source ON inbox (source, id);"
          "CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, target INTEGER, origin TEXT,"
          " line INTEGER, item INTEGER, original BLOB, simulation_id TEXT, result_id TEXT,"
          " wall_ns INTEGER, content BLOB);"
          "CREATE INDEX outbox_by_target ON outbox (target, id);",
    [2] = ("ALTER TABLE outbox ADD COLUMN job INTEGER NOT NULL DEFAULT 0;"
           "CREATE INDEX outbox_by_job ON outbox (job);"),
};

const char *const mfn__ledger_sql[MFN__STATEMENT_COUNT] = {
    [MFN__FILE_FIND] =
        "SELECT id, items_done, finished, kept FROM files WHERE device = ?1 AND inode = ?2"
        " AND size_bytes = ?3 AND modified_ns = ?4 AND digest = ?5",
    [MFN__FILE_ADD] = "INSERT INTO files (device, inode, size_bytes, modified_ns, digest, path)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [MFN__FILE_UPDATE] = "UPDATE files SET items_done = ?2, finished = ?3, kept = ?4 WHERE id = ?1",
    [MFN__TARGET_ADD] = "INSERT OR IGNORE INTO targets (key) VALUES (?1)",
    [MFN__TARGET_FIND] = "SELECT id FROM targets WHERE key = ?1",
    [MFN__RECEIPT_FIND] = "SELECT name FROM receipts WHERE target = ?1 AND result_id = ?2",
    [MFN__RECEIPT_ADD] =
        "INSERT OR REPLACE INTO receipts (target, result_id, name) VALUES (?1, ?2, ?3)",
    [MFN__NAME_FIND] = "SELECT 1 FROM receipts WHERE target = ?1 AND name = ?2 LIMIT 1",
    [MFN__NUMBER_FIND] = "SELECT value FROM numbers WHERE target = ?1 AND key = ?2",
    [MFN__NUMBER_SET] = "INSERT OR REPLACE INTO numbers (target, key, value) VALUES (?1, ?2, ?3)",
    [MFN__TEXT_FIND] = "SELECT value FROM texts WHERE target = ?1 AND key = ?2",
    [MFN__TEXT_SET] = "INSERT OR REPLACE INTO texts (target, key, value) VALUES (?1, ?2, ?3)",
    [MFN__TEXT_REMOVE] = "DELETE FROM texts WHERE target = ?1 AND key = ?2",
    [MFN__KNOWN_FIND] = "SELECT 1 FROM known WHERE target = ?1 AND digest = ?2",
    [MFN__KNOWN_SET] =
        "INSERT OR REPLACE INTO known (target, digest, generation) VALUES (?1, ?2, ?3)",
    [MFN__KNOWN_FORGET] = "DELETE FROM known WHERE target = ?1 AND generation < ?2",
    [MFN__INBOX_ADD] = "INSERT INTO inbox (source, origin, line, item, original, only_publisher)"
                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [MFN__INBOX_NEXT] = "SELECT id, origin, line, item, original, only_publisher FROM inbox"
                        " WHERE source = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
    [MFN__INBOX_REMOVE] = "DELETE FROM inbox WHERE id = ?1",
    [MFN__INBOX_COUNT] = "SELECT count(*) FROM inbox WHERE source = ?1",
    [MFN__OUTBOX_ADD] =
        "INSERT INTO outbox (target, origin, line, item, original, simulation_id, result_id,"
        " wall_ns, content, job) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [MFN__OUTBOX_NEXT] =
        "SELECT id, origin, line, item, original, simulation_id, result_id, wall_ns, content"
        " FROM outbox WHERE target = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
    [MFN__OUTBOX_REMOVE] = "DELETE FROM outbox WHERE id = ?1 AND target = ?2",
    [MFN__OUTBOX_COUNT] = "SELECT count(*) FROM outbox WHERE target = ?1",
    [MFN__OUTBOX_OLDEST] = "SELECT wall_ns FROM outbox WHERE target = ?1 ORDER BY id LIMIT 1",
    [MFN__OUTBOX_JOB] = "SELECT job FROM outbox WHERE id = ?1 AND target = ?2",
    [MFN__OUTBOX_OWES] = "SELECT 1 FROM outbox WHERE job = ?1 LIMIT 1",
    [MFN__OUTBOX_FORGET] = "UPDATE outbox SET job = 0 WHERE job = ?1",
    [MFN__OUTBOX_LAST_JOB] = "SELECT coalesce(max(job), 0) FROM outbox",
    [MFN__SPOOL_BYTES] =
        "SELECT (SELECT coalesce(sum(length(original)), 0) FROM inbox)"
        " + (SELECT coalesce(sum(length(original) + length(content)), 0) FROM outbox)",
};
/* clang-format on */
