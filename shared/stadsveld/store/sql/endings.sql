-- How devices end, when their working copies expire, and copies of one working copy.

-- :name add_device_days
-- Days after its last contact that a working copy of this device may be used; NULL is for ever.
ALTER TABLE stadsveld_device ADD COLUMN days INTEGER

-- :name add_device_delivered
-- When a retired device told that everything is delivered.
ALTER TABLE stadsveld_device ADD COLUMN delivered_at TEXT

-- :name add_device_wiped
-- When a retired device told that it has wiped itself.
ALTER TABLE stadsveld_device ADD COLUMN wiped_at TEXT

-- :name add_device_told
-- When a lost device was first told to wipe itself.
ALTER TABLE stadsveld_device ADD COLUMN told_at TEXT

-- :name add_device_tickets
-- JSON: the ticket that was handed out, and those of other copies of the same file.
ALTER TABLE stadsveld_device ADD COLUMN tickets TEXT

-- :name add_device_copied
-- Since when two copies of the working copy of this device speak.
ALTER TABLE stadsveld_device ADD COLUMN copied_at TEXT

-- :name set_device_days
UPDATE stadsveld_device SET days = ? WHERE code_hash = ?

-- :name device_delivered
UPDATE stadsveld_device SET delivered_at = coalesce(delivered_at, ?) WHERE device_id = ?

-- :name device_wiped
UPDATE stadsveld_device SET wiped_at = coalesce(wiped_at, ?), token_hash = NULL WHERE device_id = ?

-- :name device_told
UPDATE stadsveld_device SET told_at = ? WHERE device_id = ? AND told_at IS NULL

-- :name set_device_tickets
UPDATE stadsveld_device SET tickets = ? WHERE device_id = ?

-- :name device_copied
UPDATE stadsveld_device SET copied_at = coalesce(copied_at, ?) WHERE device_id = ?

-- :name confirmed_by_device
-- How many changes of each device are here.
SELECT device, count(*) AS confirmed FROM stadsveld_change WHERE state = 'accepted' GROUP BY device

-- :name devices_by_state
SELECT CASE WHEN ended IS NOT NULL THEN ended WHEN enrolled_at IS NULL THEN 'open code'
    WHEN kind = 'client' THEN 'client' ELSE 'active' END
    AS state, count(*) AS number, min(CASE WHEN ended IS NULL AND enrolled_at IS NOT NULL THEN last_seen END)
    AS oldest, count(copied_at) AS copied FROM stadsveld_device GROUP BY 1
