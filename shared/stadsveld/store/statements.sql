-- Every SQL statement of the store, by name. A $word stands for an identifier, or a list of them,
-- that `statements.py` takes from the model; values are always bound parameters.

-- :name settings_table
CREATE TABLE stadsveld_setting (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID

-- :name capture_table
-- What was edited and is not yet sealed into changes; `old` is the value before the edit.
CREATE TABLE stadsveld_capture (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    entity TEXT NOT NULL, entity_id TEXT NOT NULL, field TEXT NOT NULL, old
)

-- :name change_table
-- The changes this file holds, in order of arrival. `fields` is canonical JSON {name: value};
-- NULL once the values were folded away: the skeleton stays.
CREATE TABLE stadsveld_change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    change_id TEXT NOT NULL UNIQUE,
    entity TEXT NOT NULL, entity_id TEXT NOT NULL,
    actor TEXT NOT NULL, device TEXT NOT NULL,
    hlc INTEGER NOT NULL, schema INTEGER NOT NULL,
    names TEXT NOT NULL, fields TEXT,
    state TEXT NOT NULL DEFAULT 'accepted'
)

-- :name change_entity_index
CREATE INDEX stadsveld_change_entity ON stadsveld_change (entity, entity_id)

-- :name parent_table
CREATE TABLE stadsveld_change_parent (
    change_id TEXT NOT NULL, field TEXT NOT NULL, parent TEXT NOT NULL,
    PRIMARY KEY (change_id, field, parent)
) WITHOUT ROWID

-- :name parent_index
CREATE INDEX stadsveld_change_child ON stadsveld_change_parent (parent, field)

-- :name head_table
CREATE TABLE stadsveld_head (
    entity TEXT NOT NULL, entity_id TEXT NOT NULL, field TEXT NOT NULL, change_id TEXT NOT NULL,
    PRIMARY KEY (entity, entity_id, field, change_id)
) WITHOUT ROWID

-- :name conflict_table
-- Fields whose heads differ: kept with the merge so that screens need not compute it.
CREATE TABLE stadsveld_conflict (
    entity TEXT NOT NULL, entity_id TEXT NOT NULL, field TEXT NOT NULL,
    PRIMARY KEY (entity, entity_id, field)
) WITHOUT ROWID

-- :name receipt_table
-- The answers of the other side on changes made here: accepted, duplicate or quarantined.
CREATE TABLE stadsveld_receipt (
    change_id TEXT PRIMARY KEY, status TEXT NOT NULL, reason TEXT, at TEXT NOT NULL
) WITHOUT ROWID

-- :name log_table
-- What others have to fetch, in order: a change, or a register row as it is now.
CREATE TABLE stadsveld_log (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL, entity TEXT NOT NULL, entity_id TEXT NOT NULL, change_id TEXT
)

-- :name log_row_index
CREATE INDEX stadsveld_log_row ON stadsveld_log (entity, entity_id) WHERE kind = 'row'

-- :name device_table
-- Enrolled devices. Tokens and codes are stored as SHA-256 only.
CREATE TABLE stadsveld_device (
    device_id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, bbox TEXT,
    code_hash TEXT UNIQUE, code_expires TEXT, token_hash TEXT UNIQUE,
    enrolled_at TEXT, last_seen TEXT, ended TEXT, ended_at TEXT
) WITHOUT ROWID

-- :name draft_table
-- Unfinished forms, saved at every keystroke; local to this file, never synced.
CREATE TABLE stadsveld_draft (
    draft_id TEXT PRIMARY KEY, entity TEXT NOT NULL, entity_id TEXT NOT NULL,
    fields TEXT NOT NULL, updated TEXT NOT NULL
) WITHOUT ROWID

-- :name entity_table
CREATE TABLE $table (fid INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, $columns)

-- :name add_geometry
SELECT AddGeometryColumn(?, 'geom', 28992, ?, 'XY')

-- :name create_spatial_index
SELECT CreateSpatialIndex(?, 'geom')

-- :name dataset_index
CREATE INDEX ${table}_dataset ON $table (dataset_id)

-- :name reference_index
CREATE INDEX ${table}_$column ON $table ($column)

