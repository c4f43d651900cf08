-- Erasure of personal data, and folding of old history.

-- :name erased_table
-- Values that an administrator erased: dropped from changes that are here or arrive later.
CREATE TABLE stadsveld_erased (
    change_id TEXT NOT NULL, field TEXT NOT NULL, PRIMARY KEY (change_id, field)
) WITHOUT ROWID

-- :name erased_fields
SELECT field FROM stadsveld_erased WHERE change_id = ?

-- :name note_erased
INSERT OR IGNORE INTO stadsveld_erased (change_id, field) VALUES (?, ?)

-- :name set_change_fields
UPDATE stadsveld_change SET fields = ? WHERE change_id = ?
