-- A lambda: the tenant that a text names, without quotes and blanks around it and characters that nobody sees; '' where none
-- is left, it is a list or an object, or it is what reports call something else. A part of the views that say {{as_tenant}}.
(told -> arrayFirst(
    name -> lower(name) NOT IN ('(unattributed)', '(idle)', '(all others)', 'total', '(total)')
        AND NOT (startsWith(name, '[') AND isValidJSON(name)) AND NOT (startsWith(name, '{') AND isValidJSON(name)),
    [trimBoth(replaceRegexpAll(trim(BOTH '"' FROM told), '[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]', ''))])) AS as_tenant
