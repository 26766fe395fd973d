-- What the newest vintage that covers each month states.
SELECT * FROM workbook_england_statements WHERE until_vintage IS NULL
