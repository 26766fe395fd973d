-- What the newest vintage that covers each {day} states{of_whom}.
SELECT * FROM {name}_statements WHERE until_vintage IS NULL
