-- What of a call `c` was wasted by what it says of itself, as in `hour_waste`; '' where nothing.
multiIf(c.status = 'error', 'failed', {{cut_off}}, 'cut off', {{abandoned}}, 'abandoned', '')