-- :name capture_insert
-- A row without a proper UUID gets a new UUIDv7 (a pasted copy, a raw insert), then it is captured.
CREATE TRIGGER stadsveld_insert_$table AFTER INSERT ON $table
BEGIN
    UPDATE $table SET id = (
        SELECT substr(t, 1, 8) || '-' || substr(t, 9, 4) || '-7' || substr(r, 1, 3) || '-'
            || substr('89ab', 1 + abs(random() % 4), 1) || substr(r, 4, 3) || '-' || substr(r, 7, 12)
        FROM (SELECT printf('%012x', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)) AS t,
                     lower(hex(randomblob(9))) AS r)
    )
    WHERE fid = NEW.fid AND (id IS NULL OR id NOT GLOB $uuid_glob);
    INSERT INTO stadsveld_capture (entity, entity_id, field)
        SELECT $literal, id, '_exists' FROM $table
        WHERE fid = NEW.fid AND (SELECT value FROM stadsveld_setting WHERE key = 'capture') = '1';
END

-- :name capture_update
CREATE TRIGGER stadsveld_update_${table}_$column AFTER UPDATE OF $column ON $table
WHEN OLD.$column IS NOT NEW.$column
    AND (SELECT value FROM stadsveld_setting WHERE key = 'capture') = '1'
BEGIN
    INSERT INTO stadsveld_capture (entity, entity_id, field, old)
        VALUES ($literal, OLD.id, $column_literal, OLD.$column);
END

-- :name capture_delete
CREATE TRIGGER stadsveld_delete_$table AFTER DELETE ON $table
WHEN (SELECT value FROM stadsveld_setting WHERE key = 'capture') = '1'
BEGIN
    INSERT INTO stadsveld_capture (entity, entity_id, field, old)
        VALUES ($literal, OLD.id, '_exists', '1');
END

-- :name keep_id
CREATE TRIGGER stadsveld_keep_id_$table BEFORE UPDATE OF id ON $table
WHEN OLD.id GLOB $uuid_glob AND NEW.id IS NOT OLD.id
BEGIN
    SELECT RAISE(ABORT, 'the id of a row never changes');
END

-- :name get_setting
SELECT value FROM stadsveld_setting WHERE key = ?

-- :name set_setting
INSERT INTO stadsveld_setting (key, value) VALUES (?, ?)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value

-- :name get_row
SELECT $columns FROM $table WHERE id = ?

-- :name all_rows
SELECT $columns FROM $table ORDER BY fid

-- :name rows_where
SELECT $columns FROM $table WHERE $column = ? ORDER BY fid

-- :name rows_in_window
SELECT $columns FROM $table WHERE fid IN (
    SELECT pkid FROM $index WHERE xmax >= ? AND xmin <= ? AND ymax >= ? AND ymin <= ?
)

-- :name count_rows
SELECT count(*) FROM $table

-- :name insert_row
INSERT INTO $table ($columns) VALUES ($marks)

-- :name update_row
UPDATE $table SET $assignments WHERE id = ?

-- :name delete_row
DELETE FROM $table WHERE id = ?

-- :name forget_logged_row
DELETE FROM stadsveld_log WHERE kind = 'row' AND entity = ? AND entity_id = ?

-- :name log_row
INSERT INTO stadsveld_log (kind, entity, entity_id) VALUES ('row', ?, ?)

-- :name owned_fields
SELECT DISTINCT entity_id, field FROM stadsveld_head WHERE entity = ?

-- :name align_index
INSERT OR REPLACE INTO $index (pkid, xmin, xmax, ymin, ymax) VALUES (?, ?, ?, ?, ?)

-- :name check_spatial_index
SELECT CheckSpatialIndex(?, 'geom')

-- :name save_draft
INSERT INTO stadsveld_draft (draft_id, entity, entity_id, fields, updated) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (draft_id) DO UPDATE SET fields = excluded.fields, updated = excluded.updated

-- :name list_drafts
SELECT draft_id, entity, entity_id, fields, updated FROM stadsveld_draft ORDER BY updated DESC

-- :name get_draft
SELECT draft_id, entity, entity_id, fields, updated FROM stadsveld_draft WHERE draft_id = ?

-- :name delete_draft
DELETE FROM stadsveld_draft WHERE draft_id = ?

-- :name section_conditions
SELECT id, condition, inspected_on FROM road_section

-- :name extent
SELECT min(xmin) AS minx, min(ymin) AS miny, max(xmax) AS maxx, max(ymax) AS maxy FROM $index

-- :name rows_in_window_limited
SELECT $columns FROM $table WHERE fid IN (
    SELECT pkid FROM $index WHERE xmax >= ? AND xmin <= ? AND ymax >= ? AND ymin <= ?
) LIMIT ?
