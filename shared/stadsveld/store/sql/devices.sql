-- Enrolled devices.

-- :name add_code
INSERT INTO stadsveld_device (device_id, name, role, bbox, code_hash, code_expires) VALUES (?, ?, ?, ?, ?, ?)

-- :name device_by_code
SELECT * FROM stadsveld_device WHERE code_hash = ?

-- :name device_by_token
SELECT * FROM stadsveld_device WHERE token_hash = ?

-- :name device_by_id
SELECT * FROM stadsveld_device WHERE device_id = ?

-- :name list_devices
SELECT device_id, name, role, bbox, subscription, code_expires, enrolled_at, last_seen, ended, ended_at,
        days, copied_at, delivered_at, wiped_at, told_at, kind, token_expires
    FROM stadsveld_device ORDER BY name, device_id

-- :name enrol_device
UPDATE stadsveld_device
    SET device_id = ?, name = ?, token_hash = ?, subscription = ?, enrolled_at = ?, last_seen = ?
    WHERE code_hash = ? AND enrolled_at IS NULL

-- :name device_seen
UPDATE stadsveld_device SET last_seen = ? WHERE device_id = ?

-- :name end_device
UPDATE stadsveld_device SET ended = ?, ended_at = ? WHERE device_id = ?
