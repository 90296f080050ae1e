-- Whether a call (`c`) has the parameter `text` by which it is sought; '' has any.
({text:String} = ''
    OR startsWith(c.trace_id, lower({text:String}))
    OR startsWith(c.span_id, lower({text:String}))
    OR startsWith(c.response_id, {text:String})
    OR arrayExists(
        part -> positionCaseInsensitiveUTF8(part, {text:String}) > 0,
        CAST([c.user_id, c.session_id, c.run_id, c.tenant_id, c.service_name, c.feature, c.workflow, c.model, c.error_type],
             'Array(String)')))
