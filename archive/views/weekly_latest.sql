-- What the newest vintage that covers each week states.
SELECT * FROM weekly_statements WHERE until_vintage IS NULL
