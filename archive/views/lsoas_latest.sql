-- What the newest vintage that covers each month states.
SELECT * FROM lsoas_statements WHERE until_vintage IS NULL
