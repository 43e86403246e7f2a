"""Limits that the contracts set, under the names that they have there.

`tests/core/test_limits.py` compares each with the sources of the contracts.
"""

# rows of a table; row ids are below it; measures of a goal
MAX_ROWS = 64
MAX_IDS = 128
MAX_MEASURES = 3
# base units, Unix time, seconds
MAX_AMOUNT = 2**95 - 1
MAX_TIME = 2**40 - 1
MAX_SPAN = 2**32 - 1
# of a review's windows, if it has any, in seconds
MIN_REVIEW = 86_400
MAX_REVIEW = 365 * 86_400
# bytes of texts: a cited clause, what is reported, the role of a call, where a file can be read
MAX_CLAUSE, MAX_ITEM, MAX_ROLE, MAX_URI = 128, 64, 64, 256
# seconds after its cure period in which a charge can still expel, and after which a final value
# that nobody counted may be dropped
CHARGE_LIFE = 90 * 86_400
VALUE_LIFE = 30 * 86_400
# orders in one batch of EMC.sales, and orders in one transaction of Checkout
MAX_ORDERS = 128
MAX_LINES = 128
# longest time that an order can wait, and least time to open sealed bids, in seconds
MAX_WAIT = 400 * 86_400
MIN_REVEAL = 3_600
