-- What the simulation does to and reads from the files that it judges.

-- :name simulation_bulk
UPDATE $table SET $column = ? WHERE fid % 2 = ?

-- :name simulation_own_changes
SELECT seq, change_id, fields FROM stadsveld_change WHERE device = ? AND seq > ? ORDER BY seq

-- :name simulation_receipts
SELECT r.change_id, r.status, r.reason FROM stadsveld_receipt r
    JOIN stadsveld_change c ON c.change_id = r.change_id WHERE c.device = ?
