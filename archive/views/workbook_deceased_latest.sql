-- What the newest vintage that covers each month states, of people who have died: never inside a total.
SELECT * FROM workbook_deceased_statements WHERE until_vintage IS NULL
