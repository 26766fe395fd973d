-- What the newest vintage that covers each month states.
SELECT * FROM age_sex_statements WHERE until_vintage IS NULL
