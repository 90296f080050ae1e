-- Whether a call `c` was refused since too much was asked at once, as each SDK and provider names that error.
(c.status = 'error' AND match(c.error_type, '(?i)(^|\\D)429(\\D|$)|rate.?limit|too.?many.?requests|throttl|resource.?exhausted|quota'))
