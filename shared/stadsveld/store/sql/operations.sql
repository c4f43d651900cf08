-- Running a central store: backup, restore, check, tokens of clients.

-- :name add_device_kind
-- `device` (a working copy) or `client` (a program that reads).
ALTER TABLE stadsveld_device ADD COLUMN kind TEXT NOT NULL DEFAULT 'device'

-- :name add_device_token_expires
-- Until when the token of a client is good; NULL is for ever.
ALTER TABLE stadsveld_device ADD COLUMN token_expires TEXT

-- :name add_client
INSERT INTO stadsveld_device (device_id, name, role, bbox, token_hash, enrolled_at, kind, token_expires)
    VALUES (?, ?, ?, ?, ?, ?, 'client', ?)

-- :name all_devices
SELECT * FROM stadsveld_device ORDER BY device_id

-- :name drop_device
-- Under any of the names by which a device is known: its id, its code, its token.
DELETE FROM stadsveld_device WHERE device_id = ? OR code_hash = ? OR token_hash = ?

-- :name put_device
INSERT INTO stadsveld_device ($columns) VALUES ($marks)

-- :name expire_codes
UPDATE stadsveld_device SET code_expires = ? WHERE enrolled_at IS NULL

-- :name forget_pulled
UPDATE stadsveld_device SET pulled_seq = 0

-- :name erasures
SELECT change_id, entity, entity_id, actor, device, hlc, schema, names, fields, state
    FROM stadsveld_change WHERE instr(names, '"_erases"') > 0 AND state = 'accepted' ORDER BY seq

-- :name photos_mentioned
-- Every photo that a row or a change tells of.
SELECT sha256 FROM photo WHERE sha256 IS NOT NULL
    UNION SELECT json_extract(fields, '$$.sha256') FROM stadsveld_change
    WHERE entity = 'photo' AND instr(names, '"sha256"') > 0 AND json_extract(fields, '$$.sha256') IS NOT NULL

-- :name things_changed
SELECT DISTINCT entity, entity_id FROM stadsveld_change ORDER BY entity, entity_id

-- :name some_things_changed
SELECT entity, entity_id FROM (SELECT DISTINCT entity, entity_id FROM stadsveld_change) ORDER BY random() LIMIT ?

-- :name entity_parents
SELECT p.change_id, p.field, p.parent FROM stadsveld_change_parent p
    JOIN stadsveld_change c ON c.change_id = p.change_id WHERE c.entity = ? AND c.entity_id = ?

-- :name heads_kept
SELECT field, change_id FROM stadsveld_head WHERE entity = ? AND entity_id = ?

-- :name history_aside
-- SpatiaLite notes every check of an index in this table of the file; a check is to write nothing in it.
CREATE TEMP TABLE IF NOT EXISTS spatialite_history (event_id INTEGER PRIMARY KEY, table_name TEXT,
    geometry_column TEXT, event TEXT, timestamp TEXT, ver_sqlite TEXT, ver_splite TEXT)

-- :name captured_things
SELECT DISTINCT entity, entity_id FROM stadsveld_capture

-- :name count_changes
SELECT count(*) FROM stadsveld_change

-- :name changes_not_logged
SELECT count(*) FROM stadsveld_change
    WHERE change_id NOT IN (SELECT change_id FROM stadsveld_log WHERE change_id IS NOT NULL)

-- :name logged_without_change
SELECT count(*) FROM stadsveld_log
    WHERE kind = 'change' AND change_id NOT IN (SELECT change_id FROM stadsveld_change)

-- :name heads_without_change
SELECT count(*) FROM stadsveld_head h WHERE NOT EXISTS (SELECT 1 FROM stadsveld_change c
    WHERE c.change_id = h.change_id AND c.entity = h.entity AND c.entity_id = h.entity_id AND c.state = 'accepted')

-- :name conflicts_without_heads
SELECT count(*) FROM stadsveld_conflict x WHERE NOT EXISTS (SELECT 1 FROM stadsveld_head h
    WHERE h.entity = x.entity AND h.entity_id = x.entity_id)

-- :name parents_without_change
SELECT count(*) FROM stadsveld_change_parent
    WHERE change_id NOT IN (SELECT change_id FROM stadsveld_change)

-- :name waiting_probes
-- Of others' changes that the central store will not take from this device yet: one per author and kind.
SELECT min(c.seq) AS seq, c.change_id, c.entity, c.entity_id, c.actor, c.device, c.hlc, c.schema, c.names,
        c.fields, c.state
    FROM stadsveld_receipt r JOIN stadsveld_change c ON c.change_id = r.change_id
    WHERE r.status = 'waiting' GROUP BY c.device, c.entity ORDER BY 1

-- :name waiting_of
SELECT c.seq, c.change_id, c.entity, c.entity_id, c.actor, c.device, c.hlc, c.schema, c.names, c.fields, c.state
    FROM stadsveld_receipt r JOIN stadsveld_change c ON c.change_id = r.change_id
    WHERE r.status = 'waiting' AND c.device = ? AND c.entity = ? AND c.seq > ? ORDER BY c.seq LIMIT ?

-- :name count_waiting
SELECT count(*) FROM stadsveld_receipt WHERE status = 'waiting'

-- :name photos_of_rows
SELECT DISTINCT sha256 FROM photo WHERE sha256 IS NOT NULL
