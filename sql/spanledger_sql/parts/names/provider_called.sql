-- The provider that a label means: a part of the views that say {{provider_called}}.
(label -> transform(lower(label), {{providers_called_otherwise}}, {{providers_so_called}}, lower(label))) AS provider_called
