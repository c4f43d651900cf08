-- Imports of registers: what an edition says beneath people's changes, and what it no longer brings.

-- :name put_base
INSERT OR REPLACE INTO stadsveld_base (entity, entity_id, row_values) VALUES (?, ?, ?)

-- :name get_base
SELECT row_values FROM stadsveld_base WHERE entity = ? AND entity_id = ?

-- :name closing_surfaces
-- What is there (existing, at ground level, not ended) and belongs to the BGT's plane, in a window.
SELECT id, bgt_class, geom FROM $table WHERE fid IN (
    SELECT pkid FROM $index WHERE xmax >= ? AND xmin <= ? AND ymax >= ? AND ymin <= ?
) AND ended IS NULL AND status = 'bestaand' AND coalesce(level, 0) = 0 AND coalesce(type, '') <> 'niet-bgt'

-- :name delivered_table
-- The objects that the delivery being imported knows; on disk where they are many, never in the store.
CREATE TEMP TABLE IF NOT EXISTS stadsveld_delivered (
    id TEXT PRIMARY KEY, entity TEXT, state TEXT NOT NULL, registered TEXT, ended TEXT
) WITHOUT ROWID

-- :name clear_delivered
DELETE FROM stadsveld_delivered

-- :name note_current
INSERT INTO stadsveld_delivered (id, entity, state, registered) VALUES (?, ?, 'current', ?)
    ON CONFLICT (id) DO UPDATE SET entity = excluded.entity, state = 'current', registered = excluded.registered
    WHERE state <> 'current'

-- :name note_ended
INSERT INTO stadsveld_delivered (id, state, ended) VALUES (?, 'ended', ?)
    ON CONFLICT (id) DO UPDATE SET ended = max(coalesce(ended, ''), coalesce(excluded.ended, ''))
    WHERE state = 'ended'

-- :name note_refused
INSERT INTO stadsveld_delivered (id, state) VALUES (?, 'refused')
    ON CONFLICT (id) DO UPDATE SET state = 'refused' WHERE state = 'ended'

-- :name noted_current
SELECT id, registered FROM stadsveld_delivered
    WHERE state = 'current' AND id IN (SELECT value FROM json_each(?))

-- :name delivered
SELECT entity, state, registered, ended FROM stadsveld_delivered WHERE id = ?

-- :name not_delivered
-- Rows that the delivery does not bring as they are: ended in it, absent from it, or moved elsewhere.
SELECT r.id, r.bgt_class, r.local_id, r.registered, r.geom, d.state, d.ended AS delivered_end
    FROM $table r LEFT JOIN stadsveld_delivered d ON d.id = r.id
    WHERE r.ended IS NULL AND r.dataset_id = ?
        AND (d.id IS NULL OR d.state <> 'current' OR d.entity <> $literal)

-- :name insert_triggers
SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ? AND sql LIKE '% INSERT ON %'

-- :name drop_trigger
DROP TRIGGER $table

-- :name last_fid
SELECT seq FROM sqlite_sequence WHERE name = ?

-- :name index_row
INSERT INTO $index (pkid, xmin, xmax, ymin, ymax) VALUES (?, ?, ?, ?, ?)
