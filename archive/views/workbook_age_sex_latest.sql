-- What the newest vintage that covers each month states.
SELECT * FROM workbook_age_sex_statements WHERE until_vintage IS NULL
