-- What the newest vintage that covers each month states.
SELECT * FROM practices_statements WHERE until_vintage IS NULL
